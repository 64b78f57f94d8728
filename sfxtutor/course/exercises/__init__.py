"""The exercises: what is right, the usual mistakes, and what is said to each."""
