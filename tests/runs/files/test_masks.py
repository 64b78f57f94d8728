"""Masks of every form, and a pickle that would run code if it were loaded."""

import struct

import h5py
import numpy as np
import pytest
from fabio.cbfimage import CbfImage
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp
from minifiles import flex_pickle
from places import SHARED

from sfxtutor.runs.files.masks import read_mask


def good(shape=(9, 7)):
    mask = np.ones(shape, bool)
    mask[3:5, 2] = mask[0, 0] = False
    return mask


@pytest.mark.parametrize("python", [2, 3])
@pytest.mark.parametrize("shape", [(9, 7), (7, 9), (300, 260)])
def test_a_flex_pickle_is_parsed(tmp_path, python, shape):
    path = tmp_path / "mask.pickle"
    path.write_bytes(flex_pickle(good(shape), python))
    assert (read_mask(path) == good(shape)).all()


def test_a_pickle_is_never_loaded(tmp_path):
    path, trace = tmp_path / "mask.pickle", tmp_path / "executed"
    command = f"touch {trace}".encode()
    path.write_bytes(b"cos\nsystem\n(X" + struct.pack("<i", len(command)) + command + b"tR.")
    with pytest.raises(ValueError, match="0 arrays .* not unpickled"):
        read_mask(path)
    assert not trace.exists()


def test_a_pickle_of_several_panels_fits_their_frames(tmp_path):
    path, panel = tmp_path / "mask.pickle", good()
    path.write_bytes(flex_pickle(panel, panels=2))
    stacked = np.concatenate([panel, panel])
    assert (read_mask(path, shape=stacked.shape) == stacked).all()
    with pytest.raises(ValueError, match=rf"shape \(2, {panel.shape[0]}, {panel.shape[1]}\)"):
        read_mask(path)


def test_a_broken_off_pickle_is_refused(tmp_path):
    path = tmp_path / "mask.pickle"
    path.write_bytes(flex_pickle(good())[:-80])
    with pytest.raises(ValueError, match="no pickle"):
        read_mask(path)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_mask_or_a_sentence(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("m") / "mask.pickle"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"numpy\.save"):
        read_mask(path)


@given(hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40)))
def test_any_mask_comes_back_from_every_form(tmp_path_factory, mask):
    mask[0, 0] = True
    folder = tmp_path_factory.mktemp("m")
    np.save(folder / "m.npy", mask)
    np.savez(folder / "m.npz", mask)
    (folder / "m.pickle").write_bytes(flex_pickle(mask))
    with h5py.File(folder / "m.h5", "w") as file:
        file["entry/instrument/detector/pixel_mask"] = np.where(mask, 0, 4).astype(np.uint32)
    with h5py.File(folder / "m.cxi", "w") as file:
        file["entry_1/data_1/mask"] = np.where(mask, 2, 1).astype(np.uint16)
    with h5py.File(folder / "m.hdf5", "w") as file:
        file["data/data"] = mask.astype(np.int16)
    CbfImage(data=mask.astype(np.int32)).write(str(folder / "m.cbf"))
    for path in folder.iterdir():
        assert (read_mask(path) == mask).all(), path.name


def test_packed_bits_by_name(tmp_path):
    mask = np.random.default_rng(1).random((16, 16)) < 0.5
    np.savez(tmp_path / "m.npz", LN83=np.packbits(~mask), LN84=np.packbits(mask))
    assert (read_mask(tmp_path / "m.npz", "LN84") == mask).all()
    assert (read_mask(tmp_path / "m.npz", "LN83") == ~mask).all()
    assert (read_mask(tmp_path / "m.npz", "LO19") == mask).all()  # the same file upstream
    with pytest.raises(ValueError, match="masks of LN83, LN84; expected one for LG36"):
        read_mask(tmp_path / "m.npz", "LG36")


def test_the_real_masks():
    path = SHARED / "cxidb76" / "masks.npz"
    if not path.exists():
        pytest.skip("the real masks are not beside this checkout")
    mask = read_mask(path, "LN84")
    y, x = np.argwhere(~mask[900:1020, 900:1020]).T + 900
    assert mask.shape == (1920, 1920)
    # facts.md §4: the centre is a disc of radius 54 pixels, in LN83 164 rows by 108 columns
    assert (np.ptp(x) + 1) / 2 == pytest.approx(54, abs=1)
    assert (~read_mask(path, "LN83")).sum() > (~mask)[y.min() : y.max(), x.min() : x.max()].sum()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("m.txt", b"1", "ends in '.txt'; expected a mask in one of .pickle"),
        ("m.npy", np.zeros((4, 4), bool), r"shape \(4, 4\) and 0 good pixels"),
        ("m.npy", np.ones(5, bool), r"shape \(5,\)"),
        ("m.npy", np.ones((2, 4, 4), bool), r"shape \(2, 4, 4\)"),
        ("m.npy", np.array([{}]), "It is not unpickled, for safety"),
        ("m.npz", b"PK\3\4 cut off", "cannot be read as a mask .* numpy.save"),
        ("m.npz", b"other", "It is not unpickled, for safety"),
        ("m.npy", b"", "cannot be read as a mask .* numpy.save"),
        ("m.h5", b"cut off", "cannot be read as a mask .* numpy.save"),
        ("m.cbf", b"cut off", "cannot be read as CBF"),
        ("m.h5", {"other": 1}, "holds no pixel_mask, mask or data/data"),
    ],
)
def test_what_is_no_mask(tmp_path, name, content, sentence):
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, dict):
        with h5py.File(path, "w") as file:
            file.update(content)
    else:
        np.save(path, content, allow_pickle=True)
    with pytest.raises(ValueError, match=sentence):
        read_mask(path)
    with pytest.raises(FileNotFoundError, match="no mask file"):
        read_mask(tmp_path / "none.npy")


@pytest.mark.parametrize("name", ["m.npy", "m.h5"])
def test_what_is_nan_is_no_good_pixel(tmp_path, name):
    good = np.array([[True, False, True]])
    values = np.where(good, 1, np.nan)
    if name == "m.npy":
        np.save(tmp_path / name, values)
    else:
        with h5py.File(tmp_path / name, "w") as file:
            file["mask"] = values
    assert (read_mask(tmp_path / name) == good).all()
