"""What performances are conditioned on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.encodings import assert_equals_note_seq, assert_keeps_the_laws, dense
from fakes.performances import events, groove, their_encoding, their_event, unhurried
from reverie.models.encodings.controls import (
    BarPosition,
    DensityBins,
    OptionalControl,
    PitchHistogram,
    note_densities,
    pitch_histograms,
)
from reverie.models.encodings.onehot import OneHotControl
from reverie.models.encodings.performance import PerformanceEvent, events_of
from reverie.models.encodings.performance_configs import DENSITY_WINDOW, ENCODINGS, HISTOGRAM_WINDOW

LONGEST = 300
"""note_seq encodes the controls of a whole sequence at every position."""

densities = st.floats(0, 100) | st.sampled_from((1.0, 2.0, 4.0, 64.0))
weights = st.lists(st.floats(0, 1e6) | st.just(0.0), min_size=12, max_size=12)
CONTROLS: dict[str, st.SearchStrategy[Any]] = {
    "density_conditioned_performance_with_dynamics": st.tuples(densities),
    "pitch_conditioned_performance_with_dynamics": st.tuples(weights),
    "multiconditioned_performance_with_dynamics": st.tuples(densities, weights),
    "optional_multiconditioned_performance_with_dynamics": st.tuples(st.booleans(), st.tuples(densities, weights)),
}


def test_a_step_has_its_place_in_the_bar() -> None:
    position = BarPosition()
    assert [position.encode(step).places for step in (0, 2, 3, 49, 50, 199, 200)] == [
        (0, 4),
        (0, 4),
        (0, 5),
        (0, 27),
        (1, 4),
        (3, 27),
        (0, 4),
    ]


@pytest.mark.parametrize("value", [-1.0, float("nan")])
def test_no_density_is_negative(value: float) -> None:
    with pytest.raises(ValueError, match="density"):
        OneHotControl(DensityBins((1.0, 2.0))).encode(value)


@pytest.mark.parametrize("value", [[1.0] * 11, [-1.0] + [1.0] * 11, [float("nan")] * 12])
def test_a_histogram_has_twelve_weights(value: list[float]) -> None:
    with pytest.raises(ValueError, match="12 weights"):
        PitchHistogram().encode(value)


def test_a_control_too_many_is_refused() -> None:
    encoding = ENCODINGS["multiconditioned_performance_with_dynamics"]()
    state = encoding.push(encoding.start(), encoding.default_event)
    with pytest.raises(ValueError, match="argument 2 is longer"):
        encoding.input(state, (1.0, [1.0] * 12, 3.0))


def test_what_is_switched_off_is_not_looked_at() -> None:
    assert dense(OptionalControl(PitchHistogram()).encode((True, "anything")), 13) == [1.0] + [0.0] * 12


@pytest.mark.parametrize("config", CONTROLS)
@unhurried
@given(data=st.data())
def test_the_encodings_keep_the_laws(config: str, data: st.DataObject) -> None:
    assert_keeps_the_laws(ENCODINGS[config](), data.draw(events(32)), data.draw(CONTROLS[config]))


@pytest.mark.magenta
@pytest.mark.filterwarnings("ignore")
class TestAgainstNoteSeq:
    @pytest.mark.parametrize("config", CONTROLS)
    @unhurried
    @given(data=st.data())
    def test_of_invented_performances(self, config: str, data: st.DataObject) -> None:
        said = data.draw(events(32))
        some = data.draw(st.lists(CONTROLS[config], min_size=1, max_size=5))
        controls = [some[place % len(some)] for place in range(len(said) + 1)]
        assert_equals_note_seq(ENCODINGS[config](), their_encoding(config), said, controls, their_event=their_event)

    @unhurried
    @given(densities)
    def test_of_densities(self, density: float) -> None:
        note_seq = pytest.importorskip("note_seq")
        bounds = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]
        theirs = note_seq.NoteDensityPerformanceControlSignal.NoteDensityOneHotEncoding(bounds)
        ours = DensityBins(bounds)
        assert ours.size == theirs.num_classes
        assert ours.encode(density) == theirs.encode_event(density)
        assert [ours.decode(index) for index in range(ours.size)] == [
            theirs.decode_event(index) for index in range(ours.size)
        ]

    @unhurried
    @given(events(32))
    def test_of_what_is_found_in_invented_performances(self, said: list[PerformanceEvent]) -> None:
        _assert_found_alike(said)

    @pytest.mark.parametrize("every", [80, pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])])
    def test_of_groove(self, every: int) -> None:
        config = "optional_multiconditioned_performance_with_dynamics"
        theirs = their_encoding(config)
        for notes in groove(every):
            said = events_of(notes, velocity_bins=32)[:LONGEST]
            _assert_found_alike(said)
            found = zip(note_densities(said, DENSITY_WINDOW), pitch_histograms(said, HISTOGRAM_WINDOW), strict=True)
            controls = [(place % 7 == 0, signals) for place, signals in enumerate(found)]
            assert_equals_note_seq(
                ENCODINGS[config](), theirs, said, controls, their_event=their_event, classes_at=len(said)
            )


def _assert_found_alike(said: Any) -> None:
    note_seq = pytest.importorskip("note_seq")
    performance = note_seq.Performance(steps_per_second=100, num_velocity_bins=32)
    for event in said:
        performance.append(their_event(event))
    density = note_seq.NoteDensityPerformanceControlSignal(DENSITY_WINDOW, [1.0])
    assert note_densities(said, DENSITY_WINDOW) == density.extract(performance)
    histogram = note_seq.PitchHistogramPerformanceControlSignal(HISTOGRAM_WINDOW)
    assert pitch_histograms(said, HISTOGRAM_WINDOW) == histogram.extract(performance)
