"""A frame that kills who reads it, as broken files have killed readers; workers import this."""

import os

from sfxtutor.beamline.screen import blocks


def score_block(block, job):
    """Score a block; frame 5 ends the process."""
    if 5 in block.frames:
        os._exit(11)
    return blocks.score_block(block, job)
