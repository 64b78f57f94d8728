"""Where the panels of a detector are, in frames in which they lie one below the other.

Such frames are those of `Frames`.  `read_geometry` gives a `Geometry`.
"""

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .frames import below_each_other


@dataclass(frozen=True)
class Panel:
    """A rectangle of pixels of a dataset, and where it is.

    `corner`, (x, y), is that of its first pixel, in pixels from the beam; `fs` and `ss`, (x, y, z),
    are a step along a row and to the next row.
    """

    name: str
    plane: int  # in the axis of the panels; 0 where there is none
    first: tuple  # (row, column) in its plane
    last: tuple  # likewise, the panel includes it
    corner: tuple
    fs: tuple
    ss: tuple
    resolution: float  # pixels per metre, NaN where unknown
    offset: float  # along the beam, beyond that of the detector, metres
    edge: int = 0  # bad pixels along each side
    ignored: bool = False


@dataclass(frozen=True)
class Region:
    """Bad pixels: between two numbers, both included, along two axes.

    `axes` is ("fs", "ss"), columns and rows of the dataset, or ("x", "y"), pixels from the beam.
    """

    axes: tuple
    low: tuple
    high: tuple
    panel: str | None = None  # of fs and ss; all panels where it is None


@dataclass(frozen=True)
class NamedMask:
    """A mask that a geometry file names: a dataset of flags, in the file of the frames or its own.

    A pixel is good if it has all the bits of `good` and none of `bad`.
    """

    dataset: str
    file: str | None
    good: int
    bad: int

    def good_of(self, flags):
        """The good pixels that flags tell: bool of their shape."""
        flags = flags.astype(np.int64)
        return (flags & self.good == self.good) & (flags & self.bad == 0)


