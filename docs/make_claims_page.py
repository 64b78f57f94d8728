"""Write docs/claims.md from the results of the paper profile: python docs/make_claims_page.py."""

from pathlib import Path

import sfxtutor as sfx

HERE = Path(__file__).parent
TEXT = """# The paper's claims, judged on the twin

Source: the twin, never the real files. Profile: paper; training seeds {seeds}, computed {dates}.
Made by `docs/make_claims_page.py` from [data/results](../data/results/README.md); lesson 07 shows the
same with a learner's own numbers beside it.

A claim is broken up into statements, mostly one per run. A statement is shown if the whole 95 % interval
of its number, over test frames and seeds, lies on the claimed side, and refuted if it lies on the other.
The claim **holds** if every statement is shown, **fails** if one is refuted, else it is **unresolved**: the
frames and seeds at hand cannot tell. In brackets are intervals. The words below each verdict say what we
think is behind it; they are ours, the verdict is computed.

{claims}
"""
# What we think is behind a verdict: (verdict, words); left out where another verdict comes out.
REASONS = {
    "full-labels-find-hits": (
        "unresolved",
        "Shown on LN83 and LN84. The last 400 frames of LO19 hold 162 positives, and trainings differ "
        "by some points there: the interval reaches a little below 90 %. The paper's own "
        "count on LN83 leaves as much room.",
    ),
    "few-labels-find-fewer": (
        "unresolved",
        "Shown on LN83 and LN84. LO19 has twice as many positives among 200 frames as LN83, and brighter "
        "ones: there 200 labels are nearly enough.",
    ),
    "rwd-beats-cnn-with-few": (
        "unresolved",
        "RWD is ahead on each run, by more than luck on LO19 alone. The 2D CNN with 200 labels is better "
        "here than in the paper: its images are binned by maximum, so that it need not learn to "
        "find a small peak.",
    ),
    "rwd-recall-for-specificity": (
        "unresolved",
        "RWD does find more hits on other runs, but it pays less for it than in the paper: the "
        "specificities cannot be told apart.",
    ),
    "transfer-beats-scratch": (
        "unresolved",
        "Transfer is ahead on LN83 and LO19, by about as much as trainings differ. On LN84 the network from "
        "scratch is as good. The first of our seeds alone showed it on LN83; five do not.",
    ),
    "transfer-beats-untuned": (
        "unresolved",
        "By far on LN83 and LN84. On LO19 the network of LN83 finds most hits as it is: spots are the "
        "brightest there, and the noise is the same.",
    ),
    "dann-beats-untuned": (
        "fails",
        "It gains many hits on LN83 and LN84, and loses some on LO19. In each case a DANN pulls the "
        "share of frames called a hit towards the source's. From LN83, with 20 % positives, to LO19, "
        "with 44 %, it becomes too strict. From LN84 and LO19 to LN83 it becomes too lax: some trainings "
        "call most misses hits, which a recall does not show and the balanced accuracy does. "
        "Neither the source's loss nor the domain loss, all that may be looked at without target "
        "labels, warns of it. Lesson 06 shows the same with AdaBN, whose statistics it uses.",
    ),
    "transfer-beats-dann": (
        "holds",
        "Over all pairs. On LN83 a DANN finds more hits, at the price of many misses kept.",
    ),
    "dann-keeps-its-source": (
        "unresolved",
        "The mean is above 90 %, but a pair may lose many points in one training and few in the next.",
    ),
    "heads-converge-and-oscillate": (
        "holds",
        "The domain head goes to and fro, but calmly, around guessing: each run has batch-norm "
        "statistics of its own here. In our trials with mixed statistics it swung without bound, "
        "and the network failed on the target.",
    ),
    "dann-overlaps-more": (
        "fails",
        "For the four pairs with LN84 the neighbours from the other run become more, in most trainings, yet "
        "a fresh linear classifier still tells the runs apart nearly always: the domain head that the "
        "network was trained against is fooled, one that comes later is not. LN83 and LO19 the untuned "
        "network had mixed already; statistics of their own part them, and that decides the mean.",
    ),
}


def page():
    """The page's text."""
    records = sfx.references()
    rows = [row for record in records for row in record["rows"]]
    domains = [pair for record in records for pair in record["domains"].get("pairs", [])]
    judged = sfx.claims(rows, records[0]["speeds"], domains)
    return TEXT.format(
        seeds=", ".join(str(record["seed"]) for record in records),
        dates=", ".join(sorted({record["date"] for record in records})),
        claims="\n\n".join(map(section, judged)),
    )


def section(claim):
    """One claim, its verdict, the numbers, and the reason where there is one for this verdict."""
    verdict, reason = REASONS.get(claim["id"], ("", ""))
    parts = [
        f"## {claim['text']}",
        f"**{claim['verdict'].capitalize()}.** {claim['detail']}",
        reason if verdict == claim["verdict"] else "",
    ]
    return "\n\n".join(filter(None, parts))


if __name__ == "__main__":
    (HERE / "claims.md").write_text(page(), encoding="utf-8")
