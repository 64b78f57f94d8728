"""What the scores say: every count equals what the file has, in constant memory."""

import csv
import tracemalloc
from collections import Counter
from decimal import Decimal

import numpy as np
import pytest

from sfxtutor.beamline.look.scores import BARS, SHOWN, TIMES, read_rows, tally
from sfxtutor.beamline.model.score import COLUMNS

THRESHOLD = 0.3


def write_scores(path, lines):
    """A CSV file of (file, frame, p or None, status)."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for name, frame, p, status in lines:
            score = ("", "") if p is None else (f"{p:.5f}", int(round(p, 5) >= THRESHOLD))
            writer.writerow((name, frame, *score, status))
    return path


def night(count, seed=0):
    """Lines of a run in three files; one frame in fifty has no score."""
    rng = np.random.default_rng(seed)
    p = rng.beta(0.2, 0.4, count)
    for i in range(count):
        lost = i % 50 == 7
        status = (
            f"Frame {i} of the run cannot be read (bad chunk). Copy it again." if lost else "ok"
        )
        yield f"run{3 * i // count}.h5", i + 1, None if lost else p[i], status


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    return write_scores(tmp_path_factory.mktemp("scores") / "scores.csv", night(3000))


def scored(path):
    """The lines of a file that have a score, as (frame, p, is_hit)."""
    with open(path, newline="", encoding="utf-8") as file:
        return [(int(line["frame"]), float(line["p_hit"]), line["is_hit"] == "1")
                for line in csv.DictReader(file) if line["p_hit"]]  # fmt: skip


def test_every_count_equals_what_the_file_has(scores):
    lines, result = scored(scores), tally(scores, THRESHOLD)
    p = np.array([p for _, p, _ in lines])
    assert (result.files, result.frames, result.scored) == (3, 3000, len(lines))
    assert result.hits == sum(hit for *_, hit in lines)
    assert result.doubtful == np.count_nonzero((p >= 0.2) & (p <= 0.8))
    bars = Counter(min(int(Decimal(f"{one:.5f}") * BARS), BARS - 1) for one in p)
    assert result.bars == [bars[k] for k in range(BARS)]
    assert result.names == [("run0.h5", 0), ("run1.h5", 1000), ("run2.h5", 2000)]
    assert result.wrong is None


def test_the_rate_over_time_has_every_frame_once(scores):
    result = tally(scores, THRESHOLD)
    assert len(result.times) == TIMES
    for k, (frames, of, hits) in enumerate(result.times):
        here = [hit for frame, _, hit in scored(scores) if (frame - 1) // result.width == k]
        assert (frames, of, hits) == (50, len(here), sum(here))


def test_the_surest_and_the_most_doubtful_are_chosen(scores):
    result = tally(scores, THRESHOLD)
    lines = scored(scores)
    hits = sorted((p for _, p, hit in lines if hit), reverse=True)[:SHOWN]
    misses = sorted(p for _, p, hit in lines if not hit)[:SHOWN]
    assert [row.p for row in result.surest_hits] == hits
    assert [row.p for row in result.surest_misses] == misses
    near = sorted(lines, key=lambda line: abs(line[1] - THRESHOLD))[:SHOWN]
    assert {row.frame + 1 for row in result.nearest} == {frame for frame, *_ in near}
    assert {row.is_hit for row in result.nearest} == {True, False}


def test_of_equal_scores_frames_of_the_whole_run_are_shown(tmp_path):
    lines = [("run.h5", i + 1, 1.0, "ok") for i in range(1200)]
    frames = [row.frame for row in tally(write_scores(tmp_path / "s.csv", lines), 0.3).surest_hits]
    assert len(set(frames)) == SHOWN
    assert len({frame // 300 for frame in frames}) == 4
    assert frames == sorted(frames)


def test_reasons_that_differ_in_numbers_are_counted_together(scores):
    [(reason, count)] = tally(scores, THRESHOLD).statuses.items()
    assert reason == "Frame 7 of the run cannot be read (bad chunk)"
    assert count == sum(status != "ok" for *_, status in night(3000))


def test_a_file_that_could_not_be_opened_is_no_frame(tmp_path):
    lines = [("a.h5", "", None, "There is no file a.h5. Check the path."), ("b.h5", 1, 0.9, "ok")]
    result = tally(write_scores(tmp_path / "s.csv", lines), THRESHOLD)
    assert (result.files, result.unopened, result.frames, result.scored) == (2, 1, 1, 1)
    assert result.statuses == Counter({"There is no file a.h5": 1})


def test_a_threshold_that_did_not_decide_is_noticed(scores):
    result = tally(scores, 0.6)
    assert result.wrong == 0.6
    assert result.threshold == min(p for _, p, hit in scored(scores) if hit)
    assert result.hits == tally(scores, THRESHOLD).hits


@pytest.mark.parametrize("count", [0, 1, 9, 61, 599])
def test_a_run_of_any_length_is_counted(tmp_path, count):
    path = write_scores(tmp_path / "s.csv", night(count))
    result = tally(path, THRESHOLD)
    assert sum(frames for frames, *_ in result.times) == result.frames == count
    assert len(result.times) <= TIMES
    assert len(result.nearest) == min(len(scored(path)), SHOWN)


def peak_memory(path):
    """Bytes that counting the scores of a file needed at most."""
    tracemalloc.start()
    tally(path, THRESHOLD)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_a_long_run_needs_no_more_memory_than_a_short_one(scores, tmp_path):
    path = write_scores(tmp_path / "s.csv", night(20_000))
    assert peak_memory(path) < 1.5 * peak_memory(scores)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a,b\n1,2\n", "does not begin with the columns file, frame"),
        (",".join(COLUMNS) + "\nrun.h5,1,0.5,1,ok\nrun.h5,2,much,1,ok\n", "Line 3 of"),
        (",".join(COLUMNS) + "\nrun.h5,1,1.5,1,ok\n", "p_hit is 1.5"),
        (",".join(COLUMNS) + "\nrun.h5,1\n", "Line 2 of"),
    ],
)
def test_what_is_no_score_is_refused(tmp_path, text, found):
    path = tmp_path / "s.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=found):
        list(read_rows(path))


def test_scores_that_are_not_there_are_a_sentence(tmp_path):
    with pytest.raises(FileNotFoundError, match="There are no scores"):
        tally(tmp_path / "none.csv", 0.5)
