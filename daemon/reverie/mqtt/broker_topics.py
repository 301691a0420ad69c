"""What is told by MQTT: topics and payloads, of which every one is kept by the broker for those who come later."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reverie.watch.fault_kinds import Severity
from reverie.watch.faults import Fault

ONLINE, OFFLINE = "online", "offline"
AVAILABILITY = "availability"
OPEN, CLOSED = "open", "closed"
NO_MOOD = "none"
"""What the topic of the mood says while nothing is dreamt; asked for, it ends the dreams."""
SET = "set"
"""The level of topics below which wishes are heard."""
ANSWER = "answer"
"""The topic on which it is said what came of a wish; it is not kept."""
MOST_FAULTS = 20
_WORST_FIRST = tuple(Severity)


@dataclass(frozen=True, slots=True)
class InstallationState:
    """How the installation is, as far as dashboards are told.

    ``level`` is ``good``, ``doubtful`` or ``bad``; ``bar`` that which sounds, counted from 1; ``volume`` a share, and
    ``moods`` those of the scene.
    """

    level: str
    sentence: str
    alive: bool
    open: bool
    paused: bool
    scene: str
    bar: int | None
    mood: str
    volume: float
    version: str
    faults: Sequence[Fault] = ()
    scenes: Sequence[str] = ()
    moods: Sequence[str] = ()
    volumes: tuple[float, float] = (0.2, 1.0)
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def topics(self) -> dict[str, str]:
        """The payloads by topic, each below that of the installation."""
        faults = sorted(self.faults, key=lambda fault: _WORST_FIRST.index(fault.severity))
        told = [
            {
                "id": fault.id,
                "subject": fault.subject,
                "severity": fault.severity.value,
                "sentence": fault.sentence,
                "advice": fault.advice,
                "since": fault.since,
            }
            for fault in faults[:MOST_FAULTS]
        ]
        worst = faults[0].severity.value if faults else "none"
        return {
            "state": _json(
                {"level": self.level, "sentence": self.sentence, "alive": self.alive, "version": self.version}
            ),
            "faults": _json({"count": len(faults), "worst": worst, "faults": told}),
            "scene": self.scene,
            "bar": "" if self.bar is None else f"{self.bar}",
            "open": OPEN if self.open else CLOSED,
            "mood": self.mood or NO_MOOD,
            "volume": f"{self.volume:.3g}",
            "pause": "ON" if self.paused else "OFF",
        }


def _json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
