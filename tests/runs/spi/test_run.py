"""The run PR772: a pure function of seed and frame, with the classes in their shares."""

import numpy as np
import pytest

from sfxtutor.metrics import is_positive
from sfxtutor.runs.open import open_run
from sfxtutor.runs.spi.run import SpiRun
from sfxtutor.runs.spi.shot import Setup


def test_it_is_opened_by_its_name_and_behaves_as_a_run():
    run = open_run("pr772", seed=3)
    frame = run[5]
    assert (frame.shape, frame.dtype, len(run)) == ((130, 128), np.uint16, 2000)
    assert run.card.shape == frame.shape
    assert (run.source, run.seed) == ("twin", 3)
    assert (frame[~run.mask] == 0).all()
    with pytest.raises(IndexError):
        run[2000]
    with pytest.raises(FileNotFoundError):
        open_run("PR772", source="cxidb")


def test_a_frame_is_a_function_of_seed_and_number():
    run, again, other = SpiRun(0), SpiRun(0), SpiRun(1)
    for i in (0, 7, 1999):
        assert (run[i] == again[i]).all()
        assert not (run[i] == other[i]).all()
    assert run.fingerprint != other.fingerprint
    assert run.fingerprint != SpiRun(0, Setup(radius=30.0)).fingerprint


def test_every_2000_frames_have_the_shares_that_are_stated():
    for run in (SpiRun(0), SpiRun(1), SpiRun(0).further(4000)):
        for block in range(0, len(run), 2000):
            kinds = run.kinds[block : block + 2000]
            shares = [
                np.mean(kinds == kind)
                for kind in ("single", "dimer", "droplet", "contaminant", "empty")
            ]
            assert shares == pytest.approx(Setup().shares)
    assert is_positive(run.labels).mean() == pytest.approx(0.05)
    assert ((run.labels == "HIT") == (run.kinds == "single")).all()


def test_further_frames_are_others_and_numbered_on():
    run = SpiRun(0)
    more = run.further(3000)
    assert (len(more), more.fingerprint != run.fingerprint) == (3000, True)
    assert not (more[0] == run[0]).all()
    assert (more[2500] == run.further(2600)[2500]).all()
    assert more.kinds[2500] == more.further(10).kinds.dtype.type(more.kinds[2500])
    assert not (more.further(10)[0] == more[0]).all()
