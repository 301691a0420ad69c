"""Somebody who listens to a daemon's events, in a thread, and comes back when the line is cut, as browsers do."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
from typing import Any, Self

from fakes.patience import PATIENCE


class LiveListener:
    """Keeps what was heard, in order: the kind and the data of each event."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.ids: list[str] = []
        self._port = port
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(PATIENCE)

    def bars(self) -> list[dict[str, Any]]:
        """Every bar as it was told last; after a bar 0 another life of the player counts anew."""
        found: list[dict[str, Any]] = []
        for kind, data in tuple(self.heard):
            if kind != "bar":
                continue
            if found and found[-1]["bar"] == data["bar"] and found[-1]["epoch"] <= data["epoch"]:
                found[-1] = data
            else:
                found.append(data)
        return found

    def states(self) -> list[dict[str, Any]]:
        """Every state that was told."""
        return [data for kind, data in tuple(self.heard) if kind == "now"]

    def _listen(self) -> None:
        while not self._over.is_set():
            headers = {"Last-Event-ID": self.ids[-1]} if self.ids else {}
            line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
            try:
                with contextlib.closing(line):
                    line.request("GET", "/api/v1/events", headers=headers)
                    self._read(line.getresponse())
            except OSError:
                self._over.wait(0.1)

    def _read(self, answer: Any) -> None:
        event: dict[str, str] = {}
        while not self._over.is_set() and (line := answer.readline()):
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                event[name] = value
            elif "data" in event:
                self.ids.append(event["id"])
                self.heard.append((event["event"], json.loads(event["data"])))
                event = {}
