"""Nobody is lost or merged: every file handed in has a row, and the row is of the right person."""

import csv
import io
import json
import time
import unicodedata
import zipfile

import classroom
import pytest
from classroom import NAME

from sfxtutor.cli.main import main
from sfxtutor.course.grading import archives
from sfxtutor.course.grading.grade import grades_table, received
from sfxtutor.course.grading.owners import owner_in, time_in
from sfxtutor.course.grading.roster import read_roster
from sfxtutor.course.grading.submissions import Submission, find_submissions, under_own_name

NAMES = ["lesson03", "lesson05", "lesson07"]
EMPTY = '{"nbformat": 4, "cells": []}'
CLASS = "Name;Login;ID\nWang Fang;wfang1;12\nWang Fang;wfang2;88\nLovelace, Ada;alove;7\n"


def put(folder, *paths, text=EMPTY):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def find(folder, **options):
    return find_submissions(folder, NAMES, **options)


def roster(tmp_path, text=CLASS, encoding="utf-8"):
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return read_roster(path)


def zipped(path, **members):
    """A zip with members by name; a double underscore in a name is a slash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)


def facts(submissions):
    return [(one.student, one.assignment, bool(one.problem)) for one in submissions]


# Names of files and folders


@pytest.mark.parametrize(
    ("path", "student", "id", "name", "problem"),
    [
        ("ada/lesson05.ipynb", "ada", "", "lesson05", ""),
        ("ada/lesson05/lesson05.ipynb", "ada", "", "lesson05", ""),
        ("ada/Copy of lesson05.ipynb", "ada", "", "lesson05", ""),
        ("ada/Lesson 05 final.ipynb", "ada", "", "lesson05", ""),
        ("ada/lesson05 (1).ipynb", "ada", "", "lesson05", ""),
        ("ada/lesson0.ipynb", "ada", "", "", "names no single"),
        ("ada/lesson05 lesson07.ipynb", "ada", "", "", "names no single"),
        ("ada/answers.zip", "ada", "", "", "cannot be opened"),
        ("ada_lesson05.ipynb", "ada", "", "lesson05", ""),
        ("lesson05.ipynb", "lesson05", "", "lesson05", "expected STUDENT_"),
        ("Ada L_12_assignsubmission_file_/lesson05.ipynb", "Ada L", "12", "lesson05", ""),
        ("Ada L_12_assignsubmission_file/lesson05.ipynb", "Ada L", "12", "lesson05", ""),
        ("Ada L_12_assignsubmission_file_lesson05.ipynb", "Ada L", "12", "lesson05", ""),
        ("Ada L_12_assignsubmission_onlinetext_/onlinetext.html", "Ada L", "12", "", "Found onl"),
        ("wangwei_12_345_lesson03-1.ipynb", "wangwei", "12", "lesson03", ""),
        ("ada_b_LATE_12_345_lesson05-2.ipynb", "ada_b", "12", "lesson05", ""),
        ("wangwei_LATE_12_text.html", "wangwei", "12", "", "Found wangwei_LATE_12_text.html"),
        ("anon_x7Gf3_345_lesson03.ipynb", "anon_x7Gf3", "", "lesson03", ""),
        ("1-6 - Grace Hopper - Nov 23, 2026 1011 AM/lesson03.ipynb", "Grace Hopper", "1-6",
         "lesson03", ""),
        ("1-6 - Grace Hopper - Nov 23, 2026 1011 AM - lesson03.ipynb", "Grace Hopper", "1-6",
         "lesson03", ""),
        ("lesson03_ghopper_attempt_2026-11-23-10-11-12_lesson03.ipynb", "ghopper", "ghopper",
         "lesson03", ""),
        ("lesson03_ghopper_attempt_2026-11-23-10-11-12_mine.ipynb", "ghopper", "ghopper",
         "lesson03", ""),
        ("submission_998/lesson03.ipynb", "submission_998", "998", "lesson03", ""),
        ("submitted/ada/lesson03/lesson03.ipynb", "ada", "", "lesson03", ""),
        ("ada+lesson03+2026-11-23 10:11:12 UTC/lesson03.ipynb", "ada", "", "lesson03", ""),
        ("lesson03/ada/mine.ipynb", "ada", "", "", "names no single"),
        ("zhang_13_77_lesson03.py", "zhang", "13", "lesson03", "Found zhang_13_77_"),
        ("li_lesson03.pdf", "li", "", "lesson03", "Found li_lesson03.pdf, expected a notebook"),
        ("notes.pdf", "notes", "", "", "Found notes.pdf, expected STUDENT_lesson03.ipynb"),
        ("ada/homework.pdf", "ada", "", "", "Found homework.pdf"),
    ],
)  # fmt: skip
def test_names_tell_student_id_and_assignment(tmp_path, path, student, id, name, problem):
    put(tmp_path, path)
    (found,) = find(tmp_path)
    assert (found.student, found.id, found.assignment) == (student, id, name)
    assert problem in found.problem
    assert bool(problem) == bool(found.problem)


def test_assignment_is_told_by_its_markers(tmp_path):
    put(tmp_path, "ada/Untitled.ipynb", text='["# sfxtutor: lesson07-g1-answer"]')
    put(tmp_path, "bo_1_assignsubmission_file_x.ipynb", text='["# SFXtutor lesson03-g1-answer"]')
    assert [one.assignment for one in find(tmp_path)] == ["lesson07", "lesson03"]


def test_a_notebook_under_another_ending_is_taken_with_a_note(tmp_path):
    put(tmp_path, "zhao_13_79_lesson03.ipynb.txt", "ada/lesson03.json", "bo/lesson03")
    put(tmp_path, "cy_lesson03.ipynb.txt", text="{")
    put(tmp_path, "di/lesson03.json", text='{"a": 1}')
    found = {one.student: one for one in find(tmp_path)}
    assert {name for name, one in found.items() if not one.problem} == {"zhao", "ada", "bo"}
    for name in ("zhao", "ada", "bo"):
        assert "under another ending" in found[name].notes[0]
    assert "expected a notebook" in found["cy"].problem


def test_other_files_beside_a_notebook_are_named(tmp_path):
    put(tmp_path, "ada/lesson03.ipynb", "ada/photo.png", "ada/lesson05.pdf", "ada/.DS_Store")
    put(tmp_path, "li_13_1_lesson03.ipynb", "li_13_2_sketch.pdf")
    assert facts(find(tmp_path)) == [
        ("ada", "lesson03", False), ("ada", "lesson05", True), ("li", "lesson03", False)
    ]  # fmt: skip
    ada, _, li = find(tmp_path)
    assert ada.notes == ("not graded: photo.png",)
    assert li.notes == ("not graded: li_13_2_sketch.pdf",)


def test_two_notebooks_for_one_assignment_and_links_are_refused(tmp_path):
    for name in ("lesson05.ipynb", "lesson05 (1).ipynb"):
        put(tmp_path, f"ada/{name}", text=name)
    put(tmp_path, "cy/lesson05.ipynb", "cy/Copy of lesson05.ipynb")  # of the same content
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "lesson05.ipynb").symlink_to(tmp_path / "ada" / "lesson05.ipynb")
    ada, bob, cy = find(tmp_path)
    assert ada.problem.startswith("There are 2 notebooks")
    assert "is a link" in bob.problem
    assert (cy.problem, cy.notes) == ("", ("handed in 2 times, all alike",))


def test_there_is_one_row_for_a_student_and_an_assignment(tmp_path):
    put(tmp_path, "ada/lesson03.ipynb", "bo/lesson03.pdf", "bo/x lesson03.py")
    put(tmp_path, "ada/lesson03.zip", "bo/lesson03.zip", text="no zip")
    put(tmp_path, *(f"cy/{n}.png" for n in range(7)), "cy/lesson03.ipynb")
    ada, bo, cy = find(tmp_path)
    assert (ada.problem, bo.assignment) == ("", "lesson03")
    assert "lesson03.zip cannot be opened" in ada.notes[0]
    assert "lesson03.zip cannot be opened" in bo.problem
    assert bo.notes == ("not graded: lesson03.pdf, x lesson03.py",)
    assert cy.notes == ("not graded: 0.png, 1.png, 2.png, 3.png, 4.png and 2 more",)


def test_a_file_that_leads_nowhere_stops_nobody(tmp_path):
    put(tmp_path, "bo/lesson03.ipynb", "__ada_lesson03.ipynb")
    for path in ("ada.txt", "cy/notes.txt", "di_lesson03.zip"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).symlink_to(tmp_path / "nowhere")
    found = {one.student: one.problem for one in find(tmp_path)}
    assert found.keys() == {"__ada", "ada", "bo", "cy", "di"}
    assert {name for name, problem in found.items() if problem} == {"ada", "cy", "di"}
    assert all("is a link" in found[name] for name in ("cy", "di"))


def test_a_notebook_that_is_too_large_is_refused_under_its_assignment(tmp_path):
    put(tmp_path, "ada/lesson03.ipynb")
    with (tmp_path / "ada" / "lesson03.ipynb").open("wb") as file:
        file.truncate(50_000_001)
    (found,) = find(tmp_path)
    assert (found.assignment, "more than 50 MB" in found.problem) == ("lesson03", True)


def test_the_folder_tells_the_assignment_where_the_file_does_not(tmp_path):
    put(tmp_path, "ada/lesson03/report.pdf", "bo/lesson05/mine.ipynb")
    assert facts(find(tmp_path)) == [("ada", "lesson03", True), ("bo", "lesson05", False)]


def test_folder_without_submissions_is_an_error(tmp_path, capsys):
    classroom.write(tmp_path / "source" / NAME / f"{NAME}.ipynb", classroom.source())
    (tmp_path / "in").mkdir()
    command = ["grade", str(tmp_path / "in"), "--source", str(tmp_path / "source")]
    assert main(command) == 1
    assert "Found no submission" in capsys.readouterr().err
    assert main([*command, "--out", str(tmp_path / "in" / "out")]) == 1
    assert "within the submissions" in capsys.readouterr().err


# Who it is


@pytest.mark.parametrize(
    "paths",
    [
        ("wangwei_12_345_lesson03.ipynb", "wangwei_88_346_lesson03.ipynb"),
        ("wangwei_12_345_lesson03.ipynb", "wangwei_88_346_lesson05.ipynb"),
        ("wangwei_1234_assignsubmission_file_/lesson03.ipynb",
         "wangwei_1235_assignsubmission_file_/lesson03.ipynb"),
        ("12-9 - wangwei - Nov 23, 2026 1011 AM/lesson03.ipynb",
         "88-9 - wangwei - Nov 23, 2026 1012 AM/lesson03.ipynb"),
    ],
)  # fmt: skip
def test_two_of_one_name_are_two(tmp_path, paths):
    put(tmp_path, *paths)
    one, other = find(tmp_path)
    assert one.student == f"wangwei ({one.id})" != other.student
    assert (one.problem, other.problem) == ("", "")
    assert one.seed_name == other.seed_name == "wangwei"
    assert "2 students are named wangwei" in one.notes[0]


def test_one_person_stays_one_where_moodle_gives_a_number_for_each_assignment(tmp_path):
    put(tmp_path, "Ada_1_assignsubmission_file_/lesson03.ipynb")
    put(tmp_path, "Ada_2_assignsubmission_file_/lesson05.ipynb")
    assert facts(find(tmp_path)) == [("Ada", "lesson03", False), ("Ada", "lesson05", False)]


def test_a_name_from_a_mac_is_the_same_name(tmp_path):
    put(tmp_path, unicodedata.normalize("NFD", "Zoë Ångström") + "/lesson03.ipynb")
    put(tmp_path, "Zoë Ångström_lesson05.ipynb")
    assert {one.student for one in find(tmp_path)} == {"Zoë Ångström"}


def test_gradescope_and_blackboard_tell_names_beside_the_files(tmp_path):
    put(tmp_path, "export/submission_998/lesson03.ipynb", "export/submission_999/lesson03.ipynb")
    put(
        tmp_path,
        "export/submission_metadata.yml",
        text="---\nsubmission_998:\n  :submitters:\n  - :name: Ada Lovelace\n    :sid: '77'\n"
        "  - :name: Bo Li\n    :sid: '78'\n"
        "  :created_at: 2026-11-23 10:11:12.000000000 +00:00\n",
    )
    stem = "lesson03_ghopper_attempt_2026-11-23-10-11-12"
    put(tmp_path, f"bb/{stem}_x.ipynb")
    put(tmp_path, f"bb/{stem}.txt", text="Name: Grace Hopper (ghopper)\nAssignment: lesson03\n")
    put(tmp_path, "bb/lesson03_cy_attempt_2026-11-23-10-11-12.txt", text="Name: Cy (cy)\n")
    found = {one.student: one for one in find(tmp_path)}
    assert {name: one.id for name, one in found.items()} == {
        "Ada Lovelace": "77", "Bo Li": "78", "Grace Hopper": "ghopper", "Cy": "cy",
        "submission_999": "999",
    }  # fmt: skip
    assert "expected a notebook" in found["Cy"].problem


# Late


@pytest.fixture
def two_hours_east(monkeypatch):
    """This computer's clock is two hours ahead of UTC."""
    monkeypatch.setenv("TZ", "Etc/GMT-2")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("two_hours_east")
