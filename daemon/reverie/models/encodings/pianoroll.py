"""Pianorolls: which keys of a piano are down at each step, all at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from reverie.models.encodings.base import Hot, Label
from reverie.models.encodings.onehot import single
from reverie.music.notes import Note

Frame = tuple[int, ...]
"""The keys that are down at a step, ascending, counted from the lowest."""

LOWEST = 21
KEYS = 88
"""A piano's, from A0 to C8."""


class Pianoroll:
    """The last frame as it is; equal to note_seq's ``PianorollEncoderDecoder``.

    A label is a number whose bits are the keys, so there are far too many for a softmax. The state is what the model
    hears.
    """

    def __init__(self, keys: int = KEYS) -> None:
        self.input_size = keys
        self.classes = (2**keys,)
        self.default_event: Frame = ()

    def start(self) -> Hot:
        """Nothing has happened yet."""
        return Hot((), ())

    def push(self, state: Hot, event: Frame) -> Hot:  # noqa: ARG002 - only the last frame is heard
        """One frame later.

        Raises:
            ValueError: if its keys are not ascending, or there is no such key.
        """
        return hot(event, self.input_size)

    def input(self, state: Hot, control: Any = None) -> Hot:  # noqa: ARG002 - the Protocol's
        """The last frame."""
        return state

    def label(self, state: Hot, event: Frame) -> int:  # noqa: ARG002 - the Protocol's
        """The number of a frame, whatever came before.

        Raises:
            ValueError: if its keys are not ascending, or there is no such key.
        """
        return sum(1 << key for key in hot(event, self.input_size).places)

    def event(self, state: Hot, label: Label) -> Frame:  # noqa: ARG002 - the Protocol's
        """The frame of a number, whatever came before."""
        bits = single(label)
        return tuple(key for key in range(self.input_size) if bits >> key & 1)


def hot(frame: Frame, keys: int = KEYS) -> Hot:
    """A frame as a vector.

    Raises:
        ValueError: if its keys are not ascending, or there is no such key.
    """
    if any(late <= early for early, late in zip((-1, *frame), (*frame, keys), strict=True)):
        raise ValueError(f"a frame names keys from 0 to {keys - 1} in ascending order, not {frame}")
    return Hot(frame, (1.0,) * len(frame))


def frames_of(notes: Iterable[Note], steps: int, lowest: int = LOWEST, keys: int = KEYS) -> tuple[Frame, ...]:
    """Notes as a pianoroll of so many steps, each played again heard as such; note_seq's ``PianorollSequence``.

    A key that is struck again while it is down is up for a step before. Notes out of range are left out. Of a note in
    the first step note_seq also lets go in the last one, if it is down there already; here nothing does.

    Args:
        notes: starts and lengths in steps.
        steps: what lasts longer is cut.
        lowest: the pitch of key 0.
        keys: how many there are.
    """
    down: list[set[int]] = [set() for _ in range(steps)]
    for note in sorted(notes, key=lambda note: note.start):
        key = note.pitch - lowest
        if not 0 <= key < keys:
            continue
        if 0 < note.start <= steps:
            down[note.start - 1].discard(key)
        for step in range(note.start, min(note.end, steps)):
            down[step].add(key)
    return tuple(tuple(sorted(frame)) for frame in down)


def notes_of_frames(frames: Sequence[Frame], *, lowest: int = LOWEST, velocity: int = 100) -> tuple[Note, ...]:
    """A pianoroll as notes, sorted; equal to note_seq's ``PianorollSequence.to_sequence``."""
    notes: list[Note] = []
    struck: dict[int, int] = {}
    for step, frame in enumerate((*frames, ())):
        for key in struck.keys() - set(frame):
            start = struck.pop(key)
            notes.append(Note(start, step - start, lowest + key, velocity))
        for key in frame:
            struck.setdefault(key, step)
    return tuple(sorted(notes))
