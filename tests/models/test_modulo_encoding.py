"""Performances as points on circles."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.encodings import assert_equals_note_seq, assert_keeps_the_laws, dense
from fakes.performances import events, groove, their_encoding, their_event, unhurried
from reverie.models.encodings.modulo import ModuloPerformance
from reverie.models.encodings.performance import NOTE_OFF, NOTE_ON, PerformanceEvent, events_of

CONFIG = "performance_with_dynamics_and_modulo_encoding"


def test_a_pitch_is_heard_on_two_circles() -> None:
    encoding = ModuloPerformance(32)
    heard = dense(encoding.input(encoding.push(encoding.start(), PerformanceEvent(NOTE_OFF, 63))), 16)
    high, octave = 63 * 2 * math.pi / 144, 3 * 2 * math.pi / 12
    assert heard[5:10] == pytest.approx([1, math.cos(high), math.sin(high), math.cos(octave), math.sin(octave)])
    assert not any(heard[:5] + heard[10:])


def test_octaves_sound_alike_on_one_circle_alone() -> None:
    encoding = ModuloPerformance()
    low, high = (
        dense(encoding.input(encoding.push(encoding.start(), PerformanceEvent(NOTE_ON, pitch))), encoding.input_size)
        for pitch in (40, 52)
    )
    assert low[3:5] == high[3:5]
    assert low[1:3] != high[1:3]


@pytest.mark.parametrize("bins", [0, 32])
@unhurried
@given(data=st.data())
def test_the_encoding_keeps_the_laws(bins: int, data: st.DataObject) -> None:
    assert_keeps_the_laws(ModuloPerformance(bins), data.draw(events(bins)))


@pytest.mark.magenta
@pytest.mark.filterwarnings("ignore")
class TestAgainstNoteSeq:
    @unhurried
    @given(said=events(32))
    def test_of_invented_performances(self, said: list[PerformanceEvent]) -> None:
        assert_equals_note_seq(ModuloPerformance(32), their_encoding(CONFIG), said, their_event=their_event)

    @unhurried
    @given(said=events(0))
    def test_of_performances_without_velocities(self, said: list[PerformanceEvent]) -> None:
        note_seq = pytest.importorskip("note_seq")
        theirs = note_seq.ModuloPerformanceEventSequenceEncoderDecoder()
        assert_equals_note_seq(ModuloPerformance(), theirs, said, their_event=their_event)

    @pytest.mark.parametrize("every", [80, pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])])
    def test_of_groove(self, every: int) -> None:
        theirs = their_encoding(CONFIG)
        for notes in groove(every):
            said = events_of(notes, velocity_bins=32)
            assert_equals_note_seq(ModuloPerformance(32), theirs, said, their_event=their_event, classes_at=len(said))
