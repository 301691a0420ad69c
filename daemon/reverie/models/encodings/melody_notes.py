"""From notes to melodies and back. An event is the MIDI pitch of a note that begins, NO_EVENT or NOTE_OFF.

A note sounds through the NO_EVENTs after it until the next note, the next NOTE_OFF or the end.

Source: ``melodies_lib`` of note_seq.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from reverie.models.encodings.passage import STEPS_PER_BAR, Passage, bar_line_after, bar_line_before, successive
from reverie.music.harmony import OCTAVE
from reverie.music.notes import MAX_MIDI, Note

NO_EVENT = -2
NOTE_OFF = -1

MAJOR = (0, 2, 4, 5, 7, 9, 11)
KEYS_WITH: tuple[tuple[int, ...], ...] = tuple(
    tuple(sorted((pitch_class - degree) % OCTAVE for degree in MAJOR)) for pitch_class in range(OCTAVE)
)
"""For each pitch class, the tonics of the major keys that have it."""


class Register(NamedTuple):
    """Where a model's melodies lie: pitches ``low`` (included) to ``high`` (not), moved to major key ``key`` if any."""

    low: int
    high: int
    key: int | None = None


def no_such_event(event: int, register: Register) -> ValueError:
    """What to raise where a melody leaves its register."""
    return ValueError(
        f"a melody's events are NO_EVENT ({NO_EVENT}), NOTE_OFF ({NOTE_OFF}) and here the pitches {register.low} to"
        f" {register.high - 1}, not {event}; squash the melody first"
    )


class Squashed(NamedTuple):
    """A melody within a register, and by how many semitones it was transposed."""

    events: tuple[int, ...]
    by: int


def events_of(
    notes: Iterable[Note],
    begin: int = 0,
    *,
    bar: int = STEPS_PER_BAR,
    gap_bars: float = 1,
    whole_bars: bool = False,
    highest: bool = True,
) -> Passage[int] | None:
    """The first passage of melody; equal to note_seq's ``Melody.from_quantized_sequence``.

    A note ends where the next one begins.

    Args:
        notes: in steps, in any order.
        begin: the step to begin at; a bar line.
        bar: the steps of a bar.
        gap_bars: so many bars without a note end the passage.
        whole_bars: whether to fill the last bar with silence.
        highest: whether to keep the highest of notes that begin together, rather than to refuse them.

    Returns:
        None where there is no note.

    Raises:
        ValueError: if notes begin together and ``highest`` is False.
    """
    ordered = sorted((n for n in notes if n.start >= begin), key=lambda n: (n.start, -n.pitch))
    if not ordered:
        return None
    line = ordered[:1]
    for note in ordered[1:]:
        if note.start == line[-1].start:
            if not highest:
                raise ValueError(f"notes begin together at step {note.start}, so this is no melody")
        elif note.start - line[-1].end >= gap_bars * bar:
            break
        else:
            line.append(note)
    start = bar_line_before(line[0].start, begin, bar)
    end = line[-1].end
    events = [NO_EVENT] * ((bar_line_after(end, start, bar) if whole_bars else end) - start)
    for note, following in zip(line, [*line[1:], None], strict=True):
        events[note.start - start] = note.pitch
        over = note.end if following is None else min(note.end, following.start)
        if over - start < len(events):
            events[over - start] = NOTE_OFF
    return Passage(start, tuple(events))


def passages_of(
    notes: Iterable[Note],
    *,
    bar: int = STEPS_PER_BAR,
    gap_bars: float = 1,
    whole_bars: bool = False,
    highest: bool = True,
) -> Iterator[Passage[int]]:
    """All passages of a part, one after the other; see :func:`events_of`.

    Raises:
        ValueError: if notes begin together and ``highest`` is False.
    """
    notes = tuple(notes)

    def extract(begin: int) -> Passage[int] | None:
        return events_of(notes, begin, bar=bar, gap_bars=gap_bars, whole_bars=whole_bars, highest=highest)

    return successive(extract, 0, bar)


def notes_of(events: Sequence[int], velocity: int = 100, start: int = 0) -> tuple[Note, ...]:
    """The notes of a passage that begins at step ``start``; the last one ends with it."""
    notes: list[Note] = []
    pitch, since = None, 0
    for step, event in enumerate((*events, NOTE_OFF)):
        if event == NO_EVENT:
            continue
        if pitch is not None:
            notes.append(Note(start + since, step - since, pitch, velocity))
        pitch, since = (None if event == NOTE_OFF else event), step
    return tuple(notes)


def resized(events: Sequence[int], length: int) -> tuple[int, ...]:
    """A melody cut off or gone on in silence; equal to note_seq's ``Melody.set_length``."""
    more = length - len(events)
    if more <= 0:
        return tuple(events[:length])
    sounding = next((event for event in reversed(events) if event != NO_EVENT), NOTE_OFF) != NOTE_OFF
    return (*events, NOTE_OFF if sounding else NO_EVENT, *(NO_EVENT,) * (more - 1))


def ending(events: Sequence[int], steps: int) -> tuple[int, ...]:
    """The last ``steps`` of a melody as one by itself: what is held into them begins there."""
    last = tuple(events[-steps:])
    before = next((event for event in reversed(events[:-steps]) if event != NO_EVENT), NOTE_OFF)
    return (before, *last[1:]) if last[0] == NO_EVENT and before != NOTE_OFF else begun(last)


def begun(events: Sequence[int]) -> tuple[int, ...]:
    """A melody as one by itself: silent until its first note; equal to how note_seq's ``Melody`` takes events."""
    silent = next((number for number, event in enumerate(events) if event >= 0), len(events))
    return (*(NO_EVENT,) * silent, *events[silent:])


def major_key(events: Iterable[int]) -> int:
    """The tonic of the major key that most notes are in; of several the lowest, counted from C."""
    fits = [0] * OCTAVE
    for event in events:
        if event >= 0:
            for key in KEYS_WITH[event % OCTAVE]:
                fits[key] += 1
    return fits.index(max(fits))


def transposed(events: Iterable[int], by: int, low: int = 0, high: int = MAX_MIDI + 1) -> tuple[int, ...]:
    """A melody moved by semitones, and what then lies outside ``low`` to ``high`` (not included) moved by octaves."""
    return tuple(event if event < 0 else _folded(event + by, low, high) for event in events)


def _folded(pitch: int, low: int, high: int) -> int:
    if pitch < low:
        return low + (pitch - low) % OCTAVE
    if pitch >= high:
        return high - OCTAVE + (pitch - high) % OCTAVE
    return pitch


def squashed(events: Sequence[int], register: Register) -> Squashed:
    """A melody moved to the middle of a register and to its key; equal to note_seq's ``Melody.squash``.

    To have it back as it was, as far as nothing was moved by octaves, transpose it by ``-by``.
    """
    low, high, key = register
    pitches = [event for event in events if event >= 0]
    if not pitches:
        return Squashed(tuple(events), 0)
    by = 0
    if key is not None:
        by = key - major_key(events)
        off_centre = (low + high - 1) / 2 - ((min(pitches) + max(pitches)) / 2 + by)
        by += OCTAVE * round(off_centre / OCTAVE)
    return Squashed(transposed(events, by, low, high), by)
