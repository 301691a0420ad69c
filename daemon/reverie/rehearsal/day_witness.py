"""Hears of everything that happens on a rehearsed day, and counts it."""

from __future__ import annotations

from collections import Counter, defaultdict

from reverie.bus import Bus
from reverie.compose.fingerprint import fingerprint
from reverie.rehearsal.day_result import LearnedLoop, LoopCounts
from reverie.rehearsal.stand_in_engine import STAND_IN
from reverie.watch.happenings import (
    BarSounded,
    FaultRaised,
    LoopAnswered,
    LoopDerived,
    LoopSounded,
    SceneBegun,
    WorkerDied,
    WorkerStarted,
)

MOST_FAULTS = 20
"""Sentences that are kept of a day."""


class DayWitness:
    """Counts what a day brings."""

    def __init__(self) -> None:
        self.bars = self.silent_bars = self.empty_bars = self.notes = 0
        self.music_seconds = 0.0
        self.longest_gap = self.longest_silence = 0.0
        self.begun: list[str] = []
        self.counts: Counter[str] = Counter()
        self.lives: Counter[str] = Counter()
        self.faults: dict[str, None] = {}
        self.sketches: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self.learned: list[LearnedLoop] = []
        self.by_models: set[str] = set()
        """Ids of recipes that models composed."""
        self._last_bar: float | None = None
        self._silence = 0.0

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on of what is counted."""
        bus.subscribe(BarSounded, self._bar_sounded)
        bus.subscribe(LoopAnswered, self._loop_answered)
        bus.subscribe(LoopDerived, self._loop_derived)
        bus.subscribe(LoopSounded, self._loop_sounded)
        bus.subscribe(SceneBegun, lambda said: self.begun.append(said.scene.name))
        bus.subscribe(WorkerStarted, lambda said: self.lives.update([said.role]))
        bus.subscribe(WorkerDied, lambda said: self.counts.update([f"deaths of {said.role}"]))
        bus.subscribe(FaultRaised, self._fault_raised)

    @property
    def loops(self) -> LoopCounts:
        """What was composed."""
        names = ("composed", "by_models", "derived", "none", "refused", "copies", "repeats")
        return LoopCounts(**{name: self.counts[name] for name in names})

    def _bar_sounded(self, said: BarSounded) -> None:
        bar = said.bar
        if self._last_bar is not None:
            self.longest_gap = max(self.longest_gap, said.at.now - self._last_bar - bar.seconds)
        self._last_bar = said.at.now
        if bar.resting:
            self._silence = 0.0
            return
        self.bars += 1
        self.music_seconds += bar.seconds
        self.notes += sum(bar.notes.values())
        self.counts["repeats"] += len(bar.repeated)
        self.silent_bars += bar.due > bar.sent == 0
        self.empty_bars += bar.due == 0
        self._silence = 0.0 if bar.sent else self._silence + bar.seconds
        self.longest_silence = max(self.longest_silence, self._silence)

    def _loop_answered(self, said: LoopAnswered) -> None:
        answer = said.answer
        self.counts["refused"] += sum(answer.refused.values())
        if answer.loop is None:
            self.counts["none"] += 1
            return
        self.counts["composed"] += 1
        self.counts["copies"] += answer.novelty is not None and answer.novelty.week == 0
        recipe = answer.recipe
        if recipe.engine and recipe.engine != STAND_IN:
            self.counts["by_models"] += 1
            self.by_models.add(recipe.id)
            self.learned.append(LearnedLoop(recipe.scene, recipe.voice, answer.loop))

    def _loop_derived(self, said: LoopDerived) -> None:
        self.counts["derived"] += said.answer.loop is not None

    def _loop_sounded(self, said: LoopSounded) -> None:
        self.sketches[f"{said.scene}/{said.voice}"][fingerprint(said.loop, said.kind).sketch.hex()] = None

    def _fault_raised(self, said: FaultRaised) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults[said.fault.sentence] = None
