"""Exercises in which a student trains a network: it is judged on frames of a hidden twin.

The frames are of the visit that the challenge uses, measured after its own; what a network does on
them, on frames that the student has, and what training left in its weights names the mistake.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass
from functools import partial

import numpy as np

from ...metrics import Counts, auc, count, is_positive, rate_text, threshold_at, wilson
from ...paper.intervals import paired_gain
from ...preprocess import ROWS
from ...runs.twin.run import TwinRun
from ..challenge import HIDDEN, SPECIFICITY, inputs
from .exercise import Exercise, Mistake, worded, words

VECTOR = (ROWS,)
FRAMES, OWN = 400, 200  # hidden, and of the student's that are looked at
MEAN = 0.89  # of both rates, after: a poor source network is easily improved on
RECALL, REJECTED = 0.7, 0.8  # of both classes at p = 0.5: less is a threshold that is off


@dataclass(frozen=True)
class Score:
    """Counts where 95 % of the misses are recognised and at p = 0.5, AUC, and the decisions."""

    at_95: Counts
    at_half: Counts
    auc: float
    kept: np.ndarray
    truth: np.ndarray

    def __str__(self):
        return (
            f"recall at {100 * SPECIFICITY:.0f} % specificity "
            f"{rate_text(self.at_95.hits_found, self.at_95.hits_total)}, AUC {self.auc:.3f}; "
            f"at p = 0.5 {self.at_half}"
        )


def score(p, truth):
    """`Score` of probabilities p (n,) for labels (n,) bool."""
    kept = p > 0.5
    at_95 = count(truth, p >= threshold_at(p, truth, SPECIFICITY))
    return Score(at_95, count(truth, kept), auc(p, truth), kept, truth)


# --- the frames


def hidden(name):
    """Frames of a run that no student has: a twin of 400 frames."""
    return TwinRun(name, HIDDEN).further(FRAMES)


def own(name):
    """The first frames of a run, which students train with: a twin of 200 frames."""
    run = TwinRun(name)
    run.labels = run.labels[:OWN]
    run.fingerprint += f" first {OWN}"
    return run


class Hot(TwinRun):
    """A twin whose frames have hot pixels in their crops, elsewhere in every frame.

    Parameters
    ----------
    run : TwinRun
    number : int, hot pixels of a frame
    adu : int, what is added to each
    """

    def __init__(self, run, number=8, adu=5000):
        vars(self).update(vars(run))
        self.number, self.adu = number, adu
        self.places = np.argwhere(self.good().good[2:-2, 2:-2]) + 2  # inside, and not masked
        self.fingerprint += f" hot: {number} of {adu} ADU"

    def crop(self, i, **options):
        crop = super().crop(i, **options)
        chosen = np.random.default_rng(i).integers(len(self.places), size=self.number)
        at = tuple(self.places[chosen].T)
        crop[at] = np.minimum(crop[at].astype(int) + self.adu, np.iinfo(crop.dtype).max)
        return crop


# --- one network


def performance(model, run, prepare=lambda x: x):
    """`Score` of a network on a run, whose inputs `prepare` may change first."""
    return score(probabilities(model, run, prepare), is_positive(run.labels))


def probabilities(model, run, prepare=lambda x: x):
    """p of each frame of a run, whose inputs `prepare` may change first: (n,)."""
    from ...training import predict

    return np.nan_to_num(predict(model, prepare(inputs(model, run))))


def standardised(x):
    """Inputs with mean 0 and standard deviation 1, float32."""
    x = np.asarray(x, np.float32)
    return (x - x.mean()) / x.std()


def statistics(model):
    """Stored means and variances of all batch normalisations: a list of arrays."""
    import keras

    layers = (x for x in model._flatten_layers() if isinstance(x, keras.layers.BatchNormalization))
    return [np.asarray(v) for x in layers for v in (x.moving_mean, x.moving_variance)]


def untrained(model):
    """Whether it has batch normalisations, none of which has seen a batch."""
    stored = statistics(model)
    return bool(stored) and all(np.all(v == v.flat[0]) and v.flat[0] in (0, 1) for v in stored)


@dataclass(frozen=True)
class Task:
    """What one network is trained for.

    Attributes
    ----------
    run : str, that it is trained and judged on
    mark : float, recall at 95 % specificity that passes
    shape : tuple of int, of one input
    change : callable, optional; makes of a run the one that is judged
    """

    run: str
    mark: float
    shape: tuple
    change: Callable = lambda run: run


def facts(model, task):
    """What counts of a network: its `Score` on hidden frames and on the student's own, and more."""
    shape = tuple(model.input_shape[1:])
    found = {"task": task, "fits": shape == task.shape, "shape": shape}
    if not found["fits"]:
        return found
    run = task.change(hidden(task.run))
    found |= {"hidden": performance(model, run), "untrained": untrained(model)}
    if not good_enough(found):
        found["own"] = performance(model, task.change(own(task.run)))
        found["standardised"] = performance(model, run, standardised)
        found["unchanged"] = performance(model, hidden(task.run))
    return found