@dataclass(frozen=True)
class Geometry:
    """The panels of a detector.  x and y are those of CrystFEL's laboratory, y upwards.

    Values that mark bad pixels (flag_morethan and the like) are not used.
    """

    name: str
    panels: tuple
    regions: tuple = ()
    masks: tuple = ()
    distance: float | None = None  # sample to detector, mm; None where it is with the frames
    wavelength: float | None = None  # Å, likewise

    @cached_property
    def plane_rows(self):
        """Rows of a plane of the dataset, as far as panels reach."""
        return 1 + max(panel.last[0] for panel in self.panels)

    @cached_property
    def shape(self):
        """The smallest frame that has all panels: (y, x)."""
        rows = max(self._rows(panel).stop for panel in self.panels)
        return rows, 1 + max(panel.last[1] for panel in self.panels)

    @cached_property
    def panel_rows(self):
        """Rows of a panel, if panels of one height fill the frame row by row: int, or None.

        A frame whose panels lie side by side alone is one image, and has None.
        """
        heights = {1 + panel.last[0] - panel.first[0] for panel in self.panels}
        height = heights.pop()
        even = not heights and all(self._rows(panel).start % height == 0 for panel in self.panels)
        return height if even and height < self.shape[0] and (self._owner >= 0).all() else None

    def check(self, stored, name):
        """Raise ValueError unless frames of that shape have all panels.

        Parameters
        ----------
        stored : (y, x) or (panels, y, x), of a frame in its file
        name : str, of the run
        """
        shape = below_each_other(stored) if len(stored) == 3 else stored
        planes = any(panel.plane for panel in self.panels)
        fits = all(n <= m for n, m in zip(self.shape, shape, strict=True))
        if fits and not (planes and len(stored) == 3 and self.plane_rows != stored[1]):
            return
        needed = self.shape if not planes else f"{self.plane_rows} x {self.shape[1]} a plane"
        raise ValueError(
            f"The frames of {name} have shape {stored}, the {len(self.panels)} panels of "
            f"{self.name} need {needed}; expected panels within the frames. Give the geometry of "
            "this detector and of this arrangement of its data."
        )

    def warn_of_gaps(self, shape, name):
        """Warn if panels cover less than half of frames of that shape, of a run of that name."""
        covered = np.count_nonzero(self._owner >= 0)
        if 2 * covered < shape[0] * shape[1]:
            warnings.warn(
                f"The panels of {self.name} cover {covered} of the {shape[0] * shape[1]} pixels of "
                f"{name}; expected most of them. The others are left out: see that it is the "
                "geometry of this detector.",
                stacklevel=4,
            )

    def places(self, rows, columns):
        """Where pixels of the stacked frame are: (y, x), pixels from the beam, NaN in no panel.

        Parameters
        ----------
        rows, columns : arrays of one shape, from 0; 0 is the middle of the first pixel
        """
        x, y = self._positions(rows, columns, (0, 1))[0]
        return y, x

    def all_places(self, shape):
        """`places` of all pixels of frames of that shape, faster: y and x, (y, x) float32 each."""
        places = [np.full(shape, np.nan, np.float32) for _ in range(2)]
        for k, panel in enumerate(self.panels):
            rows, columns = self._rows(panel), _columns(panel)
            row, column = np.ogrid[rows, columns]
            for at, (a, b, c) in zip(places, self._steps[k, [1, 0]], strict=True):
                at[rows, columns] = a * column + b * row + c
        return tuple(places)

    def resolution(self, rows, columns, wavelength=None, distance=None):
        """Resolution of pixels of the stacked frame: array, Å, or None where it is not known.

        Parameters
        ----------
        rows, columns : see `places`
        wavelength : float, Å, optional, of the frame; default: that of the geometry file
        distance : float, mm, optional, likewise
        """
        wavelength, distance = wavelength or self.wavelength, distance or self.distance
        if wavelength is None or distance is None:
            return None
        (x, y, z), owner = self._positions(rows, columns, (0, 1, 2))
        pixel = np.array([*(1 / panel.resolution for panel in self.panels), np.nan])[owner]
        offset = np.array([*(panel.offset for panel in self.panels), np.nan])[owner]
        angle = np.arctan2(np.hypot(x, y) * pixel, distance / 1e3 + offset + z * pixel)
        with np.errstate(divide="ignore"):
            return wavelength / (2 * np.sin(angle / 2))

    def good(self, shape):
        """Pixels of frames of that shape that are in a panel and in no bad region: (y, x) bool."""
        good = np.zeros(shape, bool)
        for panel in self.panels:
            rows, columns, edge = self._rows(panel), _columns(panel), panel.edge
            rows = slice(rows.start + edge, max(rows.stop - edge, 0))
            columns = slice(columns.start + edge, max(columns.stop - edge, 0))
            good[rows, columns] = not panel.ignored
        for region in self.regions:
            (self._leave_out_places if region.axes == ("x", "y") else self._leave_out)(region, good)
        return good

    def _leave_out(self, region, good):
        """Set a region of columns and rows of the dataset, within its panels, False."""
        for panel in self.panels:
            if region.panel in (None, panel.name):
                above, end = panel.plane * self.plane_rows, np.add(panel.last, 1)
                low = np.clip(np.ceil(region.low[::-1]), panel.first, end).astype(int)
                high = np.clip(np.floor(region.high[::-1]) + 1, panel.first, end).astype(int)
                good[above + low[0] : above + high[0], low[1] : high[1]] = False

    def _leave_out_places(self, region, good):
        """Set the pixels whose middle is in a region of the laboratory False."""
        y, x = self.all_places(self.shape)
        inside = (region.low[0] <= x) & (x <= region.high[0])
        inside &= (region.low[1] <= y) & (y <= region.high[1])
        good[: self.shape[0], : self.shape[1]] &= ~inside

    def _rows(self, panel):
        """The rows of the stacked frame in which a panel lies: slice."""
        above = panel.plane * self.plane_rows
        return slice(above + panel.first[0], above + panel.last[0] + 1)

    @cached_property
    def _owner(self):
        """Number of the panel of each pixel of the stacked frame, -1 in none: (y, x) int32."""
        owner = np.full(self.shape, -1, np.int32)
        for k, panel in enumerate(self.panels):
            owner[self._rows(panel), _columns(panel)] = k
        return owner

    @cached_property
    def _steps(self):
        """What is to be added a column, a row, and at first: (panels + 1, x y z, 3), pixels.

        The last ones, NaN, are those of pixels in no panel.
        """
        steps = np.full((len(self.panels) + 1, 3, 3), np.nan)
        for k, panel in enumerate(self.panels):
            fs, ss = np.array(panel.fs), np.array(panel.ss)
            first = (0.5 - panel.first[1]) * fs + (0.5 - self._rows(panel).start) * ss
            steps[k] = np.transpose([fs, ss, first + np.array([*panel.corner, 0])])
        return steps

    def _positions(self, rows, columns, axes):
        """Positions of pixels along some axes (0 is x), in pixels, and numbers of their panels."""
        rows, columns = np.asarray(rows), np.asarray(columns)
        row, column = np.rint(rows).astype(int), np.rint(columns).astype(int)
        inside = (row >= 0) & (column >= 0) & (row < self.shape[0]) & (column < self.shape[1])
        owner = np.where(inside, self._owner[row * inside, column * inside], -1)
        steps = (self._steps[:, axis].T for axis in axes)
        return [a[owner] * columns + b[owner] * rows + c[owner] for a, b, c in steps], owner


def _columns(panel):
    return slice(panel.first[1], panel.last[1] + 1)
