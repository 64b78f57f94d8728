"""From the messages of a stream to lines of scores, and to the file that holds them."""

import csv
import io
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..mask import Mask
from ..preprocess import center_crop
from ..runs.run import CROP
from ..support.disk import need_folder
from ..support.errors import one_line
from .noise import unfamiliar
from .outputs import COLUMNS
from .pixels import good_pixels
from .tally import Numbers
from .wire import read_header, read_pixels
from .work import NO_NUMBER, rounded

FIRST = 5  # frames by which bad pixels are found


@dataclass
class Frame:
    """A message: run, number from 1, ns since 1970; its crop (724, 724) uint16, ADU, or None."""

    run: str = ""
    number: int | str = ""
    sent: int = 0
    crop: np.ndarray | None = None
    status: str = "ok"


class Scorer:
    """Turns messages into lines of scores, and counts them in a report.

    Parameters
    ----------
    screener : Screener
    good : (724, 724) bool array, or None: bad pixels are found in the first frames
    report : Report
    """

    def __init__(self, screener, good, report):
        self.screener, self.report = screener, report
        self._good = None if good is None else Mask(good)
        self._unfit = None  # why the model cannot score such frames, "" if it can; None: not known
        self._numbers, self._began = Numbers(), None
        self._held = [] if good is None else None  # the first frames, until there are enough
        noise = np.random.default_rng(0).integers(1, 9, (CROP, CROP), np.uint16)
        screener.score([screener.features(noise, noise > 0)])  # compiled before the first arrives

    def take(self, messages):
        """Lines of these messages, as COLUMNS; [] while the first are held (`take_held`)."""
        if messages and self._began is None:
            self._began = time.monotonic()
        frames = [frame for message in messages if (frame := self._open(message))]
        if self._held is None:
            return self._score(frames)
        self._held += frames
        return self.take_held() if len(self._held) >= FIRST else []

    def take_held(self):
        """Lines of the frames that are held, after a look for bad pixels in them."""
        held, self._held = self._held or [], None
        crops = [frame.crop for frame in held if frame.crop is not None]
        if crops:
            self._good = good_pixels(crops)
        return self._score(held)

    def _open(self, message):
        """The frame of a message; None of the one that says the end."""
        report, frame = self.report, Frame()
        try:
            header = read_header(message)
            if header.get("end") is True:
                self._end(header)
                return None
            frame.run, frame.number, frame.sent = (header[key] for key in ("run", "frame", "sent"))
            self._numbers.add(frame.run, frame.number)
            frame.crop = center_crop(read_pixels(header, message[1]))
        except ValueError as error:
            frame.status = one_line(error)
        report.received += 1
        return frame

    def _end(self, header):
        self.report.ended = "end"
        sent, dropped = header.get("sent"), header.get("dropped")
        if type(sent) is int and type(dropped) is int:
            self.report.dropped = dropped
            self._numbers.end(sent + dropped)

    def _score(self, frames):
        features = []
        self._look_at_noise(frames)
        for frame in frames:
            if self._unfit and frame.crop is not None:
                frame.crop, frame.status = None, self._unfit
            if frame.crop is not None:
                try:
                    features.append(self.screener.features(frame.crop, self._good))
                except ValueError as error:  # such as a frame without contrast
                    frame.crop, frame.status = None, one_line(error)
        scores = map(rounded, self.screener.score(features))
        lines = [self._line(frame, scores) for frame in frames]
        self.report.missing, self.report.repeated = self._numbers.missing, self._numbers.repeated
        self.report.seconds = time.monotonic() - self._began if self._began else 0.0
        return lines

    def _look_at_noise(self, frames):
        """Whether the model knows such noise, by the first frames that are scored."""
        crops = [frame.crop for frame in frames[:FIRST] if frame.crop is not None]
        if self._unfit is None and crops:
            self._unfit = unfamiliar(crops, self._good, self.screener.least_reading)

    def _line(self, frame, scores):
        report = self.report
        p = None if frame.crop is None else next(scores)
        if p is None:
            report.bad += 1
            status = frame.status if frame.crop is None else NO_NUMBER
            return frame.run, frame.number, "", "", status
        hit = int(p >= self.screener.threshold)
        report.scored += 1
        report.hits += hit
        report.latencies.add((time.time_ns() - frame.sent) / 1e6)
        return frame.run, frame.number, f"{p:.5f}", hit, frame.status


class Scores:
    """The CSV file of scores, NAME.partial until it is complete, or none.  Use it in a `with`.

    Lines are kept in memory until `flush`; where the disk is full, those that fit stay, whole.
    """

    def __init__(self, out):
        self._out = None if out is None else Path(out)
        self._partial = out and self._out.with_name(f"{self._out.name}.partial")
        self._lines, self._end, self._text = 0, 0, io.StringIO(newline="")
        self.add([COLUMNS])

    def __enter__(self):
        if self._out:
            need_folder(self._out)
        for path in (self._out, self._partial):
            if path and path.exists():
                raise FileExistsError(
                    f"{path} holds scores already, expected a new name, because what a stream "
                    "brought cannot be had again. Choose another --out, or move it away."
                )
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.flush()
            if self._out:
                self._partial.replace(self._out)

    def add(self, lines):
        csv.writer(self._text).writerows(lines)
        self._lines += len(lines)

    def flush(self):
        """Bring the lines since the last time to the disk."""
        text = self._text.getvalue().encode(errors="replace")
        if self._out and text:
            self._append(text)
        self._lines, self._text = 0, io.StringIO(newline="")

    def _append(self, text):
        try:
            with open(self._partial, "ab") as file:
                file.write(text)
        except OSError as error:
            lost = self._lines - self._cut()
            raise OSError(
                f"Cannot write {self._partial} ({error}); the last {lost} lines are lost, those "
                "before them are in it. Free some room, and choose another --out."
            ) from error
        self._end += len(text)

    def _cut(self):
        """Cut off a line that was torn; how many lines of the last `flush` remain."""
        if not self._partial.exists():
            return 0
        with open(self._partial, "r+b") as file:
            file.seek(self._end)
            written = file.read()
            file.truncate(self._end + written.rfind(b"\n") + 1)
        return written.count(b"\n")
