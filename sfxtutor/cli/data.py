"""Commands of the data: list, fetch, check and simulate runs."""

from pathlib import Path


def add_commands(commands):
    """Add `data` with its actions to the subparsers of argparse."""
    data = commands.add_parser("data", help="list, fetch, check or simulate runs")
    actions = data.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="the runs of CXIDB 76 and what is here").set_defaults(
        command=_list
    )
    for name, help_, command in (
        ("info", "the card of a run", _info),
        ("fetch", "download a run, its labels and its mask", _fetch),
        ("verify", "check a downloaded run", _verify),
        ("simulate", "write a twin to a file of the same format", _simulate),
    ):
        action = actions.add_parser(name, help=help_)
        files = " or a file" if name == "info" else ""
        action.add_argument("run", help=f"LN83, LN84, LO19, LG36 or L498{files}")
        action.set_defaults(command=command)
        if name in ("fetch", "simulate"):
            action.add_argument("--frames", type=int, help="only the first so many")
            action.add_argument("--crop", action="store_true", help="only the central 724 x 724")
        if name == "simulate":
            action.add_argument("--out", help="the HDF5 file; default: RUN_twinSEED.h5")
            action.add_argument("--seed", type=int, default=0)


def _list(options):
    from ..runs.files.fetch import list_runs

    for run in list_runs():
        place = "simulated here" if run["source"] == "twin" else run["address"]
        here = f"  fetched: {', '.join(run['local'])}" if run["local"] else ""
        print(f"{run['name']}  {run['source']:5}  {run['frames']} frames  {place}{here}")


def _info(options):
    from ..runs.datasets import CARDS
    from ..runs.files.fetch import info
    from ..runs.open import open_run

    if Path(options.run).exists():
        with open_run(Path(options.run)) as run:
            print(run.card)
            if run.panel:
                print(f"{'panels':12} {run.frames.panels} of {run.frames.stored[1:]}")
        return
    print(info(options.run))
    if options.run in CARDS["twin"]:
        print(f"\n{open_run(options.run).card}")


def _fetch(options):
    from ..runs.files.fetch import fetch_labels, fetch_mask, fetch_run

    print(fetch_run(options.run, options.frames, options.crop))
    print(fetch_labels(options.run))
    try:
        print(fetch_mask(options.run))
    except ValueError as error:  # L498 has none
        print(error)


def _verify(options):
    from ..runs.files.fetch import verify_run

    for line in verify_run(options.run):
        print(line)


def _simulate(options):
    from ..runs.open import simulate_run

    for path in simulate_run(options.run, options.out, options.frames, options.crop,
                             options.seed):  # fmt: skip
        print(path)
