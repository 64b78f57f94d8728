"""Train what goes beyond the paper, for the committed results."""
