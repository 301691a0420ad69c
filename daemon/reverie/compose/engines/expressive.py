"""The engine of PerformanceRNN, in NumPy: notes, their lengths and how loud they are, at any hundredth of a second.

A hundredth of a second is so many ticks as the tempo makes it where the loop begins; a model that is told where in the
bar it is counts quarters of half a second, and its quarters are the scene's. What it is told beside that comes from the
recipe: chords, how many notes a second, and how much each pitch class is favoured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reverie.compose.conditioning import ConditionedPrimer, InputRange, hear
from reverie.compose.engines.engine import Candidate
from reverie.compose.engines.performance_unfolding import PerformanceUnfolding
from reverie.compose.engines.unmetred import draw_unmetred
from reverie.compose.performance_conditions import Condition, ToldPerformance, condition_of
from reverie.compose.recipe import ContinuedPast, Recipe
from reverie.compose.told_chords import ToldChord, by_step
from reverie.compose.voices_steering import VoicesWeights
from reverie.models.encodings.controls import BarPosition
from reverie.models.encodings.performance import (
    NOTE_OFF,
    NOTE_ON,
    STEPS_PER_SECOND,
    TIME_SHIFT,
    VELOCITY,
    PerformanceAlphabet,
    PerformanceEvent,
    bin_velocity,
    events_of,
    of_length,
    steps_of,
)
from reverie.models.encodings.performance_configs import velocity_bins
from reverie.models.errors import ModelError
from reverie.models.library.bundle import read_model
from reverie.models.library.index import ModelFile
from reverie.models.recurrent.model import CarriedPassages, RecurrentModel
from reverie.music.notes import Note
from reverie.music.time import SLIVER, TICKS_PER_QUARTER, TICKS_PER_STEP, Metre

_EAR = InputRange()
_MOST_EVENTS_A_SECOND = 80
_SOFTEST, _BY_ACCENT = 70, 30
"""Velocities of models that have none: the lightest place, and how much louder the weightiest is."""


@dataclass(frozen=True, slots=True)
class _Player:
    """A model in memory: how many velocities it has, and of what it is told."""

    model: RecurrentModel
    config: str
    bins: int

    @property
    def alphabet(self) -> PerformanceAlphabet:
        """Its events."""
        return PerformanceAlphabet(self.bins)


@dataclass(frozen=True, slots=True)
class _Timing:
    """How many ticks a step lasts, and where in time the loop's part that is drawn begins."""

    ticks: float

    def steps(self, ticks: int) -> int:
        """So many ticks in steps, rounded."""
        return round(ticks / self.ticks)

    def tick(self, step: int) -> int:
        """So many steps in ticks, rounded."""
        return round(step * self.ticks)


class ExpressiveEngine:
    """Composes all candidates of a recipe at once.

    A loop that continues others goes on from the model's memory of them, which the recipe's past can make again, as it
    has all events that were drawn and the chords over them.
    """

    name = "numpy"

    def __init__(self) -> None:
        self._players: dict[str, _Player] = {}

    def load(self, model: ModelFile) -> None:
        """Make a model ready; the first note of a loop must not wait for a file.

        Raises:
            ModelError: if the file is missing, broken or no model that this engine runs.
        """
        try:
            bundle = read_model(model)
            config = bundle.card.config
            self._players[model.sha256] = _Player(RecurrentModel(bundle), config, velocity_bins(config))
        except ModelError as error:
            raise ModelError(f"{model.path}: {error}") from error

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        """Compose ``recipe.steps`` sixteenths after the recipe's primer and past, ``recipe.candidates`` times.

        Raises:
            ModelError: if the model was not loaded, or the memory is not its own.
        """
        player = self._players.get(recipe.model_hash)
        if player is None:
            raise ModelError(f"the model {recipe.model} was asked for music before it was loaded")
        told, alphabet = ToldPerformance.of(recipe), player.alphabet
        heard, timing = hear(recipe, _EAR), _timing(told, player.config)
        condition = condition_of(player.config, recipe.metre)
        past = [_Past.of(one, player, told) for one in recipe.past]
        opening = _opening(heard, past[0].timing if past else timing, player)
        if recipe.past and memory:
            carried = player.model.carried_from_bytes(memory)
        else:
            carried = _recalled(player, recipe, opening, past, condition)
        before = [*opening, *(event for one in past for event in one.events)]
        sounding = _sounding(before, player.bins)
        offset = recipe.primer_steps if recipe.keeps_primer else 0
        ticks = recipe.steps * TICKS_PER_STEP

        def played(pitch: int) -> int:
            return heard.played(Note(heard.first, 1, pitch)).pitch

        weights = VoicesWeights.of(recipe, offset, recipe.steps, played)

        def sixteenth(step: int) -> int:
            return min(round(timing.tick(step) / TICKS_PER_STEP), recipe.steps - 1)

        chords = _ChordsTold(recipe.chords, recipe.primer_steps)

        def control(step: int) -> object:
            tick = timing.tick(step)
            return condition and condition.at(told, chords.at(tick), tick)

        steps = max(timing.steps(ticks), 1)
        unfolding = PerformanceUnfolding(
            recipe.candidates,
            steps,
            player.bins,
            sounding={pitch: since for pitch, (since, _) in sounding.items()},
            at_most=recipe.limits.polyphony,
            control=control if condition else None,
            weights=(weights, sixteenth) if weights else None,
        )
        stream = player.model.stream(carried.take([0] * recipe.candidates), apart=True)
        most = 100 + steps * _MOST_EVENTS_A_SECOND // STEPS_PER_SECOND
        drawn = draw_unmetred(stream, unfolding, np.random.default_rng(recipe.seed), recipe.temperature, most)
        loudness = _loudness(before, player.bins)
        reader = _NoteReader(timing, ticks, player.bins, recipe.metre, offset * TICKS_PER_STEP, loudness, played)
        return [
            Candidate(
                reader.notes(one.events, sounding),
                one.log_likelihood,
                one.carried.as_bytes,
                (*told.numbers, *map(alphabet.encode, one.events)),
            )
            for one in drawn
        ]


