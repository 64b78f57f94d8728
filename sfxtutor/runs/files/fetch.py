"""Fetch CXIDB 76: whole files, or some of their frames over HTTP, labels and masks.

Each `fetch_*` returns a Path under `cache_dir()` and reads nothing; what is there already is not
fetched again.  The five files are about 13 GB each.
"""

import os
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import h5py
import pooch
import requests
from filelock import FileLock, Timeout
from tqdm.auto import tqdm

from ...support.disk import cache_dir, check_space
from ...support.errors import disk_error
from ..datasets import BASE_URL, CARDS, LABELS_SHA256, LABELS_URL, MASKS
from .http import RangeFile, download
from .run import FileRun
from .write import write_idh5


def fetch_run(name, frames=None, crop=False, progress=True, base_url=BASE_URL):
    """Fetch a run of CXIDB 76 and return the Path of its idh5 file.

    The whole file is resumed after a cut, then checked: length, structure, number of frames; its
    sha256 is recorded beside it (`verify_run` checks it later), because none is published.
    `frames` or `crop` read only what they need over HTTP, from the whole file if it is there, and
    write it as a smaller file.  Two processes may fetch the same file: one waits for the other.

    Parameters
    ----------
    name : "LN83", "LN84", "LO19", "LG36" or "L498"
    frames : int, optional, only the first so many
    crop : bool, only the central 724 x 724 pixels
    progress : bool, show a bar
    base_url : str

    Raises
    ------
    ValueError
        If there is no such run, or what arrived is not the file that was expected.
    FileNotFoundError, ConnectionError
        If the server has no such file, or cannot be reached.
    OSError
        If the disk is full.  What has arrived is kept, and the next call goes on from there.
    """
    card = _card(name)
    path = _path(name, frames, crop)
    url = base_url + card.address.split("/76/")[1]
    with _locked(path):
        if path.exists():
            return path
        if frames is None and not crop:
            _download(url, path, card, progress)
        else:
            with _whole(card, url) as run:
                write_idh5(run, path, frames, crop, progress)
        _sidecar(path).write_text(f"{pooch.file_hash(path)}  {path.name}\n")
    return path


def fetch_labels(name, base_url=LABELS_URL):
    """Fetch the experts' labels of a run: Path of a text file, checked by its known sha256.

    2,000 lines `r0018_2000.h5 [1] MISS`, 50 kB; nksauter/fv5080, BSD-3, with Ke et al. 2018.
    """
    _card(name)
    return _retrieve(
        f"{base_url}{name}/expert_annotation.txt",
        f"sha256:{LABELS_SHA256[name]}",
        cache_dir() / "cxidb76" / name,
    )


def fetch_mask(name, base_url=LABELS_URL):
    """Fetch the detector mask of a run: Path of a pickle, for `read_mask`, which parses it.

    1 = good, 1920 x 1920; nksauter/fv5080, BSD-3.  No checksum is known; the commit is fixed.
    """
    if name not in MASKS:
        raise ValueError(
            f"No mask of {name} is published, only of {', '.join(MASKS)}. Open the run without."
        )
    return _retrieve(f"{base_url}{name}/{MASKS[name]}", None, cache_dir() / "cxidb76" / name)


def open_fetched(name, labels=None, mask=None):
    """Open what was fetched of a run: the whole file, else its crop, else the most frames.

    Labels and mask are those beside it, where they were fetched and none are given.
    """
    card, folder = _card(name), cache_dir() / "cxidb76" / name
    files = _files(name)
    if not files:
        raise FileNotFoundError(
            f"{name} of CXIDB 76 is not in {folder}. Fetch it (13 GB): sfxtutor data fetch {name}; "
            f"or some central crops: sfxtutor data fetch {name} --frames 200 --crop."
        )
    expert, pickle = folder / "expert_annotation.txt", folder / MASKS.get(name, "none")
    return FileRun(
        files[0],
        card=card,
        labels=expert if labels is None and expert.exists() else labels,
        mask=pickle if mask is None and pickle.exists() else mask,
    )


