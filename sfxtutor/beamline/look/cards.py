"""The contact sheet of a screening, and the picture of its bad pixels, as HTML."""

import base64
from html import escape
from pathlib import Path

import numpy as np

from ...support.disk import printable
from .pictures import FOUND, png

RADIUS = 5.5, 4.0  # of the circles about Bragg spots and other peaks, pixels of a picture
FEW = 200  # bad pixels, found in frames, that are circled
LOOK_FOR_SPOTS = (
    '<ul><li><span class="key spot"></span>What the model calls a Bragg spot. Circles on noise, on '
    "rings or along edges of panels: the threshold is too low, or a mask is missing.</li>"
    '<li><span class="key other"></span>Other strong peaks. Spots without an orange circle: the '
    "model misses them; tell us, with the frame.</li>"
    '<li><span class="key bad"></span>Masked and bad pixels. Gaps and the beam stop should be grey,'
    " spots should not.</li></ul>"
    '<label class="switch"><input type="checkbox" id="circles" checked> Show circles</label>'
)
STACKED = (
    "Panels stand in columns, in the order of the file, not where they are on the detector: rings "
    "look broken. Each point of a picture is the highest pixel of a small square."
)
LOOK_FOR_CRYSTALS = (
    "<p>This model looks at the central crop as a whole and names no spots: there are no circles. "
    "Spots should be seen in the hits and not in the misses. "
    '<span class="key bad"></span>Masked and bad pixels are grey.</p>'
)


def shown_name(path):
    """The last part of a name, as HTML."""
    return escape(printable(Path(path).name or path))


def per_cent(part, whole):
    """A share in per cent, with two digits where it is small: str."""
    share = 100 * part / whole if whole else 0
    return f"{share:.1f} %" if share >= 1 or not share else f"{share:.2g} %"


def sheets(tally, sheet, whole):
    """Yield the parts of the contact sheet as HTML; `whole`: the model names spots."""
    if not tally.scored:
        return
    yield f"<h2>What to look for</h2>{LOOK_FOR_SPOTS if whole else LOOK_FOR_CRYSTALS}"
    if sheet.detector and sheet.detector.panels > 1:
        yield f"<p>{STACKED}</p>"
    near = (
        f"Those with p nearest the threshold of {tally.threshold:.3f}, on either side. If most of "
        "them show a crystal, lower the threshold; if hardly one does, raise it."
    )
    parts = (
        ("hits", "The surest hits", tally.surest_hits, "All of them should show a crystal."),
        ("misses", "The surest misses", tally.surest_misses, "None of them should show one."),
        ("nearest", "The most doubtful frames", tally.nearest, near),
    )
    shown = set()
    for name, title, rows, note in parts:
        yield _part(name, title, rows, note, sheet, shown)


def _part(name, title, rows, note, sheet, shown):
    """One part; frames that were shown before are named."""
    again = [row for row in rows if (row.file, row.frame) in shown]
    new = [row for row in rows if (row.file, row.frame) not in shown]
    shown.update((row.file, row.frame) for row in rows)
    cards = "".join(_card(row, sheet.shots[row.file, row.frame]) for row in new)
    if again:
        names = ", ".join(f"frame {row.frame + 1} of {shown_name(row.file)}" for row in again)
        note += f" Shown above already: {names}."
    note = note if rows else "There are none."
    return (
        f'<section id="{name}"><h2>{title}</h2><p>{note}</p>'
        + (f'<div class="sheet">{cards}</div>' if cards else "")
        + "</section>"
    )


def _card(row, shot):
    """A frame with its picture and what is known of it."""
    name, kind = f"frame {row.frame + 1} of {shown_name(row.file)}", "hit" if row.is_hit else "miss"
    spots = "" if shot.spots is None else f", Bragg spots: {len(shot.spots)}"
    about = f"{kind}, p {row.p:.5g}, {name}{spots}"
    inside = f'<div class="lost">No picture: {escape(printable(shot.problem))}</div>'
    if shot.picture is not None:
        inside = _image(shot.picture, about[0].upper() + about[1:], _circles(shot))
    return (
        f'<figure class="frame" data-p="{row.p:.5f}">{inside}<figcaption><b>{kind}, p {row.p:.5g}'
        f"</b><br>{name}{spots}</figcaption></figure>"
    )


def _circles(shot):
    """The peaks of a frame as SVG."""
    if shot.spots is None:
        return ""
    return "".join(
        f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>'
        for kind, places, radius in (
            ("other", shot.others, RADIUS[1]),
            ("spot", shot.spots, RADIUS[0]),
        )
        for y, x in places
    )


def _found(picture):
    """Circles about bad pixels that were found, where they are few: single points are not seen."""
    places = np.argwhere(picture == FOUND)
    if len(places) > FEW:
        return ""
    return "".join(
        f'<circle class="found" cx="{x + 0.5}" cy="{y + 0.5}" r="{2 * RADIUS[0]:g}"/>'
        for y, x in places
    )


def _image(picture, alt, over=""):
    """A picture as SVG, with what is drawn over it."""
    height, width = picture.shape
    data = base64.b64encode(png(picture)).decode()
    return (
        f'<svg role="img" viewBox="0 0 {width} {height}" aria-label="{alt}">'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{data}"/>{over}'
        "</svg>"
    )


def mask(detector, search):
    """The picture of the pixels that are left out as HTML; "" where no detector is known."""
    if detector is None:
        return ""
    alt = (
        f"The detector with {detector.masked:,} masked pixels in grey and {detector.found:,} bad "
        "pixels that were found in red"
    )
    found = '<span class="key found"></span>Bad pixels that were found in the frames. '
    return (
        '<section id="mask"><h2>The pixels that are left out</h2>'
        f'<p><span class="key bad"></span>Gaps and masked pixels. {found if search else ""}'
        "A point of the picture is coloured if one of its pixels is left out. A Bragg spot or half "
        "a panel in red would be a mistake: <code>--no-bad-pixel-search</code> leaves the search "
        "out. Gaps or a beam stop that are not coloured: give a mask (<code>--mask</code>).</p>"
        f'<div class="mask">{_image(detector.picture, alt, _found(detector.picture))}</div>'
        "</section>"
    )
