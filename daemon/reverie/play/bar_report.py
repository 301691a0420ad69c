"""What went out of one bar, gathered while it is played: the evidence on which health and watchdog rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from reverie.play.messages import BarPlayed
from reverie.play.score import SceneScore

LATE = 0.005
"""Seconds after its moment from which an event is counted as late; a listener begins to notice at about twice that."""
TOO_LATE = 0.1
"""Seconds after its moment from which a note is not begun any more: it would sound on another beat."""


@dataclass(slots=True)
class BarLog:
    """Counts of the bar that is being played."""

    resting: bool = False
    notes: dict[str, int] = field(default_factory=dict[str, int])
    sent: int = 0
    due: int = 0
    lateness: list[float] = field(default_factory=list[float])
    clock_lateness: list[float] = field(default_factory=list[float])
    notes_sending: int = 0
    clock_sending: int = 0
    skipped: int = 0
    dropped: int = 0
    repeated: tuple[str, ...] = ()
    tacet: tuple[str, ...] = ()

    @classmethod
    def begin(cls, parts: Iterable[str], *, resting: bool) -> BarLog:
        """A bar in which these parts may play."""
        return cls(resting, dict.fromkeys(parts, 0))

    def go_on(self, before: BarLog) -> None:
        """Take over what another log of the same bar has counted."""
        for part, count in before.notes.items():
            self.notes[part] = self.notes.get(part, 0) + count
        self.sent += before.sent
        self.skipped += before.skipped
        self.lateness += before.lateness
        self.clock_lateness += before.clock_lateness

    def sending(self, *, clock: bool = False) -> None:
        """Something is on its way out."""
        if clock:
            self.clock_sending += 1
        else:
            self.notes_sending += 1

    def sent_late(self, seconds: float) -> None:
        """All that was on its way has gone, so long after its moment."""
        self.lateness += [seconds] * self.notes_sending
        self.clock_lateness += [seconds] * self.clock_sending
        self.notes_sending = self.clock_sending = 0

    def started(self, part: str, *, sent: bool) -> None:
        """A note of ``part`` was started; ``sent`` if a device took it."""
        self.notes[part] = self.notes.get(part, 0) + 1
        self.sent += sent

    def report(self, score: SceneScore, bar: int, scene_bar: int, *, seconds: float, muted: Iterable[str]) -> BarPlayed:
        """The message about the bar."""
        return BarPlayed(
            epoch=score.scene.epoch,
            scene=score.scene.name,
            bar=bar,
            scene_bar=scene_bar,
            resting=self.resting,
            notes=self.notes,
            sent=self.sent,
            due=self.due,
            lateness=tuple(round(seconds, 6) for seconds in self.lateness),
            clock_lateness=tuple(round(seconds, 6) for seconds in self.clock_lateness),
            late=sum(seconds > LATE for seconds in (*self.lateness, *self.clock_lateness)),
            skipped=self.skipped,
            dropped=self.dropped,
            seconds=round(seconds, 6),
            repeated=self.repeated,
            depth=score.depths(scene_bar),
            muted=tuple(sorted(muted)),
            tacet=self.tacet,
        )
