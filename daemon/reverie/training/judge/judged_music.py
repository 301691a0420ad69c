# pyright: basic
# note_seq has no types.
"""The music that a model is judged by: passages of events, by split, as the model's family reads them from a score.

A passage is what is learned from: longer than a bar, without a bar of silence, a melody with five pitch classes or
more, and moved to the key and register that the model knows.

Two things are made of passages. Perplexity is that of *windows*, cut as the examples of a dataset are, so that what is
judged is event for event what the model card counts: all of what was held out. *Loops* are compared with those of
longer passages, as Magenta's pipelines want them: seven bars or more, and of each the first 512 steps, lest one long
take be half of the music.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reverie.models.configs import config_of
from reverie.models.counting import StepCounting
from reverie.models.encodings import melody_notes, multi_drum
from reverie.models.encodings.melody import REGISTERS
from reverie.models.encodings.passage import Passage
from reverie.models.errors import ModelError
from reverie.music.harmony import OCTAVE
from reverie.music.notes import MAX_MIDI, Note
from reverie.music.time import STEPS_PER_QUARTER, Metre
from reverie.training.dataset.bar_windows import bar_windows
from reverie.training.dataset.learned_part import keep_line, part_of
from reverie.training.recipes import LearnedPart
from reverie.training.workspace import Split

LEAST_BARS = 7
MOST_STEPS = 512
"""The limits of Magenta's pipelines for drums and melodies."""
LEAST_CLASSES = 5
"""The fewest pitch classes of a melody."""
_SPLIT_WORDS: Mapping[Split, str] = {
    "train": "to learn from",
    "validation": "to look at while training",
    "test": "that was held out",
}


@dataclass(frozen=True, slots=True)
class JudgedPassage:
    """A stretch of a piece: an event for each step, from a bar line on."""

    piece: str
    metre: Metre
    events: tuple[Any, ...]

    @property
    def bars(self) -> int:
        """How many whole bars it has."""
        return len(self.events) // self.metre.bar_steps


JudgedMusic = Mapping[Split, Sequence[JudgedPassage]]
"""What was trained on, what was looked at while training, and what was held out."""


@dataclass(frozen=True, slots=True)
class EventKind:
    """What the events of a family are.

    Attributes:
        drums: whether they are strokes of drums; else they are a melody.
        passages: all passages of the notes of a part, in steps, in bars of so many.
        fitted: a passage's events as the model knows them.
        struck: the pitches that begin at an event.
        number: an event as a number from 0 up, for files; ``event`` reads it.
        ending: the last so many events of a passage, as a model is told them that has not heard those before.
        alone: the events of a window as they are learned by themselves.
    """

    drums: bool
    passages: Callable[[Sequence[Note], int], Iterator[Passage[Any]]]
    fitted: Callable[[Sequence[Any]], tuple[Any, ...]]
    struck: Callable[[Any], frozenset[int]]
    number: Callable[[Any], int]
    event: Callable[[int], Any]
    ending: Callable[[Sequence[Any], int], Sequence[Any]]
    alone: Callable[[Sequence[Any]], tuple[Any, ...]]


def kind_of(config: str) -> EventKind:
    """What the events of a configuration are.

    Raises:
        ModelError: if it is none whose loops can be judged.
    """
    family = config_of(config).family
    if config == "drum_kit":
        alphabet = multi_drum.DrumAlphabet()
        return EventKind(
            drums=True,
            passages=lambda notes, bar: multi_drum.passages_of(notes, bar=bar),
            fitted=lambda events: tuple(alphabet.decode(alphabet.encode(event)) for event in events),
            struck=lambda event: event,
            number=alphabet.encode,
            event=alphabet.decode,
            ending=lambda events, steps: events[-steps:],
            alone=tuple,
        )
    if family == "melody_rnn":
        register = REGISTERS[config]
        return EventKind(
            drums=False,
            passages=lambda notes, bar: melody_notes.passages_of(notes, bar=bar),
            fitted=lambda events: melody_notes.squashed(events, register).events,
            struck=lambda event: frozenset((event,)) if event >= 0 else frozenset(),
            number=lambda event: event - melody_notes.NO_EVENT,
            event=lambda number: number + melody_notes.NO_EVENT,
            ending=melody_notes.ending,
            alone=melody_notes.begun,
        )
    raise ModelError(f"{config}: only drums on sixteenths and melodies can be judged yet")