def test_lateness_is_kept(tmp_path):
    put(tmp_path, "ada_LATE_12_345_lesson05.ipynb", "bo_13_346_lesson05.ipynb")
    put(tmp_path, "1-6 - Cy - Nov 23, 2026 1011 AM/lesson05.ipynb")
    put(tmp_path, "lesson05_di_attempt_2026-11-23-23-59-59_lesson05.ipynb")
    put(tmp_path, "ed/lesson05/lesson05.ipynb", "fay/lesson05.ipynb")
    put(tmp_path, "ed/lesson05/timestamp.txt", text="2026-11-24 10:11:12.123456 UTC")
    assert {one.student for one in find(tmp_path) if one.late} == {"ada"}
    late = {
        due: {one.student for one in find(tmp_path, due=due) if one.late}
        for due in ("2026-11-23T10:00", "2026-11-23", "2026-11-23T09:00+00:00")
    }
    assert late == {
        "2026-11-23T10:00": {"ada", "Cy", "di", "ed"},
        "2026-11-23": {"ada", "ed"},
        "2026-11-23T09:00+00:00": {"ada", "di", "ed"},
    }
    found = {one.student: one for one in find(tmp_path, due="2026-11-23")}
    assert "does not tell when" in found["fay"].notes[0]
    assert not found["ed"].notes + found["bo"].notes  # Canvas marks what is late
    with pytest.raises(ValueError, match="Found the time 'soon', expected"):
        find(tmp_path, due="soon")


