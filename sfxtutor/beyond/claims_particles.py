"""Claims of lesson 12 on single particles, judged by the rows of tools.beyond.particles.

The rule is that of the paper's claims (`..paper.intervals`).
"""

from statistics import fmean

from ..paper.intervals import above, spread, verdict
from ..results import at_95
from .budgets import difference, records

SPECTRUM, PROFILE = "angular spectrum, small network", "ring profile, small network"
CNN, TURNED = "2D CNN", "2D CNN, turned copies"
SIZE, PHOTONS = "size fit", "photons"
MERGED = "merge"
FALSE_SHARE = (0.05, 0.1, 0.3)  # of the frames that are merged
FEW = 200  # labels of the comparisons
SMALLEST_R = 0.001  # difference of two R-factors that is worth a claim


def particle_rows() -> list[dict]:
    """The committed rows of the part "particles", of all seeds: list of dict (data/results)."""
    return [row for one in records() if one["part"] == "particles" for row in one["rows"]]


def claims(rows: list[dict] | None = None) -> list[dict]:
    """`particle_claims` of these rows, or of those that are committed."""
    return particle_claims(particle_rows() if rows is None else rows)


def particle_claims(rows: list[dict]) -> list[dict]:
    """The claims: list of dict {id, text, verdict, detail}; rates at a specificity of 95 %.

    Parameters
    ----------
    rows : of the part "particles" of tools.beyond, of all seeds

    Raises
    ------
    KeyError
        If a method was not computed; it is named.
    """
    judged = []
    for judge in JUDGES:
        margins, detail, least = judge(rows)
        judged.append({
            "id": judge.__name__.replace("_", "-"), "text": " ".join(judge.__doc__.split()),
            "verdict": verdict(margins, least), "at_half": "",
            "detail": f"{detail}; {seeds_of(rows)}.",
        })  # fmt: skip
    return judged


def seeds_of(rows):
    """Which seeds there are, as text."""
    return "seeds " + ", ".join(map(str, sorted({row["seed"] for row in rows})))


def of(rows, method, labels=FEW):
    """Rows of a method with that many labels, one a seed; KeyError where there are none."""
    found = [row for row in rows if row["method"] == method and row.get("labels") == labels]
    if not found:
        raise KeyError(f"{method}, {labels} labels")
    return found


def compared(rows, better, worse, labels=FEW):
    """Difference of two recalls at 95 % specificity, on the same frames, and a detail in words."""
    both = [of(rows, method, labels) for method in (better, worse)]
    gain, sides = difference(*both), [at_95(side) for side in both]
    singles = sides[0][0]["hits_total"]
    found = [fmean(row["hits_found"] for row in side) for side in sides]
    areas = [fmean(row["auc"] for row in side) for side in sides]
    return gain, (
        f"{labels} labels: {better} finds {found[0]:.0f} of {singles} singles, {worse} "
        f"{found[1]:.0f}, difference {gain} points; AUC {areas[0]:.3f} and {areas[1]:.3f}"
    )


def spectrum_beats_cnn(rows):
    """With 200 labels a small network on the angular spectrum finds more singles than a 2D CNN."""
    gain, detail = compared(rows, SPECTRUM, CNN)
    return [gain], detail, 0.01


def turning_helps_the_cnn(rows):
    """With 200 labels a 2D CNN trained on turned copies finds more singles than without them."""
    gain, detail = compared(rows, TURNED, CNN)
    return [gain], detail, 0.01


def longer_training_helps_the_turned_cnn(rows):
    """With 200 labels a 2D CNN on turned copies finds more singles after twice the steps."""
    gain, detail = compared(rows, f"{TURNED}, twice the steps", TURNED)
    return [gain], detail, 0.01


def spectrum_beats_longer_training(rows):
    """With 200 labels the angular spectrum finds more singles than a 2D CNN that was trained on
    turned copies for twice the steps."""
    gain, detail = compared(rows, SPECTRUM, f"{TURNED}, twice the steps")
    return [gain], detail, 0.01


def rings_alone_are_not_enough(rows):
    """With 200 labels the angular spectrum finds more singles than the mean of each ring alone."""
    gain, detail = compared(rows, SPECTRUM, PROFILE)
    return [gain], detail, 0.01


def size_alone_is_not_enough(rows):
    """With 200 labels the angular spectrum finds more singles than a fit of the size."""
    gain, detail = compared(rows, SPECTRUM, SIZE)
    return [gain], detail, 0.01


def precision_at_80(row):
    """Share of singles among the frames kept where 80 % of the singles are found."""
    return row["hits_at_80"] / (row["hits_at_80"] + row["kept_at_80"])


def few_labels_give_pure_singles(rows):
    """With 200 labels, where the angular spectrum finds 80 % of the singles, at least 90 % of the
    frames kept are singles."""
    found = of(rows, SPECTRUM)
    purity = spread([precision_at_80(row) for row in found])
    kept = fmean(row["hits_at_80"] + row["kept_at_80"] for row in found)
    detail = f"Precision {purity} % of {kept:.0f} frames kept on average, {FEW} labels"
    return [above(purity, 0.9)], detail, 0


def false_singles_cost_more(rows):
    """Among 100 singles, 10 % of false ones raise the R-factor of the merged intensity more than
    the loss of every second single does."""
    by_set = merges(rows)
    whole, half, false = (
        by_set[name] for name in ("100 singles", "50 singles", "100 singles, 10 % of all false")
    )
    more = spread([c - b for b, c in zip(half, false, strict=True)])
    detail = (
        f"R-factor, mean of the shells: 100 singles {fmean(whole):.3f}, 50 singles "
        f"{fmean(half):.3f}, with 10 % false {fmean(false):.3f}; the false ones cost "
        f"{more.text(1, 3)} more"
    )
    return [more], detail, SMALLEST_R


def merges(rows):
    """Mean R-factor of the shells of each merged set, a number for each seed: dict of list."""
    found = {}
    for row in sorted((r for r in rows if r["method"] == MERGED), key=lambda row: row["seed"]):
        found.setdefault(row["set"], []).append(fmean(row["r"]))
    if not found:
        raise KeyError(MERGED)
    return found


JUDGES = (
    spectrum_beats_cnn,
    turning_helps_the_cnn,
    longer_training_helps_the_turned_cnn,
    spectrum_beats_longer_training,
    rings_alone_are_not_enough,
    size_alone_is_not_enough,
    few_labels_give_pure_singles,
    false_singles_cost_more,
)
