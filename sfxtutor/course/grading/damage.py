"""A submitted file as a notebook of format 4, or the reason why it is none, with what to do."""

import codecs
import json
import re

import nbformat


class Refused(ValueError):
    """A submission that cannot be graded as it is; the message says why and what to do."""


def load_notebook(path):
    """Read a notebook as it was handed in.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    dict
        Of format 4, not validated.
    notes : list of str
        How it had to be converted.

    Raises
    ------
    Refused
        It is no notebook; the sentence names the file, the cause and the next step.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Refused(f"{path.name} cannot be read ({error.strerror}).") from error
    text, notes = decode(path.name, data)
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{path.name} {cause(text, error)}") from error
    if isinstance(notebook, dict) and "worksheets" in notebook:
        return converted(path.name, text), [*notes, "it was of an old format and is converted"]
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise Refused(
            f"{path.name} holds no cells: it is JSON, but no notebook. Ask for the .ipynb file."
        )
    return notebook, notes


def decode(name, data):
    """Text of a file's bytes, and notes; raises Refused."""
    if not data.strip(b"\0 \t\r\n"):
        raise Refused(f"{name} is empty ({len(data)} bytes): the upload failed. Ask for it again.")
    if data.startswith(b"PK\x03\x04"):
        raise Refused(f"{name} is a zip file under another ending. Rename it to end in .zip.")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding, notes = "utf-16", ["it was saved as UTF-16"]
    else:
        encoding, notes = "utf-8-sig", []
    try:
        return data.decode(encoding), notes
    except UnicodeDecodeError as error:
        raise Refused(
            f"{name} is not in UTF-8 (byte {error.start}): an editor saved it in another encoding, "
            "such as Latin-1. Save it again as UTF-8, or ask for the file as Jupyter saved it."
        ) from error


def cause(text, error):
    """Why a text is no JSON, and what to do; the end of a sentence that begins with its name."""
    conflict = re.search(r"^(<<<<<<<|>>>>>>>)", text, re.MULTILINE)
    if conflict:
        line = text.count("\n", 0, conflict.start()) + 1
        return (
            f"has a merge conflict of Git ({conflict[1]} in line {line}). Ask for the file with "
            "the conflict resolved."
        )
    if re.match(r"\s*<(!doctype|html|\?xml)", text, re.IGNORECASE):
        return "is a web page, not a notebook. Ask for the .ipynb file."
    if isinstance(error, json.JSONDecodeError) and text.lstrip().startswith("{"):
        if error.pos >= len(text.rstrip()) or "Unterminated string" in error.msg:
            return (
                f"is cut off after {len(text)} characters: the upload was interrupted or the disk "
                "full. Ask for it again."
            )
        return (
            f"is damaged in line {error.lineno} ({error.msg}): was it changed in a text editor? "
            "Ask for the file as Jupyter saved it."
        )
    return "is no notebook of format 4: it does not begin like one. Ask for the .ipynb file."


def converted(name, text):
    """A notebook of format 2 or 3 in format 4; raises Refused."""
    try:
        return nbformat.reads(text, as_version=4)
    except Exception as error:  # nbformat raises whatever a damaged notebook makes it raise
        raise Refused(
            f"{name} is a notebook of an old format and cannot be converted "
            f"({type(error).__name__}). Open it in JupyterLab, save it and hand it in again."
        ) from error
