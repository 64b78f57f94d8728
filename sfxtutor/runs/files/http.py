"""HTTP with byte ranges: resume a download, or read some bytes of a file that stays away."""

import io
import os
import re
import time
from collections import OrderedDict

import requests
from tqdm.auto import tqdm

BLOCK = 1 << 20  # bytes, of a RangeFile
CACHED = 64  # blocks
PIECE = 1 << 16  # bytes written at a time; what is lost where a connection is cut
TRIES = 6  # in a row without a byte; the waits between them add up to 31 s
PAUSE = 1.0  # s, doubled each time
TIMEOUT = (15, 60)  # s, to connect and between bytes


class RangeFile(io.RawIOBase):
    """A file on an HTTP server, read by ranges: seekable, for h5py.  Recent blocks are kept.

    Raises
    ------
    FileNotFoundError, ConnectionError
        If the server has no such file, cannot be reached, or ignores ranges.
    """

    def __init__(self, url):
        self.url, self._at, self._blocks = url, 0, OrderedDict()
        self._session = requests.Session()
        reply = self._get(0, 1)
        if reply.status_code != 206:
            raise ConnectionError(
                f"The server of {url} does not send parts of a file. "
                "Fetch the whole file: leave out frames and crop."
            )
        self.size = _total(reply)

    def readable(self):
        return True

    def seekable(self):
        return True

    def tell(self):
        return self._at

    def seek(self, offset, whence=os.SEEK_SET):
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        return self._at

    def readinto(self, buffer):
        stop = min(self._at + len(buffer), self.size)
        if stop <= self._at:
            return 0
        first, last = self._at // BLOCK, (stop - 1) // BLOCK
        got = b"".join(self._have(first, last))
        offset = self._at - first * BLOCK
        buffer[: stop - self._at] = got[offset : offset + stop - self._at]
        count, self._at = stop - self._at, stop
        return count

    def close(self):
        self._session.close()
        super().close()

    def _have(self, first, last):
        """Blocks first ... last, the missing ones fetched in one request."""
        missing = [k for k in range(first, last + 1) if k not in self._blocks]
        if missing:
            start, stop = missing[0] * BLOCK, min((missing[-1] + 1) * BLOCK, self.size)
            data = self._get(start, stop).content
            for k in range(missing[0], missing[-1] + 1):
                self._blocks[k] = data[k * BLOCK - start : (k + 1) * BLOCK - start]
        blocks = [self._blocks[k] for k in range(first, last + 1)]
        for k in range(first, last + 1):
            self._blocks.move_to_end(k)
        while len(self._blocks) > CACHED:
            self._blocks.popitem(last=False)
        return blocks

    def _get(self, start, stop):
        failures = 0
        while True:
            try:
                reply = get(self.url, start, stop, self._session)
                if reply.status_code != 206:
                    return reply  # not streamed: a server that ignores ranges would send it all
                if len(reply.content) == stop - start:
                    return reply
                raise requests.ConnectionError(f"{len(reply.content)} bytes of {stop - start}")
            except requests.RequestException as error:
                failures += 1
                wait(self.url, failures, error)


def download(url, path, check, progress=True):
    """Fetch a file into `path`, going on from what is there; cut connections are taken up again.

    `check(length)` is called before anything is written, and may raise.
    """
    failures = 0
    with tqdm(unit="B", unit_scale=True, desc=path.stem, disable=not progress) as bar:
        while True:
            start = path.stat().st_size if path.exists() else 0
            try:
                with get(url, start) as reply:
                    if reply.status_code == 416:
                        if _total(reply) == start > 0:
                            return
                        if _total(reply) < start:
                            path.unlink()  # longer than the file: not its beginning
                        raise requests.ConnectionError(f"nothing from byte {start} on")
                    bar.n = start if reply.status_code == 206 else 0
                    bar.total = bar.n + int(reply.headers.get("Content-Length", 0))
                    check(bar.total - bar.n)
                    with path.open("ab" if reply.status_code == 206 else "wb") as file:
                        for block in reply.iter_content(PIECE):
                            file.write(block)
                            bar.update(len(block))
                return
            except requests.RequestException as error:
                moved = path.exists() and path.stat().st_size > start
                failures = 1 if moved else failures + 1
                wait(url, failures, error)


def get(url, start=0, stop=None, session=requests):
    """Ask for the bytes from `start` on, or to before `stop`: a streamed reply, 200, 206 or 416."""
    headers = {"Accept-Encoding": "identity"}
    if start or stop:
        headers["Range"] = f"bytes={start}-{'' if stop is None else stop - 1}"
    reply = session.get(url, headers=headers, stream=True, timeout=TIMEOUT)
    if reply.status_code in (404, 410):
        raise FileNotFoundError(
            f"{url} is not on the server ({reply.status_code}). Check the address in a browser."
        )
    if reply.status_code not in (200, 206, 416):
        raise requests.ConnectionError(f"status {reply.status_code} {reply.reason}")
    if reply.status_code == 206:
        sent = re.match(r"bytes (\d+)-", reply.headers.get("Content-Range", ""))
        if not sent or int(sent[1]) != start:
            raise requests.ConnectionError(f"the server sent another part than byte {start} on")
    return reply


def wait(url, failures, error):
    """Wait before the next try, longer each time; give up after TRIES with a sentence."""
    if failures >= TRIES:
        raise ConnectionError(
            f"{url} could not be read ({error}), {TRIES} times in a row. What has arrived is kept: "
            "check the network, then run the same command again."
        ) from error
    time.sleep(PAUSE * 2 ** (failures - 1))


def _total(reply):
    """Length of the whole file by a Content-Range header, bytes; -1 where it is not said."""
    length = reply.headers.get("Content-Range", "").rpartition("/")[2]
    return int(length) if length.isdigit() else -1
