"""The page of a screening: HTML without a script, in one file that fetches nothing."""

from dataclasses import dataclass
from html import escape
from importlib.metadata import version
from pathlib import Path

from ...metrics import rate_text, wilson
from ...support.disk import printable
from .cards import mask, per_cent, sheets, shown_name
from .charts import rate_chart, score_chart
from .scores import BARS

CSS = Path(__file__).with_name("look.css")
SAME = 0.005  # by which p may differ where a frame is scored again
FEWEST = 3  # frames of a file in which bad pixels are looked for
MANY = 0.1  # of the frames: more doubtful ones are worth a look at the threshold
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'"


@dataclass(frozen=True)
class Facts:
    """What the page says of the command: model, source of the scores, date; whether peaks are
    weighed, and whether bad pixels were looked for."""

    model: str
    scores: str
    date: str
    whole: bool
    search: bool


def page(tally, sheet, facts):
    """The page as HTML: str.

    Parameters
    ----------
    tally : Tally
    sheet : Sheet
    facts : Facts
    """
    title = f"Screening of {_files(tally)}"
    body = [
        f"<h1>{title}</h1>",
        *_lead(tally),
        *_warnings(tally, sheet, facts),
        _facts(tally, sheet, facts),
        _charts(tally),
        _statuses(tally),
        *sheets(tally, sheet, facts.whole),
        mask(sheet.detector, facts.search),
        f"<footer>sfxtutor {escape(version('sfxtutor'))}, {escape(facts.date)}. This page is one "
        "file: it fetches nothing and can be sent as it is.</footer>",
    ]
    css = CSS.read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{css}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(filter(None, body))
        + "\n</main>\n</body>\n</html>\n"
    )


def _files(tally):
    """The files of a run in a few words, as HTML."""
    if not tally.names:
        return "no file"
    first, more = shown_name(tally.names[0][0]), tally.files - 1
    return first + (f" and {more:,} more file{'s' if more > 1 else ''}" if more else "")


def _lead(tally):
    if not tally.scored:
        yield '<p class="lead">No frame has a score: the table of reasons below says why.</p>'
        return
    low, high = wilson(tally.hits, tally.scored)
    yield (
        f'<p class="lead"><b>{tally.hits:,}</b> of {tally.scored:,} scored frames are hits: '
        f"<b>{per_cent(tally.hits, tally.scored)}</b> (95 % interval: {100 * low:.1f} to "
        f"{100 * high:.1f} %). {tally.doubtful:,} frames ({per_cent(tally.doubtful, tally.scored)})"
        " are doubtful: their p lies between 0.2 and 0.8.</p>"
    )
    few = "Few frames are doubtful, so the threshold hardly matters. "
    many = "So many doubtful frames make the hit rate depend on the threshold: look at them first. "
    yield (
        f"<p>{many if tally.doubtful > MANY * tally.scored else few}Whether the model is right, "
        "the pictures below tell.</p>"
    )


def _warnings(tally, sheet, facts):
    """What makes the page, or the scores, less than they seem."""
    if tally.wrong is not None:
        yield _warning(
            f"The scores were not decided at the threshold of the model {escape(facts.model)}, "
            f"{tally.wrong:.3f}: the lowest p of a hit is {tally.threshold:.3f}, which this page "
            "takes for the threshold. Name the model and threshold that were used (--model, "
            "--threshold)."
        )
    pairs = [(row.p, sheet.shots[row.file, row.frame].p) for row in _rows(tally)]
    known = [(old, new) for old, new in pairs if new is not None]
    other = sum(abs(old - new) > SAME for old, new in known)
    if other:
        yield _warning(
            f"{other} of {len(known)} frames that were scored again for their pictures have another"
            " p than in the scores: the model, mask, geometry or version is not the same. The "
            "circles may be others than those that were scored."
        )
    gone = len(pairs) - len(known)
    if gone:
        yield _warning(
            f"{gone} of {len(pairs)} frames could not be read again and have no picture. If the "
            "files have moved, name them behind the scores: sfxtutor look scores.csv FILES."
        )


def _warning(text):
    return f'<p class="warning">{text}</p>'


def _rows(tally):
    """The rows that are shown, each once."""
    rows = [*tally.surest_hits, *tally.surest_misses, *tally.nearest]
    return list({(row.file, row.frame): row for row in rows}.values())