def test_times_with_a_zone_become_local():
    assert time_in("2026-11-23 10:11:12 UTC") == time_in("2026-11-23 05:11:12 America/New_York")
    assert time_in("2026-11-23 10:11:12.5 UTC") == time_in("2026-11-23 12:11:12 +02:00")
    assert time_in("2026-11-23 10:11:12 UTC") == time_in("2026-11-23 07:11:12 -0300")
    assert time_in("yesterday") is None
    assert owner_in("1-6 - A - Nov 23, 2026 1011 PM").time.hour == 22


# Zip files


def test_zips_of_students_and_of_the_class_are_opened(tmp_path):
    zipped(tmp_path / "zhang_13_77_lesson03.zip", **{"a/lesson03.ipynb": EMPTY, "a/x.png": "x"})
    zipped(tmp_path / "ada" / "all.zip", **{"lesson03.ipynb": EMPTY, "lesson05.ipynb": EMPTY})
    zipped(
        tmp_path / "download.zip",
        **{
            "wei_12_345_lesson03.ipynb": EMPTY,
            "__MACOSX/._wei_12_345_lesson03.ipynb": "x",
            "__MACOSX/notes.txt": "x",
            "Bo_1_assignsubmission_file_/lesson03.ipynb": EMPTY,
        },
    )
    found = find(tmp_path)
    assert facts(found) == [
        ("Bo", "lesson03", False), ("ada", "lesson03", False), ("ada", "lesson05", False),
        ("wei", "lesson03", False), ("zhang", "lesson03", False),
    ]  # fmt: skip
    assert "from zhang_13_77_lesson03.zip" in found[-1].notes
    assert facts(find(tmp_path / "download.zip")) == [facts(found)[0], facts(found)[3]]


