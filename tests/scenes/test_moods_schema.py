"""Moods as artists write them: what is read, what is told of faults, and that a scene without any is as it was."""

from __future__ import annotations

import pytest

from reverie.compose.dream_course import dreaming
from reverie.compose.mood_course import MoodCourse
from reverie.compose.mood_stack import Dream, MoodStack
from reverie.conductor.arranging.arrange import arrange
from reverie.documents import DocumentError, parse_document, validate
from reverie.music.harmony import Key
from reverie.scenes.schema import Scene

SCENE = """
name: sleeper
title: A sleeper
tempo: 60
key: D
scale: dorian
harmony: "i | IV"
voices:
  lead: {kind: melody, model: attention_rnn, register: [C4, C6], density: [2, 8], output: {channel: 1}}
  bass: {kind: bass, model: attention_rnn, register: [C2, C4], strictness: 0.3, output: {channel: 2}}
  beat: {kind: drums, pattern: {bass: "X... .... X... ...."}, output: {channel: 10}}
"""
MOODS = """
moods:
  fear:
    words: [Dark, fall*]
    density: 0.5
    register: -5
    scale: phrygian
    strictness: 1
    touch: 0.5
    voices:
      beat: out
      lead: {density: 0.5, controls: {74: 40, 1: {from: 10, to: 90}}}
  grief: {harmony: "iv | i", key: A, scale: minor}
guards: {density: [0.2, 2], voices: [1, 2]}
"""


def scene(text: str) -> Scene:
    return validate(parse_document(text), Scene)


def faults(text: str) -> list[str]:
    with pytest.raises(DocumentError) as refused:
        scene(text)
    return [f"{fault.line}:{fault.column}: {fault.message}" for fault in refused.value.faults]


def test_a_mood_is_read_and_arranged() -> None:
    arrangement = arrange(scene(SCENE + MOODS), {})
    course = arrangement.course
    assert isinstance(course, MoodCourse)
    assert course.resting == {"lead": {74: 64, 1: 10}}
    dreamt = dreaming(course, MoodStack((Dream("fear", 1.0, 8, 16, 4),)))
    assert dreamt is not None
    state = dreamt.at(16)
    assert state.mood == "fear"
    assert (state.voice("lead").density, state.voice("bass").density) == (0.25, 0.5)
    assert state.voice("bass").register == -5
    assert not state.voice("beat").sounds
    assert dict(state.voice("lead").controls) == {1: 90, 74: 40}
    plans = arrangement.plans
    assert plans["lead"].moods["fear"].key == Key(2, "phrygian")
    assert plans["lead"].moods["fear"].strictness == 1
    assert plans["bass"].moods["fear"].strictness is None, "it has its own"
    assert plans["beat"].moods.keys() <= {"fear"}, "what is written knows no key"
    harmony = plans["lead"].moods["grief"].harmony
    assert harmony is not None
    assert harmony.anew
    assert [harmony.plan.at(bar).spans[0].symbol for bar in (0, 1)] == ["Dm", "Am"]
    own = plans["lead"].moods["fear"].harmony
    assert own is not None
    assert not own.anew, "the scene's own chords go on, in the other key"


def test_a_scene_without_moods_is_as_it_was() -> None:
    plain = scene(SCENE)
    guarded = scene(f"{SCENE}guards: {{voices: 2}}\ndreams: {{blend: 8}}\n")
    assert plain.hash == guarded.hash, "limits of moods that there are not"
    assert scene(SCENE + MOODS).hash != plain.hash
    assert arrange(plain, {}).course is None
    assert all(not plan.moods for plan in arrange(plain, {}).plans.values())


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("moods: {fear: {voices: {leed: out}}}", "16:31: there is no voice 'leed'; did you mean 'lead'?"),
        ("moods: {fear: {scale: frygian}}", "16:23: there is no scale 'frygian'; did you mean 'phrygian'?"),
        (
            "moods: {fear: {words: ['two words']}}",
            "16:24: a word is letters or digits, or their beginning with a star, such as fly*, not 'two words'",
        ),
        ("moods: {fear: {tempo: 9}}", "16:23: a factor of what the scene has is 0.1 to 4, not 9"),
        (
            "moods: {fear: {voices: {lead: {controls: {200: 1}}}}}",
            "16:43: a controller is a number from 0 to 119, not '200'",
        ),
        (
            "moods: {fear: {controls: {74: 1}}}",
            "16:16: controllers belong to a voice, as 'voices: {bass: {controls: {74: 40}}}'",
        ),
        ("dreams: {default: fear}", "16:19: there is no mood 'fear'"),
        (
            "guards: {density: [2, 1]}",
            "16:19: the limits of density are two numbers from 0.1 to 4, the lower first, not [2, 1]",
        ),
    ],
)
def test_faults_are_told_at_their_place(written: str, fault: str) -> None:
    (told,) = faults(f"{SCENE.rstrip()}\n\n\n\n{written}\n")
    line = told.split(":")[0]
    assert told == fault.replace("16:", f"{line}:", 1)


