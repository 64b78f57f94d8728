"""Texts of exercises and questions, kept in TOML files."""

import tomllib


def read(path):
    """What a TOML file holds, its texts without the line breaks of the file: a dict."""
    return _joined(tomllib.loads(path.read_text(encoding="utf-8")))


def _joined(part):
    if isinstance(part, dict):
        return {name: _joined(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_joined(value) for value in part]
    return " ".join(part.split()) if isinstance(part, str) else part
