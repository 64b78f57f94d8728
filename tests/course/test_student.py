"""A notebook says under which name it works."""

import pytest

import sfxtutor as sfx
from sfxtutor.course.assignments import assignment_folder, read_assignments
from sfxtutor.course.cells import grade_id

SOURCES = read_assignments(assignment_folder())


def test_name_and_seed_are_shown_and_a_missing_name_is_a_warning(monkeypatch, capsys):
    monkeypatch.setenv("SFXTUTOR_STUDENT", " Zoë ")
    sfx.student.show_name()
    assert capsys.readouterr().out == f"You are: Zoë (seed {sfx.personal_seed()}).\n"
    for nobody in ("", "  "):
        monkeypatch.setenv("SFXTUTOR_STUDENT", nobody)
        sfx.student.show_name()
        text = capsys.readouterr().out
        assert text.startswith("No name is set: you have the runs of nobody")
        assert "sfxtutor lab --student NAME" in text
        assert "%env SFXTUTOR_STUDENT=NAME" in text


@pytest.mark.parametrize("name", SOURCES)
def test_every_assignment_shows_the_name_first(name):
    (setup,) = (c for c in SOURCES[name].released.cells if grade_id(c) == f"{name}-setup")
    assert setup.source.endswith("\nsfx.student.show_name()")
