"""A timbre of the scene that plays: which banks are to be there, and which of them is its turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reverie.scenes.schema import Scene
from reverie.scenes.timbre import Timbre
from reverie.timbre import schedule as plan
from reverie.timbre.mood_point import nearest, place_at, wished_point
from reverie.timbre.path import following, last_place, place
from reverie.timbre.ready_bank import ReadyBank

AHEAD = 1
"""Banks that are rendered beyond the one that is due, so that it is there at its moment."""
APART = 4
"""Bars from a change that a mood makes to the next at least."""


@dataclass(slots=True)
class TimbreTurns:
    """What is known of a timbre; ``ready`` are banks by step, ``refused`` until when.

    ``points`` are the points that moods want, by mood. ``apart`` are the bars between two changes by moods, ``size``
    the bytes of its last bank, ``doubted`` the bank that was refused last by whoever was to play it.
    """

    timbre: Timbre
    progress: plan.PathProgress
    kept: plan.PathProgress
    points: Mapping[str, float] = field(default_factory=dict[str, float])
    apart: int = APART
    played: ReadyBank | None = None
    ready: dict[int, ReadyBank] = field(default_factory=dict[int, ReadyBank])
    refused: dict[int, float] = field(default_factory=dict[int, float])
    doubted: str = ""
    size: int = 0
    _changed: int | None = None
    """The bar in which it changed last, once a mood has changed it."""

    @classmethod
    def of(cls, scene: Scene, name: str, progress: plan.PathProgress, kept: plan.PathProgress) -> TimbreTurns:
        """A timbre of a scene, with what its moods want of it."""
        points = {mood: one.timbre[name] for mood, one in scene.moods.items() if name in one.timbre}
        wishes = [voice.timbre for voice in scene.voices.values() if voice.timbre and voice.timbre.bank == name]
        fades = [wish.bars or 1 for wish in wishes if wish.swap == "crossfade"]
        return cls(scene.timbres[name], progress, kept, points, max(APART, *fades, 0))

    @property
    def wanted(self) -> list[int]:
        """Steps of its own pace whose banks are to be there, the one that is due first."""
        steps = [self.progress.step]
        for _ in range(AHEAD):
            steps.append(following(self.timbre.path, steps[-1]))
        return steps

    @property
    def of_moods(self) -> list[int]:
        """Steps that moods want and its own pace does not, in the order in which the moods are written."""
        last = last_place(self.timbre.path)
        if last is None:
            return []
        own = {place(self.timbre.path, step) for step in self.wanted}
        return [step for step in dict.fromkeys(place_at(one, last) for one in self.points.values()) if step not in own]

    def is_wanted(self, step: int) -> bool:
        """Whether the bank of a step is to be there."""
        return step in self.wanted or step in self.of_moods

    def lacks(self, step: int, now: float) -> bool:
        """Whether the bank of a step can be rendered and is not there."""
        return step not in self.ready and self.refused.get(step, float("-inf")) <= now

    @property
    def bytes_wanted(self) -> int:
        """What its banks come to, those that are there and those that its own pace wants."""
        return self.size * len({*self.ready, *self.wanted})

    def keep(self, bank: ReadyBank, size: int) -> None:
        """A bank is there; those that nobody wants any more are let go."""
        self.refused.pop(bank.step, None)
        self.ready[bank.step] = bank
        self.size = size or self.size
        self.ready = {step: one for step, one in self.ready.items() if self.is_wanted(step) or one is self.played}

    def doubt(self, until: float) -> None:
        """Whoever plays its bank has refused it: it is looked for anew, and the second time not before ``until``."""
        if self.played is None:
            return
        self.ready = {step: ready for step, ready in self.ready.items() if ready.bank != self.played.bank}
        if self.doubted == self.played.bank:
            self.refused[self.played.step] = until
        self.doubted, self.played = self.played.bank, None

    def wished(self, weights: Mapping[str, float]) -> float | None:
        """The point at which moods of these weights want it; None if none wants it anywhere."""
        last = last_place(self.timbre.path)
        if last is None:
            return None
        return wished_point(place(self.timbre.path, self.progress.step) / last, self.points, weights)

    def turn(self, weights: Mapping[str, float], bar: int) -> ReadyBank | None:
        """The bank that is to be played from now on in place of another; None if nothing changes, or not yet.

        Without a mood it is that of the step that is due. With one it is the nearest to what is wished, and changes
        once in ``apart`` bars at most, also back to the timbre's own.

        Args:
            weights: how much there is of each mood.
            bar: a count of the bars that have sounded.
        """
        wished = self.wished(weights)
        ready = self.ready.get(self.progress.step) if wished is None else self._nearest(wished)
        if ready is None or (self.played is not None and self.played.bank == ready.bank):
            return None
        if self.played is not None and self._changed is not None and bar - self._changed < self.apart:
            return None
        if wished is not None or self._changed is not None:
            self._changed = bar
        self.played = ready
        return ready

    def status(self, name: str, weights: Mapping[str, float]) -> dict[str, object]:
        """Which step plays, and which moods want; for people."""
        wished, last = self.wished(weights), last_place(self.timbre.path)
        step = None if wished is None or last is None else place_at(wished, last)
        plays = self.played and self.played.step
        waits = ""
        if step is not None and step in self.of_moods and step not in self.ready:
            meanwhile = "its voices keep the sounds that they have" if plays is None else f"step {plays} is played"
            waits = (
                f"Step {step} of the timbre {name}, which a mood wants, is not rendered yet; until then {meanwhile}."
            )
        return {
            "plays_step": plays,
            "wished_point": None if wished is None else round(wished, 3),
            "wished_step": step,
            "waits": waits,
        }

    def _nearest(self, wished: float) -> ReadyBank | None:
        last = last_place(self.timbre.path)
        if last is None:
            return None
        there = {place(self.timbre.path, step): bank for step, bank in self.ready.items()}
        now = None if self.played is None else place(self.timbre.path, self.played.step)
        found = nearest(wished, last, there, now)
        return None if found is None else there[found]
