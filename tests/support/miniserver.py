"""A local HTTP server for the tests, with the vices of real ones."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def serve(files):
    """Serve {path: bytes} on this machine; set the attributes of what is yielded to misbehave.

    cut_after : bytes after which each of the next replies breaks off, one entry a reply
    status : status of each of the next replies
    ranges : False to ignore Range
    shift : bytes by which a range is answered wrongly
    announce : a wrong length of the whole file
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.files, server.requests, server.sent = dict(files), [], 0
    server.cut_after, server.status, server.ranges = [], [], True
    server.shift, server.announce = 0, None
    server.url = f"http://127.0.0.1:{server.server_port}/"
    server.handle_error = lambda *_: None  # a client that stops listening is part of the tests
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.requests.append((self.path, asked))
        content = server.files.get(self.path)
        status = server.status.pop(0) if server.status else 200
        if content is None or status != 200:
            self._reply(404 if content is None else status, b"")
            return
        total, headers = server.announce or len(content), {}
        start, length = 0, total
        if asked and server.ranges:
            first, last = asked.removeprefix("bytes=").split("-")
            start = int(first)
            if start >= len(content):
                self._reply(416, b"", {"Content-Range": f"bytes */{total}"})
                return
            stop = min(int(last) + 1 if last else total, total)
            status, length = 206, stop - start
            start += server.shift
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{total}"
        body = content[start : start + length]
        if server.cut_after:
            body = body[: server.cut_after.pop(0)]
        self._reply(status, body, headers, length)

    def _reply(self, status, body, headers=None, length=None):
        length = len(body) if length is None else length
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.server.sent += len(body)
        if len(body) < length:
            self.close_connection = True

    def log_message(self, *args):
        pass
