"""Days of one scene without a clock: what an installation would play in a month, noted hour by hour.

Each day begins the scene as the daemon does when it is switched on in the morning: as another take, at that hour of the
day, beside what its voices have played for a week. What sounds is asked of the player's own score.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import psutil

from reverie.compose.bar_plans import bar_plan, is_alike
from reverie.compose.composer import Composed, compose
from reverie.compose.engines.engine import Engine
from reverie.compose.ensemble import Ensemble
from reverie.compose.fingerprint import Fingerprint, features, fingerprint_of
from reverie.compose.novelty import NoveltyMemory
from reverie.compose.novelty_bands import NoveltyBands
from reverie.compose.state_cache import Memories
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.offline.broken_ties import without
from reverie.measure.days import NotedHour, NotedLoop, NotedVoice
from reverie.models.library.index import ModelFile
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_QUARTER
from reverie.play.messages import BarPlan, TellBars
from reverie.play.score import SceneScore
from reverie.scenes.novelty_wish import NoveltyWish
from reverie.scenes.schema import Scene

DAY, HOUR = 86_400.0, 3600.0
DEFAULT_BANDS = NoveltyBands(NoveltyWish().last, NoveltyWish().hour, NoveltyWish().week)
"""Of a voice whose scene names none."""


@dataclass(frozen=True, slots=True)
class SimulatedDays:
    """How days are simulated.

    Attributes:
        scene: what is played.
        bundles: the models by name; ``engine`` has loaded those that the scene needs.
        engine: what runs them.
        opens_at: when a day begins, in seconds after midnight.
        hours: how many hours a day has.
        hour: how long such an hour is, in seconds; shorter ones are for trials.
        guarded: whether loops are kept inside bands of novelty; how new they are is noted all the same.
        seed: instead of the scene's own.
        progress: told how many hours of the day are done, with parts of an hour.
    """

    scene: Scene
    bundles: Mapping[str, ModelFile]
    engine: Engine
    opens_at: float = 10 * HOUR
    hours: int = 8
    hour: float = HOUR
    guarded: bool = True
    seed: int | None = None
    progress: Callable[[float], None] = field(default=lambda _hours: None)

    def day(self, number: int, memory: NoveltyMemory) -> Sequence[NotedHour]:
        """One day. ``memory`` has what was played on the days before, and knows this one afterwards."""
        return [*_Day(self, number, memory).hours()]


class _Day:
    def __init__(self, days: SimulatedDays, number: int, memory: NoveltyMemory) -> None:
        self._days, self._number, self._novelty = days, number, memory
        made = arrange(days.scene, days.bundles, take=number, seed=days.seed, begins_at=days.opens_at)
        drawn = [name for name, plan in made.plans.items() if plan.model]
        self._bands = {name: made.plans[name].bands or DEFAULT_BANDS for name in drawn}
        self._lengths = {name: made.plans[name].bars for name in drawn}
        if days.guarded:
            plans = {name: replace(plan, bands=self._bands.get(name)) for name, plan in made.plans.items()}
            made = replace(made, plans=plans)
        else:
            made = without(made, ("novelty",))
        self._ensemble = Ensemble(made, epoch=1, reserves={})
        self._score = SceneScore(self._ensemble.scene())
        self._memories = Memories()
        self._seconds = 0.0
        self._bar = 0
        self._plan = BarPlan(0)
        self._loops: list[NotedLoop] = []

    def hours(self) -> Iterator[NotedHour]:
        names = [*self._ensemble.arrangement.parts]
        for hour in range(self._days.hours):
            begun = time.process_time()
            self._loops = []
            bars: dict[str, list[list[Note]]] = {name: [] for name in names}
            while self._seconds < (hour + 1) * self._days.hour:
                played = self._play_bar()
                for name in names:
                    bars[name].append(played.get(name, []))
                self._days.progress(self._seconds / self._days.hour)
            yield NotedHour(
                day=self._number,
                hour=hour,
                voices={name: _noted(own) for name, own in bars.items()},
                loops=tuple(self._loops),
                loop_bars=self._lengths,
                seconds=round(time.process_time() - begun, 2),
                memory=psutil.Process().memory_info().rss,
                remembered=sum(self._novelty.count((self._days.scene.name, name)) for name in names),
            )

    def _play_bar(self) -> dict[str, list[Note]]:
        scene, bar = self._days.scene, self._bar
        self._fill()
        plan = bar_plan(self._ensemble.course, self._ensemble.arrangement.parts, bar)
        if not is_alike(plan, self._plan):
            self._plan = plan
            self._score.hear(TellBars(1, bar, (plan,)))
        self._score.begin(bar)
        played: dict[str, list[Note]] = {}
        for part, note in self._score.notes(bar):
            played.setdefault(part.name, []).append(note)
        self._ensemble.played(bar)
        self._seconds += scene.metre.bar_ticks / TICKS_PER_QUARTER * 60 / (scene.tempo.at(bar) * plan.tempo)
        self._bar += 1
        return played

    def _fill(self) -> None:
        while True:
            places, recipes = self._ensemble.fill()
            for place in places:
                self._score.hear(place)
            for recipe in recipes:
                played = self._novelty.up_to(self._moment, self._ensemble.bands(recipe.voice))
                answer = compose(self._days.engine, recipe, self._memories, played)
                self._note(answer)
                for place in self._ensemble.composed(answer):
                    self._score.hear(place)
            if not recipes:
                return

    def _note(self, answer: Composed) -> None:
        """Note how new a loop is, beside the bands of its voice, and remember it."""
        recipe, loop = answer.recipe, answer.loop
        if loop is None:
            return
        made = fingerprint_of(features(loop, recipe.kind))
        new = answer.novelty
        if new is None or not new.guarded:
            bands = self._bands.get(recipe.voice, DEFAULT_BANDS)
            new = self._novelty.up_to(self._moment, bands).novelty(recipe, loop)
        sketch, warmer = made.sketch.hex(), answer.novelty.warmer if answer.novelty else 0
        known = (new.last, new.hour, new.week, new.excess, warmer, recipe.drawn)
        self._loops.append(NotedLoop(recipe.voice, self._moment, made.exact, sketch, *known))
        self._novelty.remember((recipe.scene, recipe.voice), made, self._moment)

    @property
    def _moment(self) -> float:
        return round(self._number * DAY + self._seconds, 1)


def remembered(hours: Sequence[NotedHour], scene: str) -> NoveltyMemory:
    """What is known on the morning after these hours."""
    memory = NoveltyMemory()
    for hour in hours:
        for loop in hour.loops:
            memory.remember((scene, loop.voice), Fingerprint(loop.exact, bytes.fromhex(loop.sketch)), loop.moment)
    return memory


def _noted(bars: Sequence[Sequence[Note]]) -> NotedVoice:
    return NotedVoice(
        content=tuple(_content(notes) for notes in bars),
        notes=tuple(sum(not note.tied for note in notes) for notes in bars),
        pitch=tuple(round(sum(note.pitch for note in notes) / len(notes), 1) if notes else 0.0 for notes in bars),
        velocity=tuple(round(sum(note.velocity for note in notes) / len(notes), 1) if notes else 0.0 for notes in bars),
    )


def _content(notes: Sequence[Note]) -> int:
    """A number that equal bars have in common, the same in every process; 0 of silence."""
    if not notes:
        return 0
    return zlib.crc32(repr(sorted((note.start, note.pitch, note.tied) for note in notes)).encode()) or 1
