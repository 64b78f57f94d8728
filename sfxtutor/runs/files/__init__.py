"""Runs in files: one module a format, and the fetching of CXIDB 76."""
