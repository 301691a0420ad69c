"""The artist's desk with a whole conductor: loops to choose from, and the form by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.conductors import Theatre
from fakes.scenes import TEXT
from reverie.conductor.page.artist_desk import ArtistDesk
from reverie.site.actions import ControlError
from reverie.watch.happenings import LoopAnswered

FORMED = (
    TEXT
    + """
form:
  phrase: 4
  opening: 0
  sections:
    - {name: shore, bars: 8, voices: [beat, lead]}
    - {name: tide, bars: 8, voices: [beat]}
    - {name: deep, bars: 8, voices: [beat, lead]}
"""
)


def stage(folder: Path, text: str = TEXT) -> Theatre:
    theatre = Theatre(folder, {"study": text.replace('    schedule: {every: 4, bars: ["1-3"]}\n', "")})
    theatre.begin()
    theatre.answer()
    theatre.player.starts()
    theatre.play(3)
    return theatre


def desk_of(theatre: Theatre) -> ArtistDesk:
    return theatre.conductor.page.artist


def test_loops_to_choose_from_come_one_by_one_and_nothing_of_them_is_played(tmp_path: Path) -> None:
    theatre = stage(tmp_path)
    desk, placed = desk_of(theatre), len(theatre.player.sent)
    theatre.answer()
    told, placed = len(theatre.told(LoopAnswered)), len(theatre.player.sent)
    desk.want_candidates("lead", 4)
    for _ in range(12):
        theatre.answer()
    [audition] = desk.candidates()
    assert not audition["open"]
    assert len(audition["found"]) == 4
    assert len({str(one["notes"]) for one in audition["found"]}) == 4
    assert len(theatre.told(LoopAnswered)) == told, "nobody counts them"
    assert len(theatre.player.sent) == placed, "nobody plays them"


def test_who_presses_again_and_again_begins_no_second_chain_of_questions(tmp_path: Path) -> None:
    theatre = stage(tmp_path)
    theatre.answer()
    desk = desk_of(theatre)
    for _ in range(5):
        desk.want_candidates("lead", 3)
    desk.want_candidates("beat", 2)
    assert len(theatre.questions) == 1
    theatre.answer()
    found = {one["voice"]: (len(one["found"]), one["open"]) for one in desk.candidates()}
    assert found == {"lead": (3, False), "beat": (2, False)}


def test_loops_to_choose_from_are_forgotten_with_their_scene_though_the_next_has_the_same_voices(
    tmp_path: Path,
) -> None:
    theatre = stage(tmp_path)
    theatre.write("other", TEXT.replace("name: study", "name: other"))
    desk_of(theatre).want_candidates("lead", 2)
    theatre.answer()
    [audition] = desk_of(theatre).candidates()
    assert theatre.conductor.candidate("lead", audition["found"][0]["id"])
    desk_of(theatre).want_candidates("beat", 2)
    assert theatre.conductor.play_scene("other")
    theatre.play(8)
    theatre.answer()
    assert theatre.conductor.playing == "other"
    assert desk_of(theatre).candidates() == []
    assert theatre.conductor.candidate("lead", audition["found"][0]["id"]) is None
    desk_of(theatre).want_candidates("lead", 2)
    theatre.answer()
    assert [len(one["found"]) for one in desk_of(theatre).candidates()] == [2]


def test_a_loop_that_is_taken_is_heard_from_the_next_turn_on(tmp_path: Path) -> None:
    theatre = stage(tmp_path)
    desk = desk_of(theatre)
    desk.want_candidates("lead", 2)
    for _ in range(6):
        theatre.answer()
    [audition] = desk.candidates()
    wanted = audition["found"][1]["id"]
    assert desk.take("lead", wanted).ok
    theatre.clock.go(1)
    theatre.answer()
    heard: list[str] = []
    for _ in range(6):
        theatre.play(1)
        theatre.answer()
        assert theatre.score is not None
        heard.append(dict(theatre.score.recipes(theatre.bar)).get("lead", ""))
    assert wanted in heard
    theatre.clock.go(1)
    assert not desk.take("lead", "nothing").ok
    theatre.clock.go(1)
    assert not desk.take("beat", wanted).ok, "it is another voice's"


def test_nothing_is_composed_to_choose_from_where_no_model_composes(tmp_path: Path) -> None:
    theatre = stage(tmp_path)
    for voice, count in (("cello", 2), ("lead", 0), ("lead", 9)):
        with pytest.raises(ControlError):
            desk_of(theatre).want_candidates(voice, count)


def test_a_composer_that_dies_ends_what_was_asked_and_the_music_goes_on(tmp_path: Path) -> None:
    theatre = stage(tmp_path)
    desk_of(theatre).want_candidates("lead", 4)
    theatre.composer.dies()
    [audition] = desk_of(theatre).candidates()
    assert not audition["open"]
    theatre.composer.starts()
    theatre.answer()
    theatre.play(8)
    assert theatre.composer.condemned == []


def section(theatre: Theatre) -> str:
    now = desk_of(theatre).state()["form"]["now"]
    return str(now["section"])


def test_the_form_goes_to_a_section_with_the_next_bar_line(tmp_path: Path) -> None:
    theatre = stage(tmp_path, FORMED)
    assert desk_of(theatre).state()["form"]["sections"] == ["shore", "tide", "deep"]
    assert section(theatre) == "shore"
    done = desk_of(theatre).go_to_section("deep", phrase=False)
    assert done.sentence == "It is done: deep begins with the next bar line."
    theatre.answer()
    theatre.play(2)
    theatre.answer()
    assert section(theatre) == "deep"
    theatre.play(8)
    theatre.answer()
    assert section(theatre) != "deep", "it goes on from there as the form says"


def test_the_form_goes_to_a_section_with_the_next_phrase(tmp_path: Path) -> None:
    theatre = stage(tmp_path, FORMED.replace("bars: 8", "bars: 16"))
    theatre.play(2)
    said = desk_of(theatre).go_to_section("deep", phrase=True).sentence
    assert said == "It is done: deep begins in 3 bars."
    begun: dict[int, str] = {}
    for _ in range(6):
        theatre.play(1)
        theatre.answer()
        assert theatre.score is not None
        if name := theatre.score.section(theatre.bar):
            begun[theatre.bar] = name
    assert begun == {8: "deep"}


def test_the_form_stays_in_a_section_until_it_may_go_on(tmp_path: Path) -> None:
    theatre = stage(tmp_path, FORMED)
    desk = desk_of(theatre)
    assert desk.stay(on=True).ok
    for _ in range(30):
        theatre.play(1)
        theatre.answer()
        assert section(theatre) == "shore"
        theatre.clock.go(1)
    assert desk.stay(on=False).ok
    seen: set[str] = set()
    for _ in range(10):
        theatre.play(1)
        theatre.answer()
        seen.add(section(theatre))
    assert "tide" in seen


def test_a_scene_without_sections_says_what_is_missing(tmp_path: Path) -> None:
    theatre = stage(tmp_path)
    assert "written under `form`" in desk_of(theatre).state()["form"]["lacks"]
    refused = desk_of(theatre).go_to_section("tide", phrase=False)
    assert not refused.ok
    assert "`form`" in refused.sentence
    theatre.clock.go(1)
    formed = stage(tmp_path / "other", FORMED) if (tmp_path / "other").mkdir() is None else theatre
    assert "did you mean 'tide'" in desk_of(formed).go_to_section("tied", phrase=False).sentence


def test_every_voice_sounds_on_when_the_form_jumps(tmp_path: Path) -> None:
    theatre = stage(tmp_path, FORMED)
    for number, name in enumerate(("deep", "shore", "deep", "tide", "shore")):
        desk_of(theatre).go_to_section(name, phrase=False)
        theatre.clock.go(1)
        theatre.answer()
        for _ in range(3 + number):
            theatre.play(1)
            theatre.answer()
            assert theatre.score is not None
            if theatre.bar < theatre.score.scene.first_bar:
                continue  # it sounded as it was before
            sounding = dict(theatre.score.recipes(theatre.bar))
            assert ("lead" in sounding, "beat" in sounding) == (name != "tide", True)
