"""The study behind docs/claims.md: every method, on every pair of runs, for several seeds."""
