"""The engine of PolyphonyRNN, in NumPy: several notes at a time on sixteenths, with their lengths.

Its voice may have a line to which the model adds others, as Magenta's option ``inject_primer_during_generation`` has
it: one that is written, or what another voice plays. A recipe without a primer is Magenta's without
``condition_on_primer``: the model begins from nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reverie.compose.conditioning import ConditionedPrimer, InputRange, hear
from reverie.compose.engines.engine import Candidate
from reverie.compose.engines.unmetred import DrawnEvents, draw_unmetred
from reverie.compose.engines.voices_unfolding import ALPHABET, Line, VoicesUnfolding
from reverie.compose.heard_music import heard_bars
from reverie.compose.recipe import Recipe
from reverie.compose.voices_steering import VoicesWeights
from reverie.compose.written_line import beside_line, written_line
from reverie.models.encodings.polyphony import START, STEP_END, Kind, PolyphonicEvent, events_of, notes_of
from reverie.models.errors import ModelError
from reverie.models.library.bundle import read_model
from reverie.models.library.index import ModelFile
from reverie.models.recurrent.model import CarriedPassages, RecurrentModel
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP

_EAR = InputRange()
_GIVEN = ALPHABET.size
"""Added to the number of an event that another voice plays."""


@dataclass(frozen=True, slots=True)
class _GivenLine:
    """The line that the model finds in each sixteenth, and the notes of one that the voice plays itself."""

    steps: Line = ()
    own: Sequence[Note] = ()


class PolyphonicEngine:
    """Composes all candidates of a recipe at once.

    A loop that continues others goes on from the model's memory of them, which the recipe's past can make again: it has
    all events that were drawn.
    """

    name = "numpy"

    def __init__(self) -> None:
        self._models: dict[str, RecurrentModel] = {}

    def load(self, model: ModelFile) -> None:
        """Make a model ready; the first note of a loop must not wait for a file.

        Raises:
            ModelError: if the file is missing, broken or no model that this engine runs.
        """
        try:
            self._models[model.sha256] = RecurrentModel(read_model(model))
        except ModelError as error:
            raise ModelError(f"{model.path}: {error}") from error

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        """Compose ``recipe.steps`` sixteenths after the recipe's primer and past, ``recipe.candidates`` times.

        Raises:
            ModelError: if the model was not loaded, or the memory is not its own.
        """
        model = self._models.get(recipe.model_hash)
        if model is None:
            raise ModelError(f"the model {recipe.model} was asked for music before it was loaded")
        heard, line = hear(recipe, _EAR), _given(recipe)
        opening = _opening(heard)
        if recipe.past:
            carried = model.carried_from_bytes(memory) if memory else _recalled(model, recipe, opening)
            sounding = _last_sounding(ALPHABET.decode(number) for number in recipe.past[-1].events if _is_own(number))
        else:
            carried, sounding = _told(model, opening), _last_sounding(opening)
        offset = recipe.primer_steps if recipe.keeps_primer else 0

        def played(pitch: int) -> int:
            return heard.played(Note(heard.first, 1, pitch)).pitch

        unfolding = VoicesUnfolding(
            recipe.candidates,
            recipe.steps,
            sounding=sounding,
            line=line.steps[offset:],
            at_most=recipe.limits.polyphony,
            weights=VoicesWeights.of(recipe, offset, recipe.steps, played),
            counts_line=bool(line.own),
        )
        stream = model.stream(carried.take([0] * recipe.candidates), apart=True)
        most = recipe.steps * (recipe.limits.polyphony + _most_given(line) + 1)
        drawn = draw_unmetred(stream, unfolding, np.random.default_rng(recipe.seed), recipe.temperature, most)
        own = [note.moved(-offset * TICKS_PER_STEP) for note in line.own if note.start >= offset * TICKS_PER_STEP]
        others = () if line.own else line.steps[offset:]
        return [_with_line(_candidate(one, sounding, others, played), own) for one in drawn]


def _with_line(candidate: Candidate, line: Sequence[Note]) -> Candidate:
    """A candidate whose line is as it is written: the model hears it in sixteenths, and may hold its notes on."""
    if not line:
        return candidate
    heard = {(_step(note) * TICKS_PER_STEP, note.pitch) for note in line}
    added = (note for note in candidate.notes if (note.start, note.pitch) not in heard)
    return replace(candidate, notes=tuple(sorted([*beside_line(added, line), *line])))


def _step(note: Note) -> int:
    return round(note.start / TICKS_PER_STEP)


def _candidate(drawn: DrawnEvents, sounding: frozenset[int], others: Line, played: Callable[[int], int]) -> Candidate:
    numbers = _numbered(drawn.events, others)
    notes = _answer([ALPHABET.decode(number) for number in numbers if _is_own(number)], sounding)
    return Candidate(
        tuple(sorted(_in_ticks(note, played) for note in notes)),
        drawn.log_likelihood,
        drawn.carried.as_bytes,
        numbers,
    )


def _in_ticks(note: Note, played: Callable[[int], int]) -> Note:
    start, length = note.start * TICKS_PER_STEP, note.length * TICKS_PER_STEP
    return Note(start, length, played(note.pitch), note.velocity, tied=note.tied)


def _answer(events: Sequence[PolyphonicEvent], sounding: frozenset[int]) -> list[Note]:
    """The notes of what was drawn, in steps; what sounded before and is held goes on by a tie."""
    before = (*(PolyphonicEvent(Kind.NEW_NOTE, pitch) for pitch in sorted(sounding)), STEP_END)
    notes: list[Note] = []
    for note in notes_of((*before, *events)):
        if note.start:
            notes.append(Note(note.start - 1, note.length, note.pitch, note.velocity))
        elif note.length > 1:
            notes.append(Note(0, note.length - 1, note.pitch, note.velocity, tied=True))
    return notes


def _numbered(events: Iterable[PolyphonicEvent], others: Line) -> tuple[int, ...]:
    """What was drawn, in numbers: those of what another voice plays, which comes first in each sixteenth, lie higher.

    So whoever goes on from it knows which of the notes are the voice's own, though nobody hears the other any more.
    """
    numbers: list[int] = []
    step = at = 0
    for event in events:
        given = others[step] if step < len(others) else ()
        numbers.append(ALPHABET.encode(event) + (_GIVEN if at < len(given) else 0))
        at += 1
        if event.kind is Kind.STEP_END:
            step, at = step + 1, 0
    return tuple(numbers)


def _is_own(number: int) -> bool:
    return number < _GIVEN


def _heard_again(numbers: Iterable[int]) -> list[PolyphonicEvent]:
    """What the model heard of a passage, whoever played it."""
    return [ALPHABET.decode(number % _GIVEN) for number in numbers]


def _last_sounding(events: Iterable[PolyphonicEvent]) -> frozenset[int]:
    """The pitches of the last sixteenth that was told."""
    now: set[int] = set()
    last: frozenset[int] = frozenset()
    for event in events:
        if event.kind is Kind.STEP_END:
            last = frozenset(now)
            now.clear()
        elif event.kind in {Kind.NEW_NOTE, Kind.CONTINUED_NOTE}:
            now.add(event.pitch)
    return last


def _opening(heard: ConditionedPrimer) -> tuple[PolyphonicEvent, ...]:
    """What the model is told first: the primer, or nothing but that a piece begins."""
    return events_of(heard.notes, heard.steps)[:-1] if heard.first else (START,)


def _told(model: RecurrentModel, opening: Sequence[PolyphonicEvent]) -> CarriedPassages:
    stream = model.stream(model.start())
    stream.prime(opening)
    return stream.carried


def _recalled(model: RecurrentModel, recipe: Recipe, opening: Sequence[PolyphonicEvent]) -> CarriedPassages:
    """What the model remembers of the recipe's past, which is heard again, by as many passages as were drawn."""
    carried = _told(model, opening)
    for past in recipe.past:
        stream = model.stream(carried.take([0] * past.candidates), apart=True)
        stream.prime(_heard_again(past.events))
        carried = stream.carried.take([past.choice])
    return carried


