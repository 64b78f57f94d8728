"""Looking at a screening: one page with charts and pictures that shows whether to trust it."""
