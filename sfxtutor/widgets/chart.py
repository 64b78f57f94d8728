"""Line charts, drawn once, shown twice: as SVG text, and in matplotlib where no widget runs.

The SVG is made in Python in under a millisecond, and shown by any HTML widget.
"""

import html
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..plots.style import COLOURS

WIDTH, HEIGHT = 330, 260  # CSS pixels
LEFT, RIGHT, TOP, BOTTOM = 46, 16, 10, 44  # margins
KEY = 16  # height of an entry of the key, beneath
DASHES = {"-": "", "--": "6 4", ":": "2 3"}  # as matplotlib names them


@dataclass(frozen=True)
class Line:
    """One curve: x and y (n,), its name, its colour, "-", "--" or ":", and if each point shows."""

    x: np.ndarray
    y: np.ndarray
    label: str = ""
    colour: str = "#0072B2"
    style: str = "-"
    points: bool = False


@dataclass(frozen=True)
class Band:
    """What lies between two curves: x, low and high (n,), its name, its colour."""

    x: np.ndarray
    low: np.ndarray
    high: np.ndarray
    label: str = ""
    colour: str = "#0072B2"


class Chart:
    """Curves in a frame with axes, drawn once; `svg` adds a point that moves.

    Parameters
    ----------
    lines : list of Line or Band
        A later one is drawn over those before it.
    x, y : (low, high)
        What the axes show.
    xlabel, ylabel : str
        With unit.
    """

    def __init__(self, lines, x, y, xlabel, ylabel):
        self.lines, self.limits, self.labels = lines, (x, y), (xlabel, ylabel)
        drawn = [
            self._band(line) if isinstance(line, Band) else self._curve(line) for line in lines
        ]
        named = [line for line in lines if line.label]
        self.fixed = "".join(
            [*self._axis(xlabel, *x, across=True), *self._axis(ylabel, *y, across=False)]
            + drawn
            + [self._key(i, line) for i, line in enumerate(named)]
        )
        self.height = HEIGHT + KEY * len(named)

    def place(self, x, y):
        """Pixels, from the upper left, of values on the axes."""
        (x0, x1), (y0, y1) = self.limits
        across = LEFT + (np.asarray(x, float) - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT)
        down = HEIGHT - BOTTOM - (np.asarray(y, float) - y0) / (y1 - y0) * (HEIGHT - TOP - BOTTOM)
        return across, down

    def svg(self, alt, point=None):
        """The chart as text; `alt` says what it shows; `point` (x, y) is a dot with two threads."""
        dot = ""
        if point is not None:
            x, y = self.place(*point)
            dot = (
                f'<path d="M{LEFT} {y:.1f}H{x:.1f}V{HEIGHT - BOTTOM}" fill="none" '
                'stroke="currentColor" stroke-dasharray="2 3"/>'
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{COLOURS["red"]}" stroke="#fff"/>'
            )
        size = f'width="{WIDTH}" height="{self.height}" viewBox="0 0 {WIDTH} {self.height}"'
        look = (
            "max-width: 100%; vertical-align: top; font: 11px sans-serif; "
            "color: var(--jp-content-font-color1, inherit)"
        )
        return (
            f'<svg role="img" aria-label="{html.escape(alt)}" {size} style="{look}">'
            f"{self.fixed}{dot}</svg>"
        )

    def draw(self, ax, point=None):
        """The same chart on Axes of matplotlib."""
        for line in self.lines:
            look = {"label": line.label, "color": line.colour}
            if isinstance(line, Band):
                ax.fill_between(line.x, line.low, line.high, alpha=0.25, lw=0, **look)
            else:
                marker = "o" if line.points else None
                ax.plot(line.x, line.y, line.style, marker=marker, ms=4, **look)
        if point is not None:
            ax.plot(*point, "o", color=COLOURS["red"], ms=9)
        x, y = self.limits
        ax.set(xlabel=self.labels[0], ylabel=self.labels[1], xlim=x, ylim=y)
        ax.xaxis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10], integer=True))
        if any(line.label for line in self.lines):
            ax.legend(fontsize="small")

    def _axis(self, label, low, high, across):
        """The line of an axis, its ticks, its name."""
        floor, foot = HEIGHT - BOTTOM, HEIGHT - 12
        line = f"M{LEFT} {floor}H{WIDTH - RIGHT}" if across else f"M{LEFT} {TOP}V{floor}"
        yield f'<path d="{line}" stroke="currentColor" fill="none"/>'
        for value in MaxNLocator(5, integer=across).tick_values(low, high):
            if not low <= value <= high:
                continue
            if across:
                yield _text(self.place(value, 0)[0], floor + 15, f"{value:g}", "middle")
            else:
                yield _text(LEFT - 5, self.place(0, value)[1] + 4, f"{value:g}", "end")
        if across:
            yield _text((LEFT + WIDTH - RIGHT) / 2, foot, label, "middle")
        else:
            middle = (TOP + floor) / 2
            turned = f' transform="rotate(-90 12 {middle})"'
            yield _text(12, middle, label, "middle", turned)

    def _curve(self, line):
        x, y = self.place(line.x, line.y)
        pairs = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
        drawn = f'<polyline points="{pairs}" fill="none" {_pen(line)}/>'
        dots = zip(x, y, strict=True) if line.points else ()
        return drawn + "".join(
            f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{line.colour}"/>' for a, b in dots
        )

    def _band(self, band):
        x = np.concatenate([band.x, band.x[::-1]])
        x, y = self.place(x, np.concatenate([band.low, band.high[::-1]]))
        pairs = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
        return f'<polygon points="{pairs}" {_fill(band)}/>'

    def _key(self, i, line):
        x, y = LEFT, HEIGHT + KEY * i + 8
        if isinstance(line, Band):
            sample = f'<path d="M{x} {y - 9}h24v10h-24z" {_fill(line)}/>'
        else:
            sample = f'<path d="M{x} {y - 4}h24" {_pen(line)}/>'
        return sample + _text(x + 29, y, line.label, "start")


def figure_of(charts, points=()):
    """Charts side by side, each with its point: a matplotlib Figure."""
    charts = list(charts)
    figure = Figure(figsize=(9, 3.7), layout="constrained")
    for ax, chart, point in zip_longest(figure.subplots(1, len(charts)), charts, points):
        chart.draw(ax, point)
    return figure


def _pen(line):
    return f'stroke="{line.colour}" stroke-width="2" stroke-dasharray="{DASHES[line.style]}"'


def _fill(band):
    return f'fill="{band.colour}" fill-opacity="0.25"'


def _text(x, y, text, anchor, more=""):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor"{more}>'
        f"{html.escape(text)}</text>"
    )
