"""One shot of the simulated beamline: what a pulse meets, and the frame that the detector writes.

A frame is built as nature builds it: crystals scatter into Bragg spots, water and air into a
smooth background, a tape shades one side; photons arrive at random, the detector's point spread
blurs them, gain turns them into ADU, the readout adds its noise.
"""

from dataclasses import dataclass, replace

import numpy as np

from .crystal import SPOT, Crystal, bragg_spots, random_rotation
from .detector import (
    add_ice,
    add_spots,
    add_streak,
    background,
    expose,
    ice_rings,
    in_shadow,
    peak_share,
)

_FAINTEST = 100.0  # ADU in a whole spot; fainter ones drown in the noise and are left out
_ENOUGH = 150  # strongest spots of a crystal: the ten most visible are among them
_MARGIN = 4  # pixels around a window in which a spot still reaches into it


@dataclass(frozen=True)
class Setup:
    """Everything that stays the same during a run. Lengths in mm, wavelength in Å, else as said.

    Attributes
    ----------
    crystals : float
        Mean number of crystals a shot meets (Poisson).
    brightness, spread : float
        Median photons in a full reflection at zero angle, and the log-normal's sigma.
    water, air, plain : float
        Photons per pixel per squared scattering factor of water and of air at 123.55 mm from the
        sample, and the same everywhere (stray light).
    tape : float
        Share of the light that the tape lets through on the left; 1 without a tape.
    edge, edge_jitter, edge_width : float
        Column of the tape's edge, its shift from shot to shot and its softness, pixels.
    halo : float
        Photons per pixel of the glare above and below the beam stop.
    pulse_spread, energy_spread : float
        Relative standard deviation of pulse energy and photon energy.
    gain, blur, readout, offset, saturation : float
        ADU per photon; the point spread's share [blur, 1, blur] / (1 + 2 blur) along each axis;
        readout noise and offset, ADU; the largest value that the detector writes.
    visible_sigma : float
        A person sees a spot whose peak stands this many sigma above its surroundings.
    hot, streaks, ice : float
        Hot pixels a megapixel, and the share of frames with a jet streak, with ice rings.
    streak, ring : float
        The most photons a pixel in a jet's streak, in the strongest ice ring.
    """

    name: str
    crystal: Crystal
    crystals: float
    brightness: float
    spread: float
    wavelength: float = 1.30
    distance: float = 123.55
    pixel: float = 0.1770833
    shape: tuple = (1920, 1920)
    center: tuple = (960.0, 960.0)
    stop: tuple = (41.0, 41.0)  # half height and half width of the beam stop's shadow, pixels
    water: float = 79.0
    air: float = 14.2
    plain: float = 35.0
    tape: float = 0.875
    edge: float = 940.0
    edge_jitter: float = 15.0
    edge_width: float = 7.0
    halo: float = 1200.0
    pulse_spread: float = 0.15
    energy_spread: float = 0.001
    bandwidth: float = 0.003
    gain: float = 1.0
    blur: float = 0.23
    readout: float = 2.0
    offset: float = 10.0
    saturation: int = 65535
    visible_sigma: float = 8.0
    hot: float = 0.5
    streaks: float = 0.01
    ice: float = 0.005
    streak: float = 800.0
    ring: float = 250.0

    @property
    def panels(self):
        """True where the detector has pixels: (y, x) bool, or None where it has them everywhere."""

    @property
    def noise_gain(self):
        """Variance / mean of the background, ADU: the gain, reduced by the point spread."""
        share = (1 + 2 * self.blur**2) / (1 + 2 * self.blur) ** 2
        return self.gain * share**2


@dataclass(frozen=True)
class Shot:
    """Everything that is drawn for one pulse: its crystals and the artefacts of its frame.

    Attributes
    ----------
    pulse : float
        Pulse energy, 1 on average.
    wavelength : float
        Å.
    edge : float
        Column of the tape's edge, pixels.
    crystals : tuple of (rotation, photons)
        Orientation (3, 3) and brightness of each crystal, as in `bragg_spots`.
    hot : (n, 3) int array
        Hot pixels: row, column, ADU.
    streak : tuple
        Angle (radians) and photons of the jet's streak, 0 without one.
    ice : float
        Photons a pixel in the strongest ice ring, 0 without ice.
    key : int
        32 bits that name the random numbers of the pixels.
    """

    pulse: float
    wavelength: float
    edge: float
    crystals: tuple
    hot: np.ndarray
    streak: tuple
    ice: float
    key: int


def label_of(visible):
    """The experts' rule: 10 or more visible spots are a HIT, 4 to 9 a MAYBE, else a MISS."""
    return "HIT" if visible >= 10 else "MAYBE" if visible >= 4 else "MISS"


def draw(setup, rng, key=0, label=None, attempts=20_000):
    """One shot of a run, drawn from what the setup says is likely.

    Parameters
    ----------
    setup : Setup
    rng : numpy.random.Generator
    key : int
        Names the sample (its structure factors).
    label : str, optional
        Draw among the shots of this class only: for the orientations drawn first, number and
        brightness of the crystals are drawn again until the visible spots make the class.
    attempts : int
        So many times at most.

    Raises
    ------
    ValueError
        If no attempt makes the class.
    """
    light = {
        "pulse": max(rng.normal(1, setup.pulse_spread), 0.2),
        "edge": rng.normal(setup.edge, setup.edge_jitter),
        "wavelength": setup.wavelength * rng.normal(1, setup.energy_spread),
    }
    area = setup.shape[0] * setup.shape[1] / 1e6
    hot = rng.uniform((0, 0, 2.3), (*setup.shape, 4.6), size=(rng.poisson(setup.hot * area), 3))
    hot[:, 2] = 10 ** hot[:, 2]  # 200 to 40,000 ADU, every decade as likely
    streak_light, ice_light = np.multiply(rng.uniform(0.1, 1, 2), (setup.streak, setup.ring))
    streak = (rng.normal(np.pi / 2, 0.05), streak_light * (rng.random() < setup.streaks))
    ice = ice_light * (rng.random() < setup.ice)
    shot = Shot(**light, crystals=(), hot=hot.astype(int), streak=streak, ice=ice,
                key=int(rng.integers(2**32)))  # fmt: skip
    return replace(shot, crystals=_draw_crystals(setup, shot, rng, key, label, attempts))


