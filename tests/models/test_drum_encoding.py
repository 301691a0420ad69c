"""Drums as events: note_seq's encodings and extraction, over all of Groove and over what Hypothesis invents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.encodings import assert_equals_note_seq, assert_keeps_the_laws
from fakes.scores import QPM, Score, groove, magenta, notes_at, notes_in, quantized, unhurried
from reverie.models.encodings.multi_drum import (
    ENCODINGS,
    ONE_DRUM,
    SILENCE,
    DrumAlphabet,
    Drums,
    events_of,
    notes_of,
    passages_of,
)
from reverie.models.encodings.passage import Passage
from reverie.music.drums import DRUM_KIT, DRUMS
from reverie.music.notes import Note

CONFIGS = sorted(ENCODINGS)

struck = st.frozensets(st.integers(0, 127), max_size=4)
tracks = st.lists(st.just(SILENCE) | struck, min_size=1, max_size=140)
hits = notes_at(120, st.integers(30, 60))


def with_note_seq(test: Any) -> Any:
    return pytest.mark.magenta(pytest.mark.filterwarnings("ignore")(test))


def note(start: int, pitch: int = 36) -> Note:
    return Note(start, 1, pitch)


def test_the_kit_plays_the_drums_that_scenes_name_and_hears_each_pitch_once() -> None:
    assert tuple(kind[0] for kind in DRUM_KIT) == tuple(DRUMS.values())
    pitches = [pitch for kind in DRUM_KIT for pitch in kind]
    assert len(pitches) == len(set(pitches))
    assert sorted(ONE_DRUM[0]) == list(range(128))


def test_a_kind_is_heard_by_any_of_its_pitches_and_other_pitches_are_not() -> None:
    kit = DrumAlphabet()
    assert kit.encode(frozenset({35, 36, 42})) == kit.encode(frozenset({36, 44})) == 0b101
    assert kit.encode(frozenset({0, 127})) == 0
    assert kit.decode(0b101) == {36, 42}
    assert DrumAlphabet(ONE_DRUM).encode(frozenset({0, 127})) == 1


@pytest.mark.parametrize("config", CONFIGS)
@given(data=st.data())
def test_laws(config: str, data: st.DataObject) -> None:
    encoding = ENCODINGS[config]()
    classes = data.draw(st.lists(st.integers(0, encoding.classes[0] - 1), max_size=80))
    assert_keeps_the_laws(encoding, [encoding.event(encoding.start(), index) for index in classes])


def test_what_was_not_pushed_cannot_be_heard() -> None:
    for config in CONFIGS:
        encoding = ENCODINGS[config]()
        with pytest.raises(ValueError, match="push one first"):
            encoding.input(encoding.start())


def test_a_passage_begins_at_its_bar_and_ends_before_a_silent_bar() -> None:
    notes = [note(18), note(18, 42), note(34), note(51)]
    events = [SILENCE] * 19
    events[2], events[18] = frozenset({36, 42}), frozenset({36})
    assert events_of(notes) == Passage(16, tuple(events))
    assert [passage.start for passage in passages_of(notes)] == [16, 48]
    assert len(events_of(notes, whole_bars=True).events) == 32  # pyright: ignore[reportOptionalMemberAccess]
    assert events_of(notes, begin=52) is None
    assert [len(passage.events) for passage in passages_of(notes, gap_bars=2)] == [36]


@given(tracks)
def test_events_become_notes_and_the_same_events(events: list[Drums]) -> None:
    found = events_of(notes_of(events), gap_bars=float("inf"))
    while events and not events[-1]:
        del events[-1]
    if not events:
        assert found is None
    else:
        assert found is not None
        assert [SILENCE] * found.start + list(found.events) == events


def _theirs(config: str) -> Any:
    magenta()
    from magenta.models.drums_rnn import drums_rnn_model

    return drums_rnn_model.default_configs[config].encoder_decoder


def _their_passages(sequence: Any, gap_bars: float, *, whole_bars: bool) -> list[Passage[Drums]]:
    from magenta.pipelines.drum_pipelines import extract_drum_tracks

    tracks, _ = extract_drum_tracks(sequence, min_bars=0, gap_bars=gap_bars, pad_end=whole_bars)
    return [Passage(track.start_step, tuple(track)) for track in tracks]


def _assert_same_notes(events: Iterable[Drums]) -> None:
    import note_seq

    assert list(notes_of(events)) == notes_in(note_seq.DrumTrack(list(events)).to_sequence(qpm=QPM))


@pytest.fixture(
    scope="module",
    params=[10, pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(600)])],
    ids=("some", "all"),
)
def performances(request: pytest.FixtureRequest) -> list[Score]:
    magenta()
    return groove(every=request.param)


@with_note_seq
@pytest.mark.parametrize("config", CONFIGS)
@unhurried
@given(events=tracks)
def test_any_track_is_heard_and_said_as_note_seq_does(config: str, events: list[Drums]) -> None:
    assert_equals_note_seq(ENCODINGS[config](), _theirs(config), events)


@with_note_seq
@unhurried
@given(hits, st.sampled_from((12, 16)), st.sampled_from((0.5, 1, 2)), st.booleans())
def test_any_notes_become_tracks_as_in_magenta(notes: list[Note], bar: int, gap_bars: float, whole: bool) -> None:
    magenta()
    found = list(passages_of(notes, bar=bar, gap_bars=gap_bars, whole_bars=whole))
    assert found == _their_passages(quantized(notes, drums=True, bar=bar), gap_bars, whole_bars=whole)
    for passage in found:
        _assert_same_notes(passage.events)


@with_note_seq
def test_groove_becomes_tracks_as_in_magenta(performances: list[Score]) -> None:
    for score in performances:
        found = list(passages_of(score.notes, bar=score.bar))
        assert found == _their_passages(score.sequence, 1, whole_bars=False), score.name
        for passage in found:
            _assert_same_notes(passage.events)


@with_note_seq
@pytest.mark.parametrize("config", CONFIGS)
def test_groove_is_heard_and_said_as_note_seq_does(config: str, performances: list[Score]) -> None:
    ours, theirs, steps = ENCODINGS[config](), _theirs(config), 0
    for score in performances:
        for passage in passages_of(score.notes, bar=score.bar):
            assert_equals_note_seq(ours, theirs, passage.events, classes_at=1000)
            steps += len(passage.events)
    assert steps > 100 * len(performances) > 10_000
    print(f"\n{config}: {steps:,} events of {len(performances):,} performances")


def test_a_bar_that_is_filled_up_with_silence_has_nothing_of_what_comes_after_the_gap() -> None:
    passage = events_of([Note(48, 1, 30), Note(55, 1, 30)], bar=12, gap_bars=0.5, whole_bars=True)
    assert passage is not None
    assert passage.start == 48
    assert passage.events == (frozenset({30}), *(frozenset[int](),) * 11)
