"""Exercises of lesson 08, screening a run. All times and rates in them are synthetic."""

import math

import numpy as np

from . import probes08 as probes
from .check import Exercise, Mistake

EXERCISES = (
    Exercise(
        id="nb08.q1",
        title="A part is made faster",
        reference=lambda: probes.speedup(
            lambda all_, part, factor: all_ / (all_ - part + part / factor)
        ),
        probe=probes.probe_speedup,
        right="Times add up, so what stays as it was sets the limit. Look for the longest part "
        "before you make any part faster.",
        mistakes=(
            Mistake(
                "factor of the part alone",
                lambda: probes.speedup(lambda all_, part, factor: factor),
                "This is the gain of the part. The rest of the chain takes as long as before, and "
                "every frame goes through all of it.",
                "The network becomes ten times faster: how long does reading take now?",
            ),
            Mistake(
                "speed-ups averaged",
                lambda: probes.speedup(
                    lambda all_, part, factor: part / all_ * factor + 1 - part / all_
                ),
                "You averaged the factors, weighted by their share of the time. Factors are rates; "
                "what adds up along a chain is the time of its parts.",
                "Half of the way at 10 km/h, half at 100: is the mean speed 55?",
            ),
            Mistake(
                "part taken as free",
                lambda: probes.speedup(lambda all_, part, factor: all_ / (all_ - part)),
                "You left the part out altogether. That is the limit for a factor without end; "
                "with yours some of its time remains.",
                "Which factor makes a part vanish?",
            ),
            Mistake(
                "new over old",
                lambda: probes.speedup(
                    lambda all_, part, factor: (all_ - part + part / factor) / all_
                ),
                "Both times are right, but you divided the new one by the old. A number below 1 "
                "says how much of the time is left, not how many times faster it is.",
                "Does a speed-up divide times as old by new, or as new by old?",
            ),
        ),
    ),
    Exercise(
        id="nb08.q2",
        title="A report that hides nothing",
        reference=lambda: probes.report(),
        probe=probes.probe_report,
        right="A percentile tells of the frames that had to wait, and a frame that was dropped "
        "counts as one that came too late: for ever.",
        mistakes=(
            Mistake(
                "dropped frames left in",
                lambda: probes.with_nan,
                "Your p99 is NaN: frames that were dropped have no latency, and one of them "
                "spoils the percentile. Take it over those that got a verdict.",
                "What is the latency of a frame that nobody has judged?",
                lambda found: bool(np.isnan(found[0])),
            ),
            Mistake(
                "dropped frames counted as fast",
                lambda: probes.zeros_for_dropped,
                "You let a dropped frame have a latency of 0 ms. Then a stream looks the better "
                "the more it loses.",
                "What would your report say of a consumer that drops every frame?",
            ),
            Mistake(
                "share of the judged frames",
                lambda: probes.report(share=None),
                "Your share is one of the frames that got a verdict. The dropped ones were sent "
                "too; without them in the total a loss makes no difference.",
                "One frame in ten is lost, all others are fast. Which share should be reported?",
            ),
            Mistake(
                "mean for the percentile",
                lambda: probes.report(high=np.mean),
                "Your first number is the mean. It says nothing about the slow frames, and those "
                "fill the queue.",
                "Twelve frames of 400 wait 80 ms. What do mean and p99 say of them?",
            ),
            Mistake(
                "seconds for milliseconds",
                lambda: probes.report(unit=1.0),
                "Times came in seconds, the limit in milliseconds, and the latency was asked for "
                "in milliseconds. In seconds every frame seems to be within the limit.",
                "Which unit does each of the three arguments have?",
            ),
        ),
    ),
    Exercise(
        id="nb08.q3",
        title="Go on where it stopped",
        reference=lambda: probes.missing(probes.not_done),
        probe=probes.probe_missing,
        right="A line counts when it is whole. Nothing is done twice, and nothing is believed that "
        "was not finished.",
        mistakes=(
            Mistake(
                "torn line believed",
                lambda: probes.torn_believed,
                "You took a frame's number from the last line, which was torn off within it. The "
                "kill left `[0, 1` of the line of another frame, and frame 1 is now never done.",
                "How can you tell a line that is whole from one that is not?",
            ),
            Mistake(
                "goes on after the highest",
                lambda: probes.missing(
                    lambda found, frames: range(max(n for n, _ in found) + 1, frames)
                ),
                "You go on after the highest frame that is done. Blocks come back in any order, so "
                "there are gaps below it, and they stay gaps.",
                "Two workers, one of them slow: which frames are done at some moment?",
            ),
            Mistake(
                "lines counted",
                lambda: probes.missing(lambda found, frames: range(len(found), frames)),
                "You counted the lines and skip as many frames. That is right only if frames are "
                "done in their order, and blocks come back in any.",
                "The ledger has one line, that of frame 7. What is left to do?",
            ),
            Mistake(
                "failed frames done again",
                lambda: probes.missing(
                    lambda found, frames: probes.not_done(
                        [e for e in found if e[1] is not None], frames
                    )
                ),
                "You do frames again whose p is null. They are done: their status says why there "
                "is no score, and the next try would say the same.",
                "What happens to a damaged frame at every restart?",
            ),
            Mistake(
                "frames from 1",
                lambda: probes.missing(
                    lambda found, frames: [n + 1 for n in probes.not_done(found, frames)]
                ),
                "Your numbers are one too high. The ledger counts frames from 0; only the final "
                "table, for people, counts from 1.",
                "Which is the last frame of a file of 16, in the ledger?",
            ),
        ),
    ),
    Exercise(
        id="nb08.q4",
        title="Workers for a rate",
        reference=lambda: probes.workers(),
        probe=probes.probe_workers,
        right="The scheduler sets a ceiling that no number of workers lifts; larger blocks do.",
        mistakes=(
            Mistake(
                "scheduler's limit forgotten",
                lambda: probes.workers(limit=False),
                "In one case you name a number where none will do: the scheduler hands out one "
                "block after the other, and cannot hand out enough of them.",
                "Tasks of 5 ms each: how many blocks a second leave the scheduler at most?",
            ),
            Mistake(
                "overhead left out",
                lambda: probes.workers(ms=lambda block, frame, task: block * frame),
                "You count only the work. While a worker waits for its next block it does "
                "nothing; with small blocks that is much of its time.",
                "With blocks of 8 frames, which share of a worker's time is waiting?",
            ),
            Mistake(
                "overhead for every frame",
                lambda: probes.workers(ms=lambda block, frame, task: block * (frame + task)),
                "You charge the overhead to every frame. It is paid once for a block, and that is "
                "what blocks are for.",
                "How often does a worker ask the scheduler, for 256 frames in one block?",
            ),
            Mistake(
                "rounded down",
                lambda: probes.workers(whole=math.floor),
                "You rounded down. With that number the rate is just missed, the queue grows, and "
                "in the end frames are dropped.",
                "2.5 workers are needed. What happens with two?",
            ),
        ),
    ),
    Exercise(
        id="nb08.g1",
        title="How long does a run take?",
        reference=lambda: probes.hours(),
        probe=probes.probe_hours,
        right="The slower of the two sets the time. Know which it is before you ask for cores.",
        mistakes=(
            Mistake(
                "times added",
                lambda: probes.hours(join=lambda a, b: a + b),
                "You added the two times. One block is read while another is computed, so the "
                "shorter of the two hides behind the longer.",
                "Two people wash and dry dishes: how long does it take?",
            ),
            Mistake(
                "the faster one taken",
                lambda: probes.hours(join=min),
                "You took the shorter of the two times. A frame must be read *and* computed, so "
                "all have to wait for the slower part.",
                "Reading takes 3 hours, computing 1. When is the last frame done?",
            ),
            Mistake(
                "a file system for each core",
                lambda: probes.hours(disks=lambda cores: cores),
                "You let the file system become faster with every core. It is shared: all cores "
                "together get that many gigabytes a second.",
                "What do twice as many cores change while the file system is the limit?",
            ),
            Mistake(
                "seconds for hours",
                lambda: probes.hours(unit=1),
                "The time is right, in seconds. The task asks for hours.",
                "How could the size of the number have told you?",
            ),
        ),
    ),
    Exercise(
        id="nb08.g2",
        title="Cores for your detector",
        reference=probes.keeping_up,
        tolerance=2e-2,
        right="The mean rate sets the cores; the train sets the latency, and the queue.",
        mistakes=(
            Mistake(
                "rate within a train",
                lambda: probes.keeping_up(rate=lambda frames, trains, mhz: 1e6 * mhz),
                "You planned for the rate within a train. The detector stores the train, and there "
                "is time until the next one: the mean rate counts.",
                "How much of a second do the trains fill?",
                lambda found: found[0] > 100,
            ),
            Mistake(
                "rounded down",
                lambda: probes.keeping_up(whole=math.floor),
                "One core more is needed: with yours a train is not quite done when the next one "
                "comes, and the queue grows from train to train.",
                "How long is the queue after an hour, if each train leaves three frames?",
            ),
            Mistake(
                "latency of one frame",
                lambda: probes.keeping_up(longest=lambda frames, trains, ms: ms),
                "The cores are right. But the latency is that of a frame which finds a free core; "
                "the last of a train waits for all before it.",
                "Which frame of a train has the longest latency, and for what does it wait?",
            ),
            Mistake(
                "as if there were one core",
                lambda: probes.keeping_up(longest=lambda frames, trains, ms: frames * ms),
                "The cores are right. But you let a single core work through the train, while the "
                "others stand by.",
                "How many frames of a train does each core judge?",
            ),
            Mistake(
                "pause between trains",
                lambda: probes.keeping_up(longest=lambda frames, trains, ms: 1000 / trains),
                "The cores are right. The time between two trains is what the latency may be at "
                "most; with a whole number of cores a train is done earlier.",
                "How long do your cores rest before the next train?",
            ),
        ),
    ),
)