def test_a_moods_harmony_needs_one_of_the_scene() -> None:
    plain = SCENE.replace('harmony: "i | IV"\n', "")
    (told,) = faults(f'{plain}moods: {{fear: {{harmony: "i"}}}}\n')
    assert "a mood's harmony takes the place of the scene's, and there is none" in told


OTHER_PROGRAM = """
moods:
  fear: {voices: {lead: {program: PROGRAM}}}
"""
WITH_PROGRAM = SCENE.replace("output: {channel: 1}", "output: {channel: 1, program: flute}")


def test_a_mood_gives_a_voice_another_program_by_name_or_number_and_only_while_it_rules() -> None:
    for written in ("cello", "42"):
        course = arrange(scene(WITH_PROGRAM + OTHER_PROGRAM.replace("PROGRAM", written)), {}).course
        dreamt = dreaming(course, MoodStack((Dream("fear", 1.0, 8, 16, 4),)))
        assert dreamt is not None
        programs = [dreamt.at(bar).voice("lead").program for bar in range(32)]
        assert set(programs) == {None, 42}
        rules = [dreamt.at(bar).mood == "fear" for bar in range(32)]
        assert [program is not None for program in programs] == rules
        assert all(dreamt.at(bar).voice("bass").program is None for bar in range(32))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            SCENE + OTHER_PROGRAM.replace("PROGRAM", "cello"),
            "14:35: 'lead' has no program to come back to after the mood; write one in its output, such as 'program: ",
        ),
        (
            WITH_PROGRAM + OTHER_PROGRAM.replace("PROGRAM", "chello"),
            "14:35: General MIDI has no instrument 'chello'; did you mean 'cello'?",
        ),
        (WITH_PROGRAM + "moods: {fear: {program: cello}}", "12:16: a program belongs to a voice, as"),
        (
            SCENE.replace("output: {channel: 10}", "output: {channel: 10, program: 0}")
            + "moods: {fear: {voices: {beat: {program: flute}}}}",
            "12:41: program 73 is no drum kit of General MIDI 2; there are 0 (standard), 8 (room)",
        ),
        (
            WITH_PROGRAM.replace("output: {channel: 2}", "output: {channel: 1, program: flute}")
            + "moods: {fear: {voices: {lead: {program: 40}, bass: {program: 41}}}}",
            "12:62: 'lead' already has program 40 on channel 1 of 'main' in this mood; one channel can have one",
        ),
        (
            WITH_PROGRAM.replace("output: {channel: 1,", "timbre: purr, output: {channel: 1,")
            + "timbres: {purr: {sources: {a: 'shipped:flute', b: 'shipped:cat'}}}\n"
            + "moods: {fear: {voices: {lead: {program: 40}}}}",
            "13:41: 'lead' plays the bank of its timbre 'purr', whose program is not the mood's to choose",
        ),
    ],
)
def test_a_program_that_a_mood_cannot_choose_is_refused_where_it_stands(text: str, told: str) -> None:
    assert any(fault.startswith(told) for fault in faults(text)), faults(text)


def test_a_kit_can_be_changed_for_another_and_a_voice_without_a_wish_has_the_hash_that_it_had() -> None:
    drums = SCENE.replace("output: {channel: 10}", "output: {channel: 10, program: 0}")
    assert scene(drums + "moods: {fear: {voices: {beat: {program: 40}}}}").moods["fear"].voices["beat"].program == 40
    said, unsaid = (
        scene(WITH_PROGRAM + f"moods: {{fear: {{voices: {{lead: {one}}}}}}}")
        for one in ("{density: 0.5, program: null}", "{density: 0.5}")
    )
    assert said.hash == unsaid.hash != scene(WITH_PROGRAM + OTHER_PROGRAM.replace("PROGRAM", "4")).hash
