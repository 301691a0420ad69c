"""Pianorolls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.encodings import assert_keeps_the_laws, dense
from fakes.performances import unhurried
from reverie.models.encodings.pianoroll import KEYS, LOWEST, Frame, Pianoroll, frames_of, notes_of_frames
from reverie.music.notes import Note

STEPS = 40

frames = st.lists(st.sets(st.integers(0, KEYS - 1), max_size=6).map(lambda keys: tuple(sorted(keys))), max_size=30)
piano_notes = st.lists(
    st.builds(
        Note,
        start=st.integers(0, STEPS - 1),
        length=st.integers(1, STEPS),
        pitch=st.integers(15, 115) | st.integers(60, 62),
        velocity=st.just(100),
    ),
    max_size=30,
)


def test_what_is_struck_again_is_let_go_before() -> None:
    notes = [Note(0, 4, 60), Note(2, 2, 60), Note(1, 9, 64), Note(0, 1, 20)]
    roll = frames_of(notes, 5)
    assert roll == ((39,), (43,), (39, 43), (39, 43), (43,))
    assert notes_of_frames(roll) == (Note(0, 1, 60), Note(1, 4, 64), Note(2, 2, 60))


@pytest.mark.parametrize("frame", [(3, 3), (4, 3), (KEYS,), (-1,)])
def test_no_such_frame(frame: Frame) -> None:
    encoding = Pianoroll()
    for refused in (encoding.push, encoding.label):
        with pytest.raises(ValueError, match="ascending order"):
            refused(encoding.start(), frame)


@unhurried
@given(frames)
def test_rolls_come_back(roll: list[Frame]) -> None:
    assert list(frames_of(notes_of_frames(roll), len(roll))) == roll


@unhurried
@given(frames)
def test_the_encoding_keeps_the_laws(roll: list[Frame]) -> None:
    assert_keeps_the_laws(Pianoroll(), [frame for frame in roll if frame])


@pytest.mark.magenta
@pytest.mark.filterwarnings("ignore")
class TestAgainstNoteSeq:
    @pytest.fixture(autouse=True)
    def note_seq(self) -> Any:
        return pytest.importorskip("note_seq")

    @unhurried
    @given(roll=frames)
    def test_of_frames(self, roll: list[Frame]) -> None:
        import note_seq

        theirs: Any = note_seq.PianorollEncoderDecoder()
        ours = Pianoroll()
        assert (ours.input_size, ours.classes) == (theirs.input_size, (theirs.num_classes,))
        assert ours.label(ours.start(), ours.default_event) == theirs.default_event_label
        state = ours.start()
        for position, frame in enumerate(roll):
            label = theirs.events_to_label(roll, position)
            assert ours.label(state, frame) == label
            assert ours.event(state, label) == theirs.class_index_to_event(label, roll[:position])
            state = ours.push(state, frame)
            assert dense(ours.input(state), KEYS) == theirs.events_to_input(roll, position).tolist()

    @unhurried
    @given(notes=piano_notes)
    def test_of_notes_and_back(self, notes: list[Note]) -> None:
        import note_seq

        # Of notes of one pitch in the first step, note_seq lets all but the last go in the roll's last step.
        first = {note.pitch: note for note in notes if note.start == 0}
        kept = sorted([note for note in notes if note.start] + list(first.values()), key=lambda note: note.start)
        theirs = note_seq.PianorollSequence(self._quantized(kept))
        steps = max((note.end for note in kept), default=0)
        assert [tuple(map(int, frame)) for frame in theirs] == list(frames_of(kept, steps))
        back = theirs.to_sequence(qpm=60.0)
        found = [
            Note(round(note.start_time * 4), round((note.end_time - note.start_time) * 4), note.pitch, note.velocity)
            for note in back.notes
        ]
        assert sorted(found) == list(notes_of_frames(frames_of(kept, steps)))

    @staticmethod
    def _quantized(notes: Sequence[Note]) -> Any:
        import note_seq

        sequence = note_seq.NoteSequence()
        sequence.quantization_info.steps_per_quarter = 4
        for note in notes:
            sequence.notes.add(quantized_start_step=note.start, quantized_end_step=note.end, pitch=note.pitch)
        sequence.total_quantized_steps = max((note.end for note in notes), default=0)
        return sequence


def test_a_piano_begins_at_a0() -> None:
    assert notes_of_frames([(0, KEYS - 1)]) == (Note(0, 1, LOWEST), Note(0, 1, 108))