@dataclass(frozen=True, slots=True)
class _NoteReader:
    """Makes notes of what was drawn for so many ``ticks`` of a loop, which begin ``offset`` ticks after its start.

    ``loudness`` is the velocity that was said last before, 0 if none was: models say it only where it changes.
    """

    timing: _Timing
    ticks: int
    bins: int
    metre: Metre
    offset: int
    loudness: int
    played: Callable[[int], int]

    def notes(self, events: Iterable[PerformanceEvent], sounding: Mapping[int, tuple[int, int]]) -> tuple[Note, ...]:
        """The notes, sorted. What sounded before goes on by a tie, and what sounds at the end ends there.

        What begins just before the end begins with the next loop, if it still sounds there, and what ends just after
        the beginning has ended with the loop before. A note of which nothing would be left begins with this loop.
        """
        begun: dict[int, tuple[int, int, bool]] = {
            pitch: (min(since, 0), loud, True) for pitch, (since, loud) in sounding.items()
        }
        found: list[Note] = []
        now, loudness = 0, self.loudness
        for event in events:
            if event.kind == TIME_SHIFT:
                now += event.value
            elif event.kind == VELOCITY:
                loudness = bin_velocity(event.value, self.bins)
            elif event.kind == NOTE_ON:
                begun[event.value] = now, loudness, False
            elif event.value in begun:
                found += self._note(event.value, *begun.pop(event.value), self.timing.tick(now))
        for pitch, (since, loudness, tied) in begun.items():
            found += self._note(pitch, since, loudness, tied, self.ticks)
        return tuple(sorted(found))

    def _note(self, pitch: int, since: int, loudness: int, tied: bool, until: int) -> list[Note]:
        hardly = math.ceil(SLIVER / self.timing.ticks)
        begun_late = tied and not self.offset and -since < hardly
        if not tied and self.timing.steps(self.ticks) - since < hardly:
            return []
        start = min(max(self.timing.tick(since), 0), self.ticks - 1)
        end = min(max(until, start + (SLIVER if begun_late else 1)), self.ticks)
        if tied and end < SLIVER:
            return []
        tied = tied and not begun_late
        plain = _SOFTEST + round(_BY_ACCENT * self.metre.accent(self.offset + start))
        return [Note(start, end - start, self.played(pitch), loudness or plain, tied=tied)]


