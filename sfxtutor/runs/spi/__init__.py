"""A second twin: single viruses in the beam, one by one, and what else flies through it."""
