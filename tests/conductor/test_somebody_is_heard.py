"""Whatever form, dreams, mutes, ends and changed files come to together, somebody is heard, and on the right bar."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any

import pytest

from fakes.conductors import Theatre
from fakes.scenes import TEXT
from reverie.conductor.hours.programme import Programme, ProgrammeEntry
from reverie.play.messages import PartPlan
from reverie.site.actions import Action, ControlError

PAD = """
  pad:
    kind: chords
    register: [C3, C5]
    output: {slot: main, channel: 3}
"""
DAWN = TEXT.replace("name: study", "name: dawn").replace("seed: 3", 'seed: 3\nharmony: "Dm9 | G13 | C x2"') + PAD[1:]
NIGHT = TEXT.replace("name: study", "name: night").replace("tempo: 120", "tempo: 96")
ENDS = "passage: {kind: end, bars: 8}\n"
FORM = """form:
  opening: 0
  sections:
    - {name: all, bars: [24]}
    - {name: alone, bars: [8], voices: [pad]}
"""
MOODS = "moods: {fear: {tempo: 0.8, dynamics: 0.5, voices: {beat: out, lead: out}}}\ndreams: {blend: 1}\n"


def begun(tmp_path: Path, head: str, bars: int = 4, **options: Any) -> Theatre:
    theatre = Theatre(tmp_path, {"dawn": head + DAWN, "night": NIGHT}, **options)
    theatre.begin("dawn")
    for _ in range(bars):
        go(theatre)
    return theatre


def go(theatre: Theatre) -> None:
    """A bar goes out; somebody who is not muted sounds in the next, or nobody is wanted."""
    theatre.answer()
    theatre.play()
    assert theatre.score
    bar, music = theatre.bar + 1, theatre.conductor.music
    plays = [name for name, _ in theatre.score.recipes(bar)]
    assert music is not None
    muted = theatre.conductor._console.overrides.muted
    assert not plays or {*plays} - muted, f"bar {bar} is silenced"


def act(theatre: Theatre, *actions: Action) -> None:
    for action in actions:
        theatre.conductor._console._acts.do(action)
    theatre.hear()


def plan(theatre: Theatre, bar: int, voice: str) -> PartPlan:
    assert theatre.score
    return theatre.score._plans.part(voice, bar)


def muted(theatre: Theatre) -> frozenset[str]:
    return theatre.conductor._console.overrides.muted


def change(theatre: Theatre, text: str) -> None:
    theatre.conductor.files_changed({theatre.write("dawn", text)})
    theatre.hear()


def test_whom_a_section_leaves_alone_is_heard_again_though_muted(tmp_path: Path) -> None:
    theatre = begun(tmp_path, FORM)
    act(theatre, Action("mute", value=True, voice="pad"))
    for _ in range(18):
        go(theatre)
        assert muted(theatre) == {"pad"}
    go(theatre)
    assert theatre.bar == 22, "bar 23 sounds, and the next is the pad's alone"
    assert muted(theatre) == frozenset()
    last = theatre.conductor._console.status()["last"][-1]
    assert (last["source"], last["action"], last["voice"], last["value"]) == ("course", "mute", "pad", False)
    assert last["now"] == "pad sounds again"
    for _ in range(16):
        go(theatre)


def test_whoever_is_alone_soon_is_not_muted(tmp_path: Path) -> None:
    theatre = begun(tmp_path, FORM, bars=12)
    with pytest.raises(ControlError, match="the last voice that sounds"):
        act(theatre, Action("mute", value=True, voice="pad"))
    act(theatre, Action("mute", value=True, voice="lead"), Action("mute", value=True, voice="beat"))
    for _ in range(30):
        go(theatre)


def test_a_dream_that_leaves_over_whom_people_have_muted_lets_it_be_heard(tmp_path: Path) -> None:
    theatre = begun(tmp_path, MOODS)
    act(theatre, Action("mute", value=True, voice="pad"))
    assert theatre.conductor.dream_of(b'{"mood": "fear", "length": 8}', "test").ok
    theatre.hear()
    assert muted(theatre) == frozenset()
    for _ in range(12):
        go(theatre)


def test_an_end_in_which_only_the_muted_stay_is_heard(tmp_path: Path) -> None:
    theatre = begun(tmp_path, ENDS)
    act(theatre, Action("mute", value=True, voice="pad"), Action("mute", value=True, voice="lead"))
    theatre.conductor.play_scene("night")
    theatre.hear()
    for _ in range(20):
        go(theatre)
    assert theatre.score
    assert theatre.score.scene.name == "night"


@pytest.mark.parametrize("passage", ["", "passage: cut\n", "passage: {kind: end, bars: 2}\n"])
def test_an_end_that_is_written_away_while_it_sounds_leaves_no_silence(tmp_path: Path, passage: str) -> None:
    theatre = begun(tmp_path, "passage: {kind: end, bars: 32}\n", bars=6)
    theatre.conductor.play_scene("night")
    for _ in range(8):
        go(theatre)
    change(theatre, passage + DAWN)
    silent = 0
    for _ in range(4):
        go(theatre)
        assert theatre.score
        silent += not [*theatre.score.recipes(theatre.bar + 1)]
    assert theatre.score
    assert theatre.score.scene.name == "night"
    assert not silent


def test_whoever_has_left_in_an_end_does_not_come_back_for_a_bar_as_the_file_changes(tmp_path: Path) -> None:
    theatre = begun(tmp_path, ENDS, bars=6)
    theatre.conductor.play_scene("night")
    for _ in range(8):
        go(theatre)
    bar = theatre.bar + 2
    before = {name: plan(theatre, bar, name) for name in ("beat", "lead", "pad")}
    assert not before["beat"].sounds
    change(theatre, ENDS + DAWN.replace("velocity: [50, 90]", "velocity: [40, 90]"))
    go(theatre)
    assert theatre.score
    assert theatre.score.scene.first_bar == bar
    assert {name: plan(theatre, bar, name) for name in ("beat", "lead", "pad")} == before


def test_a_dream_goes_on_without_a_gap_as_the_file_changes(tmp_path: Path) -> None:
    theatre = begun(tmp_path, MOODS)
    theatre.conductor.dream_of(b'{"mood": "fear", "length": 32}', "test")
    for _ in range(6):
        go(theatre)
    bar = theatre.bar + 2
    before = plan(theatre, bar, "pad"), plan(theatre, bar, "lead")
    change(theatre, MOODS + DAWN.replace("velocity: [50, 90]", "velocity: [40, 90]"))
    go(theatre)
    assert (plan(theatre, bar, "pad"), plan(theatre, bar, "lead")) == before
    assert before[0].dynamics == 0.5


def test_a_changed_file_in_a_dream_may_name_every_voice_otherwise(tmp_path: Path) -> None:
    theatre = begun(tmp_path, FORM + MOODS)
    act(theatre, Action("mute", value=True, voice="lead"), Action("mutate", voice="beat"))
    theatre.conductor.dream_of(b'{"mood": "fear", "length": 32}', "test")
    for _ in range(3):
        go(theatre)
    text = FORM + MOODS + DAWN
    for old, new in (("beat", "drum"), ("lead", "tune"), ("pad", "wash")):
        text = (
            text.replace(f"  {old}:", f"  {new}:").replace(f"{old}: out", f"{new}: out").replace(f"[{old}]", f"[{new}]")
        )
    change(theatre, text)
    assert muted(theatre) == frozenset()
    for _ in range(6):
        go(theatre)
    assert [name for name, _ in theatre.score.recipes(theatre.bar + 1)] == ["wash"] if theatre.score else False
    with pytest.raises(ControlError):
        act(theatre, Action("undo"))
    for _ in range(40):
        go(theatre)


def test_a_scene_that_cannot_be_played_after_all_does_not_end_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theatre = begun(tmp_path, ENDS, bars=6)
    theatre.conductor.play_scene("night")

    def broken(*_: object) -> None:
        raise ZeroDivisionError("it cannot be arranged")

    monkeypatch.setattr(theatre.conductor._repertoire, "perform", broken)
    for _ in range(24):
        go(theatre)
    assert theatre.score
    assert theatre.score.scene.name == "dawn"
    assert {name for name, _ in theatre.score.recipes(theatre.bar + 1)} == {"beat", "lead", "pad"}
    assert theatre.status["passage"] is None


def test_without_a_composer_sections_come_and_go(tmp_path: Path) -> None:
    theatre = begun(tmp_path, FORM)
    theatre.composer.dies()
    for bar in range(60):
        theatre.play()
        assert theatre.score
        assert [*theatre.score.recipes(theatre.bar + 1)], f"bar {bar}"
    theatre.composer.starts()
    for _ in range(30):
        go(theatre)


def test_what_was_done_in_one_section_is_taken_back_in_another(tmp_path: Path) -> None:
    theatre = begun(tmp_path, FORM, bars=18)
    act(theatre, Action("mutate", voice="beat"), Action("tempo", 90.0), Action("mute", value=True, voice="lead"))
    for _ in range(10):
        go(theatre)
    act(theatre, Action("undo"), Action("undo"), Action("undo"))
    assert muted(theatre) == frozenset()
    for _ in range(40):
        go(theatre)


@pytest.mark.parametrize("after", range(1, 14))
def test_the_player_may_die_in_any_bar_of_an_end(tmp_path: Path, after: int) -> None:
    theatre = begun(tmp_path, ENDS, bars=6)
    theatre.conductor.play_scene("night")
    for _ in range(after):
        go(theatre)
    theatre.player.dies()
    theatre.player.starts()
    theatre.score = None
    for _ in range(16):
        go(theatre)
    assert theatre.score
    assert theatre.score.scene.name == "night"


def test_an_end_that_is_begun_and_given_up_all_night_makes_no_course_deeper(tmp_path: Path) -> None:
    theatre = begun(tmp_path, ENDS + MOODS, bars=6)
    sizes: list[int] = []
    for _ in range(12):
        for name in ("night", "dawn"):
            theatre.conductor.play_scene(name)
        theatre.hear()
        go(theatre)
        sizes.append(depth(theatre.conductor.music and theatre.conductor.music.course))
    assert max(sizes) == sizes[1] <= 3


def test_the_mood_of_the_programme_begins_with_the_first_bar_of_its_scene(tmp_path: Path) -> None:
    moods = "moods: {fear: {tempo: 0.5}}\ndreams: {blend: 1}\n"
    programme = Programme((ProgrammeEntry(time(0), "dawn", "fear"),))
    theatre = Theatre(tmp_path, {"dawn": moods + DAWN}, programme=programme)
    theatre.begin()
    assert theatre.next
    assert [theatre.next._plans.at(bar).tempo for bar in range(3)] == [0.5] * 3


def depth(course: object) -> int:
    """How many courses lie within each other where the last of all is asked."""
    within = [getattr(course, name, None) for name in ("after", "inner")]
    return 1 + max((depth(one) for one in within if one is not None), default=0)