def good_enough(found):
    return found["fits"] and reaches(found, "hidden") and usable(found["hidden"])


def reaches(found, which):
    """Whether that `Score` has the recall that passes."""
    return found[which].at_95.recall >= found["task"].mark


def usable(score):
    """Whether both rates at p = 0.5 are those of a filter."""
    return score.at_half.recall >= RECALL and score.at_half.specificity >= REJECTED


def one_answer(found):
    """Whether all frames, or all but a few, are called the same, and not for a threshold alone."""
    kept = found["hidden"].kept.mean()
    return not 0.01 < kept < 0.99 and found["hidden"].auc < 0.8


def memorised(found):
    """Whether recall on the student's own frames is higher than chance explains (Newcombe)."""
    a, b = found["own"].at_95, found["hidden"].at_95
    low = wilson(a.hits_found, a.hits_total)[0], wilson(b.hits_found, b.hits_total)[1]
    return a.recall - b.recall > np.hypot(a.recall - low[0], low[1] - b.recall)


def described(found):
    """What was measured, in a sentence."""
    if not found["fits"]:
        return f"It takes inputs of shape {found['shape']}."
    return f"On {FRAMES} hidden frames of {found['task'].run}: {found['hidden']}."


MISTAKES = {  # the more particular first
    "another input": lambda found: not found["fits"],
    "untrained": lambda found: found["untrained"],
    "labels inverted": lambda found: found["hidden"].auc < 0.4,
    "threshold off": lambda found: reaches(found, "hidden"),
    "trained without them": lambda found: reaches(found, "unchanged"),
    "normalised once more": lambda found: reaches(found, "standardised"),
    "overfitted": memorised,
    "one answer to every frame": one_answer,
    "below the mark": lambda found: True,
}


def network(id, task, reference, wrong):
    """An `Exercise` that asks for one network.

    Parameters
    ----------
    id : str
    task : Task
    reference : callable, returns a network that passes, without training it
    wrong : dict of a mistake's name to a callable that returns such a network; those of `MISTAKES`
        that it lacks are not looked for
    """
    probe = partial(facts, task=task)
    return judged(id, probe, good_enough, described, reference, wrong, MISTAKES)


def judged(id, probe, accepts, report, reference, wrong, mistakes):
    """An `Exercise` whose mistakes are known by what `probe` finds; words: those of trained.toml.

    Words of the lesson come first; `wrong` holds an answer for each mistake that is looked for.
    """
    lesson, _, number = id.partition(".")
    texts = words(lesson)[number]
    says = words("trained") | texts.get("mistakes", {})
    known = tuple(
        worded(what, Mistake(wrong[what], fits), says[what])
        for what, fits in mistakes.items()
        if what in wrong
    )
    return Exercise(
        id, texts["title"], reference, texts["right"], known, probe, accepts=accepts, report=report
    )


# --- two networks: before and after


def pair_facts(answer, name):
    """What counts of a source network and one that is trained for the target `name`: a dict."""
    before, after = answer
    run, same = hidden(name), {}
    scores = [performance(model, run) for model in (before, after)]
    for part, of in (("weights", all_weights), ("kernels", kernels), ("statistics", statistics)):
        same[part] = alike(of(before), of(after))
    own_frames = performance(after, own(name))
    decided = scores[0].truth, *(one.kept for one in scores)
    found = {"run": name, "before": scores[0], "hidden": scores[1], "own": own_frames}
    return found | {"gain": paired_gain(*decided), "same": same, "untrained": untrained(before)}


def all_weights(model):
    return model.get_weights()


def kernels(model):
    """Weights of all convolutions: a list of arrays."""
    import keras

    convolutions = keras.layers.Conv1D, keras.layers.Conv2D
    found = (x for x in model._flatten_layers() if isinstance(x, convolutions))
    return [np.asarray(weight) for layer in found for weight in layer.weights]


def alike(a, b):
    return len(a) == len(b) and all(map(np.array_equal, a, b))


