"""Charts of a screening as inline SVG, in the colours of the page's style sheet.

A chart is 400 units wide, so that its words can be read on a phone.
"""

import math
from html import escape

from ...metrics import wilson
from .scores import BARS, UNSURE

WIDE, HIGH = 400, 230
LEFT, RIGHT, TOP, BOTTOM = 46, 394, 12, 186  # of the axes


def rate_chart(tally):
    """The hit rate over time with its 95 % interval: str of SVG."""
    parts = [_level(share, f"{100 * share:.0f} %") for share in (0, 0.25, 0.5, 0.75, 1)]
    parts += _starts(tally)
    first = 0
    for frames, scored, hits in tally.times:
        parts.append(_time(first, frames, scored, hits, tally.frames))
        first += frames
    parts += [_across(0, "1", "start"), _across(1, f"{tally.frames:,}", "end")]
    parts.append(_name("frame, in the order of the scores"))
    about = (
        f"Hit rate over time in {len(tally.times)} bins of {tally.width} frames, with its 95 % "
        "interval; the numbers stand in the table below."
    )
    return _svg(about, parts)


def _time(first, frames, scored, hits, total):
    """One step of the hit rate."""
    left, right = (_x(place / total) for place in (first, first + frames))
    span = f"frames {first + 1:,} to {first + frames:,}"
    if not scored:
        return _bar(left, right, 1, 0, "none", f"{span}: no score")
    low, high = wilson(hits, scored)
    text = f"{span}: {hits} of {scored} are hits ({100 * low:.0f} to {100 * high:.0f} %)"
    y = _y(hits / scored)
    return _bar(left, right, high, low, "band", text) + (
        f'<line class="step" x1="{left:.1f}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
    )


def _starts(tally):
    """Where files begin, if they are few."""
    if not 1 < tally.files == len(tally.names):
        return []
    return [
        f'<line class="start" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{BOTTOM}">'
        f"<title>{escape(file)}</title></line>"
        for file, before in tally.names[1:]
        for x in [_x(before / max(tally.frames, 1))]
    ]


def score_chart(tally):
    """How many frames have which p, with the threshold: str of SVG; the counts by logarithm."""
    most = max(tally.bars)
    decades = max(math.ceil(math.log10(max(most, 1)) + 1e-9), 1)

    def height(count):
        return (math.log10(count) + 0.3) / (decades + 0.3)  # one frame is to be seen

    parts = [_bar(_x(UNSURE[0]), _x(UNSURE[1]), 1, 0, "unsure", "doubtful: p from 0.2 to 0.8")]
    for power in range(decades + 1):
        parts.append(_level(height(10**power), f"{10**power:,}"))
    for k, count in enumerate(tally.bars):
        if count:
            text = f"p from {k / BARS:g} to {(k + 1) / BARS:g}: {count:,} frames"
            parts.append(_bar(_x(k / BARS) + 0.5, _x((k + 1) / BARS) - 0.5, height(count), 0,
                              "bar", text))  # fmt: skip
    x = _x(tally.threshold)
    parts.append(f'<line class="limit" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{BOTTOM}"/>')
    side, shift = ("start", 4) if tally.threshold < 0.7 else ("end", -4)
    parts.append(_text(x + shift, TOP + 6, f"threshold {tally.threshold:.3f}", side, "limit"))
    parts += [_across(share, f"{share:g}", "middle") for share in (0, 0.2, 0.4, 0.6, 0.8, 1)]
    parts.append(_name("p, the probability of a hit"))
    about = (
        f"Frames by p in {BARS} bins, on a logarithmic axis of counts, with the threshold of "
        f"{tally.threshold:.3f}; the numbers stand in the table below."
    )
    return _svg(about, parts)


def _svg(about, parts):
    return (
        f'<svg class="chart" role="img" viewBox="0 0 {WIDE} {HIGH}" aria-label="{escape(about)}">'
        f"{''.join(parts)}</svg>"
    )


def _x(share):
    return LEFT + share * (RIGHT - LEFT)


def _y(share):
    return BOTTOM - share * (BOTTOM - TOP)


def _bar(left, right, high, low, kind, title):
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{_y(high):.1f}" width="{right - left:.1f}" '
        f'height="{_y(low) - _y(high):.1f}"><title>{escape(title)}</title></rect>'
    )


def _level(share, label):
    """A line across the chart, and its label at the left."""
    y = _y(share)
    line = f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return line + _text(LEFT - 5, y + 4, label, "end")


def _across(share, label, anchor):
    return _text(_x(share), BOTTOM + 17, label, anchor)


def _name(label):
    return _text((LEFT + RIGHT) / 2, BOTTOM + 37, label, "middle")


def _text(x, y, label, anchor, kind="label"):
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{label}</text>'
