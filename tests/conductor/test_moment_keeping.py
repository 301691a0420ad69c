"""Moments have their bars as they were heard, with what people did within them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from reverie.conductor.moment_keeping import BARS
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
