"""Screening files: blocks of frames, workers, a ledger to resume from, the files it writes."""
