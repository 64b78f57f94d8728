"""Features of single particles: what turns, noise, gaps and brightness do to them; CXI files."""

from dataclasses import replace

import h5py
import numpy as np
import pytest
from minifiles import ArrayRun

from sfxtutor.beyond import particles
from sfxtutor.runs.open import open_run
from sfxtutor.runs.spi.detector import Detector
from sfxtutor.runs.spi.run import SpiRun
from sfxtutor.runs.spi.shot import Setup, Shot, draw, expected, expose

WHOLE = Setup(detector=Detector(gap=0, hole=5))
DARK = replace(WHOLE, flat=0.0, halo=0.0)


@pytest.fixture(scope="module")
def run():
    return SpiRun(0)


@pytest.fixture(scope="module")
def rings(run):
    return particles.rings_of(run)


def shots(run, kind, number):
    return particles.photons(run, np.flatnonzero(run.kinds == kind)[:number])


def test_every_good_pixel_in_reach_lies_in_one_bin(run, rings):
    ones = rings.sums(run.mask[None].astype(float))[0]
    assert np.array_equal(ones, rings.pixels)
    y, x = particles.from_beam(run)
    q = particles.q_at(np.hypot(y, x), run.card)
    low, high = particles.Q_RANGE
    assert rings.pixels.sum() == np.sum(run.mask & (q >= low) & (q < high))
    assert run.setup.detector.q_of(20.0) == pytest.approx(particles.q_at(20.0, run.card))


def test_a_correlation_is_the_mean_over_the_pairs_that_have_data(run, rings):
    sums = rings.sums(shots(run, "dimer", 1))
    found = particles.ring_correlation(sums, rings)[0]
    mean = particles.ring_profile(sums, rings)[0]
    there = rings.pixels > 0
    for ring in (0, 7, 20):
        value = np.where(there[ring], sums[0, ring] / np.maximum(rings.pixels[ring], 1), 0)
        deviation = np.where(there[ring], value - mean[ring], 0)
        for shift in (1, 5, 24):
            also = np.roll(there[ring], -shift) & there[ring]
            product = deviation * np.roll(deviation, -shift)
            assert found[ring, shift] == pytest.approx(product[also].mean(), rel=1e-4, abs=1e-6)


def test_a_turn_about_the_beam_changes_no_number_of_the_spectrum():
    rng = np.random.default_rng(0)
    frame = WHOLE.detector.frame(expected(DARK, draw(WHOLE, rng, "dimer")))
    quarter = np.rot90(frame[1:-1])  # 128 x 128, the beam in its middle
    run = ArrayRun(np.stack([frame[1:-1], quarter]), wavelength=7.75, distance=586.0, pixel=0.6)
    rings = particles.rings_of(run)
    one, other = particles.angular_spectrum(rings.sums(run.frames), rings)
    assert other == pytest.approx(one, abs=0.02)
    assert np.abs(quarter - frame[1:-1]).max() > 0.1 * frame.max()


def test_noise_alone_has_no_power(run, rings):
    rng = np.random.default_rng(1)
    flat = rng.poisson(3.0, (200, *run.mask.shape)) * run.mask
    spectrum = particles.angular_spectrum(rings.sums(flat), rings)
    assert np.abs(spectrum[..., 1:].mean(axis=0)).max() < 2e-3
    assert spectrum[..., 0].mean() == pytest.approx(np.log10(3.01), abs=0.01)


def test_odd_harmonics_are_noise_near_the_beam(run, rings):
    power = np.fft.rfft(
        particles.ring_correlation(rings.sums(shots(run, "single", 60)), rings)
    ).real
    inner = power[:, :8].sum(axis=(0, 1))
    assert inner[[2, 4, 6]].min() > 5 * np.abs(inner[[1, 3, 5]]).max()


def test_a_fit_of_the_size_finds_it_and_dimers_pass(run, rings):
    for radius in (25.0, 35.0, 48.0):
        setup = replace(run.setup, radius=radius, radius_spread=0.0)
        own = SpiRun(0, setup)
        found, _ = particles.size_fit(rings.sums(shots(own, "single", 20)), rings)
        assert np.median(found) == pytest.approx(radius, rel=0.03)
    dimers, _ = particles.size_fit(rings.sums(shots(run, "dimer", 30)), rings)
    assert np.median(dimers) == pytest.approx(35, abs=2)


