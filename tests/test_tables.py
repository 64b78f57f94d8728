"""Tables of results beside the paper's, as text and HTML."""

import pytest

from sfxtutor.metrics import Counts
from sfxtutor.results import Table, paper_rows, row, table


def made(found, seed=0, method="2D CNN, 1200 labels", **keys):
    defaults = {"seed": seed, "profile": "quick", "source": "twin"}
    return row(1, method, "LN83", "LN83", Counts(found, 65, 330, 335), **(defaults | keys))


def test_a_line_has_counts_intervals_and_the_papers_numbers():
    shown = table([made(60)])
    assert shown.header[-2:] == ("paper: recall", "paper: specificity")
    assert shown.lines[0] == (
        "2D CNN, 1200 labels",
        "LN83",
        "LN83",
        "92.3 % (60/65, 95 %: 83 to 97)",
        "98.5 % (330/335, 95 %: 97 to 99)",
        "96.9 % (63/65, 95 %: 89 to 99)",
        "99.4 % (333/335, 95 %: 98 to 100)",
    )
    assert "source twin, profile quick, seed 0" in shown.caption


def test_seeds_share_a_line_and_their_counts_are_not_added_up():
    shown = table([made(60, 0), made(64, 1), made(62, 2)])
    assert len(shown.lines) == 1
    recall = "95.4 % (62/65, 95 %: 87 to 98); 3 seeds: 92.3 to 98.5"
    assert shown.lines[0][3] == recall
    assert "seeds 0, 1, 2" in shown.caption


def test_rows_of_two_sources_are_told_apart():
    shown = table([made(60), made(61, source="cxidb")])
    assert [line[0] for line in shown.lines] == ["twin, quick", "cxidb, quick"]
    assert shown.header[0] == "source"


def test_a_baseline_has_no_number_of_the_paper():
    assert table([made(60, method="always miss")]).lines[0][-2:] == ("–", "–")


def test_a_number_picks_one_table_of_the_paper():
    shown = table(paper_rows(), 5)
    assert len(shown.lines) == 12
    assert shown.caption.startswith("Table 5: source paper")
    assert shown.lines[0][1] == "LN83, adapted to LN84"
    assert [line[4] for line in shown.lines].count("–") == 1  # the row without exact counts
    with pytest.raises(ValueError, match="Found no row of table 6 among 39"):
        table(paper_rows(), 6)


def test_text_is_aligned_and_html_is_escaped():
    shown = Table("A <caption>", ("a", "longer"), [("x & y", "1")])
    assert str(shown) == "A <caption>\na      longer\nx & y  1"
    html = shown._repr_html_()
    assert "<caption>A &lt;caption&gt;</caption>" in html
    assert "<td>x &amp; y</td>" in html
    assert html.count("<tr>") == 2
