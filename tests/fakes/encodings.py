"""Our encodings against note_seq's, position by position, and against the laws of their Protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from reverie.models.encodings.base import Encoding, Hot, Label


def dense(hot: Hot, size: int) -> list[float]:
    """The whole vector; its places must be in ascending order and within it."""
    assert list(hot.places) == sorted(set(hot.places)), hot
    assert len(hot.places) == len(hot.values)
    vector = [0.0] * size
    for place, value in zip(hot.places, hot.values, strict=True):
        assert 0 <= place < size
        vector[place] = value
    return vector


def _label(label: Any) -> Label:
    return int(label) if np.ndim(label) == 0 else tuple(int(part) for part in label)


def assert_equals_note_seq(
    ours: Encoding[Any, Any],
    theirs: Any,
    events: Sequence[Any],
    controls: Sequence[Any] | None = None,
    *,
    their_event: Callable[[Any], Any] = lambda event: event,
    their_controls: Sequence[Any] | None = None,
    classes_at: int = 64,
) -> None:
    """Inputs and labels are equal at every position, and what classes mean at every ``classes_at``-th and the last.

    Args:
        ours: our encoding.
        theirs: note_seq's ``EventSequenceEncoderDecoder``, or its conditional one where there are controls.
        events: of ours.
        controls: one for each event, and perhaps one for the event to come.
        their_event: our event as theirs.
        their_controls: ``controls`` as theirs, if they differ.
        classes_at: how often the meaning of all classes is compared; of a model with several heads, that of the class
            which each head has for the next event.
    """
    heads = theirs.num_classes
    assert (ours.input_size, ours.classes) == (theirs.input_size, tuple(np.atleast_1d(heads).tolist()))
    foreign = [their_event(event) for event in events]
    foreign_controls = controls if their_controls is None else their_controls
    state = ours.start()
    for position, event in enumerate(events):
        if position:
            label = _label(theirs.events_to_label(foreign, position))
            assert ours.label(state, event) == label, f"label at {position}"
            assert their_event(ours.event(state, label)) == theirs.class_index_to_event(label, foreign[:position])
        state = ours.push(state, event)
        if controls is None:
            heard = dense(ours.input(state), ours.input_size)
            assert heard == theirs.events_to_input(foreign, position), f"input at {position}"
        elif position + 1 < len(controls):
            heard = dense(ours.input(state, controls[position + 1]), ours.input_size)
            assert heard == theirs.events_to_input(foreign_controls, foreign, position), f"input at {position}"
        if len(ours.classes) == 1 and (position % classes_at == 0 or position == len(events) - 1):
            so_far = foreign[: position + 1]
            for index in range(ours.classes[0]):
                assert their_event(ours.event(state, index)) == theirs.class_index_to_event(index, so_far)


def assert_keeps_the_laws(ours: Encoding[Any, Any], events: Sequence[Any], control: Any = None) -> None:
    """What the Protocol promises, over events that the encoding can say exactly."""
    states = [ours.start()]
    for event in events:
        before = states[-1]
        remembered = hash(before)
        label = ours.label(before, event)
        heads = (label,) if isinstance(label, int) else label
        assert all(0 <= index < size for index, size in zip(heads, ours.classes, strict=True))
        assert ours.event(before, label) == event
        states.append(ours.push(before, event))
        assert hash(before) == remembered
        heard = dense(ours.input(states[-1], control), ours.input_size)
        assert any(heard)
        assert all(np.isfinite(heard))
    # What was kept on the way can be continued from: nothing that came later has changed it.
    again = ours.start()
    for state, event in zip(states, events, strict=False):
        assert state == again
        again = ours.push(again, event)
