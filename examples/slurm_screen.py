"""Screen files with many workers on a SLURM cluster, through dask-jobqueue.

    python slurm_screen.py --workers 40 --queue psana --out scores.csv run1.h5 run2.h5

Run it where jobs can be submitted and stay logged in; files, model and this Python must be seen
under the same names by every node.  If it is ended, or a job runs out of time, run it again: it
goes on where it stopped.
"""

import argparse
import sys

from dask_jobqueue import SLURMCluster

from sfxtutor.beamline.screen.cluster import KEEP_MEMORY
from sfxtutor.beamline.screen.screen import screen


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--out", default="scores.csv")
    parser.add_argument("--model", default="peaks")
    parser.add_argument("--workers", type=int, default=40, help="jobs of one core each")
    parser.add_argument("--queue", help="partition")
    parser.add_argument("--account")
    parser.add_argument("--walltime", default="01:00:00")
    parser.add_argument("--interface", help="of the network that the nodes share, such as ib0")
    options = parser.parse_args()
    exports = [f"export {name}={value}" for name, value in KEEP_MEMORY.items()]
    with SLURMCluster(
        queue=options.queue,
        account=options.account,
        walltime=options.walltime,
        interface=options.interface,
        cores=1,
        processes=1,
        memory="2GB",
        python=sys.executable,
        job_script_prologue=exports,
        worker_extra_args=["--no-dashboard"],
        scheduler_options={"dashboard_address": ":0"},
    ) as cluster:
        # Not `scale`: jobs that run out of time are submitted again.
        cluster.adapt(minimum_jobs=options.workers, maximum_jobs=options.workers)
        address = cluster.scheduler_address
        print(screen(options.files, options.out, options.model, scheduler=address))


if __name__ == "__main__":
    main()
