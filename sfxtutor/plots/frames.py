"""Figures of frames and of their physics; figures of results stand in scores.py.

Every function draws into ``ax`` (made where None) and returns it. Colours are those of Okabe
and Ito, told apart under every common form of colour blindness; what a colour says is said by a
marker or a word too.
"""

from collections.abc import Iterable, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke

from ..runs.run import Card
from .style import COLOURS, LABEL_COLOURS, MASKED, axes_or_new


def ring_radius(d: float | np.ndarray, card: Card) -> float | np.ndarray:
    """Radius on the detector, in mm, of scattering from spacing d: distance * tan(2 theta).

    Parameters
    ----------
    d : float or array
        Spacing, Å.
    card : sfxtutor.Card
        Wavelength (Å) and distance (mm) of the run.

    Returns
    -------
    float or array
        mm. With Bragg's law, sin(theta) = wavelength / (2 d).

    Raises
    ------
    ValueError
        When d is below half the wavelength: no angle scatters there.
    """
    sine = card.wavelength / (2 * np.asarray(d, dtype=float))
    if np.any(sine >= 1):
        raise ValueError(
            f"Found spacing d = {np.min(d)} Å, expected more than half the wavelength of "
            f"{card.wavelength} Å. Ask for a larger d."
        )
    return card.distance * np.tan(2 * np.arcsin(sine))


def plot_frame(
    frame: np.ndarray, ax: plt.Axes | None = None, *, card: Card | None = None,
    mask: np.ndarray | None = None, rings: Iterable[float] = (), spots: np.ndarray | None = None,
    unit: str = "pixel", bin: int = 1, percentiles: tuple[float, float] = (1, 99.7),
    label: str = "ADU", **imshow,
) -> plt.Axes:  # fmt: skip
    """Draw a frame, its contrast set by percentiles of its good pixels.

    Parameters
    ----------
    frame : (y, x) array
        A full frame or a central crop of it.
    card : sfxtutor.Card, optional
        The geometry, needed for `rings` and mm.
    mask : (y, x) bool array, optional
        True = good pixel; the others, and NaN, are drawn grey.
    rings : iterable of float
        Spacings d in Å, each drawn where it scatters to.
    spots : array with fields y and x, optional
        Positions in pixels of `frame`, circled.
    unit : {"pixel", "mm"}
        Of the axes; mm are counted from the beam centre.
    bin : int
        Detector pixels along the edge of one pixel of `frame`.
    percentiles : (low, high)
    label : str
        Of the colour bar; "" leaves the bar out.
    **imshow
        Passed to `Axes.imshow`, over the defaults made here.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        When `frame` is no image, or the card lacks the geometry that is asked for.
    """
    frame = np.asarray(frame)
    if frame.ndim != 2:
        raise ValueError(f"Expected a frame of shape (y, x), got {frame.shape}. Pick one frame.")
    centre, step = np.zeros(2), 1.0
    if unit == "mm" or len(rings):
        centre, step = center_and_step(frame.shape, card, bin)
    origin, scale = (centre, step) if unit == "mm" else (np.zeros(2), 1.0)
    ax = axes_or_new(ax)
    bad = ~np.isfinite(frame) if mask is None else ~(np.asarray(mask) & np.isfinite(frame))
    low, high = (0, 1) if bad.all() else np.percentile(frame[~bad], percentiles)
    top, left = (-0.5 - origin) * scale
    bottom, right = (np.array(frame.shape) - 0.5 - origin) * scale
    defaults = {"vmin": low, "vmax": high, "interpolation": "nearest"}
    defaults |= {"extent": (left, right, bottom, top)} | imshow
    cmap = plt.get_cmap(defaults.pop("cmap", None)).with_extremes(bad=MASKED)
    image = ax.imshow(np.ma.masked_array(frame, bad), cmap=cmap, **defaults)
    ax.set(xlabel=f"x, {unit}", ylabel=f"y, {unit}", xlim=(left, right), ylim=(bottom, top))
    if label:
        ax.figure.colorbar(image, ax=ax, label=label, shrink=0.8)
    y, x = (centre - origin) * scale
    for d in rings:
        radius = ring_radius(d, card) / step * scale
        ax.add_patch(Circle((x, y), radius, fill=False, color="white", linestyle="--"))
        name = ax.text(x, y - radius, f"{d:g} Å", color="white", ha="center", va="bottom")
        name.set(clip_on=True, path_effects=[withStroke(linewidth=2, foreground="black")])
    if spots is not None:
        at = [(spots[name] - start) * scale for name, start in zip("yx", origin, strict=True)]
        ax.plot(at[1], at[0], "o", mfc="none", mec=COLOURS["red"], ms=9, label="spot")
    return ax