def test_a_download_that_is_named_like_a_student_is_one_of_the_class(tmp_path):
    names = [f"{name}_{n}_assignsubmission_file_/lesson03.ipynb" for n, name in enumerate("AB")]
    zipped(tmp_path / "in" / "CS101-lesson03-1234.zip", **dict.fromkeys(names, EMPTY))
    assert facts(find(tmp_path / "in")) == [("A", "lesson03", False), ("B", "lesson03", False)]


def test_a_zip_of_the_class_may_have_a_folder_around_it(tmp_path):
    zipped(tmp_path / "c.zip", **{"c/ada/lesson03.ipynb": EMPTY, "c/bo/lesson03.ipynb": EMPTY})
    assert facts(find(tmp_path / "c.zip")) == [
        ("ada", "lesson03", False),
        ("bo", "lesson03", False),
    ]
    zipped(tmp_path / "d.zip", **{"ada/lesson03/lesson03.ipynb": EMPTY})
    assert facts(find(tmp_path / "d.zip")) == [("ada", "lesson03", False)]


@pytest.mark.parametrize("name", ["../../evil.ipynb", "/tmp/evil.ipynb", "a\\..\\..\\evil.ipynb"])
def test_a_path_out_of_a_zip_is_refused_and_nothing_is_written(tmp_path, name):
    zipped(tmp_path / "in" / "ada_lesson03.zip", **{"lesson03.ipynb": EMPTY, name: EMPTY})
    (found,) = find(tmp_path / "in")
    assert (found.student, found.assignment) == ("ada", "lesson03")
    assert "leads out of it" in found.problem
    assert not list(tmp_path.rglob("evil*"))