def passages_of_sequence(
    kind: EventKind, sequence: Any, piece: str, learned: LearnedPart = "any"
) -> Iterator[JudgedPassage]:
    """The passages of what is learned from a NoteSequence, as they are learned: by changes of metre, and by part. They
    begin on bar lines, wherever the tempo changes.
    """  # noqa: D205 - one sentence
    import note_seq
    from note_seq import sequences_lib

    from reverie.training.dataset.extraction.straight_time import metre_sections

    for _, part in metre_sections(part_of(sequence, learned)):
        try:
            quantized = note_seq.quantize_note_sequence(part, STEPS_PER_QUARTER)
        except (sequences_lib.BadTimeSignatureError, sequences_lib.NegativeTimeError):
            continue  # so do Magenta's pipelines
        try:
            signature = quantized.time_signatures[0]
            metre = Metre(signature.numerator, signature.denominator)
        except ValueError:
            continue
        keep_line(quantized, learned)
        for notes in _parts(kind, quantized.notes):
            for passage in kind.passages(notes, metre.bar_steps):
                events = passage.events
                if len(events) > metre.bar_steps and (kind.drums or _pitch_classes(events) >= LEAST_CLASSES):
                    yield JudgedPassage(piece, metre, kind.fitted(events))


def music_of(
    kind: EventKind, sequences: Mapping[Split, Iterable[tuple[str, Any]]], learned: LearnedPart = "any"
) -> JudgedMusic:
    """The passages of what is learned from NoteSequences, each of which comes with the name of its piece."""
    return {
        split: [passage for piece, one in named for passage in passages_of_sequence(kind, one, piece, learned)]
        for split, named in sequences.items()
    }


def in_metres(music: JudgedMusic, metres: Collection[Metre]) -> JudgedMusic:
    """The passages in these metres; all of them, if none is named.

    Raises:
        ValueError: if a split has none.
    """
    if not metres:
        return music
    found: dict[Split, list[JudgedPassage]] = {
        split: [one for one in passages if one.metre in metres] for split, passages in music.items()
    }
    missing = [_SPLIT_WORDS[split] for split, passages in found.items() if not passages]
    if missing:
        raise ValueError(
            f"there is no music in {' or '.join(map(str, metres))} {' or '.join(missing)}, which the model is judged by"
        )
    return found


def windows_of(kind: EventKind, passages: Iterable[JudgedPassage], counting: StepCounting) -> list[JudgedPassage]:
    """Passages cut as the examples of a dataset are, each of which is heard by itself.

    In a metre that the model's counter does not fit they are as long as the spans that a scene draws in. A model of
    which nobody knows how long its examples were is judged by those of Magenta's pipelines.
    """
    return [
        replace(passage, events=kind.alone(passage.events[cut.start : cut.end]))
        for passage in passages
        for bar in (passage.metre.bar_steps,)
        for cut in bar_windows(len(passage.events), bar, counting.span(bar) or counting.window or MOST_STEPS)
        if cut.end - cut.start > 1
    ]


def music_for_loops(music: JudgedMusic) -> JudgedMusic:
    """The passages that loops are compared with: the beginnings of long ones."""
    return {
        split: [
            replace(passage, events=passage.events[:MOST_STEPS]) for passage in passages if passage.bars >= LEAST_BARS
        ]
        for split, passages in music.items()
    }


def music_as_json(kind: EventKind, music: JudgedMusic) -> dict[str, Any]:
    """Plain data, so that scores need not be read again."""
    return {
        split: [[one.piece, str(one.metre), [kind.number(event) for event in one.events]] for one in passages]
        for split, passages in music.items()
    }


def music_from_json(kind: EventKind, data: Mapping[Any, Any]) -> JudgedMusic:
    """Read :func:`music_as_json`'s data.

    Raises:
        ValueError, KeyError, TypeError: if it is no such data.
    """
    return {
        split: [
            JudgedPassage(piece, Metre.parse(metre), tuple(kind.event(number) for number in numbers))
            for piece, metre, numbers in passages
        ]
        for split, passages in data.items()
    }


def _parts(kind: EventKind, notes: Iterable[Any]) -> Iterator[list[Note]]:
    """The notes of each instrument, in steps; drums are one part."""
    found: dict[int, list[Note]] = {}
    for note in notes:
        if note.is_drum == kind.drums and note.pitch <= MAX_MIDI and note.velocity:
            start, end = note.quantized_start_step, note.quantized_end_step
            own = found.setdefault(0 if kind.drums else note.instrument, [])
            own.append(Note(start, max(end - start, 1), note.pitch, note.velocity))
    return iter(found.values())


def _pitch_classes(events: Iterable[int]) -> int:
    return len({event % OCTAVE for event in events if event >= 0})
