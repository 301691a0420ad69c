"""The form of a scene, as it is written."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.compose.scene_form import SceneForm
from reverie.conductor.arranging.arrange import arrange
from reverie.documents import DocumentError, parse_document
from reverie.scenes.folder import read_scene
from reverie.scenes.schema import Scene

HEAD = """
name: dusk
title: Dusk
tempo: 60
key: D
scale: minor
harmony: {sections: [{name: verse, chords: i | VI}, {name: bridge, chords: III | VII}]}
voices:
  beat: {kind: drums, model: kit, output: {channel: 10}}
  low: {kind: bass, model: rnn, register: [C2, C4], output: {channel: 2}}
  bell: {kind: melody, pattern: "C5:16", output: {channel: 1}%s}
"""


def scene(form: str = "", cycle: str = "") -> Scene:
    text = HEAD % (f", cycle: {cycle}" if cycle else "") + (f"form: {form}\n" if form else "")
    return read_scene(parse_document(text, "dusk.yaml"))


def course(form: str = "", cycle: str = "", **more: float) -> SceneForm:
    made = arrange(scene(form, cycle), {}, **more).course  # pyright: ignore[reportArgumentType]
    assert isinstance(made, SceneForm)
    return made


def faults(form: str, cycle: str = "") -> list[str]:
    with pytest.raises(DocumentError) as caught:
        scene(form, cycle)
    return [one.message for one in caught.value.faults]


def names(form: SceneForm, bars: int) -> list[str]:
    return [spot.name for bar in range(bars) if (spot := form.spot(bar))]


def test_a_scene_without_form_and_cycles_has_no_course() -> None:
    arrangement = arrange(scene(), {})
    assert arrangement.course is None
    assert all(plan.course is None for plan in arrangement.plans.values())


def test_the_course_is_that_of_the_scene_and_of_each_voice() -> None:
    arrangement = arrange(scene("{sections: [{name: a, bars: 4}]}"), {})
    assert arrangement.course is not None
    assert all(plan.course == arrangement.course for plan in arrangement.plans.values())
    assert arrangement.course != arrange(scene("{sections: [{name: a, bars: 4}]}"), {}, take=1).course


def test_a_scene_that_says_nothing_new_keeps_its_hash() -> None:
    assert scene().hash != scene("{opening: 0}").hash != scene("{opening: 2}").hash
    assert scene().hash != scene(cycle="{on: 3, off: 2}").hash
    assert "form" not in scene().model_dump(exclude_defaults=True)


def test_what_a_form_leaves_out_is_not_in_the_hash() -> None:
    spelt_out = (
        "{order: written, opening: 4, rests: {}, sections: [{name: a, bars: [4], leave: 0, ends: none}], day: {}}"
    )
    assert scene("{sections: [{name: a, bars: 4}]}").hash == scene(spelt_out).hash
    assert scene("{sections: [{name: a, bars: 4}]}").hash != scene("{sections: [{name: a, bars: 4, leave: 4}]}").hash


def test_sections_follow_as_written_and_by_default_any_other_follows_if_drawn() -> None:
    assert names(course("{sections: [{name: a, bars: 1}, {name: b, bars: 2}]}"), 7) == [
        "a",
        "b",
        "b",
        "a",
        "b",
        "b",
        "a",
    ]
    drawn = names(course("{order: drawn, sections: [{name: a, bars: 1}, {name: b, bars: 1}, {name: c, bars: 1}]}"), 500)
    assert {*itertools.pairwise(drawn)} == {(one, other) for one in "abc" for other in "abc" if one != other}


def test_numbers_and_lists_of_them_are_curves() -> None:
    form = course(
        "{opening: 0, sections: [{name: a, bars: 5, density: [0.5, 1, 2], dynamics: 0.8, register: -12, tempo: [1]}]}"
    )
    assert [form.at(bar).voice("low").density for bar in range(5)] == [0.5, 0.75, 1.0, 1.5, 2.0]
    assert form.at(3).voice("low").dynamics == 0.8
    assert form.at(3).voice("low").register == -12


def test_hours_are_by_minutes_and_days_by_the_clock() -> None:
    form = course(
        '{opening: 0, hour: {density: {0: 1, 30: 2}}, day: {dynamics: {"06:00": 0.5, "18:00": 1}}}', begins_at=0.0
    )
    assert form.bar_seconds == 4.0
    bar_of_minute = 15
    assert [form.at(minute * bar_of_minute).voice("low").density for minute in (0, 15, 30, 45, 60)] == [
        1,
        1.5,
        2,
        1.5,
        1,
    ]
    assert [form.at(hour * 900).voice("low").dynamics for hour in (6, 12, 18, 24)] == [0.5, 0.75, 1.0, 0.75]


def test_a_cycle_needs_no_form_and_leaves_the_others_alone() -> None:
    form = course(cycle="{on: 3, off: 2, after: 1}")
    assert [form.at(bar).voice("bell").sounds for bar in range(8)] == [
        False,
        True,
        True,
        True,
        False,
        False,
        True,
        True,
    ]
    assert all(form.at(bar).voice(name).sounds for bar in range(8) for name in ("beat", "low"))


def test_voices_that_come_by_chance_are_not_there_always() -> None:
    section = course("{opening: 0, sections: [{name: a, bars: 4, maybe: {bell: 0.5}, ends: [fill, none]}]}").sections[0]
    assert (section.voices, section.maybe, section.ends) == (("beat", "low"), {"bell": 0.5}, ("fill", "none"))


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("{sections: [{name: a, bars: 4, voices: [low, baet]}]}", "there is no voice 'baet'; did you mean 'beat'?"),
        ("{sections: [{name: a, bars: 4, maybe: {bel: 0.5}}]}", "there is no voice 'bel'; did you mean 'bell'?"),
        ("{sections: [{name: a, bars: 4, maybe: {bell: 1.5}}]}", "'bell' must be less than 1, not 1.5"),
        (
            "{sections: [{name: a, bars: 4, voices: []}]}",
            "the section 'a' leaves every voice out; name one, or leave 'voices' out",
        ),
        (
            "{sections: [{name: a, bars: 4, maybe: {bell: 0.5, low: 0.5, beat: 0.5}}]}",
            "the section 'a' may be without any voice; leave one out of 'maybe'",
        ),
        ("{sections: [{name: a, bars: 4, voices: [low, low]}]}", "the voice 'low' is named twice"),
        (
            "{sections: [{name: a, bars: 4, voices: [low], maybe: {low: 0.5}}]}",
            "the voice 'low' is always there by 'voices'; leave one of both out",
        ),
        (
            "{order: drawn, sections: [{name: day, bars: 4, next: {dya: 1}}]}",
            "there is no section 'dya'; did you mean 'day'?",
        ),
        (
            "{order: drawn, sections: [{name: a, bars: 4, next: {a: 0}}]}",
            "no way leads on from the section 'a'; give one a weight above 0",
        ),
        (
            "{order: drawn, sections: [{name: a, bars: 4, next: {}}]}",
            "no way leads on from the section 'a'; give one a weight above 0",
        ),
        (
            "{order: drawn, sections: [{name: a, bars: 4, next: {a: 1}}, {name: b, bars: 4}]}",
            "no way leads to the section 'b'; it would never come",
        ),
        (
            "{sections: [{name: a, bars: 4, next: {a: 1}}]}",
            "sections follow as written; leave 'next' out, or write 'order: drawn'",
        ),
        (
            "{sections: [{name: a, bars: 4}, {name: a, bars: 4}]}",
            "there is a section 'a' already; each has a name of its own",
        ),
        (
            "{sections: [{name: a, bars: 4, harmony: brigde}]}",
            "the harmony has no section 'brigde'; did you mean 'bridge'?",
        ),
        *(
            (
                f"{{sections: [{{name: a, bars: {bars}}}]}}",
                f"lengths are 1 to 10000 bars, such as 16 or [16, 24, 28] (one is drawn), not {bars}",
            )
            for bars in ("0", "[4, 0]", "[]", "1.5")
        ),
        (
            "{sections: [{name: a, bars: 4, density: [0.5, 9]}]}",
            "a factor is 0.1 to 3, or a list from the section's beginning to its end, such as [0.6, 1.2], not [0.5, 9]",
        ),
        (
            "{sections: [{name: a, bars: 4, register: C5}]}",
            (
                "a move of the register in semitones is -36 to 36, or a list from the section's beginning to its end, "
                "such as [0, 5], not C5"
            ),
        ),
        ("{rests: {baet: 0.2}}", "there is no voice 'baet'; did you mean 'beat'?"),
        ("{rests: 1}", "a share of the phrases is 0 or more and below 1, such as 0.2, not 1"),
        ("{sections: [{name: a, bars: 4, rests: {lwo: 0.2}}]}", "there is no voice 'lwo'; did you mean 'low'?"),
        ("{hour: {density: {61: 1}}}", "a minute of the hour is 0 to 59, not '61'"),
        ('{day: {density: {"25:00": 1}}}', "a time of day is written like \"06:00\", not '25:00'"),
        (
            "{sections: [{name: a, bars: 4, ends: crash}]}",
            "'ends' must be 'none', 'fill' or 'break', not the text 'crash'",
        ),
    ],
)
def test_what_is_wrong_is_told(form: str, said: str) -> None:
    assert faults(form) == [said]


CHAPTERS = """
  order: drawn
  chapters:
    - {name: early, for: 4m, sections: [thin, low], register: [0, 12]}
    - {name: late, for: [40, 50], sections: [full], dynamics: 0.5}
  sections:
    - {name: thin, bars: 8, voices: [low]}
    - {name: low, bars: [4, 6]}
    - {name: full, bars: 10, density: 2}