def test_a_zip_that_is_damaged_encrypted_or_too_large_is_refused(tmp_path, monkeypatch):
    put(tmp_path, "ada_lesson03.zip", text="no zip")
    zipped(tmp_path / "bo_lesson03.zip", **{"lesson03.ipynb": EMPTY})
    data = bytearray((tmp_path / "bo_lesson03.zip").read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # encrypted
    (tmp_path / "bo_lesson03.zip").write_bytes(data)
    zipped(tmp_path / "cy_lesson03.zip", **{"lesson03.ipynb": "0" * 200_000_001})
    zipped(tmp_path / "di_lesson03.zip", **{f"{n}.txt": "" for n in range(11)})
    zipped(tmp_path / "ed_lesson03.zip")
    zipped(tmp_path / "fay_lesson03.zip", **{"é.ipynb": EMPTY})
    data = (tmp_path / "fay_lesson03.zip").read_bytes().replace("é".encode(), b"\xff\xff")
    (tmp_path / "fay_lesson03.zip").write_bytes(data)
    monkeypatch.setattr(archives, "MOST_FILES", 10)
    found = {one.student: one.problem for one in find(tmp_path)}
    for name, words in (
        ("ada", "cannot be opened"), ("bo", "encrypted"), ("cy", "200 MB"), ("di", "11 files"),
        ("ed", "no file"), ("fay", "cannot be opened ('utf-8' codec"),
    ):  # fmt: skip
        assert words in found[name]
        assert f"{name}_lesson03.zip" in found[name]


def test_a_file_in_a_zip_is_never_written_beyond_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LARGEST", 1000)
    zipped(tmp_path / "a.zip", **{"lesson03.ipynb": "0" * 5000})
    (path,) = archives.unpack(tmp_path / "a.zip").iterdir()
    assert path.stat().st_size == 1001


def test_a_zip_in_a_zip_in_a_zip_is_not_followed_for_ever(tmp_path):
    inner = EMPTY
    for number in range(4):
        zipped(tmp_path / f"{number}.zip", **{"in.zip" if number else "x_lesson03.ipynb": inner})
        inner = (tmp_path / f"{number}.zip").read_bytes()
    (tmp_path / "in").mkdir()
    (tmp_path / "3.zip").rename(tmp_path / "in" / "3.zip")
    (found,) = find(tmp_path / "in")
    assert "Found in.zip" in found.problem


def test_names_in_a_zip_of_a_mac_are_read_as_utf_8(tmp_path):
    name = unicodedata.normalize("NFD", "Jürgen_lesson03.ipynb")
    zipped(tmp_path / "c.zip", **{name: EMPTY})
    data = (tmp_path / "c.zip").read_bytes()
    for sign, place in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):  # no flag for UTF-8
        start = data.index(sign) + place
        data = data[:start] + bytes([data[start] & ~8]) + data[start + 1 :]
    (tmp_path / "c.zip").write_bytes(data)
    assert facts(find(tmp_path / "c.zip")) == [("Jürgen", "lesson03", False)]


