"""The screening model: what it sees, what it was trained on, what it gives."""
