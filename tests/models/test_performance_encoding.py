"""Performances as events, and what Performance-RNN hears of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.data import data_folder
from fakes.encodings import assert_equals_note_seq, assert_keeps_the_laws
from fakes.performances import (
    events,
    groove,
    note_lists,
    our_events,
    our_notes,
    quantized,
    their_encoding,
    their_event,
    unhurried,
)
from reverie.models.configs import CONFIGS
from reverie.models.encodings.controls import BarPosition
from reverie.models.encodings.onehot import OneHot
from reverie.models.encodings.performance import (
    NOTE_OFF,
    NOTE_ON,
    TIME_SHIFT,
    VELOCITY,
    PerformanceAlphabet,
    PerformanceEvent,
    events_of,
    notes_of,
    of_length,
    steps_of,
)
from reverie.models.encodings.performance_configs import ENCODINGS, velocity_bins
from reverie.models.library.bundle import make_bundle
from reverie.models.library.card import ModelCard
from reverie.models.recurrent.model import RecurrentModel
from reverie.models.recurrent.weights import weights_from
from reverie.music.notes import Note

GROOVE_SAMPLE = 80
PLAIN = ("performance", "performance_with_dynamics", "performance_with_dynamics_compact")


def _event(kind: int, value: int) -> PerformanceEvent:
    return PerformanceEvent(kind, value)


def test_notes_are_said_in_the_order_of_their_steps() -> None:
    notes = [Note(0, 50, 60, 64), Note(0, 250, 67, 64), Note(50, 200, 64, 127)]
    assert events_of(notes, velocity_bins=32) == (
        _event(VELOCITY, 16),
        _event(NOTE_ON, 60),
        _event(NOTE_ON, 67),
        _event(TIME_SHIFT, 50),
        _event(NOTE_OFF, 60),
        _event(VELOCITY, 32),
        _event(NOTE_ON, 64),
        _event(TIME_SHIFT, 100),
        _event(TIME_SHIFT, 100),
        _event(NOTE_OFF, 67),
        _event(NOTE_OFF, 64),
    )


def test_a_model_may_say_nonsense() -> None:
    said = [
        _event(NOTE_OFF, 60),  # never started
        _event(NOTE_ON, 61),
        _event(NOTE_OFF, 61),  # without length
        _event(NOTE_ON, 62),
        _event(TIME_SHIFT, 10),
        _event(NOTE_ON, 62),  # again, while it sounds
        _event(TIME_SHIFT, 5),
        _event(NOTE_OFF, 62),
        _event(TIME_SHIFT, 85),  # and never ended
    ]
    assert notes_of(said, velocity=80) == (Note(0, 15, 62, 80), Note(10, 90, 62, 80))
    assert notes_of(said, velocity=80, longest=20) == (Note(0, 15, 62, 80), Note(10, 20, 62, 80))


def test_a_performance_without_velocities_cannot_say_one() -> None:
    with pytest.raises(ValueError, match="no velocity 3"):
        OneHot(PerformanceAlphabet()).push(0, _event(VELOCITY, 3))
    with pytest.raises(ValueError, match="velocity 3"):
        notes_of([_event(VELOCITY, 3)])


@unhurried
@given(note_lists)
def test_notes_that_do_not_meet_come_back(notes: list[Note]) -> None:
    apart: list[Note] = []
    for note in sorted(notes):
        if all(other.pitch != note.pitch or other.end < note.start for other in apart):
            apart.append(note)
    back = notes_of(events_of(apart, velocity_bins=127), velocity_bins=127)
    assert back == tuple(sorted(apart))


@unhurried
@given(events(8), st.integers(0, 1000))
def test_a_performance_can_be_made_as_long_as_one_likes(said: list[PerformanceEvent], steps: int) -> None:
    fitted = of_length(said, steps)
    assert steps_of(fitted) == steps
    assert steps_of(of_length(fitted, 0)) == 0


@pytest.mark.parametrize("bins", [0, 32])
@unhurried
@given(data=st.data())
def test_the_encoding_keeps_the_laws(bins: int, data: st.DataObject) -> None:
    said = data.draw(events(bins))
    assert_keeps_the_laws(OneHot(PerformanceAlphabet(bins)), said)


def test_every_configuration_has_its_encoding_and_its_velocities() -> None:
    family = [config.name for config in CONFIGS.values() if config.family == "performance_rnn"]
    assert sorted(ENCODINGS) == sorted(family)
    for name in family:
        classes = ENCODINGS[name]().classes
        plain = PerformanceAlphabet(velocity_bins(name)).size
        assert classes == (plain,) or velocity_bins(name) in classes


@pytest.mark.magenta
@pytest.mark.filterwarnings("ignore")
class TestAgainstNoteSeq:
    @pytest.fixture(autouse=True)
    def note_seq(self) -> Any:
        return pytest.importorskip("note_seq")

    @pytest.mark.parametrize("bins", [0, 8, 32, 127])
    @unhurried
    @given(notes=note_lists, start=st.integers(0, 50))
    def test_of_notes(self, bins: int, notes: list[Note], start: int) -> None:
        import note_seq

        theirs = note_seq.Performance(quantized(notes), num_velocity_bins=bins, start_step=start)
        assert list(events_of(notes, velocity_bins=bins, start=start)) == our_events(theirs)

    @unhurried
    @given(notes=note_lists)
    def test_of_notes_in_beats(self, notes: list[Note]) -> None:
        import note_seq

        sequence = quantized(notes)
        sequence.quantization_info.ClearField("steps_per_second")
        sequence.quantization_info.steps_per_quarter = 24
        theirs = note_seq.MetricPerformance(sequence, num_velocity_bins=32)
        assert list(events_of(notes, velocity_bins=32, max_shift=96)) == our_events(theirs)

    @pytest.mark.parametrize("bins", [0, 8, 32])
    @unhurried
    @given(data=st.data(), longest=st.none() | st.integers(1, 500))
    def test_to_notes(self, bins: int, data: st.DataObject, longest: int | None) -> None:
        said = data.draw(events(bins))
        sequence = self._performance(said, bins).to_sequence(max_note_duration=longest and longest / 100)
        assert list(notes_of(said, velocity_bins=bins, longest=longest)) == our_notes(sequence)

    @unhurried
    @given(said=events(32), steps=st.integers(0, 1000))
    def test_of_length(self, said: list[PerformanceEvent], steps: int) -> None:
        theirs = self._performance(said, 32)
        theirs.set_length(steps)
        assert list(of_length(said, steps)) == our_events(theirs)

    @pytest.mark.parametrize("config", PLAIN)
    @unhurried
    @given(data=st.data())
    def test_of_invented_performances(self, config: str, data: st.DataObject) -> None:
        said = data.draw(events(velocity_bins(config)))
        assert_equals_note_seq(ENCODINGS[config](), their_encoding(config), said, their_event=their_event)

    @pytest.mark.parametrize(
        ("every", "configs"),
        [
            (GROOVE_SAMPLE, PLAIN),
            pytest.param(1, ("performance_with_dynamics",), marks=[pytest.mark.slow, pytest.mark.timeout(1800)]),
        ],
    )
    def test_of_groove(self, every: int, configs: Sequence[str]) -> None:
        import note_seq

        performances = 0
        for notes in groove(every):
            for config in configs:
                bins = velocity_bins(config)
                said = events_of(notes, velocity_bins=bins)
                performance = note_seq.Performance(quantized(notes), num_velocity_bins=bins)
                assert list(said) == our_events(performance)
                assert list(notes_of(said, velocity_bins=bins)) == our_notes(performance.to_sequence())
                assert_equals_note_seq(
                    ENCODINGS[config](), their_encoding(config), said, their_event=their_event, classes_at=len(said)
                )
            performances += 1
        assert performances >= 1150 // every

    @staticmethod
    def _performance(said: list[PerformanceEvent], bins: int) -> Any:
        import note_seq

        performance = note_seq.Performance(steps_per_second=100, num_velocity_bins=bins)
        for event in said:
            performance.append(their_event(event))
        return performance


@pytest.fixture(scope="module")
def chord_model() -> RecurrentModel:
    folder = data_folder("magenta-weights") / "performance_chords"
    variables: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    tensors = {
        name: np.fromfile(folder / entry["filename"], "<f4").reshape(entry["shape"])
        for name, entry in variables.items()
        if "Adam" not in name and "power" not in name
    }
    return RecurrentModel(make_bundle(ModelCard("chords", "chord_conditioned_performance"), weights_from(tensors)))


class TestChords:
    """The released weights of a model under chords: where its inputs were put wrongly, it would not follow them."""

    EVENTS = 500
    BATCH = 8

    @pytest.mark.parametrize(
        ("chord", "pitch_classes"), [("C", {0, 4, 7}), ("Bm", {11, 2, 6}), ("Am", {9, 0, 4}), ("F#", {6, 10, 1})]
    )
    def test_the_model_follows_its_chord_and_its_beat(
        self, chord_model: RecurrentModel, chord: str, pitch_classes: set[int]
    ) -> None:
        sounding: Counter[int] = Counter()
        onsets: Counter[int] = Counter()
        for said in self._composed(chord_model, chord):
            for note in notes_of(said, velocity_bins=velocity_bins("chord_conditioned_performance"), longest=300):
                sounding[note.pitch % 12] += note.length
                onsets[note.start % BarPosition.STEPS_PER_QUARTER] += 1
        heard = [pitch_class for pitch_class, _ in sounding.most_common(4)]
        assert pitch_classes <= set(heard)
        assert sum(sounding[pitch_class] for pitch_class in pitch_classes) > sounding.total() / 2
        # Were the beat not heard, a fifth of all notes would begin so near to an eighth.
        near = sum(onsets[step] for step in (48, 49, 0, 1, 2, 23, 24, 25, 26, 27))
        assert near > onsets.total() / 3

    def _composed(self, model: RecurrentModel, chord: str) -> list[list[PerformanceEvent]]:
        said: list[list[PerformanceEvent]] = [[] for _ in range(self.BATCH)]
        stream = model.stream(model.start(self.BATCH))
        stream.prime([model.encoding.default_event])
        uniforms = np.random.default_rng(5)
        steps = [0] * self.BATCH
        for _ in range(self.EVENTS):
            for row, event in enumerate(stream.draw(uniforms, controls=[(chord, step) for step in steps])):
                said[row].append(event)
                steps[row] += steps_of([event])
        return said