# The roster


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("lovelaceada_99_345_lesson03.ipynb", "Ada Lovelace"),  # as Canvas joins names
        ("alove_lesson03.ipynb", "Ada Lovelace"),
        ("7/lesson03.ipynb", "Ada Lovelace"),
        ("Lab 2-Ada Lovelace_5_assignsubmission_file_/lesson03.ipynb", "Ada Lovelace"),
        ("fangwang_88_345_lesson03.ipynb", "Wang Fang (88)"),
        ("wfang1/lesson03.ipynb", "Wang Fang (12)"),
        ("A. Lovelace_7_1_lesson03.ipynb", "Ada Lovelace"),
    ],
)
def test_students_are_matched_by_id_login_or_name(tmp_path, path, student):
    put(tmp_path / "in", path)
    found = find(tmp_path / "in", roster=roster(tmp_path))
    (one,) = (one for one in found if not one.missing)
    assert one.student == student
    assert one.seed_name == student.partition(" (")[0]


@pytest.mark.parametrize(
    ("path", "student", "note"),
    [
        ("Zed Zulu_7_1_lesson03.ipynb", "Zed Zulu", "its id is that of Ada Lovelace"),
        ("ada lovelace_12_1_lesson03.ipynb", "Ada Lovelace", "its id is that of Wang Fang"),
        ("Wang Fang_5_1_lesson03.ipynb", "Wang Fang", "2 in the roster have this name"),
        ("Ada Lovelance_lesson03.ipynb", "Ada Lovelance", "the nearest name is Ada Lovelace"),
        ("guest_lesson03.ipynb", "guest", "not in the roster"),
        ("A. Lovelace_7_1_lesson03.ipynb", "Ada Lovelace", "handed in as 'A. Lovelace'"),
    ],
)
def test_doubts_about_a_person_are_noted(tmp_path, path, student, note):
    put(tmp_path / "in", path)
    found = find(tmp_path / "in", roster=roster(tmp_path))
    (one,) = (one for one in found if not one.missing)
    assert (one.student, one.problem) == (student, "")
    assert note in one.notes[0]


def test_who_handed_in_nothing_has_a_row(tmp_path):
    put(tmp_path / "in", "alove/lesson03.ipynb", "wfang1/lesson05.ipynb", "wfang2/notes.pdf")
    found = find(tmp_path / "in", roster=roster(tmp_path))
    missing = {(one.student, one.assignment): one for one in found if one.missing}
    assert missing.keys() == {
        ("Ada Lovelace", "lesson05"), ("Wang Fang (12)", "lesson03"),
        ("Wang Fang (88)", "lesson03"), ("Wang Fang (88)", "lesson05"),
    }  # fmt: skip
    assert len(found) == 7
    assert missing["Ada Lovelace", "lesson05"].problem == "Nothing was handed in for lesson05."
    assert "other row" in missing["Wang Fang (88)", "lesson03"].problem
    put(tmp_path / "in", "Wang Fang_5_1_lesson03.ipynb")
    found = find(tmp_path / "in", roster=roster(tmp_path))
    strange = [one for one in found if "fits nobody" in one.problem]
    assert {one.student for one in strange} == {"Wang Fang (12)", "Wang Fang (88)"}
    assert received(missing["Ada Lovelace", "lesson05"]).status == "nothing handed in"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("first_name,Surname,ID number,Email address\nJürgen,Müller,4,j@x.org\n", "utf-8-sig"),
        ("Nachname;Vorname;Matrikelnummer\nMüller;Jürgen;4\n", "cp1252"),
        ("Student\tID\tSection\nMüller, Jürgen\t4\tA\n    Points Possible\t\t\n", "utf-16"),
        ('Student,ID,SIS User ID,SIS Login ID\n"Müller, Jürgen",4,M4,jm\n"Student, Test",,,\n',
         "utf-8"),
        ("OrgDefinedId,Username,Last Name,First Name\n#4,#jm,Müller,Jürgen\n", "utf-8"),
    ],
)  # fmt: skip
def test_rosters_of_many_origins_are_read(tmp_path, text, encoding):
    (person,) = roster(tmp_path, text, encoding).people
    assert (person.name, person.ids[0]) == ("Jürgen Müller", "4")
    put(tmp_path / "in", "muellerjurgen_4_1_lesson03.ipynb", "MuellerJuergen_lesson05.ipynb")
    found = find(tmp_path / "in", roster=roster(tmp_path, text, encoding))
    assert {one.student for one in found} == {"Jürgen Müller"}


