"""The melody encoding of Magenta's Attention RNN: the note that sounds, metre, contour, repetition and key.

Source: https://magenta.tensorflow.org/2016/07/15/lookback-rnn-attention-rnn; ``melody_encoder_decoder`` of note_seq.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from reverie.models.encodings.base import Hot, Label
from reverie.models.encodings.lookback import ONE_AND_TWO_BARS, counter_values, repeated
from reverie.models.encodings.melody_notes import KEYS_WITH, NO_EVENT, NOTE_OFF, Register, no_such_event
from reverie.models.encodings.onehot import single
from reverie.models.encodings.passage import STEPS_PER_BAR
from reverie.music.harmony import OCTAVE

_ALL_KEYS = tuple(range(OCTAVE))


class MelodySoFar(NamedTuple):
    """What this encoding remembers of a melody.

    ``note`` sounds; ``attack`` is whether it has just begun; ``contour`` is 1 after a rising interval, -1 after a
    falling one and 0 before either; ``recent`` are the last three pitches, each once; ``fits`` says how many notes are
    in each major key, and ``keys`` in which keys most are.
    """

    length: int
    events: tuple[int, ...]
    note: int | None
    attack: bool
    contour: int
    recent: tuple[int, ...]
    fits: tuple[int, ...]
    keys: tuple[int, ...]


_SILENCE = MelodySoFar(0, (), None, attack=False, contour=0, recent=(), fits=(0,) * OCTAVE, keys=_ALL_KEYS)


class KeyMelody:
    """Equal to note_seq's ``KeyMelodyEncoderDecoder``.

    Classes are the register's pitches, no event, note off, and the repetition over each distance.
    """

    def __init__(self, register: Register, distances: Sequence[int] = ONE_AND_TWO_BARS, bits: int = 7) -> None:
        if not distances:
            raise ValueError("this encoding wants a distance to look back over")
        self._register = register
        self._low, self._high, _ = register
        size = self._high - self._low
        self._no_event, self._note_off, self._repeat = size, size + 1, size + 2
        self._distances = tuple(distances)
        self._keep = 1 + max(distances)
        self._counters = counter_values(bits)
        self._attack = size + 2
        self._contour = size + 3
        self._again = tuple((distance + 1, size + 4 + number) for number, distance in enumerate(distances))
        counter = size + 4 + len(distances)
        self._counter_places = tuple(range(counter, counter + bits))
        self._bar_line = counter + bits
        self._keys = self._bar_line + 1
        self._recent_keys = self._keys + OCTAVE
        self.input_size = self._recent_keys + OCTAVE
        self.classes = (size + 2 + len(distances),)
        self.repeats = len(distances)
        self.default_event = NO_EVENT

    def start(self) -> MelodySoFar:
        """Nothing has happened yet."""
        return _SILENCE

    def push(self, state: MelodySoFar, event: int) -> MelodySoFar:
        """One event later.

        Raises:
            ValueError: if the event is outside the register, or no event at all.
        """
        length, events, note, attack, contour, recent, fits, keys = state
        events = (*events[1 - self._keep :], event)
        if event == NO_EVENT:
            attack = False
        elif event == NOTE_OFF:
            note = None  # the attack stays, as it does in note_seq
        else:
            self.own_label(event)
            note, attack = event, True
            if recent and event != recent[-1]:
                contour = 1 if event > recent[-1] else -1
            recent = (*[pitch for pitch in recent if pitch != event][-2:], event)
            fits, keys = _with_note(fits, event)
        return MelodySoFar(length + 1, events, note, attack, contour, recent, fits, keys)

    def input(self, state: MelodySoFar, control: Any = None) -> Hot:  # noqa: ARG002 - the Protocol's
        """What the model hears next.

        Raises:
            ValueError: if there was no event yet.
        """
        length, events, note, attack, contour, recent, _, keys = state
        if not length:
            raise ValueError("a model hears the event before; push one first")
        size = self._no_event
        # To note_seq, MIDI pitch 0 is silence here.
        places = [note - self._low, size] if note else [size + 1]
        if attack:
            places.append(self._attack)
        ones = len(places)
        values = (1.0,) * ones
        if contour:
            places.append(self._contour)
            values += (float(contour),)
        for back, place in self._again:
            if back <= len(events) and events[-back] == events[-1]:
                places.append(place)
                values += (1.0,)
        places += self._counter_places
        values += self._counters[length % len(self._counters)]
        before = len(places)
        if not length % STEPS_PER_BAR:
            places.append(self._bar_line)
        offset = self._keys
        places += [offset + key for key in keys]
        offset = self._recent_keys
        places += [offset + key for key in _keys_of(recent)]
        return Hot(tuple(places), values + (1.0,) * (len(places) - before))

    def label(self, state: MelodySoFar, event: int) -> int:
        """The class of ``event`` if it comes next: the furthest repetition, or else its own.

        Raises:
            ValueError: if the event is outside the register, or no event at all.
        """
        own = self.own_label(event)
        distances = self._distances
        if event == NO_EVENT and state.length < distances[-1]:
            return self._repeat + len(distances) - 1
        number = repeated(state.events, distances, event)
        return own if number is None else self._repeat + number

    def event(self, state: MelodySoFar, label: Label) -> int:
        """The event that a class means here."""
        index = single(label)
        if index < self._no_event:
            return self._low + index
        if index == self._no_event:
            return NO_EVENT
        if index == self._note_off:
            return NOTE_OFF
        distance = self._distances[index - self._repeat]
        return state.events[-distance] if distance <= len(state.events) else NO_EVENT

    def own_label(self, event: int) -> int:
        """The class of ``event`` that says nothing of repetitions.

        Raises:
            ValueError: if the event is outside the register, or no event at all.
        """
        if self._low <= event < self._high:
            return event - self._low
        if event == NO_EVENT:
            return self._no_event
        if event == NOTE_OFF:
            return self._note_off
        raise no_such_event(event, self._register)


def _with_note(fits: tuple[int, ...], pitch: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How many notes are in each key, one note later, and the keys that most are in."""
    more = list(fits)
    for key in KEYS_WITH[pitch % OCTAVE]:
        more[key] += 1
    most = max(more)
    return tuple(more), tuple([key for key in _ALL_KEYS if more[key] == most])


@lru_cache(maxsize=4096)
def _keys_of(pitches: tuple[int, ...]) -> tuple[int, ...]:
    """The major keys that most of these pitches are in."""
    fits, keys = _SILENCE.fits, _ALL_KEYS
    for pitch in pitches:
        fits, keys = _with_note(fits, pitch)
    return keys
