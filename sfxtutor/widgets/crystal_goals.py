"""What the crystal explorer starts from and what there is to reach: `PRESETS` and `GOALS`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ..runs.twin.crystal import random_rotation, wilson_intensity
from ..runs.twin.run import setup_of
from .lattice import off_sphere, reciprocal
from .still import VISIBLE, Exposure, Settings, usual, visible_at

PRESETS = {  # name -> what of the usual settings is changed; a cell is a factor
    "as in the run": {},
    "a weak pulse": {"flux": 0.1},
    "photons of 11 keV": {"energy": 11.0},
    "cell edges half as long": {"cell": 0.5},
    "cell edges half as long again": {"cell": 1.5},
    "a crystal of high mosaicity": {"mosaicity": 0.3},
}
_ORIENTATIONS = 50  # random ones with which the learner's is compared
_DARK = 50  # reflections lit in a miss
_TARGET = (6.0, 12.0)  # Å: d of the reflection to be found, so that its spot is in the picture
_AWAY = (0.004, 0.008)  # 1/Å: its distance from the sphere at first


@dataclass(frozen=True)
class State:
    """What a goal is judged by: the run's name, settings, `Exposure` and the hkl chosen or ()."""

    name: str
    settings: Settings
    exposure: Exposure
    chosen: tuple = ()

    @property
    def changed(self):
        """Names of the settings that differ from the usual ones; the orientation counts as one."""
        own, here = usual(self.name), self.settings
        names = ["orientation"] if not np.allclose(own.angles, here.angles, atol=1e-6) else []
        names += [edge for edge, *two in zip("abc", own.cell, here.cell, strict=True)
                  if not np.isclose(*two)]  # fmt: skip
        others = ("energy", "mosaicity", "flux")
        return names + [n for n in others if not np.isclose(getattr(own, n), getattr(here, n))]


@dataclass(frozen=True)
class Score:
    """How far a state is: in words, whether the goal is reached, and a value, more is better."""

    text: str
    reached: bool
    value: float = 0.0


@dataclass(frozen=True)
class Goal:
    """Something to reach: its name, its task in a sentence, and what judges a `State`.

    `task` may name the reflection of `target_of` as {hkl}; then `marked` is True.
    """

    name: str
    task: str
    judge: Callable[[State], Score]
    marked: bool = False


def settings_of(name, preset):
    """The `Settings` of a preset for a run."""
    own, changes = usual(name), dict(PRESETS[preset])
    if "cell" in changes:
        changes["cell"] = tuple(round(changes["cell"] * edge, 1) for edge in own.cell)
    return replace(own, **changes)


def _maybe(state):
    count, label, n = len(state.exposure.seen), state.exposure.label, len(state.changed)
    words = (
        f"{label}, {count} visible spots, settings changed: {', '.join(state.changed) or 'none'}"
    )
    return Score(words, label == "MAYBE" and "flux" not in state.changed, -n)


def _many(state):
    count, limit = len(state.exposure.seen), usual_limit(state.name)
    other = [name for name in state.changed if name != "orientation"]
    words = f"{count} visible spots, more than {limit} needed"
    if other:
        words += f"; set back first: {', '.join(other)}"
    return Score(words, count > limit and not other, count)


def _reflection(state):
    hkl, here = target_of(state.name), state.settings
    point = np.array([hkl]) @ reciprocal(here.cell, here.rotation)
    away = off_sphere(point, here.wavelength)[0]
    number = state.exposure.find(hkl)
    seen = number is not None and state.exposure.kind[number] == VISIBLE
    side = "outside" if away > 0 else "inside"
    return Score(f"{abs(away):.4f} 1/Å {side} the sphere", seen)


def _outermost(state):
    spots = state.exposure.pictured
    mine = [spot for spot in spots if tuple(spot[["h", "k", "l"]]) == tuple(state.chosen)]
    if not mine:
        return Score("no visible spot of this picture is chosen", False)
    d = float(mine[0]["d"])
    return Score(f"chosen: d = {d:.2f} Å", d <= spots["d"].min())


def _hidden(state):
    label, lit = state.exposure.label, state.exposure.lit
    reached = label == "MISS" and lit >= _DARK
    return Score(f"{label}, {lit} reflections lit", reached, lit if reached else 0)


GOALS = (
    Goal("a MAYBE", "Make a MAYBE at the usual flux, with as few settings as you can. The "
         "orientation counts as one.", _maybe),
    Goal("the most spots", f"Turn the crystal until a person sees more spots than in nine tenths "
         f"of {_ORIENTATIONS} random orientations. Change nothing else.", _many),
    Goal("one reflection", "Bring hkl {hkl} (green ◇) to the sphere, until its spot is visible.",
         _reflection, marked=True),
    Goal("the outermost spot", "Choose the visible spot of the picture that has the smallest d: "
         "the resolution of this still.", _outermost),
    Goal("a miss with a crystal", f"Make a MISS in which {_DARK} reflections or more are lit.",
         _hidden),
)  # fmt: skip


@lru_cache
def usual_limit(name):
    """Visible spots that nine tenths of random orientations of the run's crystal do not exceed."""
    rng, settings = np.random.default_rng(1), usual(name)
    counts = [visible_at(name, settings, random_rotation(rng)) for _ in range(_ORIENTATIONS)]
    return int(np.quantile(counts, 0.9, method="inverted_cdf"))


@lru_cache
def target_of(name):
    """The reflection to be found: the strongest at a middle d that a small turn brings in, hkl."""
    settings, setup = usual(name), setup_of(name)
    edges = [np.arange(-int(edge / _TARGET[0]), int(edge / _TARGET[0]) + 1)
             for edge in settings.cell]  # fmt: skip
    hkl = np.stack(np.meshgrid(*edges, indexing="ij"), axis=-1).reshape(-1, 3)
    hkl = hkl[np.any(hkl, axis=1)]
    points = hkl @ reciprocal(settings.cell, settings.rotation)
    d = 1 / np.linalg.norm(points, axis=1)
    away = np.abs(off_sphere(points, settings.wavelength))
    some = (d > _TARGET[0]) & (d < _TARGET[1]) & (away > _AWAY[0]) & (away < _AWAY[1])
    fall = np.exp(-setup.crystal.b_factor / (2 * d[some] ** 2))
    strength = [wilson_intensity(*(int(i) for i in one), 0) for one in hkl[some]]
    return tuple(int(i) for i in hkl[some][np.argmax(strength * fall)])
