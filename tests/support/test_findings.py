"""The box at the end of a lesson: the numbers decide which sentence stands in it."""

import pytest

from sfxtutor.support.findings import conclude, found

SAYINGS = ("A finds more", "A finds fewer", "No difference between A and B is shown")


@pytest.mark.parametrize(
    ("difference", "sentence"),
    [
        ((0.1, 0.05, 0.15), "A finds more (+10.0 points, 95 %: +5.0 to +15.0)."),
        ((-0.1, -0.15, -0.05), "A finds fewer (-10.0 points, 95 %: -15.0 to -5.0)."),
        ((0.1, -0.01, 0.21), "No difference between A and B is shown (+10.0 points, "
                             "95 %: -1.0 to +21.0)."),
        ((0.008, 0.0003, 0.017), "A finds more (+0.80 points, 95 %: +0.03 to +1.70)."),
        ((-0.008, -0.017, -0.0003), "A finds fewer (-0.80 points, 95 %: -1.70 to -0.03)."),
    ],
)  # fmt: skip
def test_the_interval_decides(difference, sentence):
    assert conclude(difference, *SAYINGS) == sentence


def test_the_box_names_its_conditions_and_escapes_its_sentences():
    box = found(1, "p < 0.5 & more", "b", source="cxidb", profile="quick")
    assert str(box).splitlines() == ["With seed 1, quick profile, cxidb we found:",
                                     "- p < 0.5 & more", "- b"]  # fmt: skip
    assert "<li>p &lt; 0.5 &amp; more</li><li>b</li>" in box._repr_html_()
    assert str(found(0, "a")).startswith("With seed 0, twin we found:")
