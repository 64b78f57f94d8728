"""The course on `--source cxidb`, end to end, with files that stand in for the fetched ones."""

import json
import re

import h5py
import nbformat
import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

from sfxtutor import training
from sfxtutor.cache import prepared
from sfxtutor.course.lessons import notebook_folder
from sfxtutor.course.run import run_course
from sfxtutor.fast import kernels
from sfxtutor.results import paper_rows
from sfxtutor.runs.annotations import write_labels
from sfxtutor.runs.datasets import CARDS, TWINS
from sfxtutor.runs.files.write import write_idh5
from sfxtutor.runs.open import open_run
from sfxtutor.runs.run import Run

SHOWN = {"HIT": 6, "MAYBE": 3, "MISS": 7}  # simulated frames of each class, shown again and again
LESSON = "05_row_wise_decomposition"


class Few(Run):
    """Some central crops of a run, in memory, as a run of their own."""

    def __init__(self, run, chosen):
        self.name, self.source, self.card = run.name, "file", run.card
        self.fingerprint, self.mask = f"few of {run.fingerprint}", run.mask
        self.crops = [run.crop(i) for i in chosen]

    def __len__(self):
        return len(self.crops)

    def crop(self, i, size=724):
        return self.crops[i]


def stand_in(name, folder):
    """Write a run of 2,000 crops as `sfxtutor data fetch --crop` would, with its annotation.

    Labels have the published counts in every block; a frame is one of a few simulated ones of its
    class, which the file holds once each, linked to from as many chunks as there are frames.
    """
    run, rng = open_run(name, seed=5), np.random.default_rng(5)
    chosen = {label: np.flatnonzero(run.labels == label)[:n] for label, n in SHOWN.items()}
    order = np.concatenate(list(chosen.values())).tolist()
    folder.mkdir(parents=True)
    path = folder / (CARDS["cxidb"][name].address.split("/")[-1].replace(".h5", "_crop.h5"))
    write_idh5(Few(run, order), path, crop=True, progress=False)
    with h5py.File(path, "r+") as file:
        images = file["data/run_0000/images"][()]
        del file["data/run_0000"]
        for k, frame in enumerate(images):
            file[f"shown/{k}"] = frame[None]
        for i, label in enumerate(run.labels):
            k = order.index(rng.choice(chosen[label]))
            file[f"data/frame_{i:04}/images"] = file[f"shown/{k}"]  # a hard link
    write_labels(run, folder / "expert_annotation.txt", file=path.name)
    return path


@pytest.fixture(scope="module")
def fetched(own_data_folder):
    """Stand-ins for the three runs, where `open_run(name, source="cxidb")` looks for them."""
    return [stand_in(name, own_data_folder / "cxidb76" / name) for name in TWINS]


def once(function):
    """That function of a frame, which computes the same frame only once."""
    known = {}

    def remembering(frame, *args, **options):
        key = frame.tobytes()
        if key not in known:
            known[key] = function(frame, *args, **options)
        return known[key]

    return remembering


@pytest.fixture(scope="module")
def already_prepared(fetched, own_data_folder):
    """The folder of their prepared frames: the lesson finds them there, and needs a minute less."""
    with pytest.MonkeyPatch.context() as patch:
        for name in TWINS:
            for function in ("fast_pair", "count_spots"):
                patch.setattr(prepared, function, once(getattr(kernels, function)))
            run = open_run(name, source="cxidb")
            prepared.prepare(run, training.profile("quick").bin, progress=False)
    return own_data_folder / "prepared"


def test_a_stand_in_opens_as_a_fetched_run(fetched):
    for name, path in zip(TWINS, fetched, strict=True):
        run = open_run(name, source="cxidb")
        assert (len(run), run.source, run[0].shape) == (2000, "cxidb", (724, 724))
        assert path.stat().st_size < 60e6
        assert (run.labels == open_run(name, seed=5).labels).all()
        hits, misses = (np.flatnonzero(run.labels == label) for label in ("HIT", "MISS"))
        assert not np.array_equal(run[hits[0]], run[misses[0]])
        assert len({run[i].tobytes() for i in hits[:60]}) <= SHOWN["HIT"]


def up_to_its_results(folder):
    """A copy of the lesson that ends where its rows are saved; speeds and repairs come after."""
    notebook = nbformat.read(notebook_folder() / f"{LESSON}.ipynb", as_version=4)
    saving = [i for i, cell in enumerate(notebook.cells) if "sfx.save_results(rows" in cell.source]
    notebook.cells = notebook.cells[: saving[0] + 1]
    folder.mkdir()
    path = folder / f"{LESSON}.ipynb"
    nbformat.write(notebook, path)
    return path


@pytest.mark.notebook
@pytest.mark.timeout(900)  # a busy machine is not the lesson's fault
def test_lesson_05_computes_tables_4_and_7_of_the_fetched_runs(already_prepared, tmp_path):
    lesson = up_to_its_results(tmp_path / "lessons")
    assert run_course([lesson], "quick", "cxidb", tmp_path) == 0
    rows = json.loads((tmp_path / "results.json").read_text())
    assert {row["source"] for row in rows} == {"cxidb"}

    # the frames, not only the word: what was prepared, and what each run says of itself
    assert len(list(already_prepared.iterdir())) == len(TWINS)
    cells = nbformat.read(tmp_path / lesson.name, as_version=4).cells
    printed = "".join(o.get("text", "") for c in cells for o in c.get("outputs", ()))
    assert re.findall(r"<(\w+): 2000 frames, (\w+)>", printed) == [(n, "cxidb") for n in TWINS]

    totals = {key(row): (row["hits_total"], row["misses_total"]) for row in rows}
    of_the_paper = [row for row in paper_rows() if row["table"] in (4, 7)]
    assert len(of_the_paper) == 9
    for row in of_the_paper:
        assert totals[key(row)] == (row["hits_total"], row["misses_total"])
    for row in rows:  # frames that were shown in training are known again
        if row["table"] == 4 and row["method"].startswith("RWD"):
            assert row["hits_found"] + row["misses_found"] > 0.9 * 1600

    index = (tmp_path / "index.html").read_text()
    assert "cxidb" in index
    assert "twin" not in re.sub(r"<[^>]+>", " ", index).lower()
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["source"] == "cxidb"


def key(row):
    return tuple(row[name] for name in ("table", "method", "train", "adapt_to", "test_on"))
