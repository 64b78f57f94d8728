"""Interactive pictures for the lessons; each comes with a static figure for where none can run."""
