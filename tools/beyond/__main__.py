"""Train what goes beyond the paper: python -m tools.beyond 0 1 2 (seeds), --parts NAME to pick.

A part is a module of this folder with a function `rows(seed)` that gives a list of dict.  Each part
of each seed is written to data/results/beyond-PART-seedN.json; `python -m tools.pictures` and
`make docs` then draw and write what follows from them.
"""

import argparse
import json
import os
import time
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)

from sfxtutor.support.disk import write_text  # noqa: E402
from sfxtutor.support.provenance import origin  # noqa: E402

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parents[1] / "data" / "results"


def parts():
    """Names of the parts: modules of this folder that have `rows`."""
    names = (one.name for one in iter_modules([str(HERE)]) if not one.name.startswith("_"))
    return [name for name in names if hasattr(import_module(f"{__package__}.{name}"), "rows")]


def study(part, seed):
    """Do a part of a seed, and write its file: the Path."""
    began = time.perf_counter()
    rows = import_module(f"{__package__}.{part}").rows(seed)
    record = {"part": part, **origin("paper", "twin", seed)}
    record |= {"minutes": round((time.perf_counter() - began) / 60, 1), "rows": rows}
    path = RESULTS / f"beyond-{part}-seed{seed}.json"
    write_text(path, json.dumps(record, indent=1))
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("seeds", nargs="+", type=int)
    known = parts()
    parser.add_argument("--parts", choices=known, nargs="+", default=known)
    arguments = parser.parse_args()
    for seed in arguments.seeds:
        for part in arguments.parts:
            print(study(part, seed), flush=True)


if __name__ == "__main__":
    main()