@dataclass(frozen=True, slots=True)
class _ChordsTold:
    """The chords that a model is told, which begin ``first`` sixteenths before it begins to draw."""

    chords: tuple[ToldChord, ...]
    first: int = 0

    def at(self, tick: int) -> str:
        """The chord so many ticks after the model begins to draw; the last one beyond their end."""
        steps = by_step(self.chords)
        return steps[min(max(self.first + tick // TICKS_PER_STEP, 0), len(steps) - 1)] if steps else ""


@dataclass(frozen=True, slots=True)
class _Past:
    """A loop that was drawn before: its events, and what the model was told then, at the tempo that was then."""

    drawn: ContinuedPast
    told: ToldPerformance
    timing: _Timing
    events: list[PerformanceEvent]

    @classmethod
    def of(cls, drawn: ContinuedPast, player: _Player, now: ToldPerformance) -> _Past:
        """Read what is kept of it. What an older version kept has nothing that was told, and that is as ``now``."""
        told = ToldPerformance.read(drawn.events) or replace(now, offset=0)
        events = [player.alphabet.decode(number) for number in drawn.events if number >= 0]
        return cls(drawn, told, _timing(told, player.config), events)

    def controls(self, condition: Condition) -> list[object]:
        """What each event stood under."""
        chords, last = _ChordsTold(self.drawn.chords), self.drawn.steps * TICKS_PER_STEP - 1
        ticks = [min(self.timing.tick(step), last) for step in _times(self.events)]
        return [condition.at(self.told, chords.at(tick), tick) for tick in ticks]


def _timing(told: ToldPerformance, config: str) -> _Timing:
    if config == "chord_conditioned_performance":
        return _Timing(TICKS_PER_QUARTER / BarPosition.STEPS_PER_QUARTER)
    return _Timing(TICKS_PER_QUARTER * told.qpm / 60 / STEPS_PER_SECOND)


def _opening(heard: ConditionedPrimer, timing: _Timing, player: _Player) -> tuple[PerformanceEvent, ...]:
    """What the model is told first: a second of silence, or the primer, at whose end what sounds is not ended."""
    if not heard.first:
        return (player.alphabet.default,)
    end = max(timing.steps(heard.steps * heard.grid), 1)
    notes = [_in_steps(note.moved(0), heard.grid, timing, end) for note in heard.notes]
    events = list(events_of(notes, velocity_bins=player.bins))
    while events and events[-1].kind == NOTE_OFF and steps_of(events) >= end:
        events.pop()
    return of_length(events, end)


def _in_steps(note: Note, grid: int, timing: _Timing, end: int) -> Note:
    start = min(timing.steps(note.start * grid), end - 1)
    until = min(max(timing.steps(note.end * grid), start + 1), end)
    return Note(start, until - start, note.pitch, note.velocity)


def _sounding(events: Iterable[PerformanceEvent], bins: int) -> dict[int, tuple[int, int]]:
    """What sounds after events: by pitch since which step, below 0 as now is 0, and how loud; 0 where nobody says."""
    sounding: dict[int, tuple[int, int]] = {}
    now = loudness = 0
    for event in events:
        if event.kind == NOTE_ON:
            sounding[event.value] = now, loudness
        elif event.kind == NOTE_OFF:
            sounding.pop(event.value, None)
        elif event.kind == TIME_SHIFT:
            now += event.value
        else:
            loudness = bin_velocity(event.value, bins)
    return {pitch: (since - now, loud) for pitch, (since, loud) in sorted(sounding.items())}


def _loudness(events: Iterable[PerformanceEvent], bins: int) -> int:
    """The velocity that events say last; 0 where they say none."""
    said = 0
    for event in events:
        if event.kind == VELOCITY:
            said = bin_velocity(event.value, bins)
    return said


def _recalled(
    player: _Player,
    recipe: Recipe,
    opening: Sequence[PerformanceEvent],
    past: Sequence[_Past],
    condition: Condition | None,
) -> CarriedPassages:
    """What the model remembers before it draws: its primer, and its past, heard by as many passages as were drawn."""
    stream = player.model.stream(player.model.start())
    stream.prime(opening, _opening_controls(player, recipe, opening, past, condition) if condition else None)
    carried = stream.carried
    for one in past:
        stream = player.model.stream(carried.take([0] * one.drawn.candidates), apart=True)
        stream.prime(one.events, one.controls(condition) if condition else None)
        carried = stream.carried.take([one.drawn.choice])
    return carried


def _opening_controls(
    player: _Player,
    recipe: Recipe,
    opening: Sequence[PerformanceEvent],
    past: Sequence[_Past],
    condition: Condition,
) -> list[object]:
    """What each event of the primer stands under: as it was told for the first loop of those that go on from it."""
    told = past[0].told if past else ToldPerformance.of(recipe)
    timing, chords = _timing(told, player.config), _ChordsTold(recipe.chords, recipe.primer_steps)
    ticks = [timing.tick(step) - recipe.primer_steps * TICKS_PER_STEP for step in _times(opening)]
    return [condition.at(told, chords.at(tick), tick) for tick in ticks]


def _times(events: Iterable[PerformanceEvent]) -> list[int]:
    """The step at which each event happens."""
    times: list[int] = []
    now = 0
    for event in events:
        times.append(now)
        now += event.value if event.kind == TIME_SHIFT else 0
    return times
