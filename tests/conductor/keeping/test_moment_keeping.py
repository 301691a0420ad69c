"""Moments have their bars as they were heard, with what people did within them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from fakes.conductors import Theatre
from fakes.engine import DiceEngine
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from reverie.compose.made_again import make_again
from reverie.compose.played_loop import PlayedLoop
from reverie.conductor.keeping.moment_keeping import BARS
from reverie.history.moment_store import KeptMoment
from reverie.music.notes import Loop
from reverie.play.messages import BarBegun
from reverie.site.actions import ControlError


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    theatre = Theatre(tmp_path, {"study": TEXT, "other": TEXT.replace("name: study", "name: other")}, clock=HandClock())
    theatre.begin()
    theatre.answer()
    theatre.player.starts()
    return theatre


def enter(theatre: Theatre) -> None:
    """The bar begins that the score has next, two seconds long, and the one before has gone out."""
    if theatre.score is not None:
        theatre.play()
        theatre.answer()
    else:
        theatre.hear()
        theatre.turn()
    assert theatre.score is not None
    setup = max(n for n, message in enumerate(theatre.player.sent) if message["type"] == "setup")
    heard, scene = len(theatre.player.sent) - setup - 1, theatre.score.scene
    at, bar = theatre.clock.now(), theatre.bar + 1
    theatre.player.says(BarBegun(scene.epoch, scene.name, bar, bar, at, 2.0, resting=False, heard=heard))


def kept(theatre: Theatre) -> Sequence[Mapping[str, Any]]:
    """The bars of a moment that is kept now."""
    moments = theatre.conductor.page.visits.moments
    moment = moments.store.find(moments.keep())
    assert moment is not None
    return moment.bars


def enter_a_full_one(theatre: Theatre) -> None:
    """A bar begins in whose second half the lead has notes."""
    for _ in range(16):
        enter(theatre)
        bar = theatre.conductor.page.live.sounding()
        if bar is not None and max(ends(bar, "lead"), default=0) > 1200:
            return
        theatre.clock.go(2.0)
    pytest.fail("no bar is full")


def ends(bar: Mapping[str, Any], voice: str) -> list[int]:
    return [tick + length for name, tick, _, _, length, *_ in bar["notes"] if name == voice]


def test_a_mute_and_a_tempo_within_a_bar_that_is_over_are_in_the_moment(theatre: Theatre) -> None:
    enter_a_full_one(theatre)
    assert max(ends(kept(theatre)[-1], "lead")) > 960
    theatre.clock.go(1.0)
    assert theatre.conductor.control({"action": "mute", "voice": "lead", "value": True}, "test").ok
    assert theatre.conductor.control({"action": "tempo", "value": 60}, "test").ok
    theatre.clock.go(2.0)
    enter(theatre)
    over = kept(theatre)[-2]
    assert 0 < max(ends(over, "lead")) <= 960
    assert over["muted"] == ["lead"]
    assert [piece[0] for piece in over["pace"]] == [0, 960]


def test_a_panic_within_the_bar_that_sounds_is_in_the_moment(theatre: Theatre) -> None:
    enter_a_full_one(theatre)
    theatre.clock.go(1.0)
    theatre.conductor.panic()
    assert 0 < max(ends(kept(theatre)[-1], "lead")) <= 960


def test_a_moment_has_the_last_bars_and_the_one_that_sounds_of_one_scene(theatre: Theatre) -> None:
    for _ in range(BARS + 3):
        enter(theatre)
        theatre.clock.go(2.0)
    assert [bar["bar"] for bar in kept(theatre)] == list(range(3, 3 + BARS))
    theatre.conductor.play_scene("other")
    while theatre.conductor.playing != "other":
        enter(theatre)
    with pytest.raises(ControlError, match="nothing sounds"):
        theatre.conductor.page.visits.moments.keep()
    theatre.answer()
    enter(theatre)
    assert [bar["scene"] for bar in kept(theatre)] == ["other"]


def do(theatre: Theatre, **wanted: object) -> str:
    """What came of an action, in words."""
    theatre.clock.go(1.0)
    done = theatre.conductor.control(wanted, "test")
    assert done.ok, done.sentence
    return done.sentence


def found(theatre: Theatre, sentence: str) -> KeptMoment:
    name = sentence.rstrip(".").split()[-1]
    moment = theatre.conductor.page.visits.moments.store.find(name)
    assert moment is not None
    return moment


def test_any_control_keeps_a_moment_of_now_or_of_a_while_ago_under_its_own_name(theatre: Theatre) -> None:
    for _ in range(BARS + 12):
        enter(theatre)
        theatre.clock.go(2.0)
    now, before = found(theatre, do(theatre, action="moment")), found(theatre, do(theatre, action="moment", value=12))
    assert (now.by, len(now.bars), len(before.bars)) == ("test", BARS, BARS)
    assert now.bars[-1]["bar"] - before.bars[-1]["bar"] == 4, "8 s before a bar line, in bars of 2 s"
    with pytest.raises(ControlError, match="how many seconds ago"):
        theatre.conductor.control({"action": "moment", "value": -1}, "test")
    theatre.clock.go(1.0)
    refused = theatre.conductor.control({"action": "moment", "value": 500}, "test")
    assert "any more of 500 s ago" in refused.sentence


def test_every_loop_of_a_moment_can_be_made_again_from_what_is_kept_with_it(theatre: Theatre) -> None:
    for _ in range(3 * BARS):
        enter(theatre)
        theatre.clock.go(2.0)
    moment = found(theatre, do(theatre, action="moment"))
    heard = {name: Loop.from_json(loop) for name, loop in moment.heard.items()}
    made = [
        make_again(DiceEngine(), voice, PlayedLoop.from_json(row), heard, {"a" * 64, "d" * 64})
        for voice, rows in moment.loops.items()
        for row in rows
    ]
    assert {one.voice for one in made} == set(moment.voices)
    assert [one.outcome for one in made] == ["same"] * len(made)
    assert len(made) > len(moment.voices), "voices had several loops in these bars"


async def test_voices_go_back_to_a_moment_and_it_can_be_taken_back(theatre: Theatre) -> None:
    for _ in range(BARS):
        enter(theatre)
        theatre.clock.go(2.0)
    moment = found(theatre, do(theatre, action="moment"))
    for _ in range(2 * BARS):
        enter(theatre)
        theatre.clock.go(2.0)
    music = theatre.conductor.music
    assert music is not None
    kept = {voice: row["id"] for voice, row in moment.recipes.items()}
    before = {voice: music.sounding(voice) for voice in kept}
    assert {voice: one and one.recipe for voice, one in before.items()} != kept
    answer = await theatre.conductor.page.replay(moment.name)
    assert answer["ok"], answer["said"]
    passed = dict[str, set[str]]()
    for _ in range(BARS):
        enter(theatre)
        for voice in kept:
            sounds = music.sounding(voice)
            passed.setdefault(voice, set()).add(sounds.recipe if sounds else "")
    assert all(kept[voice] in passed[voice] for voice in kept)
    undone = do(theatre, action="undo")
    assert "back to what was played before" in undone


async def test_a_moment_of_another_scene_or_none_is_refused_in_words(theatre: Theatre) -> None:
    enter(theatre)
    theatre.clock.go(2.0)
    enter(theatre)
    moment = found(theatre, do(theatre, action="moment"))
    theatre.conductor.play_scene("other")
    answer = await theatre.conductor.page.replay(moment.name)
    assert answer == {"ok": False, "said": answer["said"]}
    assert "`reverie do scene study` first" in answer["said"] or "is of study" in answer["said"]
    assert await theatre.conductor.page.replay("0" * 16) == {"ok": False, "said": "There is no such moment."}
