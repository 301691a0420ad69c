"""A stage of the music that starves is noticed, named, and cured at that stage first; the ladder has an end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakes.conductors import Theatre
from fakes.scenes import TEXT
from reverie.conductor.rooms.voices_here import VoicesHere
from reverie.play.messages import BarPlayed, Reopen, SetScene, SlotState, ToPlayer
from reverie.processes.codec import from_message
from reverie.watch.happenings import FaultRaised, SceneGiven, StageCured

HEARTY = TEXT.replace('    schedule: {every: 4, bars: ["1-3"]}\n', "")


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    theatre = Theatre(tmp_path, {"study": HEARTY})
    theatre.begin()
    theatre.player.starts()
    theatre.player.says(SlotState("main", up=True, detail="It plays."))
    theatre.play(2)
    theatre.answer()
    return theatre


def bar(theatre: Theatre, **fields: Any) -> None:
    """A bar of the scene goes out that is otherwise than it should be."""
    assert theatre.score is not None
    theatre.bar += 1
    usual: dict[str, Any] = {
        "epoch": theatre.score.scene.epoch,
        "scene": "study",
        "bar": theatre.bar,
        "scene_bar": theatre.bar,
        "resting": False,
        "notes": {"beat": 4, "lead": 4},
        "sent": 8,
        "lateness": (),
        "repeated": (),
        "depth": {},
        "due": 8,
        "seconds": 4.0,
    }
    theatre.player.says(BarPlayed(**(usual | fields)))


def go(theatre: Theatre, seconds: float, step: float = 1.0) -> None:
    """Time passes, and the conductor looks at each second."""
    for _ in range(round(seconds / step)):
        theatre.clock.go(step)
        theatre.conductor.look()


def cures(theatre: Theatre) -> list[str]:
    return [f"{one.stage}: {one.cure}" for one in theatre.told(StageCured)]


def told_player(theatre: Theatre, since: int) -> list[Any]:
    return [from_message(ToPlayer, one) for one in theatre.player.sent[since:]]


def test_a_player_that_sends_no_bar_is_condemned_before_the_watchdog_bites(theatre: Theatre) -> None:
    fed = theatre.notifier.lines.count("WATCHDOG=1")
    go(theatre, 12)
    assert cures(theatre) == ["player: the player begins another life"]
    [sentence] = theatre.player.condemned
    assert sentence.startswith("The player has sent no bar for 1")
    assert theatre.faults["stage-starved player"].startswith("The player has sent no bar")
    assert 0 < theatre.notifier.lines.count("WATCHDOG=1") - fed < 12, "systemd is fed no longer meanwhile"
    theatre.player.starts()
    theatre.score = None
    theatre.play(2)
    go(theatre, 1)
    assert "stage-starved player" not in theatre.faults
    assert theatre.notifier.lines[-1] == "WATCHDOG=1"


def test_the_ladder_of_a_stage_ends_and_leaves_the_rest_to_systemd(theatre: Theatre) -> None:
    go(theatre, 120)
    assert len(theatre.player.condemned) == 2
    assert "What was tried there did not help" in theatre.faults["stage-starved player"]
    fed = theatre.notifier.lines.count("WATCHDOG=1")
    go(theatre, 60)
    assert theatre.notifier.lines.count("WATCHDOG=1") == fed


def test_after_a_while_the_ladder_is_climbed_again_where_no_systemd_is(theatre: Theatre) -> None:
    go(theatre, 400)
    assert len(theatre.player.condemned) > 2


def test_a_stage_that_nothing_cures_was_told_anew_each_second(theatre: Theatre) -> None:
    go(theatre, 1200)
    told = [one.fault.sentence for one in theatre.told(FaultRaised) if one.fault.id == "stage-starved"]
    assert sum("did not help" in one for one in told) == len(theatre.player.condemned) / 2 > 2
    assert len(told) <= len(theatre.player.condemned) * 1.5


def test_a_stage_that_starves_again_after_nothing_helped_is_told_again(theatre: Theatre) -> None:
    go(theatre, 60)
    bar(theatre)
    go(theatre, 1)
    assert "stage-starved player" not in theatre.faults
    go(theatre, 60)
    assert "What was tried there did not help" in theatre.faults["stage-starved player"]


def test_slots_that_take_no_note_are_opened_anew_and_then_the_player(theatre: Theatre) -> None:
    sent = len(theatre.player.sent)
    for _ in range(3):
        bar(theatre, sent=0)
        go(theatre, 4)
    assert cures(theatre) == ["port: the slots are opened anew"]
    assert [one for one in told_player(theatre, sent) if isinstance(one, Reopen)] == [Reopen("main")]
    assert theatre.conductor.alive().ok, "the watchdog has more patience than the stage's cure"
    for _ in range(3):
        bar(theatre, sent=0)
        go(theatre, 4)
    assert cures(theatre)[1:] == ["port: the player begins another life"]


def test_a_slot_without_a_device_starves_nobody(theatre: Theatre) -> None:
    theatre.player.says(SlotState("main", up=False, detail="It was unplugged."))
    for _ in range(20):
        bar(theatre, sent=0)
        go(theatre, 4)
    assert cures(theatre) == []


def test_a_player_that_sends_bars_without_the_notes_that_are_due_is_condemned(theatre: Theatre) -> None:
    for _ in range(3):
        bar(theatre, sent=0, notes={"beat": 0, "lead": 0})
        go(theatre, 4)
    assert cures(theatre) == ["player: the player begins another life"]


def test_a_score_that_runs_empty_is_told_once_more(theatre: Theatre) -> None:
    sent = len(theatre.player.sent)
    for _ in range(4):
        bar(theatre, sent=0, due=0, notes={"beat": 0, "lead": 0})
        go(theatre, 4)
    assert cures(theatre) == ["score: the player is told the scene once more"]
    assert any(isinstance(one, SetScene) for one in told_player(theatre, sent))


def test_a_composer_whose_questions_were_lost_is_asked_again_and_then_condemned(theatre: Theatre) -> None:
    theatre.conductor._composer._requests.lost()  # it owes nothing, and nobody asks it
    for _ in range(32):
        bar(theatre, repeated=("lead",))
        go(theatre, 4, 4)
    assert cures(theatre) == ["composer: all loops are asked for once more"]
    for _ in range(120):
        theatre.conductor._composer._requests.lost()
        bar(theatre, repeated=("lead",))
        go(theatre, 4, 4)
    assert cures(theatre)[1:] == ["composer: the composer begins another life"]
    ended = [one for one in theatre.composer.condemned if one.startswith("Voices repeat their loops, and no answer")]
    assert len(ended) == 1


def test_a_guard_that_refuses_every_loop_is_told_although_nobody_need_cure_it(theatre: Theatre) -> None:
    for _ in range(100):
        theatre.answer(refuse=("beat", "lead"))
        bar(theatre, repeated=("lead",))
        go(theatre, 4, 4)
    assert theatre.faults["stage-starved guard"].startswith("Voices repeat their loops: for 120 s no loop was within")
    assert (cures(theatre), theatre.composer.condemned) == ([], [])
    bar(theatre)
    go(theatre, 1)
    assert "stage-starved guard" not in theatre.faults


def test_the_status_has_the_seconds_since_each_stage_beat(theatre: Theatre) -> None:
    theatre.clock.go(1.5)
    beats = theatre.status["heartbeat"]
    assert {stage: beats[stage] for stage in ("score", "player", "port")} == {"score": 1.5, "player": 1.5, "port": 1.5}
    assert {"composer", "guard"} <= beats.keys()


def test_a_box_whose_voices_rest_while_those_of_other_boxes_play_was_started_anew(tmp_path: Path) -> None:
    seldom = TEXT.replace('{every: 4, bars: ["1-3"]}', '{every: 99, bars: ["1-2"]}')
    theatre = Theatre(tmp_path, {"study": seldom})
    theatre.conductor.page.desk.player.voices = VoicesHere(["lead"])
    theatre.begin()
    theatre.player.starts()
    theatre.player.says(SlotState("main", up=True, detail="It plays."))
    theatre.play(2)
    for _ in range(40):
        bar(theatre, sent=0, due=0, notes={"lead": 0})
        go(theatre, 4, 2)
        assert theatre.conductor.alive().ok
    assert cures(theatre) == []
    assert {part.name for one in theatre.told(SceneGiven) for part in one.scene.parts} == {"lead"}


def test_intended_silence_starves_nobody(theatre: Theatre) -> None:
    for _ in range(40):
        bar(theatre, resting=True, sent=0, due=0, notes={})
        go(theatre, 4)
    assert cures(theatre) == []