def _draw_crystals(setup, shot, rng, key, label, attempts):
    rotations, margins = [], []
    for _ in range(attempts):
        count = rng.poisson(setup.crystals)
        while len(rotations) < count:
            rotations.append(random_rotation(rng))
            margins.append(_strongest(setup, shot, rotations[-1], key))
        photons = setup.brightness * rng.lognormal(0, setup.spread, count)
        seen = sum(np.count_nonzero(m * p > 1) for m, p in zip(margins, photons, strict=False))
        if label in (None, label_of(seen)):
            return tuple(zip(rotations, photons, strict=False))
    raise ValueError(f"No {label} in {attempts} shots of {setup}. Give it crystals that make one.")


def _strongest(setup, shot, rotation, key):
    """Visibility, at a brightness of one photon, of the spots that can be among the first ten."""
    shot, faintest, spots = replace(shot, crystals=((rotation, 1.0),)), 1.0, ()
    while len(spots) < _ENOUGH and faintest > 1e-3:
        spots, faintest = bragg(setup, shot, key, faintest=faintest), faintest / 3
    return visibility(setup, shot, spots)


def bragg(setup, shot, key=0, window=None, faintest=None):
    """The Bragg spots of a shot, all crystals: (n,) structured array of `crystal.SPOT`.

    `window` is (top, left, bottom, right) in pixels, the whole detector without it.
    """
    faintest = _FAINTEST / setup.gain if faintest is None else faintest
    window = window or (-0.5, -0.5, setup.shape[0] - 0.5, setup.shape[1] - 0.5)
    parts = [np.empty(0, SPOT)]
    for number, (rotation, photons) in enumerate(shot.crystals):
        spots = bragg_spots(
            setup.crystal, rotation, shot.wavelength, setup.distance, setup.pixel, setup.center,
            window, photons=photons * shot.pulse, faintest=faintest, bandwidth=setup.bandwidth,
            key=key,
        )  # fmt: skip
        spots["crystal"] = number
        parts.append(spots)
    spots = np.concatenate(parts)
    y, x = (np.rint(spots[axis]).astype(int) for axis in ("y", "x"))
    lit = ~in_shadow(setup, y - setup.center[0], x - setup.center[1])
    if setup.panels is not None:
        lit &= setup.panels[y, x]
    return spots[lit]


def tape_shade(setup, edge, columns):
    """Share of the light that passes the tape at each column, (n,) float32: a soft step."""
    across = np.clip((np.asarray(columns) - edge) / setup.edge_width, -30, 30)
    return (1 - (1 - setup.tape) / (1 + np.exp(across))).astype(np.float32)


def visibility(setup, shot, spots, light=None):
    """Peak of each spot over the least that a person sees, (n,) float: above 1 it is visible.

    `light` is the background at the spots, (n,) photons; without it that of the whole detector is
    worked out, once for each setup.
    """
    y, x = np.rint(spots["y"]).astype(int), np.rint(spots["x"]).astype(int)
    shade = tape_shade(setup, shot.edge, x) * setup.gain
    light = background(setup)[y + 1, x + 1] if light is None else light
    local = light * shade * shot.pulse
    needed = setup.visible_sigma * np.sqrt(setup.noise_gain * local + setup.readout**2)
    return spots["photons"] * shade * peak_share(spots["y"], spots["x"], setup.blur) / needed


def render(setup, shot, key=0, top=0, left=0, height=None, width=None):
    """The frame of a shot, or the window of it that starts at (top, left): (y, x) uint16, ADU."""
    height, width = height or setup.shape[0], width or setup.shape[1]
    corner = (top - 1, left - 1)
    shade = tape_shade(setup, shot.edge, np.arange(left - 1, left + width + 1))
    image = background(setup)[top : top + height + 2, left : left + width + 2] * (
        shot.pulse * shade
    )
    if shot.ice:
        rings = ice_rings(setup, shot.wavelength, shot.ice)
        add_ice(image, *corner, setup.center, rings, 4.0)
    if shot.streak[1]:
        add_streak(image, *corner, setup.center, *shot.streak)
    near = (max(top - _MARGIN, -0.5), max(left - _MARGIN, -0.5),
            min(top + height + _MARGIN, setup.shape[0] - 0.5),
            min(left + width + _MARGIN, setup.shape[1] - 0.5))  # fmt: skip
    spots = bragg(setup, shot, key, near)
    photons = spots["photons"] * tape_shade(setup, shot.edge, spots["x"])
    add_spots(image, *corner, spots["y"], spots["x"], photons)
    if setup.panels is not None:
        image *= np.pad(setup.panels, 1)[top : top + height + 2, left : left + width + 2]
    frame = expose(image, top, left, setup.shape[1], shot.key, setup.gain, setup.blur,
                   setup.readout, setup.offset, setup.saturation)  # fmt: skip
    y, x, adu = shot.hot.T
    inside = (y >= top) & (y < top + height) & (x >= left) & (x < left + width)
    hit = (y[inside] - top, x[inside] - left)
    frame[hit] = np.minimum(frame[hit] + adu[inside], setup.saturation)
    return frame
