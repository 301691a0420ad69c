"""A daemon that is well, as the web server asks it; of its own it does nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverie.watch.evidence import Verdict
from reverie.watch.summary import GOOD, Summary


class QuietDaemon:
    """What the web server needs of a daemon."""

    def alive(self) -> Verdict:
        return Verdict(ok=True, sentence="Playing.")

    def summary(self) -> Summary:
        return Summary(GOOD, "Playing.")

    def ready(self) -> Verdict:
        return self.alive()

    def status(self) -> Mapping[str, Any]:
        return {}

    def metrics(self) -> tuple[bytes, str]:
        return b"", "text/plain"

    def panic(self) -> None:
        pass

    def dream_of(self, written: bytes, source: str) -> Verdict:
        return Verdict(ok=bool(written), sentence=f"A dream by {source}.")

    def control(self, wanted: object, source: str) -> Verdict:
        return Verdict(ok=True, sentence=f"{wanted} by {source}")
