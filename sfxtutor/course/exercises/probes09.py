"""Data, probes and wrong answers of the exercises of lesson 09; see nb09.

All times, ledgers and rates are synthetic.
"""

import json
import math
import re

import numpy as np

from ..student import train

CHAINS = (
    ({"read": 0.1, "preprocess": 0.5, "judge": 0.02}, "judge", 10),
    ({"read": 0.1, "preprocess": 0.5, "judge": 0.02}, "preprocess", 4),
    ({"read": 2.0, "preprocess": 1.0, "judge": 1.0}, "read", 2),
)
FRAMES = 16  # in the file of q3
RATES = ((3520, 0.7, 2, 256), (1000, 0.7, 5, 8), (10_000, 0.7, 5, 8), (20_000, 0.5, 1, 64))
RUNS = ((1_500_000, 6.5, 1, 64, 1300), (1_500_000, 1.05, 20, 4, 1300), (10_000, 2, 0.5, 1, 200))


def speedup(gain):
    """An answer to q1 from gain(ms of all, ms of the part, factor)."""
    return lambda ms, part, factor: gain(sum(ms.values()), ms[part], factor)


def probe_speedup(answer):
    return tuple(float(answer(dict(ms), part, factor)) for ms, part, factor in CHAINS)


def log():
    """When 400 frames were sent, and when they were scored, s; NaN for those dropped."""
    rng = np.random.default_rng(8)
    sent = np.arange(400) / 120
    done = sent + rng.gamma(3, 0.002, 400)
    done[100:112] += 0.08  # a pause of the consumer
    done[rng.choice(400, 40, replace=False)] = np.nan
    return sent, done


def report(high=lambda ms: np.percentile(ms, 99), share=lambda within, n: within / n, unit=1e3):
    """An answer to q2; other functions replace its parts."""

    def answer(sent, done, limit):
        ms = unit * (done - sent)
        ms = ms[~np.isnan(ms)]
        return high(ms), share(np.sum(ms <= limit), len(sent)) if share else np.mean(ms <= limit)

    return answer


def zeros_for_dropped(sent, done, limit):
    """A wrong answer to q2: a frame without a score counts as one of 0 ms."""
    ms = np.nan_to_num(1e3 * (done - sent))
    return np.percentile(ms, 99), np.mean(ms <= limit)


def with_nan(sent, done, limit):
    """A wrong answer to q2: dropped frames are left in."""
    ms = 1e3 * (done - sent)
    return np.percentile(ms, 99), np.mean(ms <= limit)


def probe_report(answer):
    report = answer(*(times.copy() for times in log()), 12.0)
    return None if report is None else tuple(float(number) for number in report)


def ledgers():
    """Two ledgers of a file of 16 frames: one whole, one torn within the line of frame 13."""
    head = json.dumps(["model", "file"]) + "\n"
    done = [4, 5, 6, 7, 0, 1, 12]  # blocks come in any order
    line = {n: json.dumps([0, n, round(0.05 * n, 2), "ok"]) + "\n" for n in done}
    line[6] = json.dumps([0, 6, None, "the frame has no contrast"]) + "\n"
    whole = head + "".join(line.values())
    torn = head + "".join(line[n] for n in done if n not in (1, 12)) + "[0, 1"
    return whole, torn


def entries(text):
    """(frame, p) of the complete lines, without the first."""
    return [tuple(json.loads(line)[1:3]) for line in text.split("\n")[1:-1]]


def missing(rest):
    """An answer to q3 from rest(entries, frames)."""
    return lambda text, frames: rest(entries(text), frames)


def not_done(value, frames):
    """Frames without an entry."""
    done = {frame for frame, _ in value}
    return [n for n in range(frames) if n not in done]


def torn_believed(text, frames):
    """A wrong answer to q3: what is left of a torn line is read as a frame's number."""
    done = {int(re.findall(r"\d+", line)[1]) for line in text.split("\n")[1:] if line}
    return [n for n in range(frames) if n not in done]


def probe_missing(answer):
    missing = tuple(answer(text, FRAMES) for text in ledgers())
    return tuple(part if part is None else np.asarray(list(part), float) for part in missing)


def workers(
    ms=lambda block, frame, task: block * frame + task,
    limit=lambda block: block,
    whole=math.ceil,
):
    """An answer to q4; other functions replace its parts, `limit` the frames of a task or None."""

    def answer(rate, frame_ms, task_ms, block):
        if limit and 1000 * limit(block) / task_ms < rate:
            return 0
        return whole(rate * ms(block, frame_ms, task_ms) / (1000 * block))

    return answer


def probe_workers(answer):
    return tuple(answer(*case) for case in RATES)


def per_frame(limit):
    """A wrong answer to q4: the scheduler's time for every frame."""
    return workers(ms=lambda block, frame, task: block * (frame + task), limit=limit)


def hours(join=max, disks=lambda cores: 1, unit=3600):
    """An answer to g1; other functions replace its parts."""

    def answer(frames, megabytes, disk, cores, rate):
        reading = frames * megabytes / 1000 / (disk * disks(cores))
        return join(reading, frames / (cores * rate)) / unit

    return answer


def probe_hours(answer):
    return tuple(float(answer(*case)) for case in RUNS)


def keeping_up(whole=math.ceil, rate=lambda frames, trains, mhz: frames * trains, longest=None):
    """An answer to g2: least number of cores, longest latency, ms."""
    frames, trains, mhz, ms = train()
    cores = whole(rate(frames, trains, mhz) * ms / 1000)
    if longest:
        return cores, longest(frames, trains, ms)
    return cores, math.ceil(frames / cores) * ms
