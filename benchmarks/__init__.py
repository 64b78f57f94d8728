"""Timing of this package beside others."""

GEOMETRY = "2018"  # reading of the twin's geometry (docs/twin.md) on which all was measured
