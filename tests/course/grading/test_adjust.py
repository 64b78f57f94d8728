"""Points that the instructor sets, the penalty of a late submission, and what platforms read."""

import csv
import io

import pytest

from sfxtutor.cli.main import main
from sfxtutor.course.grading.adjust import Overrides, adjust
from sfxtutor.course.grading.lms import canvas_gradebook, moodle_worksheets
from sfxtutor.course.grading.marks import Graded
from sfxtutor.course.grading.submissions import Submission

MOST = {"lesson03": {"g1": 3.0, "w1": 4.0}}


def graded(tmp_path, student="Ada", points=(0.0, 4.0), **names):
    """A submission with marks."""
    return Graded(
        Submission(student, "lesson03", tmp_path, **names),
        status="graded",
        points=dict(zip(("g1", "w1"), points, strict=True)),
        most=dict(MOST["lesson03"]),
        results={"g1": {}},
    )


def overrides(tmp_path, *rows, head="student,id,assignment,task,points,reason"):
    path = tmp_path / "overrides.csv"
    path.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    return Overrides(path, MOST)


def read(text):
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


def test_points_are_set_with_their_reason(tmp_path):
    one, other = graded(tmp_path), graded(tmp_path, "Bob")
    rows = overrides(tmp_path, 'Ada,,lesson03,g1,"2,5",the test was wrong', "Bob,,lesson03,g1,,")
    adjust([one, other], rows)
    assert one.total == 6.5
    assert "g1: 2.5 instead of 0 by the instructor: the test was wrong" in one.notes
    assert "the test was wrong" in one.comments["g1"]
    assert (other.points["g1"], other.notes) == (0, [])


def test_submission_that_failed_gets_marks_only_if_all_tasks_are_set(tmp_path):
    def failed():
        submission = Submission("Ada", "lesson03", tmp_path)
        return Graded(submission, reason="broken", most=dict(MOST["lesson03"]))

    one = failed()
    adjust([one], overrides(tmp_path, "Ada,,lesson03,g1,3,read by hand"))
    assert (one.status, one.points) == ("refused", {})
    assert "w1 as well" in one.notes[0]
    one, both = failed(), ["Ada,,lesson03,g1,3,read by hand", "Ada,,lesson03,w1,1,read by hand"]
    adjust([one], overrides(tmp_path, *both))
    assert (one.status, one.reason, one.total) == ("graded", "", 4)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("Ada,,lesson03,g1,4,x", "line 2: found '4' points, expected a number from 0 to 3"),
        ("Ada,,lesson03,g1,two,x", "line 2: found 'two' points"),
        ("Ada,,lesson03,g1,2,", "line 2: points without a reason"),
        ("Ada,,lesson03,g9,2,x", "line 2: there is no task lesson03, g9"),
    ],
)
def test_damaged_overrides_are_refused_with_their_line(tmp_path, row, sentence):
    with pytest.raises(ValueError, match=rf"overrides.csv, {sentence}"):
        overrides(tmp_path, row)


def test_row_for_nobody_is_named_and_one_for_two_students_is_refused(tmp_path):
    wangs = [Submission("Wang Wei", "lesson03", tmp_path, id=id) for id in ("12", "88")]
    rows = overrides(tmp_path, "Wang Wie,,lesson03,g1,2,x")
    assert rows.check(wangs) == [
        "overrides.csv, line 2 is not used: there is no lesson03 by Wang Wie here."
    ]
    with pytest.raises(ValueError, match="there are 2 of lesson03 by Wang Wei. Add a column id"):
        overrides(tmp_path, "Wang Wei,,lesson03,g1,2,x").check(wangs)
    one, other = (graded(tmp_path, "Wang Wei", id=id) for id in ("12", "88"))
    rows = overrides(tmp_path, "Wang Wei,88,lesson03,g1,2,x")
    assert rows.check(wangs) == []
    adjust([one, other], rows)
    assert (one.points["g1"], other.points["g1"]) == (0, 2)


def test_late_submission_loses_a_share_of_what_it_reached(tmp_path):
    late, punctual = graded(tmp_path, late=True), graded(tmp_path, "Bob")
    adjust([late, punctual], overrides(tmp_path, "Ada,,lesson03,g1,1,x"), late_penalty=20)
    assert (late.deduction, late.total, punctual.total) == (1, 4, 4)
    assert "late: 1 points deducted (20 %)" in late.notes


def test_penalty_is_a_share(capsys):
    with pytest.raises(SystemExit):
        main(["grade", "folder", "--late-penalty", "120"])
    assert "expected 0 to 100, found 120" in capsys.readouterr().err


def test_moodle_and_canvas_get_their_columns(tmp_path):
    ada = graded(tmp_path, "Ada Lovelace", id="1234")
    ada.comments["w1"] = "good"
    zoe = graded(tmp_path, "Zoë", (0.0, None))
    zoe.reason = "to be marked"
    row, empty = read(moodle_worksheets([ada, zoe])["lesson03"])
    assert row["Identifier"] == "Participant 1234"
    assert (row["Grade"], row["Maximum Grade"]) == ("4", "7")
    assert row["Feedback comments"] == "g1: 0 of 3; w1: 4 of 4 (good)"
    assert "Last modified (grade)" in row  # without it Moodle refuses the file
    assert (empty["Full name"], empty["Grade"]) == ("Zoë", "")
    assert empty["Feedback comments"] == "Not all tasks are marked yet."
    most, first, second = read(canvas_gradebook([ada, zoe]))
    assert (most["Student"].strip(), most["lesson03"]) == ("Points Possible", "7")
    assert (first["Student"], first["ID"], first["lesson03"]) == ("Ada Lovelace", "1234", "4")
    assert (second["ID"], second["lesson03"]) == ("", "")
