"""Train and judge every method: python -m tools.study 2016 0 1 2 (a reading and some seeds).

A seed takes an hour of one core, and another with `--parts all full_size`; several readings and
seeds may run side by side, each on one.  What is done is kept in the cache, and a run that was
stopped goes on.  Each seed is written to data/results/READING-seedN.json, with the parts that were
asked for and no others; `make docs` then writes docs/claims.md and results.md.
"""

import argparse
import json
import os
import pickle
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)

from sfxtutor.support.disk import cache_dir, write_text  # noqa: E402
from sfxtutor.support.provenance import TRAINS, conditions  # noqa: E402

from . import trials  # noqa: E402
from .networks import BOTH, Lab  # noqa: E402
from .rows import further_row, table_rows  # noqa: E402

RESULTS = Path(__file__).resolve().parents[2] / "data" / "results"
MAIN = ("labelled", "transferred", "adapted", "pooled", "made", "adversarial_vectors", "weighted")
TRIALS = ("variants", "epochs", "flips", "unseen")
PARTS = {
    "all": (*MAIN, "controls", "one_set", *TRIALS),
    "main": MAIN,
    "labels": ("labelled", "transferred"),
    "paper": ("labelled", "transferred", "adapted"),
    "controls": (*MAIN, "controls"),
    "cheap": ("cheap", "adversarial_vectors", "weighted", "made_vectors"),
    "trials": TRIALS,
    "full_size": ("full_size_few", "full_size"),
}
# lists of a Lab that are kept with the rows
NOTES = ("trainings", "domains", "shares", "scorers", "full_size")
OTHER = {  # parts that are no method of Lab
    "pooled": lambda lab: lab.controls((BOTH,)),
    "made_vectors": lambda lab: lab.made(images=False),
    "variants": trials.variants,
    "epochs": trials.epochs,
    "flips": trials.flips,
    "unseen": trials.unseen,
    "full_size_few": trials.full_size_few,
    "full_size": trials.full_size,
}


def place(reading, seed, name):
    """File of the cache in which a part is kept: a Path."""
    return cache_dir() / "study" / f"{reading}-{seed}-{name}.pickle"


def part(lab, name):
    """What a part gives, from the cache where it was done before: a dict of lists and `seconds`."""
    path = place(lab.reading, lab.seed, name)
    if path.exists():
        return pickle.loads(path.read_bytes())
    began = time.perf_counter()
    lab.trainings.clear()
    kept = {"scored": list((OTHER.get(name) or getattr(Lab, name))(lab))}
    kept |= {about: list(getattr(lab, about)) for about in NOTES}
    kept["seconds"] = time.perf_counter() - began
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(kept))
    print(f"{lab.reading} seed {lab.seed} {name}: {kept['seconds'] / 60:.1f} min", flush=True)
    return kept


def study(reading, seed, parts):
    """Do the parts of a seed, and write its file, with the parts that were done before."""
    lab = Lab(reading, seed)
    origin = {"seed": seed, "profile": "paper", "source": "twin"}
    record = origin | {"reading": reading, **conditions(*TRAINS), "minutes": 0.0}
    record |= {name: [] for name in ("rows", "further", *NOTES)}
    known = set()  # two parts may share a network
    every = dict.fromkeys(name for names in PARTS.values() for name in names)
    for name in every:
        if name not in parts and not place(reading, seed, name).exists():
            continue
        kept = part(lab, name)
        for one in kept["scored"]:
            about = one[:4]
            if about not in known:
                known.add(about)
                record["rows"] += table_rows(one, lab.data, origin)
                record["further"].append(further_row(one, lab.data, origin))
        for about in NOTES:
            # a part that was done before a list was thought of lacks it
            record[about] += [note for note in kept.get(about, ()) if note not in record[about]]
        record["minutes"] = round(record["minutes"] + kept["seconds"] / 60, 1)
        write_text(RESULTS / f"{reading}-seed{seed}.json", json.dumps(record, indent=1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("reading")
    parser.add_argument("seeds", nargs="+", type=int)
    parser.add_argument("--parts", choices=PARTS, nargs="+", default=["all"])
    arguments = parser.parse_args()
    parts = dict.fromkeys(part for name in arguments.parts for part in PARTS[name])
    for seed in arguments.seeds:
        study(arguments.reading, seed, parts)


if __name__ == "__main__":
    main()
