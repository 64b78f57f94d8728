"""The detector of the second twin: two halves with a gap and a hole for the beam."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Detector:
    """A flat detector behind the particle. Lengths in mm, wavelength in nm, q in 1/nm.

    The numbers are those of the pnCCD of CXIDB 58, 8 x 8 of its pixels of 0.075 mm taken together
    (docs/spi.md).

    Attributes
    ----------
    gap : int, rows between the halves, without pixels
    hole : float, radius of the hole for the beam, pixels
    """

    wavelength: float = 0.775
    distance: float = 586.0
    pixel: float = 0.6
    shape: tuple = (130, 128)
    gap: int = 2
    hole: float = 5.0

    @property
    def center(self):
        """(y, x) of the beam, pixels from 0."""
        return (self.shape[0] - 1) / 2, (self.shape[1] - 1) / 2

    @cached_property
    def mask(self):
        """True where there is a pixel: (y, x) bool."""
        y, x = self._from_beam
        there = (np.hypot(y, x) >= self.hole) & (np.abs(y) > self.gap / 2)
        there.setflags(write=False)
        return there

    @cached_property
    def _from_beam(self):
        y, x = np.indices(self.shape)
        return y - self.center[0], x - self.center[1]

    @cached_property
    def radius(self):
        """Distance of each pixel from the beam, pixels: (y, x) float64."""
        return np.hypot(*self._from_beam)

    @cached_property
    def directions(self):
        """Unit vectors to the good pixels, (n, 3): x along the rows, y along the columns, z on."""
        y, x = (self.pixel * part[self.mask] for part in self._from_beam)
        there = np.stack([x, y, np.full(len(x), self.distance)], axis=1)
        return there / np.linalg.norm(there, axis=1, keepdims=True)

    @cached_property
    def q(self):
        """Scattering vectors of the good pixels, (n, 3), on the Ewald sphere: q_z is not 0."""
        return 2 * np.pi / self.wavelength * (self.directions - [0.0, 0.0, 1.0])

    @cached_property
    def solid_angle(self):
        """Solid angle of each good pixel times its share of polarised light, (n,) sr.

        The light is polarised along x, so that along x less is scattered.
        """
        slope = self.directions[:, 2]
        whole = self.pixel**2 / self.distance**2 * slope**3
        return whole * (1 - self.directions[:, 0] ** 2)

    def q_of(self, pixels):
        """q at that distance from the beam, in pixels: float or array."""
        angle = np.arctan(np.asarray(pixels) * self.pixel / self.distance)
        return 4 * np.pi / self.wavelength * np.sin(angle / 2)

    def frame(self, values):
        """Values of the good pixels, (n,), as a frame: (y, x), 0 where there is no pixel."""
        frame = np.zeros(self.shape, np.asarray(values).dtype)
        frame[self.mask] = values
        return frame
