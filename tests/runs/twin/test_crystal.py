"""The spots of a crystal: geometry and intensities against what crystallography says."""

import numpy as np
import pytest

from sfxtutor.runs.twin.crystal import Crystal, bragg_spots, random_rotation, wilson_intensity

CAMERA = {
    "distance": 120.0,
    "pixel": 0.177,
    "center": (960.0, 960.0),
    "window": (0, 0, 1920, 1920),
}
WAVELENGTH = 1.3


def spots_of(crystal=None, seed=0, **options):
    crystal = crystal or Crystal((73, 96, 119))
    rotation = random_rotation(np.random.default_rng(seed))
    return rotation, bragg_spots(crystal, rotation, WAVELENGTH, **(CAMERA | options))


def scattering_vectors(spots):
    """s (n, 3), 1/Å, from where the spots lie on the detector."""
    ray = np.stack(
        [(spots["x"] - 960) * 0.177, (spots["y"] - 960) * 0.177, np.full(len(spots), 120)]
    )
    ray = ray / np.linalg.norm(ray, axis=0) / WAVELENGTH
    ray[2] -= 1 / WAVELENGTH
    return ray.T


def test_rotations_are_proper_and_uniform():
    rng = np.random.default_rng(1)
    axes = np.array([random_rotation(rng) for _ in range(2000)])
    assert np.allclose(axes @ axes.transpose(0, 2, 1), np.eye(3))
    assert np.allclose(np.linalg.det(axes), 1)
    assert np.abs(axes[:, :, 2].mean(axis=0)).max() < 0.05  # no preferred direction
    assert np.allclose((axes[:, :, 2] ** 2).mean(axis=0), 1 / 3, atol=0.03)


def test_spots_lie_where_braggs_law_puts_them():
    rotation, spots = spots_of()
    assert len(spots) > 500
    s = scattering_vectors(spots)
    assert np.allclose(1 / np.linalg.norm(s, axis=1), spots["d"], rtol=0.02)
    index = (rotation.T @ s.T).T * (73, 96, 119)
    hkl = np.stack([spots["h"], spots["k"], spots["l"]], axis=1)
    assert np.abs(index - hkl).max() < 0.5  # off by the excitation error alone
    assert np.median(np.abs(index - hkl)) < 0.05


def test_no_reflection_is_found_twice_and_none_near_the_sphere_is_missed():
    crystal = Crystal((30, 40, 50))
    rotation, spots = spots_of(crystal)
    found = {tuple(hkl) for hkl in spots[["h", "k", "l"]].tolist()}
    assert len(found) == len(spots)
    h, k, l = np.mgrid[-25:26, -33:34, -42:43].reshape(3, -1)  # noqa: E741
    s = (rotation / np.array(crystal.cell)) @ np.stack([h, k, l])
    off = np.linalg.norm(s + np.array([[0], [0], [1 / WAVELENGTH]]), axis=0) - 1 / WAVELENGTH
    near = (np.abs(off) < 1e-4) & (h**2 + k**2 + l**2 > 0) & (s[2] > -0.5)
    y, x = (960 + 120 / 0.177 * s[i] / (s[2] + 1 / WAVELENGTH) for i in (1, 0))
    inside = near & (y > 1) & (y < 1919) & (x > 1) & (x < 1919)
    wanted = {(a, b, c) for a, b, c in zip(h[inside], k[inside], l[inside], strict=True)
              if wilson_intensity(a, b, c, 0) > 0}  # fmt: skip
    assert len(wanted) > 10
    assert wanted <= found


def test_intensities_follow_wilson_the_symmetry_and_the_screw_axes():
    values = [wilson_intensity(h, k, l, 7) for h in range(1, 25) for k in range(1, 25)
              for l in range(1, 25)]  # fmt: skip  # noqa: E741
    assert np.mean(values) == pytest.approx(1, abs=0.03)
    assert np.var(values) == pytest.approx(1, abs=0.08)  # exponential: variance = mean squared
    assert wilson_intensity(3, -5, 7, 7) == wilson_intensity(-3, 5, 7, 7) != 0
    assert wilson_intensity(3, 5, 7, 7) != wilson_intensity(3, 5, 7, 8)
    assert wilson_intensity(3, 0, 0, 7) == wilson_intensity(0, 5, 0, 7) == 0
    assert wilson_intensity(0, 0, 7, 7) == 0 != wilson_intensity(0, 0, 8, 7)


def test_a_b_factor_dims_high_angles():
    _, sharp = spots_of(Crystal((73, 96, 119), b_factor=1))
    _, soft = spots_of(Crystal((73, 96, 119), b_factor=60))
    ratio = soft["photons"].sum() / sharp["photons"].sum()
    far_sharp, far_soft = sharp["photons"][sharp["d"] < 2], soft["photons"][soft["d"] < 2]
    assert far_soft.sum() / far_sharp.sum() < 0.1 * ratio


def test_wider_lattice_points_light_more_spots_and_energy_moves_them():
    counts = [len(spots_of(Crystal((73, 96, 119), mosaicity=m))[1]) for m in (1e-4, 1e-3, 3e-3)]
    assert counts == sorted(counts)
    assert counts[2] > 1.5 * counts[0]
    rotation, before = spots_of()
    after = bragg_spots(Crystal((73, 96, 119)), rotation, WAVELENGTH * 1.001, **CAMERA)
    place = {tuple(s[["h", "k", "l"]].tolist()): (s["y"], s["x"]) for s in after}
    moved = [np.hypot(*np.subtract((s["y"], s["x"]), place[key]))
             for s in before if (key := tuple(s[["h", "k", "l"]].tolist())) in place]  # fmt: skip
    assert 0.1 < np.median(moved) < 5


def test_polarisation_dims_the_horizontal():
    totals = np.zeros(2)
    for seed in range(15):
        _, spots = spots_of(Crystal((73, 96, 119), b_factor=5), seed)
        across, up = np.abs(spots["x"] - 960), np.abs(spots["y"] - 960)
        far = np.hypot(across, up) > 500
        totals += [spots["photons"][far & (across > 2 * up)].mean(),
                   spots["photons"][far & (up > 2 * across)].mean()]  # fmt: skip
    assert totals[0] < 0.9 * totals[1]


def test_a_faintest_spot_drops_only_fainter_ones():
    _, every = spots_of(photons=1000)
    _, some = spots_of(photons=1000, faintest=50)
    assert sorted(some["photons"]) == sorted(every["photons"][every["photons"] > 50])


def test_a_window_holds_the_spots_of_the_whole_detector_that_lie_in_it():
    _, every = spots_of()
    window = (600, 700, 1000, 1300)
    _, some = spots_of(window=window)
    inside = (every["y"] >= 600) & (every["y"] < 1000) & (every["x"] >= 700) & (every["x"] < 1300)
    assert sorted(some["photons"]) == sorted(every["photons"][inside])
