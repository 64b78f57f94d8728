"""The pages that are made, not typed: what they say is computed, how they say it is a template."""
