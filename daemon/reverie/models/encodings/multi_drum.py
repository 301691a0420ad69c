"""Drums, and the encodings of Magenta's Drums RNN. An event is the set of the MIDI pitches struck at one step.

Sources: ``drums_encoder_decoder`` and ``drums_lib`` of note_seq, ``drums_rnn_model`` of Magenta 2.1.4.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from reverie.models.encodings.base import Encoding
from reverie.models.encodings.lookback import Lookback
from reverie.models.encodings.onehot import OneHot
from reverie.models.encodings.passage import STEPS_PER_BAR, Passage, bar_line_after, bar_line_before, successive
from reverie.music.drums import DRUM_KIT
from reverie.music.notes import MAX_MIDI, Note

Drums = frozenset[int]

SILENCE: Drums = frozenset()

_CLAP = 39

ONE_DRUM: tuple[tuple[int, ...], ...] = ((_CLAP, *(pitch for pitch in range(MAX_MIDI + 1) if pitch != _CLAP)),)
"""A single kind: something is struck, or nothing."""


class DrumAlphabet:
    """Which kinds of drum are struck, as a binary number; equal to note_seq's ``MultiDrumOneHotEncoding``.

    Args:
        kinds: the pitches of each kind. Others are not heard.
    """

    def __init__(self, kinds: Sequence[Sequence[int]] = DRUM_KIT) -> None:
        self.size = 1 << len(kinds)
        self.default = SILENCE
        self._bit = {pitch: 1 << number for number, pitches in enumerate(kinds) for pitch in pitches}
        self._events = tuple(
            frozenset(pitches[0] for number, pitches in enumerate(kinds) if index >> number & 1)
            for index in range(self.size)
        )
        self._index = {event: index for index, event in enumerate(self._events)}

    def encode(self, event: Drums) -> int:
        """The class of an event."""
        index = self._index.get(event)
        if index is None:
            index = 0
            for pitch in event:
                index |= self._bit.get(pitch, 0)
        return index

    def decode(self, index: int) -> Drums:
        """The event that stands for a class."""
        return self._events[index]


ENCODINGS: Mapping[str, Callable[[], Encoding[Drums, Any]]] = {
    "one_drum": lambda: OneHot(DrumAlphabet(ONE_DRUM)),
    "drum_kit": lambda: Lookback(DrumAlphabet(), distances=(), bits=6),
}
"""The encoding of each configuration."""


def events_of(
    notes: Iterable[Note],
    begin: int = 0,
    *,
    bar: int = STEPS_PER_BAR,
    gap_bars: float = 1,
    whole_bars: bool = False,
) -> Passage[Drums] | None:
    """The first passage of drums; equal to note_seq's ``DrumTrack.from_quantized_sequence``.

    Args:
        notes: in steps, in any order.
        begin: the step to begin at; a bar line.
        bar: the steps of a bar.
        gap_bars: so many silent bars end the passage.
        whole_bars: whether to fill the last bar with silence.

    Returns:
        None where there is no note.
    """
    struck: defaultdict[int, set[int]] = defaultdict(set)
    for note in notes:
        if note.start >= begin:
            struck[note.start].add(note.pitch)
    if not struck:
        return None
    steps = sorted(struck)
    start = bar_line_before(steps[0], begin, bar)
    end = steps[0] + 1
    for step in steps[1:]:
        if step - end >= gap_bars * bar:
            break
        end = step + 1
    events = [frozenset(struck.get(step, ())) for step in range(start, end)]
    if whole_bars:
        events += [SILENCE] * (bar_line_after(end, start, bar) - end)
    return Passage(start, tuple(events))


def passages_of(
    notes: Iterable[Note], *, bar: int = STEPS_PER_BAR, gap_bars: float = 1, whole_bars: bool = False
) -> Iterator[Passage[Drums]]:
    """All passages of drums, one after the other; see :func:`events_of`."""
    notes = tuple(notes)
    return successive(lambda begin: events_of(notes, begin, bar=bar, gap_bars=gap_bars, whole_bars=whole_bars), 0, bar)


def notes_of(events: Iterable[Drums], velocity: int = 100, start: int = 0) -> tuple[Note, ...]:
    """The notes of a passage that begins at step ``start``, each a step long."""
    return tuple(Note(step, 1, pitch, velocity) for step, event in enumerate(events, start) for pitch in sorted(event))
