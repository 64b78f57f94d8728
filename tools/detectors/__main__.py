"""The shipped models and the spot count, judged: python -m tools.detectors eiger_1m --blanks."""

import argparse

from .blanks import BLANKS
from .devices import DETECTORS
from .judge import Case, blanks_table, judge, judge_blanks, table
from .shipped import peaks_scorer, rwd_scorer


def main():
    """Print the tables of the detectors and backgrounds that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("detectors", nargs="+", choices=[*DETECTORS], metavar="DETECTOR")
    parser.add_argument("--background", type=float, nargs="+", default=[0.05, 0.5, 3, 30],
                        help="photons a pixel")  # fmt: skip
    parser.add_argument("--count", type=int, default=10, help="hits, and misses, of each seed")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--blanks", action="store_true", help=f"{len(BLANKS)} kinds of blanks too")
    asked = parser.parse_args()
    scorers, seeds = {"peaks": peaks_scorer(), "rwd": rwd_scorer()}, tuple(range(asked.seeds))
    cases = [Case(d, b, asked.count, seeds) for d in asked.detectors for b in asked.background]
    print(table(judge(scorers, cases)))
    for detector in asked.detectors if asked.blanks else ():
        rows = judge_blanks(scorers, detector, asked.background[0], asked.count, seeds)
        print(f"\nBlanks of {detector} called hits\n\n{blanks_table(rows)}")


if __name__ == "__main__":
    main()
