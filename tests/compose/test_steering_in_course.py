"""People who steer the voices of a scene that has a form: they are heard, and sections begin as they would."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.courses import VOICES, Play, WrittenCourse
from reverie.site.actions import EVOLVING, Evolving

FORM = WrittenCourse((("a", 8), ("b", 7), ("a", 8), ("c", 12)), {"b": ("lead",)})
NEVER_VARIED = 999


def play_in_form() -> Play:
    return Play(FORM, bars=2, hold=2, longest=NEVER_VARIED)


@pytest.mark.parametrize("how", EVOLVING)
def test_a_wish_is_heard_from_the_next_turn_on_or_when_the_voice_comes_in(how: Evolving) -> None:
    for bars in range(1, 36, 6):
        play = play_in_form()
        play.go(bars)
        asked = len(play.asked)
        play.performance.evolve("lead", how)
        play.go(1)
        [first, *_] = [recipe for recipe in play.asked[asked:] if recipe.voice == "lead"]
        assert how in {first.operator, "another"}


def test_a_voice_goes_back_within_a_turn_or_when_it_comes_in() -> None:
    for bars in range(6, 40, 5):
        play = play_in_form()
        play.go(4)
        kept = play.performance.sounding("lead")
        assert kept
        play.go(bars)
        assert play.performance.go_back("lead", kept)
        begun = play.performance.bar + 2
        play.go(16)
        sounding = [bar for bar in range(begun, begun + 16) if FORM.at(bar).voice("lead").sounds][: 2 * kept.loop.bars]
        assert kept.recipe in {play.heard[bar]["lead"] for bar in sounding}


def test_before_its_first_entry_a_voice_has_nothing_to_keep() -> None:
    play = Play(WrittenCourse((("without", 60), ("with", 60)), {"without": ("lead",)}))
    play.go(5)
    assert play.performance.sounding("lead") is None
    assert play.performance.sounding("beat")
    play.go(60)
    assert play.performance.sounding("lead")


DOINGS = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.sampled_from((*EVOLVING, "keep", "back", "hold", "free")),
        st.sampled_from(VOICES),
    ),
    max_size=10,
)


@settings(deadline=None, max_examples=12)
@given(DOINGS)
def test_whatever_people_do_sections_begin_with_a_loop_and_nobody_rests_who_is_to_sound(
    doings: Sequence[tuple[int, str, str]],
) -> None:
    play = play_in_form()
    play.go(3)
    kept = {voice: play.performance.sounding(voice) for voice in VOICES}
    for bars, doing, voice in doings:
        play.go(bars)
        if doing == "keep":
            kept[voice] = play.performance.sounding(voice)
        elif doing == "back":
            if there := kept[voice]:
                assert play.performance.go_back(voice, there)
        elif doing in {"hold", "free"}:
            play.performance.hold(voice, on=doing == "hold")
        else:
            play.performance.evolve(voice, next(how for how in EVOLVING if how == doing))
    play.go(24)
    for voice in VOICES:
        starts = {place.start_bar for place in play.places(voice)}
        begin = FORM.begins(voice, -1)
        while begin is not None and begin <= play.performance.bar:
            assert begin in starts
            begin = FORM.begins(voice, begin)
        for bar in range(play.performance.bar):
            assert play.heard[bar][voice] != "rest" or not FORM.at(bar).voice(voice).sounds
