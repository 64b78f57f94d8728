"""Grading: submissions read, run, marked, and what the class misunderstood."""
