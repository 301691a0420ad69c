"""A web server that publishes files as Magenta's does, and breaks as networks do."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class ModelServer:
    """Serves ``files`` by path.

    ``breaks`` has, for the requests to come, after how many bytes each answer breaks off. With ``ranges`` off it
    answers every request with the whole file, as simple servers do; with ``versions`` off it says no entity tag.
    ``misplaced`` is by how many bytes the part that it sends begins too early.
    ``asked`` has the path and range of each request.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    breaks: list[int] = field(default_factory=list)
    ranges: bool = True
    versions: bool = True
    lengths: bool = True
    misplaced: int = 0
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


@contextlib.contextmanager
def serving(server: ModelServer) -> Generator[ModelServer]:
    """Serve on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            _answer(server, self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server calls it so
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.01,))
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_port}"
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def _answer(server: ModelServer, request: BaseHTTPRequestHandler) -> None:
    wanted = request.headers["Range"]
    server.asked.append((request.path, wanted))
    request.close_connection = True
    data = server.files.get(request.path)
    if data is None:
        request.send_error(404)
        return
    tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
    begin = 0
    if wanted and server.ranges and request.headers["If-Range"] in {None, tag}:
        begin = int(wanted.removeprefix("bytes=").removesuffix("-")) - server.misplaced
        if begin >= len(data):
            request.send_error(416)
            return
        request.send_response(206)
        request.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
    else:
        request.send_response(200)
    if server.lengths:
        request.send_header("Content-Length", str(len(data) - begin))
    if server.versions:
        request.send_header("ETag", tag)
    request.end_headers()
    part = data[begin:]
    request.wfile.write(part[: server.breaks.pop(0)] if server.breaks else part)
