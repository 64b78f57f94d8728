"""Grading a class: reading submissions, running them apart, marking, feedback and report."""
