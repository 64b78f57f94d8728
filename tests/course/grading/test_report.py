"""What a class misunderstood: answers that no known mistake fits are listed with their case."""

from types import SimpleNamespace

import classroom
import numpy as np

import sfxtutor as sfx
from sfxtutor.course.exercises import check
from sfxtutor.course.grading.feedback import report_page
from sfxtutor.course.grading.report import finding, misconceptions


def marked(student, answer):
    result = sfx.check("nb05.q1", answer)._repr_mimebundle_()[check.MIME]
    return SimpleNamespace(
        submission=SimpleNamespace(student=student),
        points={"g1": 0},
        most={"g1": 3},
        results={"g1": result},
    )


def test_unknown_answers_are_counted_by_their_case():
    (cell,) = (c for c in classroom.source().cells if "g1-test" in c.source)
    one, other = (lambda f: np.ptp(f, -1) + 1), (lambda f: 3 * np.ptp(f, -1))
    class_ = [marked("Ada", one), marked("Bo <b>", one), marked("Cy", other)]
    class_.append(marked("Di", lambda f: f.max(axis=-1)))
    found = finding("demo05", cell, class_)
    assert [who for _, who in found.unknown] == [["Ada", "Bo <b>"], ["Cy"]]
    assert ("maximum alone", ["Di"]) in [part[:2] for part in found.diagnoses]
    text, page = misconceptions([found], {"graded": 4}), report_page([found], {"graded": 4})
    assert "\n- 2 of 4: The values differ from what is expected. One case: for f = [[" in text
    assert "2 of 4: The values differ" in page
    assert "Ada, Bo &lt;b&gt;" in page