def gained(found):
    return found["gain"].low > 0 and found["hidden"].at_half.balanced_accuracy >= MEAN


def pair_described(found):
    value, low, high = (100 * x for x in astuple(found["gain"]))
    before, after = found["before"], found["hidden"]
    at_95 = (f"{x.at_95.hits_found} of {x.at_95.hits_total}" for x in (before, after))
    return (
        f"On {FRAMES} hidden frames of {found['run']} at p = 0.5, before: {before.at_half}. After: "
        f"{after.at_half}. The mean of both rates changes by {value:+.1f} points (95 %: {low:+.1f} "
        f"to {high:+.1f}). At {100 * SPECIFICITY:.0f} % specificity, hits found: {next(at_95)} "
        f"before, {next(at_95)} after."
    )


PAIR_MISTAKES = {  # the more particular first
    "nothing trained": lambda found: found["same"]["weights"],
    "labels inverted": lambda found: found["hidden"].auc < 0.4,
    "one answer to every frame": one_answer,
    "overfitted": memorised,
    "networks exchanged": lambda found: found["gain"].high < 0,
    "statistics moved": lambda found: found["same"]["kernels"] and not found["same"]["statistics"],
    "base frozen throughout": lambda found: found["same"]["kernels"],
    "no clear gain": lambda found: True,
}


def pair(id, name, reference, wrong):
    """An `Exercise` that asks for a source network and one that does better on the target.

    Parameters
    ----------
    id : str
    name : str, the target
    reference : callable, returns such a pair, without training it
    wrong : dict of a mistake's name to a callable that returns a pair which shows it; those of
        `PAIR_MISTAKES` that it lacks are not looked for
    """
    probe = partial(pair_facts, name=name)
    return judged(id, probe, gained, pair_described, reference, wrong, PAIR_MISTAKES)


# --- networks that nobody has trained


def by_hand(shape, above=2.0, half=7e-4, steep=8000.0, relative=True):
    """A network with weights set by hand: p rises with what stands out of an input's own mean.

    Parameters
    ----------
    shape : (y, x, 1) of images or (rows,) of vectors
    above : float, from where a pixel or a row counts, in units of the mean
    half : float, mean of what counts over all pixels or rows at which p is 0.5
    steep : float, of the sigmoid; negative: the labels are inverted
    relative : bool, whether the input is divided by its mean first
    """
    import keras

    from ...layers import RelativeToMean

    layers = keras.layers
    flat = len(shape) == 1
    convolution = (layers.Conv1D if flat else layers.Conv2D)(1, 1, activation="relu")
    pool = layers.GlobalAveragePooling1D if flat else layers.GlobalAveragePooling2D
    as_channel = [layers.Reshape((*shape, 1))] if flat else []
    norm, last = layers.BatchNormalization(), layers.Dense(1, "sigmoid")
    start = [keras.Input(shape), *([RelativeToMean()] if relative else []), *as_channel]
    model = keras.Sequential([*start, convolution, pool(), norm, last])
    convolution.set_weights([np.ones(convolution.kernel.shape), np.full(1, -above)])
    norm.set_weights([np.full(1, w) for w in (1, 0, half, 1)])
    last.set_weights([np.full((1, 1), steep), np.zeros(1)])
    return model


def counting(above=0.4, half=0.012, steep=400.0):
    """`by_hand` for RWD vectors; as it is, it loses hits on LN84."""
    return by_hand(VECTOR, above, half, steep)


def on_standardised(name, shape):
    """The same for inputs with mean 0 and standard deviation 1."""
    x = inputs(by_hand(shape), own(name))
    mean = float(np.mean(x, dtype=np.float64) / np.std(x, dtype=np.float64))
    return by_hand(shape, 2 * mean, 7e-4 * mean, 8000 / mean, relative=False)


def memory(name, shape, change=lambda run: run):
    """A network that has the student's frames in its weights: the label of the most similar one."""
    import keras

    run = change(own(name))
    nearest, last = keras.layers.Dense(OWN, "softmax"), keras.layers.Dense(1)
    model = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), nearest, last])
    x = np.asarray(inputs(model, run), np.float32).reshape(OWN, -1)
    nearest.set_weights([2 * x.T, -np.sum(x**2, axis=1)])
    last.set_weights([is_positive(run.labels)[:, None].astype(np.float32), np.zeros(1)])
    return model


def untouched(shape):
    """The course's network for that input, untrained."""
    from ...models import build_cnn, build_rwd_cnn

    return build_cnn(shape) if len(shape) > 1 else build_rwd_cnn(*shape)
