WRONG = {
    ("nb09.q1", "factor of the part alone"): """
def my_speedup(ms, part, factor):
    return factor
""",
    ("nb09.q1", "speed-ups averaged"): """
def my_speedup(ms, part, factor):
    share = {name: t / sum(ms.values()) for name, t in ms.items()}
    return sum(share[name] * (factor if name == part else 1) for name in ms)
""",
    ("nb09.q1", "part taken as free"): """
def my_speedup(ms, part, factor):
    return 1 / (1 - ms[part] / sum(ms.values()))
""",
    ("nb09.q1", "new over old"): """
def my_speedup(ms, part, factor):
    new = dict(ms)
    new[part] /= factor
    return sum(new.values()) / sum(ms.values())
""",
    ("nb09.q2", "dropped frames left in"): """
def my_report(sent, done, limit):
    ms = (done - sent) * 1000
    return np.quantile(ms, 0.99), (ms <= limit).sum() / len(sent)
""",
    ("nb09.q2", "dropped frames counted as fast"): """
def my_report(sent, done, limit):
    ms = [0 if np.isnan(d) else 1000 * (d - s) for s, d in zip(sent, done)]
    return np.percentile(ms, 99), np.mean(np.array(ms) <= limit)
""",
    ("nb09.q2", "share of the judged frames"): """
def my_report(sent, done, limit):
    ms = 1000 * (done - sent)[np.isfinite(done)]
    return np.percentile(ms, 99), np.mean(ms <= limit)
""",
    ("nb09.q2", "mean for the percentile"): """
def my_report(sent, done, limit):
    ms = 1000 * (done - sent)
    return np.nanmean(ms), np.mean(ms <= limit)
""",
    ("nb09.q2", "seconds for milliseconds"): """
def my_report(sent, done, limit):
    latency = done - sent
    return np.nanpercentile(latency, 99), np.mean(latency <= limit)
""",
    ("nb09.q3", "torn line believed"): """
def my_missing(ledger, frames):
    done = set()
    for line in ledger.splitlines()[1:]:
        done.add(int(line.strip("[]").split(",")[1]))
    return sorted(set(range(frames)) - done)
""",
    ("nb09.q3", "goes on after the highest"): """
import json


def my_missing(ledger, frames):
    lines = ledger.split("\\n")[1:-1]
    last = max(json.loads(line)[1] for line in lines)
    return list(range(last + 1, frames))
""",
    ("nb09.q3", "lines counted"): """
def my_missing(ledger, frames):
    return np.arange(ledger.count("\\n") - 1, frames)
""",
    ("nb09.q3", "failed frames done again"): """
import json


def my_missing(ledger, frames):
    p = np.full(frames, np.nan)
    for line in ledger.split("\\n")[1:-1]:
        _, frame, score, _ = json.loads(line)
        if score is not None:
            p[frame] = score
    return np.flatnonzero(np.isnan(p))
""",
    ("nb09.q3", "frames from 1"): """
import json


def my_missing(ledger, frames):
    done = [json.loads(line)[1] + 1 for line in ledger.split("\\n")[1:-1]]
    return [n for n in range(1, frames + 1) if n not in done]
""",
    ("nb09.q4", "scheduler's limit forgotten"): """
def my_workers(rate, frame_ms, task_ms, block):
    one = 1000 / (frame_ms + task_ms / block)
    return int(np.ceil(rate / one))
""",
    ("nb09.q4", "overhead left out"): """
def my_workers(rate, frame_ms, task_ms, block):
    if block / task_ms * 1000 < rate:
        return 0
    return int(np.ceil(rate * frame_ms / 1000))
""",
    ("nb09.q4", "overhead for every frame"): """
def my_workers(rate, frame_ms, task_ms, block):
    if 1000 / task_ms < rate:
        return 0
    return int(np.ceil(rate * (frame_ms + task_ms) / 1000))
""",
    ("nb09.q4", "one worker too many"): """
def my_workers(rate, frame_ms, task_ms, block):
    if block / task_ms * 1000 < rate:
        return 0
    return int(np.ceil(rate * (frame_ms + task_ms / block) / 1000)) + 1
""",
    ("nb09.q4", "rounded down"): """
def my_workers(rate, frame_ms, task_ms, block):
    if block / task_ms * 1000 < rate:
        return 0
    return int(rate * (frame_ms + task_ms / block) / 1000)
""",
}