"""


def test_chapters_last_bars_or_minutes_and_bend_their_sections() -> None:
    form = course(f"{CHAPTERS}")
    spots = [spot for bar in range(400) if (spot := form.spot(bar))]
    assert {(spot.chapter, spot.name) for spot in spots} == {("early", "thin"), ("early", "low"), ("late", "full")}
    late = next(spot.first_bar for spot in spots if spot.chapter == "late")
    assert 60 <= late < 70, "four minutes of four beats at 60, and the rest of the last section"
    assert [form.at(bar).voice("low").register for bar in (0, 30, 59)] == [0, 6, 12]
    state = form.at(late).voice("low")
    assert (state.dynamics, state.density, state.register) == (0.5, 2.0, 0)


@pytest.mark.parametrize(
    ("chapters", "said"),
    [
        ("[{name: a, for: 1m, sections: [thn]}]", "there is no section 'thn'; did you mean 'thin'?"),
        ("[{name: a, for: 1m, sections: [thin], next: {b: 1}}]", "there is no chapter 'b'"),
        ("[{name: a, for: 1m, sections: [thin], next: {a: 0}}]", "no way leads on from the chapter 'a'"),
        (
            "[{name: a, for: 1m, sections: [thin]}, {name: a, for: 8, sections: [low]}]",
            "there is a chapter 'a' already",
        ),
        ("[{name: a, for: 1m, sections: [thin]}]", "no way leads to the section 'low'; it would never come"),
    ],
)
def test_what_is_wrong_with_chapters_is_told(chapters: str, said: str) -> None:
    form = f"{{order: drawn, chapters: {chapters}, sections: [{{name: thin, bars: 8}}, {{name: low, bars: 4}}]}}"
    assert any(said in one for one in faults(form)), faults(form)


def test_a_slip_in_a_name_is_told_once() -> None:
    sections = "sections: [{name: day, bars: 4, next: {nihgt: 1}}, {name: night, bars: 4, next: {day: 1}}]"
    assert faults(f"{{order: drawn, {sections}}}") == ["there is no section 'nihgt'; did you mean 'night'?"]
    chapters = "chapters: [{name: a, for: 8, sections: [day, nihgt]}]"
    named = f"{{order: drawn, {chapters}, {sections.replace('nihgt', 'night')}}}"
    assert faults(named) == ["there is no section 'nihgt'; did you mean 'night'?"]


def test_a_cycle_is_of_whole_bars() -> None:
    assert faults("", "{on: 0, off: 3}") == [
        "lengths are 1 to 10000 bars, such as 16 or [16, 24, 28] (one is drawn), not 0"
    ]


def test_a_harmony_is_named_where_there_is_one() -> None:
    text = HEAD.replace(HEAD[HEAD.index("harmony:") : HEAD.index("voices:")], "") % ""
    text += "form: {sections: [{name: a, bars: 4, harmony: bridge}]}\n"
    with pytest.raises(DocumentError, match="the scene has no harmony; write one, or leave this out"):
        read_scene(parse_document(text, "dusk.yaml"))


def test_sections_play_the_harmony_that_they_name() -> None:
    sections = "{name: a, bars: 3, harmony: bridge}, {name: b, bars: 2, harmony: anew, every: 2}, {name: c, bars: 2}"
    text = f"{{sections: [{sections}]}}"
    arrangement = arrange(scene(text), {})
    harmony = arrangement.harmony
    assert harmony
    assert [harmony.at(bar).spans[0].symbol for bar in range(9)] == ["F", "C", "F", "Dm", "Dm", "Bb", "F", "F", "C"]
    assert arrangement.plans["low"].harmony == harmony
    assert harmony.spot(4).part.name == "verse"


def test_a_form_that_names_no_harmony_leaves_it_as_it_is() -> None:
    assert arrange(scene("{sections: [{name: a, bars: 3}]}"), {}).harmony == arrange(scene(), {}).harmony


def test_keys_move_with_the_sections() -> None:
    text = HEAD % "" + "form: {sections: [{name: a, bars: 5, harmony: verse}, {name: b, bars: 6, harmony: anew}]}\n"
    text = text.replace("chords: III | VII}]}", "chords: III | VII}], modulate: {every: 20}}")
    harmony = arrange(read_scene(parse_document(text, "dusk.yaml")), {}).harmony
    assert harmony
    changes = [bar for bar in range(1, 200) if harmony.spot(bar).key != harmony.spot(bar - 1).key]
    assert changes
    assert all(bar % 11 in {0, 5} for bar in changes)
    assert all(after - before >= 14 for before, after in itertools.pairwise(changes))


def test_chords_last_longer_at_some_minutes_of_the_hour() -> None:
    sections = "sections: [{name: a, bars: 8, harmony: verse}, {name: b, bars: 4}]"
    harmony = arrange(scene(f"{{{sections}, hour: {{chords: {{0: 2, 30: 1}}}}}}"), {}).harmony
    assert harmony
    half_an_hour = 450
    begin = next(bar for bar in range(half_an_hour, 2 * half_an_hour) if bar % 12 == 0)
    assert [harmony.at(bar).spans[0].symbol for bar in range(4)] == ["Dm", "Dm", "Bb", "Bb"]
    assert [harmony.at(begin + bar).spans[0].symbol for bar in range(4)] == ["Dm", "Bb", "Dm", "Bb"]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("{hour: {chords: {0: 2}}}", "how long chords last changes with sections, and there are none; write some"),
        ("{hour: {chords: {0: 9}}}", "'0' must be 8 or less, not 9"),
    ],
)
def test_how_long_chords_last_needs_sections(form: str, said: str) -> None:
    assert faults(form) == [said]


def test_a_voice_of_chords_is_as_dense_as_the_section() -> None:
    text = (HEAD % "").replace(
        "  beat:", "  pad: {kind: chords, register: [C3, C5], density: 0.6, output: {channel: 4}}\n  beat:"
    )
    text += "form: {opening: 0, sections: [{name: a, bars: 4, density: 0.5}, {name: b, bars: 4, density: 2}]}\n"
    plan = arrange(read_scene(parse_document(text, "dusk.yaml")), {}).plans["pad"]
    densities = [plan.recipe("voice-chords", 0, bar).settings["density"] for bar in (0, 4)]
    assert densities == [0.3, 1.0]


def test_rests_are_those_of_the_section_or_of_the_form_for_all_or_by_voice() -> None:
    sections = "{name: a, bars: 4}, {name: b, bars: 4, rests: 0}, {name: c, bars: 4, rests: {low: 0.5}}"
    form = course(f"{{rests: 0.2, sections: [{sections}]}}")
    every = {"beat": 0.2, "low": 0.2, "bell": 0.2}
    assert [one.rests for one in form.sections] == [every, {}, {"low": 0.5}]
    assert course("{rests: {low: 0.4}}").rests == {"low": 0.4}


def test_the_form_takes_no_tempo_out_of_its_range() -> None:
    form = '{sections: [{name: a, bars: 4, tempo: [0.6, 1]}], hour: {tempo: {0: 0.5}}, day: {tempo: {"06:00": 1.5}}}'
    assert scene(form)
    for tempo, said in (("39", "from 19.5 to 58.5"), ("{qpm: 195, drift: 6}", "from 94.5 to 302")):
        text = (HEAD % "").replace("tempo: 60", f"tempo: {tempo}") + f"form: {form}\n"
        with pytest.raises(DocumentError, match=f"with the factors of the form it could be {said}"):
            read_scene(parse_document(text, "dusk.yaml"))


_factors = st.one_of(st.floats(0.1, 3), st.lists(st.floats(0.1, 3), min_size=1, max_size=3))
_lengths = st.one_of(st.integers(1, 40), st.lists(st.integers(1, 40), min_size=1, max_size=3))
_sections = st.lists(
    st.fixed_dictionaries(
        {"bars": _lengths},
        optional={
            "voices": st.lists(st.sampled_from(["beat", "low"]), min_size=1, max_size=2, unique=True),
            "maybe": st.fixed_dictionaries({"bell": st.floats(0.01, 0.99)}),
            "enter": st.integers(0, 64),
            "rests": st.one_of(st.floats(0, 0.99), st.fixed_dictionaries({"low": st.floats(0, 0.99)})),
            "leave": st.integers(0, 64),
            "harmony": st.sampled_from(["verse", "bridge", "anew"]),
            "every": st.sampled_from([1, 3, "30s"]),
            "density": _factors,
            "temperature": _factors,
            "at_most": st.lists(st.integers(1, 4), min_size=1, max_size=3),
            "register": st.lists(st.integers(-36, 36), min_size=1, max_size=3),
            "ends": st.lists(st.sampled_from(["none", "fill", "break"]), min_size=1, max_size=3),
        },
    ),
    min_size=1,
    max_size=4,
)


def _with_effect(section: dict[str, Any]) -> dict[str, Any]:
    """The section without what could never have an effect in it, which is refused."""
    own = section.get("voices", ["beat", "low", "bell"])
    inside = {*own, *section.get("maybe", ())}
    longest = max(section["bars"]) if isinstance(section["bars"], list) else section["bars"]
    vain = set[str]()
    if section.get("enter", 0) >= longest:
        vain.add("enter")
    if min(section.get("at_most", [1])) > len(inside):
        vain.add("at_most")
    if isinstance(section.get("rests"), dict) and "low" not in inside:
        vain.add("rests")
    return {key: value for key, value in section.items() if key not in vain}


@settings(max_examples=60, deadline=None)
@given(
    _sections,
    st.sampled_from(["written", "drawn"]),
    st.integers(0, 8),
    st.integers(0, 1_000_000),
    st.booleans(),
)
def test_whatever_is_right_can_be_played(
    sections: list[dict[str, Any]], order: str, opening: int, bar: int, cycles: bool
) -> None:
    named = [{"name": f"s{number}", **_with_effect(one)} for number, one in enumerate(sections)]
    form = json.dumps({"order": order, "opening": opening, "sections": named})
    arrangement = arrange(scene(form, "{on: [1, 3], off: [2, 5], after: 7}" if cycles else ""), {})
    assert arrangement.course
    assert arrangement.harmony
    for one in (*range(50), *range(bar, bar + 50)):
        state = arrangement.course.at(one)
        assert state.section
        assert state.section.first_bar <= one < state.section.end_bar
        assert cycles or any(voice.sounds for voice in state.voices.values())
        assert arrangement.harmony.at(one).spans
        assert arrangement.harmony.after(one)[0] > one
    for name in ("beat", "low", "bell"):
        begins = arrangement.course.begins(name, bar)
        assert begins is None or (begins > bar and arrangement.course.at(begins).voice(name).sounds)