def verify_run(name):
    """Check what was fetched of a run: structure, number of frames, sha256; labels too.

    Returns
    -------
    list of str, a sentence a file that is right

    Raises
    ------
    FileNotFoundError
        If nothing was fetched.
    ValueError
        If a file is not what it was when it arrived.
    """
    card, files, sentences = _card(name), _files(name), []
    if not files:
        raise FileNotFoundError(f"Nothing of {name} was fetched. Run: sfxtutor data fetch {name}.")
    labels = cache_dir() / "cxidb76" / name / "expert_annotation.txt"
    for path in [*files, *([labels] if labels.exists() else [])]:
        known = LABELS_SHA256[name] if path == labels else _sidecar(path).read_text().split()[0]
        checksum = pooch.file_hash(path)
        if checksum != known:
            raise ValueError(
                f"{path} has sha256 {checksum}; expected {known}, as when it arrived. "
                "It has changed on disk: delete it and fetch it again."
            )
        if path != labels:
            with FileRun(path, card=card) as run:
                sentences.append(f"{path.name}: {len(run)} frames, sha256 right")
        else:
            sentences.append(f"{path.name}: sha256 right")
    return sentences


def list_runs():
    """What can be opened: a list of {name, source, frames, address, local} dicts.

    `local` is the list of fetched files, empty where there is none; a twin needs none.
    """
    return [
        {
            "name": name,
            "source": source,
            "frames": card.frames,
            "address": card.address,
            "local": [str(p) for p in _files(name)] if source == "cxidb" else [],
        }
        for source, cards in CARDS.items()
        for name, card in cards.items()
    ]


def info(name, source="cxidb"):
    """The card of a run as text, by the fetched file where there is one."""
    if source == "cxidb" and _card(name) and _files(name):
        with open_fetched(name) as run:
            return f"{run.card}\nfile         {_files(name)[0]}"
    if name not in CARDS[source]:
        raise ValueError(f"No {source} run {name!r}; expected {', '.join(CARDS[source])}.")
    return str(CARDS[source][name])


def _card(name):
    if name not in CARDS["cxidb"]:
        raise ValueError(
            f"CXIDB 76 has no run {name!r}; expected one of {', '.join(CARDS['cxidb'])}."
        )
    return CARDS["cxidb"][name]


def _path(name, frames=None, crop=False):
    stem = Path(_card(name).address).stem
    parts = [stem, *([f"first{frames}"] if frames else []), *(["crop"] if crop else [])]
    return cache_dir() / "cxidb76" / name / ("_".join(parts) + ".h5")


def _files(name):
    """Fetched files of a run, the most useful first: whole, whole crop, most frames."""

    def rank(path):
        first = path.stem.partition("_first")[2].split("_")[0]
        return (-int(first) if first else float("-inf"), path.stem.endswith("_crop"))

    whole = _path(name)
    return sorted(whole.parent.glob(f"{whole.stem}*.h5"), key=rank)


def _sidecar(path):
    return path.with_name(path.name + ".sha256")


@contextmanager
def _locked(path):
    """Hold the lock of a file, waiting for the process that fetches it now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tqdm.write(f"Another process fetches {path.name}; waiting for it.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _whole(card, url):
    """The whole run as it is on this disk, or else on the server."""
    local = _path(card.name)
    if local.exists():
        with FileRun(local, card=card) as run:
            yield run
    else:
        # A cache of one packed chunk of several frames; h5py's default would fetch it once a frame.
        with RangeFile(url) as remote, h5py.File(remote, "r", rdcc_nbytes=1 << 28) as file:
            yield FileRun(file, card=card)


def _retrieve(url, known_hash, folder):
    try:
        return Path(pooch.retrieve(url, known_hash, Path(url).name, folder))
    except requests.RequestException as error:
        raise ConnectionError(
            f"{url} could not be fetched ({error}). Check the network, then try again."
        ) from error


def _download(url, path, card, progress):
    """Fetch a whole file beside `path`, check it, then give it its name."""
    part = path.with_name(path.name + ".part")
    try:
        download(url, part, partial(check_space, path), progress)
    except (requests.RequestException, ConnectionError, FileNotFoundError):
        raise
    except OSError as error:
        raise disk_error(error, path) from error
    try:
        with FileRun(part, card=card) as run:
            if len(run) != card.frames:
                raise ValueError(f"{len(run)} frames arrived; expected {card.frames}")
    except ValueError as error:
        size = part.stat().st_size
        part.unlink()
        raise ValueError(
            f"What arrived from {url} ({size} bytes) is not the run {card.name}: "
            f"{error} It has been deleted; fetch it again."
        ) from error
    os.replace(part, path)
