"""Figures: how they look, frames, scores."""