def _facts(tally, sheet, facts):
    names = ", ".join(shown_name(name) for name, _ in tally.names)
    more = tally.files - len(tally.names)
    lines = [
        ("Files", f"{tally.files:,}: {names}{f' and {more:,} more' if more > 0 else ''}"),
        ("Frames", f"{tally.frames:,}, of which {tally.scored:,} have a score"),
        ("Model", f"{escape(facts.model)}, threshold {tally.threshold:.3f}"),
        *_pixel_facts(sheet.detector, facts),
        ("Scores", f"{shown_name(facts.scores)}; sfxtutor {escape(version('sfxtutor'))}"),
    ]
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{text}</dd>' for name, text in lines)}</dl>"


def _pixel_facts(detector, facts):
    if detector is None:
        return
    rows, columns = detector.shape
    pixels, each = rows * columns, rows // detector.panels
    size = f"{rows} x {columns} pixels"
    if detector.panels > 1:
        size = f"{detector.panels} panels of {each} x {columns} pixels, stacked"
    seen = "" if facts.whole else ", the central crop"
    yield "Detector", f"{size}{seen}, {escape(detector.dtype)}"
    source = escape(" and ".join(detector.sources)) or "none given"
    masked = per_cent(detector.masked, pixels)
    yield "Mask", f"{source}: {detector.masked:,} pixels ({masked}) are gaps or masked"
    if not facts.search:
        yield "Bad pixels", "were not looked for"
        return
    where = f"frames of {shown_name(detector.searched)}"
    if detector.frames < FEWEST:
        yield "Bad pixels", f"none could be looked for: {where} are fewer than {FEWEST}"
    else:
        share = per_cent(detector.found, pixels)
        yield "Bad pixels", f"{detector.found:,} more ({share}) were found in {where}"


def _charts(tally):
    if not tally.frames:
        return ""
    rate, scores = _rate_table(tally), _score_table(tally)
    return (
        f'<div class="two"><section><h2>Hit rate over time</h2>{rate_chart(tally)}'
        '<p class="quiet">Line: hit rate; band: its 95 % interval. A step means that the jet, the '
        "beam or the detector changed, or that the model meets something new: look at frames from "
        f"both sides of it.</p>{rate}</section>"
        f"<section><h2>How sure the model is</h2>{score_chart(tally)}"
        '<p class="quiet">Two heaps, at 0 and at 1, are as it should be. The shaded part is '
        "doubtful: frames there change sides when the threshold is moved.</p>"
        f"{scores}</section></div>"
    )


def _rate_table(tally):
    rows, first = [], 0
    for frames, scored, hits in tally.times:
        span = f"{first + 1} to {first + frames}"
        rows.append((span, scored, hits, escape(rate_text(hits, scored))))
        first += frames
    return _table("rates", ("Frames", "Scored", "Hits", "Hit rate"), rows)


def _score_table(tally):
    rows = [
        (f"{k / BARS:g} to {(k + 1) / BARS:g}", count)
        for k, count in enumerate(tally.bars)
        if count
    ]
    return _table("bars", ("p", "Frames"), rows)


def _table(name, heads, rows):
    """A table of numbers that is folded in."""
    top = "".join(f'<th scope="col" class="number">{head}</th>' for head in heads)
    lines = "".join(
        "<tr>" + "".join(f'<td class="number">{cell}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    return (
        f'<details><summary>The numbers</summary><div class="wide"><table id="{name}"><thead><tr>'
        f"{top}</tr></thead><tbody>{lines}</tbody></table></div></details>"
    )


def _statuses(tally):
    if not tally.statuses:
        return ""
    lines = "".join(
        f'<tr><td class="number">{count:,}</td><td>{escape(printable(why))}</td></tr>'
        for why, count in tally.statuses.most_common()
    )
    return (
        "<h2>Frames and files without a score</h2><p>They count neither as hits nor as misses. "
        'Reasons that differ in numbers alone are counted together.</p><div class="wide">'
        '<table id="statuses"><thead><tr><th scope="col" class="number">Number</th>'
        f'<th scope="col">Reason</th></tr></thead><tbody>{lines}</tbody></table></div>'
    )