def _given(recipe: Recipe) -> _GivenLine:
    """The line of a recipe, in each sixteenth of its loop."""
    if line := written_line(recipe):
        return _GivenLine(_in_steps(line, recipe.bars * recipe.metre.bar_steps), line)
    heard: dict[int, list[tuple[PolyphonicEvent, ...]]] = {}
    for relation in recipe.relations:
        if relation.kind == "accompany":
            for bar, other in heard_bars(recipe, relation):
                heard.setdefault(bar, _said(other.onsets, other.sounding))
    if not heard:
        return _GivenLine()
    silent: list[tuple[PolyphonicEvent, ...]] = [()] * recipe.metre.bar_steps
    return _GivenLine(tuple(step for bar in range(recipe.bars) for step in heard.get(bar, silent)))


def _said(onsets: Iterable[tuple[int, int]], sounding: Sequence[frozenset[int]]) -> list[tuple[PolyphonicEvent, ...]]:
    begun = set(onsets)
    return [
        tuple(
            PolyphonicEvent(Kind.NEW_NOTE if (step, pitch) in begun else Kind.CONTINUED_NOTE, pitch)
            for pitch in sorted(pitches, reverse=True)
        )
        for step, pitches in enumerate(sounding)
    ]


def _in_steps(line: Sequence[Note], steps: int) -> Line:
    """What the model finds of a written line in each sixteenth, the highest first."""
    found: list[dict[int, PolyphonicEvent]] = [{} for _ in range(steps)]
    for note in line:
        start = _step(note)
        for step in range(start, min(max(round(note.end / TICKS_PER_STEP), start + 1), steps)):
            kind = Kind.NEW_NOTE if step == start and not note.tied else Kind.CONTINUED_NOTE
            found[step][note.pitch] = PolyphonicEvent(kind, note.pitch)
    return [[there[pitch] for pitch in sorted(there, reverse=True)] for there in found]


def _most_given(line: _GivenLine) -> int:
    return max(map(len, line.steps), default=0)
