"""A daemon that is well, as far as the web server asks; it remembers what it was told to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverie.watch.summary import GOOD, Summary
from reverie.watch.verdict import Verdict

DETAIL = "usb-ROLAND_TR-8S at /home/curator"
"""A detail of the machine, which no stranger is to read."""


class QuietDaemon:
    def __init__(self) -> None:
        self.panics = 0
        self.wanted: list[tuple[object, str]] = []
        self.well = True

    def alive(self) -> Verdict:
        return Verdict(ok=self.well, sentence=f"Playing through {DETAIL}.")

    def summary(self) -> Summary:
        return Summary(GOOD, f"Playing through {DETAIL}.")

    def ready(self) -> Verdict:
        return Verdict(ok=self.well, sentence=f"There is {DETAIL}.")

    def status(self) -> Mapping[str, Any]:
        return {"state": DETAIL}

    def metrics(self) -> tuple[bytes, str]:
        return f'reverie_info{{state="{DETAIL}"}} 1\n'.encode(), "text/plain"

    def panic(self) -> None:
        self.panics += 1

    def dream_of(self, written: bytes, source: str) -> Verdict:
        return Verdict(ok=bool(written), sentence=f"A dream by {source}.")

    def control(self, wanted: object, source: str) -> Verdict:
        self.wanted.append((wanted, source))
        return Verdict(ok=True, sentence="It is done.")