def plot_histogram(
    frame: np.ndarray,
    ax: plt.Axes | None = None,
    *,
    bins: int = 200,
    label: str | None = None,
    **hist,
) -> plt.Axes:
    """Draw how many pixels hold how many ADU, on a logarithmic count axis.

    Parameters
    ----------
    frame : array
        ADU; NaN is left out.
    **hist
        Passed to `Axes.hist`.
    """
    ax = axes_or_new(ax)
    values = np.ravel(frame)
    ax.hist(values[np.isfinite(values)], bins=bins, histtype="step", label=label, **hist)
    ax.set(xlabel="ADU", ylabel="pixels", yscale="log")
    return ax


def plot_examples(
    frames: Sequence[np.ndarray],
    titles: Sequence[str],
    axes: np.ndarray | None = None,
    **frame_options,
) -> np.ndarray:
    """Draw frames side by side, each under its title; returns the array of Axes.

    Parameters
    ----------
    frames : (n, y, x) array or list of (y, x)
    titles : list of str
        The label is a good one: HIT, MAYBE and MISS colour their title.
    **frame_options
        Passed to `plot_frame`.
    """
    if axes is None:
        columns = min(len(frames), 3)
        lines = -(-len(frames) // columns)
        axes = plt.subplots(lines, columns, figsize=(3.2 * columns, 3.3 * lines), squeeze=False)[1]
    for ax in np.ravel(axes)[len(frames) :]:
        ax.set_axis_off()
    for frame, title, ax in zip(frames, titles, np.ravel(axes), strict=False):
        plot_frame(frame, ax, **{"label": "", **frame_options})
        ax.set(title=title, xticks=[], yticks=[], xlabel="", ylabel="")
        ax.title.set_color(LABEL_COLOURS.get(str(title).split()[0], "black"))
    return axes


def plot_ewald(
    wavelength: float, cell: tuple[float, float] = (40.0, 60.0), angle: float = 0.0,
    ax: plt.Axes | None = None, *, d_min: float = 4.0, thickness: float = 0.002,
) -> plt.Axes:  # fmt: skip
    """Draw the Ewald circle through a plane of reciprocal lattice points.

    Parameters
    ----------
    wavelength : float
        Å; the beam comes from the left, the circle has radius 1 / wavelength.
    cell : (a, b)
        Å, of a rectangular lattice.
    angle : float
        Degrees by which the crystal is turned.
    d_min : float
        Å; lattice points up to 1 / d_min are drawn.
    thickness : float
        1/Å; points nearer to the circle than this are excited.
    """
    ax = axes_or_new(ax)
    limit = [int(length / d_min) for length in cell]
    h, k = np.meshgrid(*(np.arange(-n, n + 1) for n in limit))
    points = np.stack([h.ravel() / cell[0], k.ravel() / cell[1]])
    cosine, sine = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    x, y = np.array([[cosine, -sine], [sine, cosine]]) @ points
    inside = (np.hypot(x, y) <= 1 / d_min) & (np.hypot(x, y) > 0)
    excited = inside & (np.abs(np.hypot(x + 1 / wavelength, y) - 1 / wavelength) < thickness)
    quiet = inside & ~excited
    ax.plot(x[quiet], y[quiet], ".", color="0.6", ms=3, label="lattice point")
    ax.plot(x[excited], y[excited], "o", color=COLOURS["red"], label="excited: gives a spot")
    ax.add_patch(Circle((-1 / wavelength, 0), 1 / wavelength, fill=False, color=COLOURS["blue"]))
    reach = 1.1 / d_min
    ax.set(xlabel="along the beam, 1/Å", ylabel="across, 1/Å", aspect="equal")
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2)
    return ax


def center_and_step(shape, card, bin):
    """Beam centre (y, x) in pixels of a central crop, binned, and mm per such pixel."""
    if card is None or None in (card.beam_center, card.pixel, card.wavelength, card.distance):
        raise ValueError(
            f"Found no geometry in {getattr(card, 'name', card)}, expected wavelength, distance, "
            "pixel and beam centre for rings and mm. Pass card=run.card of a run that has them."
        )
    full = np.array(card.shape)
    corner = (full - np.array(shape) * bin) // 2
    return (np.array(card.beam_center) - corner + 0.5) / bin - 0.5, card.pixel * bin