def test_moodles_worksheet_distinguishes_two_of_one_name(tmp_path):
    text = "Identifier,Full name,Email address\nParticipant 5,Ada B,a@x\nParticipant 6,Ada B,b@x\n"
    put(tmp_path / "in", *(f"Ada B_{n}_assignsubmission_file_/lesson03.ipynb" for n in (5, 6)))
    found = find(tmp_path / "in", roster=roster(tmp_path, text))
    assert [(one.student, one.notes) for one in found] == [("Ada B (5)", ()), ("Ada B (6)", ())]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "Found no student"),
        ("name\n", "Found no student"),
        ("name\nAda\nADA\n", "has ADA and Ada twice without different ids"),
        ("name,id\nAda,1\nBo,1\n", "gives the id 1 to Ada and Bo"),
    ],
)
def test_a_roster_that_cannot_be_used_is_refused(tmp_path, text, words):
    with pytest.raises(ValueError, match=words):
        roster(tmp_path, text)
    (tmp_path / "roster.csv").write_bytes(b"\x81\x00\xff")
    with pytest.raises(ValueError, match="roster.csv, line 1: found"):
        read_roster(tmp_path / "roster.csv")
    with pytest.raises(FileNotFoundError, match="Found no file"):
        read_roster(tmp_path / "none.csv")


# The name for the personal seed


def shows(name):
    return [{"outputs": [{"data": {"text/plain": f"You are: {name} (seed 5)"}}]}]


@pytest.mark.parametrize(
    ("shown", "seed_name", "note"),
    [
        ("alove", "alove", "made under the name 'alove', and graded under it"),
        ("ada LOVELACE", "Ada Lovelace", None),
        ("Lovelace Ada", "Lovelace Ada", "graded under it"),
        ("Wang Fang", "Ada Lovelace", "made under the name 'Wang Fang', graded as 'Ada Lovelace'"),
    ],
)
def test_the_name_in_the_notebook_counts_if_it_is_the_students_own(
    tmp_path, shown, seed_name, note
):
    put(tmp_path / "in", "lovelaceada_99_345_lesson03.ipynb")
    found = find(tmp_path / "in", roster=roster(tmp_path))
    (one,) = (one for one in found if not one.missing)
    own, notes = under_own_name(one, shows(shown))
    assert own.seed_name == seed_name
    assert len(notes) == bool(note)
    assert not note or note in notes[0]
    assert under_own_name(one, [{"outputs": []}]) == (one, [])


def test_the_roster_may_say_under_which_name_somebody_works(tmp_path):
    put(tmp_path / "in", "alove/lesson03.ipynb")
    people = roster(tmp_path, "name,id,login,works as\nAda Lovelace,9,alove,countess\n")
    (found,) = find(tmp_path / "in", roster=people)
    assert (found.student, found.id, found.seed_name) == ("Ada Lovelace", "9", "countess")


# The table


def test_no_name_in_the_table_is_a_formula(tmp_path):
    rows = [
        Submission(name, "lesson03", tmp_path, "no", id=id, late=late)
        for name, id, late in (("=cmd|'", "12", True), ("+A", "", False), ("@B", "-1", False))
    ]
    text = grades_table([received(row) for row in rows]).lstrip("\ufeff")
    table = list(csv.DictReader(io.StringIO(text)))
    assert [row["student"] for row in table] == ["'=cmd|'", "'+A", "'@B"]
    assert [row["id"] for row in table] == ["12", "", "-1"]
    assert [row["late"] for row in table] == ["late", "", ""]


def test_one_command_with_roster_and_zips(tmp_path, capsys):
    made = classroom.source()
    classroom.write(tmp_path / "source" / NAME / f"{NAME}.ipynb", made)
    zipped(tmp_path / "in" / f"ada_LATE_12_345_{NAME}.zip", **{f"{NAME}.ipynb": json.dumps(made)})
    put(tmp_path / "in", f"bo_13_346_{NAME}.py")
    (tmp_path / "r.csv").write_text("name,id\nada,12\nbo,13\ncy,14\n")
    options = ("--source", "source", "--out", "out", "--roster", "r.csv")
    paths = [x if x.startswith("--") else str(tmp_path / x) for x in options]
    assert main(["grade", str(tmp_path / "in"), *paths]) == 1
    assert "1 of 2 submissions have marks" in capsys.readouterr().out
    with (tmp_path / "out" / "grades.csv").open(encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    found = {name: (row["id"], row["status"], row["late"], row["g1"]) for name, row in rows.items()}
    assert found == {
        "ada": ("12", "needs manual grading", "late", "3"),
        "bo": ("13", "refused", "", ""),
        "cy": ("14", "nothing handed in", "", ""),
    }
