"""The course under moods: between what the scene has and what moods want, within the guards, never silent by a mood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.compose.course import BarState, VoiceState
from reverie.compose.mood_course import Guards, Mood, MoodCourse, MoodHarmony, VoiceMood, bar_under, harmony_under
from reverie.compose.mood_stack import Dream, MoodStack
from reverie.compose.scene_harmony import HarmonyPart, SceneHarmony
from reverie.music.harmony import Key
from reverie.music.progressions import parse_progression
from reverie.music.time import Metre, Schedule, Tempo

TEMPO = Tempo(80, 8, 32)
SCHEDULES = {"lead": Schedule(), "bass": Schedule(8, ((1, 6),)), "drums": Schedule()}


@dataclass(frozen=True)
class Still:
    """A form that stays as it is."""

    state: BarState = field(default_factory=BarState)

    def at(self, bar: int) -> BarState:
        del bar
        return self.state

    def begins(self, voice: str, after: int) -> int | None:
        del voice
        return after - after % 50 + 50


def course(moods: Mapping[str, Mood], *dreams: Dream, own: BarState | None = None, **guards: object) -> MoodCourse:
    held = replace(Guards(), **guards)  # pyright: ignore[reportArgumentType]
    return MoodCourse(Still(own or BarState()), moods, held, SCHEDULES, TEMPO, stack=MoodStack(dreams))


factors = st.floats(0.1, 4)
voice_moods = st.builds(
    VoiceMood,
    sounds=st.sampled_from([None, True, False]),
    density=factors,
    register=st.floats(-36, 36),
    temperature=factors,
    dynamics=factors,
)
moods = st.builds(Mood, tempo=factors, voices=st.dictionaries(st.sampled_from([*SCHEDULES]), voice_moods))
voice_states = st.builds(
    VoiceState,
    sounds=st.booleans(),
    density=st.floats(0.1, 3),
    register=st.integers(-24, 24),
    temperature=st.floats(0.1, 3),
    dynamics=st.floats(0.1, 3),
)
states = st.builds(
    BarState, tempo=st.floats(0.5, 2), voices=st.dictionaries(st.sampled_from([*SCHEDULES]), voice_states)
)
dreams = st.builds(
    Dream,
    st.sampled_from(["fear", "joy"]),
    st.floats(0.05, 1),
    st.integers(0, 20),
    st.integers(16, 40),
    st.integers(1, 8),
)


def beyond(value: float, own: float, limits: tuple[float, float]) -> bool:
    return not min(limits[0], own) - 1e-6 <= value <= max(limits[1], own) + 1e-6


@given(moods, moods, st.lists(dreams, max_size=5), states, st.integers(1, 3))
def test_no_stack_of_moods_crosses_a_guard(
    fear: Mood, joy: Mood, stack: list[Dream], own: BarState, fewest: int
) -> None:
    guards = {"tempo": (60, 100), "density": (0.5, 1.5), "register": (-7, 7), "fewest": fewest, "most": 2}
    asked = course({"fear": fear, "joy": joy}, *stack, own=own, **guards)
    for bar in range(64):
        said = asked.at(bar)
        qpm = TEMPO.at(bar)
        assert not beyond(said.tempo * qpm, own.tempo * qpm, (60, 100))
        heard = [name for name, schedule in SCHEDULES.items() if schedule.plays(bar)]
        without = sum(own.voice(name).sounds for name in heard)
        sounding = sum(said.voice(name).sounds for name in heard)
        assert min(fewest, without) <= sounding <= max(2, without)
        for name in SCHEDULES:
            now, before = said.voice(name), own.voice(name)
            assert not beyond(now.density, before.density, (0.5, 1.5))
            assert not beyond(now.register, before.register, (-7, 7))
            assert not beyond(now.temperature, before.temperature, Guards().temperature)
            assert not beyond(now.dynamics, before.dynamics, Guards().dynamics)
        if not asked.stack.weights(bar):
            assert said.tempo == own.tempo
            assert all(replace(said.voice(name), controls=()) == own.voice(name) for name in SCHEDULES)


@given(moods, states, st.floats(0.1, 1), st.integers(1, 8))
def test_a_dream_moves_everything_one_way_and_back(fear: Mood, own: BarState, weight: float, blend: int) -> None:
    asked = course({"fear": fear}, Dream("fear", weight, 4, 40, blend), own=own)
    bars = [asked.at(bar) for bar in range(60)]
    for name in SCHEDULES:
        states = [bar.voice(name) for bar in bars]
        for way in (
            [bar.tempo for bar in bars],
            [state.density for state in states],
            [float(state.register) for state in states],
            [state.dynamics for state in states],
            [state.temperature for state in states],
        ):
            rise, fall = way[3 : 4 + blend], way[43 - blend : 46]
            assert one_way(rise)
            assert one_way(fall)
            assert way[0] == way[-1]


def one_way(values: list[float]) -> bool:
    up = all(two >= one - 1e-9 for one, two in pairwise(values))
    return up or all(two <= one + 1e-9 for one, two in pairwise(values))


def test_controllers_move_with_the_blend_and_are_back_where_they_were() -> None:
    fear = Mood(voices={"bass": VoiceMood(controls={74: 40, 1: 100})})
    asked = replace(course({"fear": fear}, Dream("fear", 1.0, 4, 16, 4)), resting={"bass": {74: 64, 1: 0}})
    told = [dict(asked.at(bar).voice("bass").controls) for bar in range(24)]
    assert [one[74] for one in told][3:9] == [64, 58, 52, 46, 40, 40]
    assert [one[1] for one in told][16:24] == [100, 75, 50, 25, 0, 0, 0, 0]
    assert told[0] == told[-1] == {74: 64, 1: 0}
    assert asked.at(8).voice("lead").controls == ()


def test_voices_and_harmony_go_by_the_mood_that_rules() -> None:
    fear = Mood(voices={"drums": VoiceMood(sounds=False)})
    asked = course({"fear": fear}, Dream("fear", 1.0, 8, 16, 4))
    out = [bar for bar in range(40) if not asked.at(bar).voice("drums").sounds]
    assert (out[0], out[-1]) == (10, 22), "once the mood clearly weighs more than the scene, and as long as it does"
    assert {asked.at(bar).mood for bar in out} == {"fear"}
    assert asked.at(9).mood == ""
    assert [asked.at(bar).mood_from for bar in (10, 22)] == [10, 10]
    half = course({"fear": fear}, Dream("fear", 0.5, 8, 16, 4))
    assert all(half.at(bar).voice("drums").sounds for bar in range(40)), "half a dream colours, and rules nothing"


def test_voices_begin_anew_with_another_ruler() -> None:
    asked = course({"fear": Mood()}, Dream("fear", 1.0, 8, 16, 4))
    assert [asked.begins("lead", bar) for bar in (0, 8, 10, 22, 23)] == [10, 10, 23, 23, 50]


def test_equal_courses_are_equal() -> None:
    one, other = (course({"fear": Mood(tempo=0.8)}, Dream("fear", 1.0, 8, 16, 4)) for _ in range(2))
    assert one == other
    assert one.dreaming(MoodStack()) != other


@pytest.fixture
def chords() -> tuple[SceneHarmony, SceneHarmony]:
    metre, key = Metre(), Key(2, "dorian")
    own = SceneHarmony((HarmonyPart(parse_progression("Dm | - | G | -")),), key, metre)
    moody = SceneHarmony((HarmonyPart(parse_progression("Ebmaj7 | Dm7 | Cm7")),), key, metre)
    return own, moody


def test_a_moods_harmony_begins_with_its_rule(chords: tuple[SceneHarmony, SceneHarmony]) -> None:
    own, moody = chords
    asked = course({"fear": Mood()}, Dream("fear", 1.0, 8, 16, 4))
    found = [bar_under(asked, own, {"fear": MoodHarmony(moody)}, bar).spans[0] for bar in range(26)]
    assert [one.symbol for one in found[9:14]] == ["Dm", "Ebmaj7", "Dm7", "Cm7", "Ebmaj7"]
    assert [one.symbol for one in found[21:25]] == ["Cm7", "Ebmaj7", "G", "Dm"]
    assert found[23].change, "the scene's chord begins there, though it lasts since the bar before"
    assert not own.at(23).spans[0].change
    assert harmony_under(asked, own, {}, 12) == (own, 12)


@pytest.mark.parametrize("number", [7, 11])
def test_a_mood_that_takes_all_volume_away_is_heard_all_the_same(number: int) -> None:
    moods = {"fear": Mood(voices={"bass": VoiceMood(controls={number: 0}), "lead": VoiceMood(controls={number: 127})})}
    resting = {"bass": {number: 100}, "lead": {number: 0}}
    asked = replace(course(moods, Dream("fear", 1.0, 0, 16, 1)), resting=resting)
    assert dict(asked.at(8).voice("bass").controls) == {number: 30}
    assert dict(asked.at(8).voice("lead").controls) == {number: 127}, "and may let somebody in who is silent without"
    assert dict(asked.at(20).voice("bass").controls) == {number: 100}
