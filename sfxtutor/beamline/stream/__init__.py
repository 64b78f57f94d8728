"""Frames as they arrive over ZeroMQ: a source, a receiver, scores, a report."""
