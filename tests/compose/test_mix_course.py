"""The mix over the bars: what gives way to what, and how slowly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest

from reverie.compose.course import BarState, VoiceState
from reverie.compose.mix_course import BALANCED_OVER, MOST_BALANCE, MixCourse, VoiceMix, volume
from reverie.compose.mix_roles import role_mixes
from reverie.music.time import Schedule
from reverie.music.voice_kinds import VOICE_KINDS

NAMES = ("a", "b", "c", "d")
VOICES = {name: VoiceMix(level=0) for name in NAMES}


@dataclass(frozen=True)
class Steps:
    """Courses of which the voices sound, from bar to bar."""

    voices: Mapping[int, Mapping[str, VoiceState]]

    def at(self, bar: int) -> BarState:
        first = max(one for one in self.voices if one <= bar)
        return BarState(tempo=0.9, voices=self.voices[first], mood="fear", mood_from=2)

    def begins(self, voice: str, after: int) -> int | None:
        return after + 4


ALONE = Steps({0: {}, 16: {name: VoiceState(sounds=False) for name in "bcd"}, 40: {}})


def volumes(course: MixCourse, bars: range, voice: str = "a") -> list[int]:
    return [dict(course.at(bar).voice(voice).controls)[7] for bar in bars]


def test_controller_7_is_what_synthesizers_make_of_it() -> None:
    for level in (-40.0, -12.0, -6.0, 0.0, 3.0):
        value = volume(level)
        assert 40 * math.log10(value / 100) == pytest.approx(level, abs=0.7 if level < -30 else 0.2)


def test_where_one_sounds_alone_it_comes_forward_and_where_all_sound_they_give_way() -> None:
    course = MixCourse(VOICES, ALONE, balance=0.5)
    assert course.balance_at(15) < 0 < course.balance_at(39)
    assert course.balance_at(39) == pytest.approx(2.0, abs=0.1)
    assert course.balance_at(60) == course.balance_at(15)
    without = MixCourse(VOICES, ALONE)
    assert {*volumes(without, range(60))} == {100}


def test_levels_move_slowly_and_one_way_between() -> None:
    course = MixCourse(VOICES, ALONE, balance=1.0)
    rising, falling = volumes(course, range(15, 30)), volumes(course, range(39, 54))
    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)
    assert rising.index(max(rising)) == BALANCED_OVER
    steps = [abs(after - before) for before, after in pairwise(volumes(course, range(60)))]
    assert max(steps) <= 6  # half a decibel


def test_a_single_bar_of_rest_is_hardly_heard_in_the_levels() -> None:
    gap = Steps({0: {}, 8: {name: VoiceState(sounds=False) for name in "bcd"}, 9: {}})
    levels = volumes(MixCourse(VOICES, gap, balance=0.5), range(30))
    assert max(levels) - min(levels) <= 3


def test_the_balance_is_bounded_for_any_number_of_voices() -> None:
    many = {f"v{number}": VoiceMix() for number in range(16)}
    alone = Steps({0: {name: VoiceState(sounds=name == "v0") for name in many}})
    assert MixCourse(many, alone, balance=1.0).balance_at(20) == MOST_BALANCE
    assert MixCourse(many, None, balance=1.0).balance_at(20) >= -MOST_BALANCE


def test_bars_off_a_schedule_and_thin_bars_count_less() -> None:
    schedule = Schedule(8, ((1, 4),))
    course = MixCourse(VOICES, None, {"b": schedule}, balance=1.0)
    assert course.balance_at(3) < course.balance_at(7)
    thin = Steps({0: {name: VoiceState(density=0.5) for name in NAMES}})
    assert MixCourse(VOICES, thin, balance=1.0).balance_at(9) > MixCourse(VOICES, None, balance=1.0).balance_at(9)


def test_a_bar_is_the_same_whenever_it_is_asked_for() -> None:
    one, other = MixCourse(VOICES, ALONE, balance=0.5), MixCourse(VOICES, ALONE, balance=0.5)
    forward = [one.at(bar) for bar in range(200)]
    assert [other.at(bar) for bar in reversed(range(200))] == forward[::-1]
    assert one == other


def test_what_controller_7_has_not_is_made_up_by_velocities_and_keeps_the_distances() -> None:
    voices = {"a": VoiceMix(level=0), "b": VoiceMix(level=-6), "c": VoiceMix()}
    inner = Steps({0: {"a": VoiceState(dynamics=0.5)}})
    state = MixCourse(voices, inner, trim=10).at(0)
    levels: dict[str, float] = {}
    for name, plain in (("a", 0.5), ("b", 1.0), ("c", 1.0)):
        one = state.voice(name)
        levels[name] = 40 * math.log10(dict(one.controls)[7] / 100) + 40 * math.log10(one.dynamics / plain)
    assert levels == pytest.approx({"a": 10, "b": 4, "c": 10}, abs=0.1)
    assert MixCourse(voices, inner, trim=3).at(0).voice("a").dynamics == 0.5


def test_what_form_and_moods_say_stays() -> None:
    inner = Steps({0: {"a": VoiceState(sounds=False, dynamics=0.5, controls=((74, 3), (91, 100)))}})
    course = MixCourse({"a": VoiceMix(level=0, reverb=0)}, inner)
    assert replace(course.at(3), voices={}) == BarState(tempo=0.9, mood="fear", mood_from=2)
    assert course.at(3).voice("a") == VoiceState(sounds=False, dynamics=0.5, controls=((7, 100), (74, 3), (91, 100)))
    assert course.begins("a", 3) == 7
    assert MixCourse(VOICES).begins("a", 3) is None


def test_every_kind_of_voice_has_a_role_and_several_of_one_stand_side_by_side() -> None:
    assert {*role_mixes({kind: kind for kind in VOICE_KINDS})} == {*VOICE_KINDS}
    pads = role_mixes({"left": "chords", "low": "bass", "middle": "chords", "right": "chords"})
    assert [pads[name].pan for name in ("left", "middle", "right", "low")] == [-45, 0, 45, 0]
