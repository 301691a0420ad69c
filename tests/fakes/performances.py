"""Performances to try encodings on: real ones and invented ones, and the same in note_seq's terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from fakes.data import data_folder
from reverie.models.encodings.note_performance import NoteEvent
from reverie.models.encodings.performance import STEPS_PER_SECOND, PerformanceAlphabet, PerformanceEvent
from reverie.music.notes import Note

unhurried = settings(deadline=None, max_examples=60)
"""Machines that test are busy, and note_seq is slow."""

notes = st.builds(
    Note,
    start=st.integers(0, 900),
    length=st.integers(1, 400),
    pitch=st.integers(0, 127),
    velocity=st.integers(1, 127),
)

few_pitches = st.builds(
    Note,
    start=st.integers(0, 60),
    length=st.integers(1, 30),
    pitch=st.integers(60, 64),
    velocity=st.sampled_from((1, 64, 127)),
)
"""Notes that meet, overlap and repeat."""

note_lists = st.lists(notes, max_size=40) | st.lists(few_pitches, max_size=40)


def events(velocity_bins: int) -> st.SearchStrategy[list[PerformanceEvent]]:
    """Any events in any order, as a model may say them."""
    one = st.sampled_from(PerformanceAlphabet(velocity_bins).events)
    few = [e for e in PerformanceAlphabet(velocity_bins).events if e.value in {1, 60, 100}]
    return st.lists(one, max_size=60) | st.lists(st.sampled_from(few), max_size=60)


note_events = st.lists(
    st.builds(NoteEvent, st.integers(0, 1000), st.integers(0, 127), st.integers(1, 32), st.integers(1, 1000)),
    min_size=1,
    max_size=40,
)


def groove(every: int) -> Iterator[tuple[Note, ...]]:
    """Every so-many-th performance of the Groove data set; needs note_seq."""
    files = sorted(data_folder("groove-midi").rglob("*.mid"))
    for file in files[::every]:
        yield _steps_of(file)


def _steps_of(file: Path) -> tuple[Note, ...]:
    import note_seq

    quantized = note_seq.quantize_note_sequence_absolute(note_seq.midi_file_to_note_sequence(str(file)), 100)
    return tuple(
        Note(n.quantized_start_step, n.quantized_end_step - n.quantized_start_step, n.pitch, n.velocity)
        for n in quantized.notes
    )


def quantized(notes: Iterable[Note]) -> Any:
    """note_seq's quantized sequence of notes that lie on its steps."""
    import note_seq

    sequence = note_seq.NoteSequence()
    sequence.quantization_info.steps_per_second = STEPS_PER_SECOND
    for note in notes:
        sequence.notes.add(
            start_time=note.start / STEPS_PER_SECOND,
            end_time=note.end / STEPS_PER_SECOND,
            quantized_start_step=note.start,
            quantized_end_step=note.end,
            pitch=note.pitch,
            velocity=note.velocity,
        )
    return sequence


def their_encoding(config: str) -> Any:
    """What Magenta's configuration of that name speaks, as far as possible as the helper wants it."""
    pytest.importorskip("note_seq")
    from reverie.magenta.compat import prepare

    prepare()
    from magenta.models.performance_rnn import performance_model

    theirs = performance_model.default_configs[config].encoder_decoder
    if hasattr(theirs, "input_depth"):
        return Compact(theirs)
    return AsList(theirs) if isinstance(theirs.num_classes, list) else theirs


def their_event(event: PerformanceEvent) -> Any:
    """An event as note_seq's."""
    return _their_class()(*event)


def their_note_event(event: NoteEvent) -> Any:
    """A note as note_seq's four events."""
    theirs = _their_class()
    kinds = (theirs.TIME_SHIFT, theirs.NOTE_ON, theirs.VELOCITY, theirs.DURATION)
    return tuple(theirs(kind, value) for kind, value in zip(kinds, event, strict=True))


@cache
def _their_class() -> Any:
    return pytest.importorskip("note_seq").PerformanceEvent


def our_events(performance: Iterable[Any]) -> list[PerformanceEvent]:
    """note_seq's performance as our events."""
    return [PerformanceEvent(event.event_type, event.event_value) for event in performance]


def our_notes(sequence: Any) -> list[Note]:
    """The notes of a sequence that lie on steps, sorted."""
    found: list[Note] = []
    for note in sequence.notes:
        start, end = (round(time * STEPS_PER_SECOND) for time in (note.start_time, note.end_time))
        found.append(Note(start, end - start, note.pitch, note.velocity))
    return sorted(found)


class Compact:
    """note_seq's encoder of indices, with the one-hot vector that Magenta's graph makes of each."""

    def __init__(self, theirs: Any) -> None:
        self._theirs = theirs
        self.input_size = theirs.input_depth
        self.num_classes = theirs.num_classes
        self.events_to_label = theirs.events_to_label
        self.class_index_to_event = theirs.class_index_to_event

    def events_to_input(self, events: Sequence[Any], position: int) -> list[float]:
        (index,) = self._theirs.events_to_input(events, position)
        vector = [0.0] * self.input_size
        vector[index] = 1.0
        return vector


class AsList:
    """note_seq's encoder of notes, with a list where it gives an array."""

    def __init__(self, theirs: Any) -> None:
        self._theirs = theirs
        self.input_size = theirs.input_size
        self.num_classes = theirs.num_classes
        self.events_to_label = theirs.events_to_label
        self.class_index_to_event = theirs.class_index_to_event

    def events_to_input(self, events: Sequence[Any], position: int) -> list[float]:
        return self._theirs.events_to_input(events, position).tolist()
