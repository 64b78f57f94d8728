"""Runs: sequences of frames with labels, simulated or read."""
