"""The heartbeat of the music: a bar, followed through composer, guard, score, player and port.

Each stage beats when there is evidence that it has done its part: a loop was answered, a loop passed the guards, the
score had notes for a bar, the player sent a bar, a port took its notes. Bars that rest as intended are beats of all of
them. The first stage whose beat stays out is the one to cure: what lies behind it cannot beat either.

All moments are monotonic seconds and handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from reverie.bus import Bus
from reverie.play.messages import BarPlayed
from reverie.watch.evidence import Evidence
from reverie.watch.happenings import BarSounded, LoopAnswered, LoopDerived, LoopFailed, SceneBegun, WorkerStarted

Stage = Literal["composer", "guard", "score", "player", "port"]
BEATING: tuple[Stage, ...] = ("composer", "guard", "score", "player", "port")
"""The stages in the order in which the music passes them."""

FIRST_BAR = 30.0
"""Seconds that a new player may take until its first bar: a synthesizer loads its sounds meanwhile."""
SILENT_BARS, SILENT_SECONDS = 3, 10.0
"""Bars with notes due, and seconds, in which none goes out: more than a machine that is busy for a moment
makes, and long before the watchdog's, so that the stage is cured first."""
EMPTY_BARS = 4
"""Bars for which voices are scheduled and the score has nothing."""
REPEATS = 120.0
"""Seconds in which voices repeat their last loop: models load in less."""


@dataclass(frozen=True, slots=True)
class Starving:
    """The stage whose beat stays out, and the sentence that says so."""

    stage: Stage
    sentence: str


class StageHeartbeat:
    """When each stage last beat, and which of them starves.

    Args:
        evidence: What was seen of player and slots; it must have subscribed before.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._beats: dict[Stage, float] = {}
        self._player_since: float | None = None
        self._repeating_since: float | None = None

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on of all that beats."""
        bus.subscribe(WorkerStarted, lambda said: self._started(said.role, said.at.now))
        bus.subscribe(SceneBegun, lambda _: self._begin())
        bus.subscribe(LoopAnswered, lambda said: self._answered(said.at.now, passed=said.answer.loop is not None))
        bus.subscribe(LoopDerived, lambda said: self._answered(said.at.now, passed=True))
        bus.subscribe(LoopFailed, lambda said: self._answered(said.at.now, passed=False))
        bus.subscribe(BarSounded, lambda said: self._bar(said.bar, said.at.now))

    @property
    def beats(self) -> Mapping[Stage, float]:
        """By stage, the moment of its last beat; a stage that has not beaten yet is left out."""
        return self._beats

    def starving(self, now: float) -> Starving | None:
        """The first stage that starves; None while all of them beat, or silence is intended.

        Without bars nothing is known of the others, so the player comes first.
        """
        return self._player(now) or self._sound() or self._loops(now)

    def _player(self, now: float) -> Starving | None:
        bar, since = self._evidence.bar, self._player_since
        if bar is None:
            late = since is not None and now - since > FIRST_BAR
            return Starving("player", f"The player has sent no bar for {FIRST_BAR:.0f} s.") if late else None
        if self._evidence.bar_is_due(now):
            return Starving("player", self._evidence.alive(now).sentence)
        return None

    def _sound(self) -> Starving | None:
        bar, bars, seconds = self._evidence.bar, self._evidence.silent_bars, self._evidence.silent_seconds
        if bar is not None and bars >= SILENT_BARS and seconds >= SILENT_SECONDS:
            gone = f"for {bars} bars ({seconds:.0f} s)"
            if any(bar.notes.values()):
                return Starving("port", f"Notes were sent, and no slot took one {gone}.")
            return Starving("player", f"Notes were due, and the player sent none {gone}.")
        if self._evidence.empty_bars >= EMPTY_BARS:
            return Starving("score", f"Voices are scheduled, and the score has had nothing for {EMPTY_BARS} bars.")
        return None

    def _loops(self, now: float) -> Starving | None:
        since = self._repeating_since
        if since is None or now - since < REPEATS:
            return None
        if now - self._beats.get("composer", since) >= REPEATS:
            return Starving("composer", f"Voices repeat their loops, and no answer has come for {REPEATS:.0f} s.")
        if now - self._beats.get("guard", since) >= REPEATS:
            none = f"for {REPEATS:.0f} s no loop was within their limits, which widen by themselves."
            return Starving("guard", f"Voices repeat their loops: {none}")
        return None

    def _started(self, role: str, now: float) -> None:
        if role == "player":
            self._player_since = now

    def _begin(self) -> None:
        self._repeating_since = None

    def _answered(self, now: float, *, passed: bool) -> None:
        self._beats["composer"] = now
        if passed:
            self._beats["guard"] = now

    def _bar(self, bar: BarPlayed, now: float) -> None:
        self._beats["player"] = now
        if bar.resting:
            self._beats.update(dict.fromkeys(BEATING, now))
        if bar.due or not self._evidence.empty_bars:
            self._beats["score"] = now
        if not self._evidence.silent_bars:
            self._beats["port"] = now
        if bar.resting or not bar.repeated:
            self._repeating_since = None
        elif self._repeating_since is None:
            self._repeating_since = now
