"""Reading again where a file system failed for a moment."""

import errno

import h5py
import numpy as np
import pytest
from fabio.cbfimage import CbfImage

from sfxtutor.runs.files import again
from sfxtutor.runs.files.formats import cbf
from sfxtutor.runs.open import open_run


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """The pauses that were made, in seconds: a list."""
    made = []
    monkeypatch.setattr(again.time, "sleep", made.append)
    return made


class Disk:
    """A function that fails so many times, then calls another one."""

    def __init__(self, read, failures, code=errno.EIO):
        self.read, self.failures, self.code = read, failures, code

    def __call__(self, *args):
        self.failures -= 1
        if self.failures >= 0:
            raise OSError(self.code, "Input/output error")
        return self.read(*args)


def test_a_failure_that_passes_costs_a_pause(pauses):
    assert again.Again()(Disk(abs, 2), -3) == 3
    assert pauses == list(again.PAUSES)


@pytest.mark.parametrize(("failures", "code"), [(3, errno.EIO), (1, errno.EACCES)])
def test_a_failure_that_stays_is_raised(pauses, failures, code):
    with pytest.raises(OSError, match="Input/output") as raised:
        again.Again()(Disk(abs, failures, code), -3)
    assert raised.value.errno == code
    assert len(pauses) == failures - 1


def test_a_disk_that_failed_for_good_is_not_waited_for_at_every_frame(pauses):
    read, broken = again.Again(), Disk(abs, 1000)
    for _ in range(100):
        with pytest.raises(OSError, match="Input/output"):
            read(broken, 1)
    assert len(pauses) == again.MOST


def test_a_frame_of_a_run_is_read_again(tmp_path, monkeypatch, pauses):
    frames = np.arange(2 * 9 * 9, dtype="u2").reshape(2, 9, 9)
    with h5py.File(tmp_path / "r.cxi", "w") as file:
        file["entry_1/data_1/data"] = frames
    run = open_run(tmp_path / "r.cxi")
    read = h5py.Dataset.__getitem__
    disk = Disk(read, 1)
    monkeypatch.setattr(h5py.Dataset, "__getitem__", lambda data, where: disk(data, where))
    assert (run[1] == frames[1]).all()
    disk.failures = 3
    with pytest.raises(ValueError, match=r"Frame 0 of r cannot be read .*Input/output"):
        run[0]


def test_a_cbf_is_read_again(tmp_path, monkeypatch, pauses):
    path = tmp_path / "f.cbf"
    CbfImage(data=np.arange(81, dtype="i4").reshape(9, 9)).write(str(path))
    run = open_run(path)
    monkeypatch.setattr(cbf, "open", Disk(open, 1), raising=False)
    assert run[0][8, 8] == 80
    assert len(pauses) == 1
