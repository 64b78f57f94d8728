"""The file that holds the scores of a stream."""

import csv
import io
from contextlib import suppress
from pathlib import Path

from ...support.disk import need_folder
from ..model.score import COLUMNS


class Scores:
    """The CSV file of scores, NAME.partial until it is complete, or none.  Use it in a `with`.

    Lines are kept in memory until `flush`; where the disk is full, those that fit stay, whole.
    Where something else fails, what was scored until then is in NAME.partial.
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
        if kind is not None:
            if self._end or self._lines > 1:  # more than the names of the columns
                with suppress(OSError):  # the first error is the one to be told
                    self.flush()
            return
        self.flush()
        if self._out:
            self._partial.replace(self._out)

    def add(self, lines):
        csv.writer(self._text).writerows(lines)
        self._lines += len(lines)

    def flush(self):
        """Bring the lines since the last time to the disk."""
        text, lines = self._text.getvalue().encode(errors="replace"), self._lines
        self._lines, self._text = 0, io.StringIO(newline="")  # written once, even if that fails
        if self._out and text:
            self._append(text, lines)

    def _append(self, text, lines):
        try:
            with open(self._partial, "ab") as file:
                file.write(text)
        except OSError as error:
            lost = lines - self._cut()
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
