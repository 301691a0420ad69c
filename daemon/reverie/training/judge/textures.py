"""Music of several voices, or over chords, as it is judged: notes in steps, whatever events a model says them by.

A *texture* is what a model that hears one class after the other makes of them. Its bar is that of the music, or, where
a model counts hundredths of a second and knows no bars, two seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

from reverie.models.configs import Family, config_of
from reverie.models.encodings import melody_notes, performance, polyphony
from reverie.models.encodings.base import Hot
from reverie.models.encodings.chord_alphabet import ChordPitches
from reverie.models.encodings.encodings import encoding_of
from reverie.models.encodings.onehot import OneHot
from reverie.models.encodings.performance_configs import velocity_bins
from reverie.models.encodings.polyphony import Kind, PolyphonicEvent
from reverie.music.harmony import OCTAVE
from reverie.music.notes import Note

_SECONDS_OF_BAR = 2

Classes = Sequence[int]


class TexturePassage(NamedTuple):
    """A stretch of a piece from a bar line on: its classes, and what each but the first stands under, if anything."""

    piece: str
    bar: int
    classes: tuple[int, ...]
    controls: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Texture:
    """Some bars of music: its notes, sorted, from step 0 on; by step the pitch classes of the chord, where one is."""

    bar: int
    bars: int
    notes: tuple[Note, ...]
    chords: tuple[frozenset[int], ...] = ()

    @property
    def steps(self) -> int:
        """How long it is."""
        return self.bar * self.bars


@dataclass(frozen=True, slots=True)
class TextureKind:
    """How the classes of a configuration become notes.

    Attributes:
        family: of the configuration.
        control: how many places of an input are what the next event stands under.
        start: the class that passages begin with, if they begin with one of their own.
        lasts: for each class, how many steps go by with it.
        notes: the notes of classes.
        counts_seconds: whether a step is a hundredth of a second, and a bar two seconds.
        window: how many events a passage of real music may have.
    """

    family: Family
    control: int
    lasts: tuple[int, ...]
    notes: Callable[[Classes], tuple[Note, ...]]
    counts_seconds: bool
    window: int

    def bar_steps(self, metre_steps: int) -> int:
        """The steps of what counts as a bar, where a bar of the music has so many sixteenths."""
        return _SECONDS_OF_BAR * performance.STEPS_PER_SECOND if self.counts_seconds else metre_steps

    def begins(self, classes: Classes) -> list[int]:
        """For each class the step at which it comes, and last the step at which all is over."""
        return list(accumulate((self.lasts[one] for one in classes), initial=0))

    def hot(self, control: Sequence[int], heard: int) -> Hot:
        """The input for a class that was heard, and what the next one stands under."""
        places = (*control, self.control + heard)
        return Hot(places, (1.0,) * len(places))

    def cut(self, passage: TexturePassage, first: int, bars: int) -> Texture:
        """Some bars of a passage: the notes that begin in them, as far as they last in them."""
        begin, end = first * passage.bar, (first + bars) * passage.bar
        notes = tuple(
            Note(note.start - begin, min(note.end, end) - note.start, note.pitch, note.velocity)
            for note in self.notes(passage.classes)
            if begin <= note.start < end
        )
        chords = tuple(map(_chord, passage.controls[max(0, begin - 1) : end - 1])) if passage.controls else ()
        return Texture(passage.bar, bars, tuple(sorted(notes)), chords)

    def bars_of(self, passage: TexturePassage) -> int:
        """How many whole bars a passage has."""
        return self.begins(passage.classes)[-1] // passage.bar


def texture_kind(config: str) -> TextureKind | None:
    """How the classes of a configuration become notes; None of those whose classes mean another event each time."""
    family = config_of(config).family
    if family not in _READERS:
        return None
    encoding: Any = encoding_of(config)
    control: Any = getattr(encoding, "control", None)
    target: Any = getattr(encoding, "target", encoding)
    if not isinstance(target, OneHot) or not (control is None or isinstance(control, ChordPitches)):
        return None
    classes: int = encoding.classes[0]
    events: list[Any] = [encoding.event(0, label) for label in range(classes)]
    reader = _READERS[family]
    return TextureKind(
        family=family,
        control=encoding.input_size - classes,
        lasts=tuple(map(reader.lasts, events)),
        notes=lambda classes: reader.notes([events[one] for one in classes], config),
        counts_seconds=reader.counts_seconds,
        window=reader.window,
    )


class _EventReader(NamedTuple):
    """What :class:`TextureKind` says, of events."""

    lasts: Callable[[Any], int]
    notes: Callable[[Sequence[Any], str], tuple[Note, ...]]
    counts_seconds: bool
    window: int


def _step(_: int) -> int:
    return 1


def _step_end(event: PolyphonicEvent) -> int:
    return int(event.kind is Kind.STEP_END)


def _shift(event: performance.PerformanceEvent) -> int:
    return event.value if event.kind == performance.TIME_SHIFT else 0


def _melody(events: Sequence[int], _: str) -> tuple[Note, ...]:
    return melody_notes.notes_of(events)


def _voices(events: Sequence[PolyphonicEvent], _: str) -> tuple[Note, ...]:
    return polyphony.notes_of(events)


def _played(events: Sequence[performance.PerformanceEvent], config: str) -> tuple[Note, ...]:
    return performance.notes_of(events, velocity_bins=velocity_bins(config))


_READERS: Mapping[Family, _EventReader] = {
    "improv_rnn": _EventReader(_step, _melody, False, 160),
    "polyphony_rnn": _EventReader(_step_end, _voices, False, 1024),
    "performance_rnn": _EventReader(_shift, _played, True, 2000),
}


def _chord(control: Sequence[int]) -> frozenset[int]:
    """The pitch classes of a chord, by the places of :class:`ChordPitches` that are not zero."""
    first = 1 + OCTAVE
    return frozenset(place - first for place in control if first <= place < first + OCTAVE)
