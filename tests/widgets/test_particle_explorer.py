"""The particle explorer: what it shows is what the twin computes for the settings."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from sfxtutor.runs.spi.shot import background, scattered
from sfxtutor.widgets.particle_explorer import (
    KINDS,
    SIDE,
    TURN,
    WIDE,
    ParticleExplorer,
    thickness,
)


@pytest.fixture
def widget():
    return ParticleExplorer()


def test_every_setting_reaches_the_pattern_and_start_again_turns_back(widget):
    widget.kind.value = "dimer"
    for slider in (*widget.sliders.values(), widget.radius, widget.light):
        before, value = widget.canvas.pixels, slider.value
        slider.value = value + 10 * slider.step
        assert widget.canvas.pixels != before
        slider.value = value
    before = widget.canvas.pixels
    widget.sliders["turn"].value = 40
    assert widget.canvas.pixels != before
    widget.reset.click()
    assert widget.canvas.pixels == before
    assert widget.sliders["turn"].value == 0
    widget.noise.value = False
    assert widget.canvas.pixels != before


def test_the_pattern_is_the_twins(widget):
    widget.noise.value, widget.kind.value, widget.light.value = False, "virus", 0.1
    widget.sliders["spin"].value = 30
    setup = widget.setup
    mean = scattered(setup, widget.parts(), 0.1 * setup.fluence) + background(setup)
    pattern = widget.pattern()
    assert pattern[setup.detector.mask] == pytest.approx(mean)
    assert np.isnan(pattern[~setup.detector.mask]).all()
    assert f"{mean.sum():,.0f} photons" in widget.canvas.caption


def test_a_drag_turns_about_the_axis_across_it(widget):
    widget.canvas.drag = [0.0, 0.25]
    assert widget.sliders["turn"].value == pytest.approx(TURN / 4)
    widget.body.drag = [0.1, 0.0]  # each picture counts its own way
    expected = Rotation.from_euler("x", -TURN / 10, degrees=True) * Rotation.from_euler(
        "y", TURN / 4, degrees=True
    )
    assert widget.rotation.as_matrix() == pytest.approx(expected.as_matrix())
    widget.canvas.drag = [0.0, 0.0]  # back
    assert (widget.rotation * expected.inv()).magnitude() == pytest.approx(np.radians(TURN / 4))


def test_two_viruses_behind_each_other_have_no_stripes(widget):
    """The sum of the ring around the beam is as even as that of one virus."""
    widget.noise.value, widget.kind.value = False, "dimer"

    def unevenness():
        pattern, radius = widget.pattern(), widget.setup.detector.radius
        ring = pattern[(radius > 8) & (radius < 9) & ~np.isnan(pattern)]
        return ring.std() / ring.mean()

    across = unevenness()
    widget.sliders["turn"].value = 90
    assert unevenness() < 0.2 * across


def test_a_picture_of_the_particle_has_its_volume(widget):
    factors = {"virus": 1, "dimer": 2, "sphere": 1, "ellipsoid": 1.6 * 0.8 * 0.8}
    for kind in KINDS:
        widget.kind.value, widget.radius.value = kind, 35
        widget.sliders["tilt"].value = 25
        volume = thickness(widget.parts()).sum() * (WIDE / SIDE) ** 2
        assert volume == pytest.approx(factors[kind] * 4 / 3 * np.pi * 35**3, rel=0.01)


def test_static_figure_and_words(widget):
    widget.kind.value = "ellipsoid"
    data, metadata = widget.static()
    assert data["image/png"].startswith(b"\x89PNG")
    alt = metadata["image/png"]["alt"]
    assert "a ellipsoid" not in alt
    assert "radius 35 nm" in alt
    assert widget.canvas.caption in alt
    assert "ellipsoid" in widget.body.alt
