"""The command line: every command reaches its function, errors are one sentence."""

import h5py
import pytest

from sfxtutor.cli.main import main
from sfxtutor.runs.files import fetch


def test_data_list_and_info(capsys):
    assert main(["data", "list"]) == 0
    listed = capsys.readouterr().out
    assert listed.count("simulated here") == 5
    assert listed.count("http://cxidb.org/data/76/") == 5
    assert main(["data", "info", "LN84"]) == 0
    card = capsys.readouterr().out
    assert "twin of LN84" in card
    assert "CC0" in card


def test_data_simulate_writes_a_file_that_opens(tmp_path, capsys):
    out = tmp_path / "ln83.h5"
    command = ["data", "simulate", "LN83", "--frames", "2", "--crop", "--out", str(out)]
    assert main(command) == 0
    with h5py.File(out) as file:
        images = next(iter(file["data"].values()))["images"]
        assert images.shape == (2, 724, 724)


def test_an_error_is_one_sentence_and_a_status(capsys):
    assert main(["data", "info", "XY12"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("sfxtutor: CXIDB 76 has no run 'XY12'")
    assert error.count("\n") == 1


@pytest.mark.parametrize("before", [True, False])
def test_debug_shows_the_traceback_of_an_expected_error_too(before, capsys):
    command = ["data", "--debug", "info", "XY12"]
    assert main(["--debug", "data", "info", "XY12"] if before else command) == 1
    error = capsys.readouterr().err
    assert error.startswith("Traceback (most recent call last)")
    assert error.splitlines()[-1].startswith("sfxtutor: CXIDB 76 has no run 'XY12'")


def test_a_bug_is_raised_and_not_told_as_a_sentence(monkeypatch, capsys):
    def buggy():
        return int("three")  # a ValueError, as that of a wrong input is

    monkeypatch.setattr(fetch, "list_runs", buggy)
    with pytest.raises(ValueError, match="three"):
        main(["data", "list"])
    assert capsys.readouterr().err == ""


def test_what_the_system_refuses_is_a_sentence(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(fetch, "list_runs", (tmp_path / "none").read_text)
    assert main(["data", "list"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_ctrl_c_is_no_traceback(monkeypatch, capsys):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch, "list_runs", interrupt)
    assert main(["data", "list"]) == 130
    assert "what was finished is kept" in capsys.readouterr().err


def test_run_executes_the_lessons_of_the_course(monkeypatch):
    from sfxtutor.course import run

    seen = {}
    monkeypatch.setattr(run, "run_course", lambda *a: seen.update(arguments=a) or 0)
    assert main(["run", "--profile", "paper", "--out", "elsewhere", "--seed", "3"]) == 0
    lessons, *options = seen["arguments"]
    assert lessons[0].name == "00_start_here.ipynb"
    assert options == ["paper", "twin", "elsewhere", 3]
    assert main(["run"]) == 0
    assert seen["arguments"][1:] == ("quick", "twin", "build", 0)


def test_a_seed_that_is_no_number_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["run", "--seed", "five"])
    assert "invalid int value: 'five'" in capsys.readouterr().err


def test_an_unknown_command_is_refused():
    with pytest.raises(SystemExit):
        main(["fly"])
