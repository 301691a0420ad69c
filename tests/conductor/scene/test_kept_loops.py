"""The status has the last loop of each voice, and why it was kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fakes.conductors import Theatre
from fakes.scenes import TEXT
from reverie.conductor.scene import kept_loops
from reverie.watch.happenings import LoopAnswered, LoopDerived

PAD = "  pad: {kind: chords, bars: 4, register: [C3, C5], output: {slot: main, channel: 2}}\n"
RIFF = '  riff: {kind: bass, pattern: "D2 - - - A2 - - - D2 - - - - - - -", output: {slot: main, channel: 4}}\n'
STUDY = TEXT.replace("seed: 3", 'seed: 3\nharmony: "Dm9 | G13 A7 | C x7"').rstrip() + f"\n{PAD}{RIFF}"


def loops(theatre: Theatre) -> dict[str, dict[str, Any]]:
    found = theatre.status["loops"]
    assert json.loads(json.dumps(found)) == found
    return found


def go(theatre: Theatre, bars: int = 1) -> None:
    for _ in range(bars):
        theatre.play()
        theatre.answer()


def begun(folder: Path, **scenes: str) -> Theatre:
    theatre = Theatre(folder, scenes)
    theatre.begin()
    return theatre


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    return begun(tmp_path, study=STUDY, other=TEXT.replace("name: study", "name: other"))


def test_a_loop_that_was_there_already_has_its_recipe_alone(theatre: Theatre) -> None:
    found = loops(theatre)["lead"]
    assert found.pop("recipe")
    assert found == {"operator": None, "from_bar": 1, "score": {}, "bent": {}, "refused": {}, "novelty": {}}


def test_every_answer_is_told_with_its_score_and_what_the_guard_did(theatre: Theatre) -> None:
    for _ in range(30):
        go(theatre)
        for voice in ("beat", "lead"):
            answer = [one.answer for one in theatre.told(LoopAnswered) if one.answer.recipe.voice == voice][-1]
            found = loops(theatre)[voice]
            assert found["recipe"] == answer.recipe.id
            assert found["operator"] == answer.recipe.operator
            assert found["score"] == answer.recipe.score
            assert {"fit", "total", "mended", "density", "novelty"} <= found["score"].keys()
            assert found["bent"] == {kind: count for kind, count in answer.clipped.items() if count}
            assert found["refused"] == answer.refused
    assert any(one.answer.clipped.get("harmony") for one in theatre.told(LoopAnswered)), "or nothing was seen"


def test_a_loop_is_told_from_the_bar_in_which_it_begins(theatre: Theatre) -> None:
    from_bars: list[int] = []
    for bar in range(40):
        go(theatre)
        found = loops(theatre)["lead"]
        from_bars.append(found["from_bar"])
        assert found["from_bar"] > bar, "loops are composed ahead"
    assert from_bars == sorted(from_bars)
    assert {bar % 2 for bar in from_bars} == {1}, "it is two bars long"


def test_chords_and_what_is_written_are_told_without_a_score(theatre: Theatre) -> None:
    go(theatre, 3)
    found = loops(theatre)
    assert (found["pad"]["operator"], found["riff"]["operator"]) == ("voice-chords", "written")
    derived = {one.answer.recipe.id: one.answer for one in theatre.told(LoopDerived)}
    for voice in ("pad", "riff"):
        assert derived[found[voice]["recipe"]].recipe.score, "parts of it are known, and chose nothing"
        assert (found[voice]["score"], found[voice]["refused"]) == ({}, {})
    before = found["pad"]
    go(theatre, 12)
    assert loops(theatre)["pad"]["from_bar"] > before["from_bar"]


def test_a_loop_that_is_held_for_very_long_is_told_from_its_first_bar_on(theatre: Theatre) -> None:
    go(theatre, 4)
    first = loops(theatre)["riff"]
    assert first["from_bar"] == 1
    go(theatre, 200)
    assert loops(theatre)["riff"] == first


def test_a_loop_over_changing_chords_is_told_from_its_first_turn_on(tmp_path: Path) -> None:
    theatre = begun(tmp_path, study=STUDY.replace("evolve: {hold: 1,", "evolve: {hold: 10,"))
    go(theatre, 4)
    first = loops(theatre)["lead"]
    assert first["from_bar"] < 60
    for _ in range(200):
        theatre.play()
        theatre.answer(refuse=["lead"])
        assert loops(theatre)["lead"] == first, "nothing else was kept, and it goes on over one chord after the other"


def test_refused_candidates_are_counted_and_an_answer_without_a_loop_changes_nothing(theatre: Theatre) -> None:
    go(theatre, 4)
    before = loops(theatre)["lead"]["recipe"]
    theatre.play(4)
    theatre.answer(refuse=["lead"])
    assert any(one.answer.loop is None for one in theatre.told(LoopAnswered))
    assert loops(theatre)["lead"]["recipe"] == before


def test_another_scene_has_other_loops(theatre: Theatre) -> None:
    go(theatre, 8)
    before = loops(theatre)
    theatre.conductor.play_scene("other")
    after = loops(theatre)
    assert set(after) == {"beat", "lead"}
    assert all(after[voice]["from_bar"] == 1 for voice in after)
    go(theatre, 8)
    assert all(loops(theatre)[voice]["recipe"] != before[voice]["recipe"] for voice in after)
    assert all(loops(theatre)[voice]["score"] for voice in after)


def test_what_is_remembered_does_not_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_loops, "REMEMBERED", 2)
    theatre = begun(tmp_path, study=STUDY)
    for _ in range(40):
        go(theatre)
        assert loops(theatre)["lead"]["recipe"] in theatre.conductor._kept._answers["lead"]
        assert all(len(own) <= 2 for own in theatre.conductor._kept._answers.values())
