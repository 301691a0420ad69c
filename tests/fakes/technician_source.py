"""A desk of technicians whose daemon is made up; it remembers what it was told to do."""

from __future__ import annotations

import time
from typing import Any

from reverie.watch.verdict import Verdict
from reverie.watch.vitals import FIELDS, Vitals

DAY: dict[str, Any] = {
    "clock": {"time": "09:30", "zone": "Europe/Berlin", "doubt": "", "kept": True},
    "hours": None,
    "rests": None,
    "programme": None,
    "quiet": None,
    "presence": None,
    "maintenance": {"reboot": None, "in_rests": []},
}
"""A site that says nothing of hours."""


class QuietDesk:
    """All is well but the sound."""

    def __init__(self) -> None:
        self.done: list[tuple[str, object]] = []
        self.ok = True
        self.paused = False
        self.slots = ["main", "daw"]
        self.day = dict(DAY)
        self.room: dict[str, Any] | None = None

    def contact(self) -> dict[str, Any]:
        return {"name": "Front desk", "telephone": "+49 30 1234567", "language": "de"}

    def state(self) -> dict[str, Any]:
        levels = {"sound": ("doubtful", "Slot daw plays another sound.", "Choose its program.")}
        names = ("composer", "guard", "score", "player", "port", "sound")
        fault = {"id": "slot-at-fault", "subject": "daw", "severity": "impaired", "since": time.time(), "cleared": None}
        return {
            "summary": {"level": "good", "sentence": "Playing first-light, bar 12."},
            "stages": [
                {"stage": name, "level": level, "fault": "", "sentence": sentence, "advice": advice}
                for name in names
                for level, sentence, advice in [levels.get(name, ("good", "", ""))]
            ],
            "slots": [
                {"name": name, "up": name == "main", "detail": f"{name} <b>here</b>", "fault": "", "advice": ""}
                for name in self.slots
            ],
            "sounds": [
                {"name": "main", "up": True, "able": True, "dbfs": -23.4, "heard": True},
                {"name": "monitor", "up": True, "able": True, "dbfs": -71.0, "heard": False},
            ],
            "self_test": {"runs": False, "slots": [{"slot": "daw", "outcome": "untold"}]},
            "faults": [{**fault, "sentence": "Slot daw plays another sound.", "advice": "Choose its program."}],
            "cleared": [{**fault, "sentence": "Slot daw was away.", "advice": "", "cleared": time.time()}],
            "processes": [],
            "day": self.day,
            "room": self.room,
            "workers": ["composer", "player", "timbre"],
            "paused": self.paused,
            "starts": 3,
            "crashes": 1,
            "uptime_seconds": 7300.0,
            "version": "0.0.0",
            "contact": self.contact(),
        }

    def curves(self, span: str) -> dict[str, Any]:
        step, count = (60, 1440) if span == "day" else (3600, 768)
        until = time.time() // step * step
        rows = [
            Vitals(
                int(until - step * (count - n)),
                20,
                2.0,
                1.0,
                0.3,
                2.0 + (n // 50) % 7,
                n // 90 % 3,
                int(n == 99),
                55.0,
                0.5,
            )
            for n in range(count)
            if n % 400 > 30
        ]
        return {"span": span, "until": until, "fields": list(FIELDS), "rows": [row.as_row() for row in rows]}

    def log(self) -> list[dict[str, Any]]:
        return [{"at": time.time(), "level": "warning", "text": "A line <script>alert(1)</script> of the log."}]

    def tone(self, slot: str) -> Verdict:
        return self._did("tone", slot)

    def test_slots(self) -> Verdict:
        return self._did("self-test", None)

    def renew(self, worker: str) -> Verdict:
        return self._did("restart", worker)

    def act(self, word: str, value: object = None) -> Verdict:
        if word == "pause":
            self.paused = value is True
        return self._did(word, value)

    def report_text(self) -> str:
        return "Reverie plays.\n"

    async def bundle(self) -> bytes:
        return b"PK\x05\x06" + bytes(18)

    def _did(self, word: str, value: object) -> Verdict:
        self.done.append((word, value))
        return Verdict(ok=self.ok, sentence=f"It is done: {word} {value}." if self.ok else "It was refused.")