def test_images_have_no_gap_and_nothing_outside_the_circle(run):
    setup, side = run.setup, particles.SIDE
    shot = draw(setup, np.random.default_rng(0), "droplet")
    frames = setup.detector.frame(expected(setup, shot)).astype(np.float32)[None]
    [image] = particles.particle_images(frames, run)
    assert image.shape == (side, side)
    beside = slice(side // 2 - 1, side // 2 + 1)  # along the gap, and along the other axis
    assert image[beside, 38:60] == pytest.approx(image[38:60, beside].T, abs=0.2)
    assert not image[:5, :5].any()
    assert (frames[0][~run.mask] == 0).all()  # what was given stays as it was


def test_precision_follows_from_the_share():
    assert particles.precision_of(1, 1, 0.05) == 1
    assert particles.precision_of(0.9, 0.1, 0.05) == pytest.approx(0.05)  # chance
    assert particles.precision_of(0.9, 0.95, 0.05) == pytest.approx(0.045 / (0.045 + 0.0475))
    assert np.isnan(particles.precision_of(0, 1, 0.05))


def test_labels_of_a_larger_budget_contain_the_smaller(run):
    y = run.kinds == "single"
    for seed in range(5):
        small, large = (particles.draw_labelled(y, n, seed) for n in (100, 400))
        assert np.array_equal(large[:100], small)
        assert y[small].sum() >= 2
        assert len(set(large)) == 400


def test_the_networks_take_what_the_features_give(run, rings):
    frames = shots(run, "single", 4)
    images = particles.particle_images(frames, run)[..., None]
    spectrum = particles.angular_spectrum(rings.sums(frames), rings).reshape(4, -1)
    for turned in (False, True):
        cnn = particles.build_particle_cnn(turned)
        p = cnn.predict_on_batch(images)
        assert np.array_equal(p, cnn.predict_on_batch(images))  # turned in training alone
    assert p.shape == particles.build_spectrum_net(168).predict_on_batch(spectrum).shape == (4, 1)


def write_cxi(path, frames, mask):
    """A CXI file of photons as they are deposited: no Bragg spot, most pixels 0 or 1."""
    with h5py.File(path, "w") as file:
        file["entry_1/data_1/data"] = frames
        file["entry_1/data_1/mask"] = np.where(mask, 0, 1).astype(np.uint32)
        file["entry_1/instrument_1/source_1/energy"] = 1239.84198 / 0.775 * 1.602176634e-19
        file["entry_1/instrument_1/detector_1/distance"] = 0.586
        file["entry_1/instrument_1/detector_1/x_pixel_size"] = 0.0006
    return path


@pytest.mark.parametrize("dtype", ["uint16", "int16", "int32", "float32", "float64"])
def test_a_cxi_file_gives_the_features_of_its_photons(tmp_path, run, rings, dtype):
    chosen = [int(i) for kind in ("single", "dimer", "empty") for i in
              np.flatnonzero(run.kinds == kind)[:4]]  # fmt: skip
    frames = particles.photons(run, chosen)
    with open_run(write_cxi(tmp_path / "virus.cxi", frames.astype(dtype), run.mask)) as own:
        assert (own.card.wavelength, own.card.distance, own.card.pixel) == pytest.approx(
            (7.75, 586, 0.6)
        )
        assert np.array_equal(own.mask, run.mask)
        assert np.array_equal(particles.photons(own), frames)
        own_rings = particles.rings_of(own)
        assert np.array_equal(own_rings.pixels, rings.pixels)
        found, right = (particles.angular_spectrum(r.sums(frames), r) for r in (own_rings, rings))
        assert np.array_equal(found, right)


def test_a_run_that_does_not_fit_is_told(run):
    frames = np.ones((1, 40, 40), np.uint16)
    with pytest.raises(ValueError, match="wavelength None"):
        particles.rings_of(ArrayRun(frames))
    far = ArrayRun(frames, wavelength=1.3, distance=100.0, pixel=5.0)
    with pytest.raises(ValueError, match=r"No pixel of mini is good and lies at q"):
        particles.rings_of(far)


def test_brightness_moves_the_level_and_not_the_shape():
    """Ten times the light: the rings' logarithm rises by 1, the harmonics stay where light is."""
    body = draw(WHOLE, np.random.default_rng(3), "dimer").parts
    rng = np.random.default_rng(4)
    frames = np.stack([
        np.mean([expose(DARK, Shot(body, share, 1.0, 1.0), rng) for _ in range(20)], axis=0)
        for share in (0.1, 1.0)
    ])  # fmt: skip
    run = SpiRun(0, WHOLE)
    rings = particles.rings_of(run)
    faint, bright = particles.angular_spectrum(rings.sums(frames), rings)[:, :6]
    assert bright[:, 0] - faint[:, 0] == pytest.approx(1, abs=0.05)
    assert bright[:, 1:] == pytest.approx(faint[:, 1:], abs=0.03)
