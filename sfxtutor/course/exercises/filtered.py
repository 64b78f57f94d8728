"""Exercises that ask for a filter: a network, and the threshold from which a frame is kept.

It is judged by what its errors cost on frames of a hidden twin; see `trained`.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from ...metrics import count, is_positive
from . import trained


@dataclass(frozen=True)
class Errand:
    """What a filter is for.

    Attributes
    ----------
    run : str, that it is judged on
    price : float, of a lost positive; a kept miss costs 1
    mark : float, cost of 400 frames that passes
    """

    run: str
    price: float
    mark: float


def cost(p, truth, threshold, price):
    """What the errors of 400 frames cost if those with p from the threshold up are kept."""
    kept = p >= threshold
    return trained.FRAMES * float(np.mean(np.where(truth, price * ~kept, kept)))


def filter_facts(answer, errand):
    """What counts of (network, threshold): its cost on hidden frames, and others': a dict."""
    model, threshold = answer
    run = trained.hidden(errand.run)
    p, truth = trained.probabilities(model, run), is_positive(run.labels)
    price = errand.price
    costs = {t: cost(p, truth, t, price) for t in np.unique(p)}
    return {
        "errand": errand, "hidden": trained.score(p, truth), "threshold": float(threshold),
        "kept": count(truth, p >= threshold), "cost": cost(p, truth, threshold, price),
        "lowest": min(costs.values()), "best": min(costs, key=costs.get),
    }  # fmt: skip


def cheap(found):
    return found["cost"] <= found["errand"].mark


def sorts(found):
    """Whether some threshold would pass with this network."""
    return found["lowest"] <= found["errand"].mark


def filter_described(found):
    return (
        f"On {trained.FRAMES} hidden frames of {found['errand'].run}: {found['kept']}. The errors "
        f"cost {found['cost']:.0f}, without a filter {cost_of_all(found):.0f}; AUC "
        f"{found['hidden'].auc:.3f}."
    )


def cost_of_all(found):
    return trained.FRAMES * float(np.mean(~found["hidden"].truth))


FILTER_MISTAKES = {  # the more particular first
    "labels inverted": lambda found: found["hidden"].auc < 0.4,
    "one answer to every frame": trained.one_answer,
    "a half by habit": lambda found: found["threshold"] == 0.5,
    "too many lost": lambda found: sorts(found) and found["threshold"] > found["best"],
    "too many kept": lambda found: sorts(found) and found["threshold"] <= found["best"],
    "below the mark": lambda found: True,
}


def filtering(id, errand, reference, wrong):
    """An `Exercise` that asks for a network and the threshold from which a frame is kept.

    Parameters
    ----------
    id : str
    errand : Errand
    reference : callable, returns a network and a threshold that pass, without training
    wrong : dict of a mistake's name to a callable that returns a pair which shows it
    """
    probe = partial(filter_facts, errand=errand)
    return trained.judged(id, probe, cheap, filter_described, reference, wrong, FILTER_MISTAKES)
