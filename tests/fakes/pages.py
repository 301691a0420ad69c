"""Programs that answer at the port of a status page, the daemon's own or others."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any


class Page(http.server.BaseHTTPRequestHandler):
    """A daemon's page as commands see it."""

    status: dict[str, Any]
    taken: list[str]

    def do_GET(self) -> None:
        self._answer(json.dumps(self.status).encode())

    def do_POST(self) -> None:
        self.taken.append(str(self.headers["X-Reverie"]))
        self._answer(b"Every note is being ended.\n")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, family: socket.AddressFamily, address: str, handler: type[Page]) -> None:
        self.address_family = family
        super().__init__((address, 0), handler)


@contextlib.contextmanager
def status_page(state: Path | None, configuration: Path | None = None, address: str = "127.0.0.1") -> Generator[Any]:
    """Serves a status; ``port`` and the panics that it has ``taken`` are the server's."""
    verdict = {"ok": True, "sentence": "Playing."}
    hands = {"now": [], "inputs": []}
    status: dict[str, Any] = {"alive": verdict, "ready": verdict, "concerns": [], "hands": hands, "slots": []}
    status["processes"] = []
    if state is not None:
        status |= {"state": str(state), "configuration": str(configuration)}
    handler = type("OnePage", (Page,), {"status": status, "taken": []})
    server: Any = _Server(socket.AF_INET6 if ":" in address else socket.AF_INET, address, handler)
    server.port, server.taken = server.server_address[1], handler.taken
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def talker(talk: Callable[[socket.socket], None]) -> Generator[int]:
    """A program of another kind: ``talk`` is given each connection, in a thread. Its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=_talk, args=(talk, connection), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _talk(talk: Callable[[socket.socket], None], connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError):
        talk(connection)
