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
        "The last 400 frames of LN83 hold 65 positives. Even 63 of them found leave room for "
        "a true recall below 90 %; the paper's own counts do, too.",
    ),
    "few-labels-find-fewer": (
        "unresolved",
        "LN83 has few positives among 200 frames, LO19 twice as many, and brighter ones. "
        "Where many are at hand, 200 labels are nearly enough.",
    ),
    "rwd-beats-cnn-with-few": (
        "unresolved",
        "The 2D CNN with 200 labels is better here than in the paper, above all on LN83: its "
        "images are binned by maximum, so that it need not learn to find a small peak.",
    ),
    "rwd-recall-for-specificity": (
        "unresolved",
        "RWD does find more hits on other runs, but it pays less for it than in the paper.",
    ),
    "transfer-beats-scratch": (
        "unresolved",
        "It is shown on LN83, where 200 frames hold fewest positives. On the other two the "
        "network from scratch is good already.",
    ),
    "transfer-beats-untuned": (
        "unresolved",
        "On LO19 the network of LN83 already finds nearly every hit: spots are the brightest "
        "there, and the noise is the same.",
    ),
    "dann-beats-untuned": (
        "fails",
        "It gains on LN83 and LN84, and loses on LO19, where little was to be gained: LN83's "
        "network finds nearly all hits there already, and a DANN pulls the share of frames "
        "called a hit towards the source's, 20 % against 44 %. Lesson 06 shows it with AdaBN, "
        "whose statistics it uses.",
    ),
    "dann-keeps-its-source": (
        "unresolved",
        "Most pairs lose a few points; LN84 adapted to LN83 loses many.",
    ),
    "heads-converge-and-oscillate": (
        "unresolved",
        "With batch-norm statistics of its own for each run the game is calm: the domain "
        "head's loss stays near guessing. In our trials with mixed statistics it swung "
        "without bound, and the network failed on the target.",
    ),
    "dann-overlaps-more": (
        "unresolved",
        "Between LN83 and LN84 hits mix, misses stay apart, and a fresh linear classifier "
        "with hundreds of features still tells the runs apart. Where the untuned network "
        "mixed them already (LN83 and LO19), per-run statistics part them.",
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
