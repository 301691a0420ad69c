"""What loops are measured by: by hand, and against music that is broken on purpose."""

from __future__ import annotations

from random import Random

import pytest

from fakes.judged import COMMON, beat, music, tune
from reverie.music.time import Metre
from reverie.training.judge import loop_measures as measures
from reverie.training.judge.generated_loops import judged_loop, loops_of
from reverie.training.judge.judge import compared
from reverie.training.judge.judged_music import JudgedMusic, JudgedPassage, kind_of

DRUMS, MELODY = kind_of("drum_kit"), kind_of("attention_rnn")


def drums(*places: int, bars: int = 1) -> measures.JudgedLoop:
    return judged_loop(DRUMS, COMMON, tuple(frozenset({36} if step in places else ()) for step in range(16 * bars)))


def melody(*events: int) -> measures.JudgedLoop:
    return judged_loop(MELODY, COMMON, events + (-2,) * (-len(events) % 16))


@pytest.mark.parametrize(
    ("metre", "weights"),
    [
        (Metre(4, 4), (0, -4, -3, -4, -2, -4, -3, -4, -1, -4, -3, -4, -2, -4, -3, -4)),
        (Metre(3, 4), (0, -3, -2, -3, -1, -3, -2, -3, -1, -3, -2, -3)),
        (Metre(6, 8), (0, -3, -2, -3, -2, -3, -1, -3, -2, -3, -2, -3)),
        (Metre(7, 8), (0, -3, -2, -3, -1, -3, -2, -3, -1, -3, -2, -3, -2, -3)),
    ],
)
def test_a_place_is_the_lighter_the_finer_the_level_that_has_it(metre: Metre, weights: tuple[int, ...]) -> None:
    assert measures.metric_weights(metre) == weights


@pytest.mark.parametrize(
    ("places", "figure"),
    [
        ((0, 4, 8, 12), 0),  # four on the floor
        ((0, 8), 0),
        ((0, 3, 6, 10, 12), 4),  # son clave: 3 leaves 4 unstruck (-2 for -4), 6 leaves 8 (-1 for -3)
        ((14,), 0),
        ((), 0),
    ],
)
def test_syncopation_is_how_much_heavier_the_unstruck_places_are(places: tuple[int, ...], figure: int) -> None:
    assert measures.backbone_syncopation(drums(*places)) == (figure,)


def test_a_bar_line_that_is_held_over_is_syncopated() -> None:
    assert measures.syncopation(melody(*(-2,) * 14, 60, *(-2,) * 17)) == (pytest.approx(3 / 2),)


def test_the_measures_of_a_melody_by_hand() -> None:
    loop = melody(60, -2, 62, -2, 62, -1, -2, -2, 61, *(-2,) * 7)
    assert measures.density(loop) == (4,)
    assert measures.intervals(loop) == [2, 0, 1]
    assert measures.repeated_notes(loop) == (pytest.approx(1 / 3),)
    assert measures.note_lengths(loop) == [2, 2, 1, 8]
    assert measures.class_entropy(loop) == (pytest.approx(1.5),)
    assert measures.share_in_key(loop) == (pytest.approx(3 / 4),)  # no major key has C, C sharp and D


def test_the_measures_of_drums_by_hand() -> None:
    loop = drums(0, 4, 6)
    assert measures.density(loop) == (3,)
    assert measures.stroke_distances(loop) == [4, 2]
    assert measures.drum_entropy(loop) == (0,)
    assert measures.repeated_strokes(loop) == (1,)


def test_bars_are_like_those_that_they_repeat() -> None:
    loop = drums(0, 4, 16, 24, 32, 36, 48, 56, bars=4)
    assert measures.likeness(2)(loop) == (1,)
    assert measures.likeness(1)(loop) == (pytest.approx(1 / 3),)


def test_kicks_are_counted_where_groups_begin_and_notes_where_beats_do() -> None:
    seven = Metre(7, 8)
    events = tuple(frozenset({36} if step % 14 in {0, 4, 8, 11} else {42}) for step in range(28))
    assert measures.kicks_on_groups(judged_loop(DRUMS, seven, events)) == (pytest.approx(3 / 4),)
    assert measures.kicks_on_groups(drums(0, 4, 8, 12)) == (pytest.approx(1 / 2),)
    assert measures.notes_on_beats(melody(60, -2, 62, -2, 64)) == (pytest.approx(2 / 3),)


def test_silence_has_no_figure_where_there_is_nothing_to_measure() -> None:
    silent = melody(*(-2,) * 16)
    for measure in measures.MELODY_MEASURES.values():
        assert list(measure.of(silent)) in ([], [0.0])
    assert measures.density(silent) == (0,)


def distances(kind_name: str, generated: JudgedMusic, real: JudgedMusic) -> dict[str, float]:
    kind = kind_of(kind_name)
    made = loops_of(kind, generated["test"], COMMON, measures.LONG_BARS)
    return {name: one.distance.generated for name, one in compared(kind, real, made, 16).items()}


def changed(real: JudgedMusic, change: object) -> JudgedMusic:
    return {
        split: [JudgedPassage(one.piece, one.metre, tuple(change(one.events))) for one in passages]  # type: ignore[operator]
        for split, passages in real.items()
    }


def test_held_out_music_is_at_no_distance_from_itself() -> None:
    for name, make in (("drum_kit", beat), ("attention_rnn", tune)):
        real = music(make)
        assert set(distances(name, real, real).values()) == {0.0}


def test_shifted_rhythms_are_far_in_syncopation_only() -> None:
    real = music(beat)
    found = distances("drum_kit", changed(real, lambda events: (*events[-1:], *events[:-1])), real)
    assert found["syncopation"] > 1
    assert found["density"] < 0.2
    assert found["drum_entropy"] < 0.1


def test_shuffled_music_is_far_from_itself_in_likeness_and_intervals() -> None:
    def shuffled(events: tuple[int, ...]) -> list[int]:
        pitches = [event for event in events if event >= 0]
        Random(0).shuffle(pitches)
        return [pitches.pop() if event >= 0 else event for event in events]

    real = music(tune)
    found = distances("attention_rnn", changed(real, shuffled), real)
    assert found["intervals"] > 0.5
    assert found["density"] == found["note_lengths"] == 0

    def in_disorder(events: tuple[frozenset[int], ...]) -> list[frozenset[int]]:
        return Random(0).sample(events, len(events))

    beats = music(beat)
    found = distances("drum_kit", changed(beats, in_disorder), beats)
    assert all(found[f"likeness_{lag}"] > 0.3 for lag in measures.LAGS)
