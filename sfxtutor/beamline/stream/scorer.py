"""From the messages of a stream to lines of scores, and to the file that holds them."""

import time
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from ...fast.peaks import View
from ...mask import Mask
from ...preprocess import center_crop
from ...runs.run import CROP
from ...support.errors import first_line, one_line
from ..model.bad_pixels import good_in_frames, good_pixels, whole
from ..model.noise import unfamiliar
from ..model.score import NO_NUMBER, rounded
from ..model.views import panel_of
from .formats import Reader
from .report import Numbers
from .wire import End

FIRST = 5  # frames by which bad pixels are found


@dataclass
class Frame:
    """A message: run, number from 1, ns since 1970 or None; what the model looks at, (y, x)."""

    run: str = ""
    number: int | str = ""
    sent: int | None = None
    image: np.ndarray | None = None
    view: View | None = None
    status: str = "ok"


class Scorer:
    """Turns messages into lines of scores, and counts them in a report.

    Parameters
    ----------
    screener : Screener
    good : (y, x) bool array, of what the model looks at, or None
    report : Report
    reader : Reader, optional
        Of the messages; default: the first one tells their format.
    search : bool
        Look for bad pixels in the first frames, where `good` is None.
    geometry : Geometry, optional
        Of the panels in the frames, for a model of whole frames.
    """

    def __init__(self, screener, good, report, reader=None, search=True, geometry=None):
        self.screener, self.report, self._reader = screener, report, reader or Reader()
        self._good, self._geometry = None if good is None else Mask(good), geometry
        self._found = None  # good pixels of frames of the shape that most of the first have
        self._unfit = None  # why the model cannot score such frames, "" if it can; None: not known
        self._numbers, self._began = Numbers(), None
        # the first frames, until there are enough
        self._held = [] if good is None and search else None
        noise = np.random.default_rng(0).integers(1, 9, (CROP, CROP), np.uint16)
        screener.score([screener.features(noise, noise > 0)])  # compiled before the first arrives

    def take(self, messages):
        """Lines of these messages, as COLUMNS; [] while the first are held (`take_held`)."""
        if messages and self._began is None:
            self._began = time.monotonic()
        frames = [frame for message in messages
                  if not self.report.ended and (frame := self._open(message))]  # fmt: skip
        if self._held is None:
            return self._score(frames)
        self._held += frames
        return self.take_held() if len(self._held) >= FIRST else []

    def take_held(self):
        """Lines of the frames that are held, after a look for bad pixels in them."""
        held, self._held = self._held or [], None
        # Not of all: how many are held is a matter of chance, and the scores are none.
        first = [frame for frame in held if frame.image is not None][:FIRST]
        images = [frame.image for frame in first]
        if images and self.screener.whole:
            alike = _alike(images)
            stated = self._geometry and self._geometry.good(alike[0].shape)
            self._found = good_in_frames(alike, stated, first[0].view)
        elif images:
            self._good = good_pixels(whole(images, np.zeros(len(images))))
        return self._score(held)

    def _open(self, message):
        """The frame of a message; None of the one that says the end."""
        report, frame = self.report, Frame()
        try:
            shot = self._reader.read(message)
            if isinstance(shot, End):
                self._end(shot)
            if shot is None or isinstance(shot, End):
                return None
            frame.run, frame.number, frame.sent = shot.run, shot.number, shot.sent
            self._numbers.add(frame.run, frame.number)
            self._show(frame, shot)
        except ImportError:  # true of all messages: the stream ends
            raise
        except ValueError as error:
            frame.status = one_line(error)
        except Exception as error:  # whatever a message holds, it costs itself alone
            kind = type(error).__name__
            frame.status = f"the message cannot be read ({kind}: {first_line(error)})"
        report.received += 1
        return frame

    def _show(self, frame, shot):
        """Take of a shot what the model looks at."""
        if not self.screener.whole:
            frame.image = center_crop(shot.image())
            return
        image, marks = shot.raw()
        frame.view = View(*shot.readings(image, marks))
        if self._geometry:
            self._geometry.check(image.shape, shot.run)
            panel = panel_of(self._geometry, len(image))
            frame.view = replace(frame.view, panel=panel, places=self._geometry.places)
        frame.image = image

    def _end(self, end):
        self.report.ended = "end"
        if end.dropped is not None:
            self.report.dropped = end.dropped
            self._numbers.end(end.sent + end.dropped)

    def _score(self, frames):
        features = []
        self._look_at_noise(frames)
        for frame in frames:
            if self._unfit and frame.image is not None:
                frame.image, frame.status = None, self._unfit
            if frame.image is not None:
                try:
                    good = self._good_of(frame.image)
                    features.append(self.screener.features(frame.image, good, frame.view))
                except ValueError as error:  # such as a frame without contrast
                    frame.image, frame.status = None, one_line(error)
        scores = map(rounded, self.screener.score(features))
        lines = [self._line(frame, scores) for frame in frames]
        self.report.missing, self.report.repeated = self._numbers.missing, self._numbers.repeated
        self.report.seconds = time.monotonic() - self._began if self._began else 0.0
        return lines

    def _good_of(self, image):
        """Good pixels of a frame: those found in frames of another shape say nothing of it."""
        if self._found is None and self._good is None and self._geometry:
            self._found = Mask(self._geometry.good(image.shape))
        fits = self._found is not None and self._found.shape == image.shape
        return self._found if fits else self._good

    def _look_at_noise(self, frames):
        """Whether the model knows such noise, by the first frames that are scored."""
        crops = [frame.image for frame in frames[:FIRST] if frame.image is not None]
        if self._unfit is None and crops and not self.screener.whole:
            self._unfit = unfamiliar(crops, self._good, self.screener.least_reading)

    def _line(self, frame, scores):
        report = self.report
        p = None if frame.image is None else next(scores)
        if p is None:
            report.bad += 1
            status = frame.status if frame.image is None else NO_NUMBER
            return frame.run, frame.number, "", "", status
        hit = int(p >= self.screener.threshold)
        report.scored += 1
        report.hits += hit
        if frame.sent is not None:
            report.latencies.add((time.time_ns() - frame.sent) / 1e6)
        return frame.run, frame.number, f"{p:.5f}", hit, frame.status


def _alike(images):
    """Those of the images that have the shape of most of them: list."""
    [(shape, _)] = Counter(image.shape for image in images).most_common(1)
    return [image for image in images if image.shape == shape]
