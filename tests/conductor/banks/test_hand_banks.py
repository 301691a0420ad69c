"""Timbres by hand: what is rendered first, what is dropped, which bank plays meanwhile, and the way back."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from fakes.bank_renders import SCENE, FakeSupervisor, Stage, on, scene
from fakes.hand_clock import HandClock
from reverie.conductor.banks import render_worker as module
from reverie.conductor.banks.bank_assignment import SYNTH, Banking
from reverie.conductor.banks.bank_renders import REFUSED_FOR, RELIEF_BY_HAND, WARM
from reverie.conductor.banks.timbre_turns import APART
from reverie.play.messages import BankTaken, BlendBanks, TakeBank, ToPlayer
from reverie.processes.codec import from_message
from reverie.processes.worker_life import Death
from reverie.timbre.messages import Refused
from reverie.watch.faults import Faults
from reverie.watch.happenings import BankAnswered, Moment

LONG = SCENE.replace("kind: line, steps: 3", "kind: line, steps: 11").replace("pace: 10 min", "pace: 1 h")
GRID = LONG.replace(
    "sources: {flute: {latent: 1}, cat: {latent: 2}}\n    path: {kind: line, steps: 11}",
    "sources: {a: {latent: 1}, b: {latent: 2}, c: {latent: 5}, d: {latent: 6}}\n"
    "    path: {kind: grid, side: 5, walk: round}",
)


@pytest.fixture(autouse=True)
def _workers(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeSupervisor.lives = []
    monkeypatch.setattr(module, "Supervisor", FakeSupervisor)


async def ready(stage: Stage) -> None:
    """Let all be rendered that timbres want by themselves."""
    for _ in range(4):
        name, step = stage.order()
        await stage.finish(f"{name}-{step}")
    stage.told.clear()


async def hold(stage: Stage, **points: tuple[float, ...]) -> None:
    stage.timbres.hold(points)
    await stage.settle()


async def rendered(stage: Stage) -> tuple[int, ...]:
    """Let what the hand wants be rendered; where."""
    place = stage.place()[1]
    await stage.finish(f"hand-{'-'.join(map(str, place))}")
    return place


def creature(stage: Stage) -> dict[str, Any]:
    return dict(stage.timbres.status()[0])


async def test_where_the_hand_is_comes_before_what_lies_beside_it_and_plays_at_once(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), LONG) as stage:
        await ready(stage)
        await hold(stage, creature=(0.52,))
        assert stage.told == [("creature", 1, "creature-1")], "the nearest that there is, meanwhile"
        assert creature(stage)["waits"].startswith("The bank of the timbre creature where it is held is not rendered")
        assert await rendered(stage) == (5,)
        assert stage.told[1:] == [("creature", 5, "hand-5")]
        assert [await rendered(stage) for _ in range(2)] == [(6,), (4,)]
        assert len(stage.told) == 2, "what lies beside it is there, and not played"
        assert (creature(stage)["held_at"], creature(stage)["plays_at"]) == ([0.52], [0.5])
        assert creature(stage)["waits"] == ""


async def test_a_hand_goes_before_pace_and_moods_and_makes_way_for_less(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), LONG) as stage:
        assert stage.order() == ("creature", 0)
        assert (stage.render.share, stage.render.hurried) == (0.5, False)
        await hold(stage, creature=(1.0,))
        assert stage.place() == ("creature", (10,))
        assert (stage.render.share, stage.render.hurried) == (1.0, True)
        assert len(FakeSupervisor.lives) == 2, "no process becomes quicker again that has made way for all others"
        await rendered(stage)
        await rendered(stage)
        assert stage.order() == ("creature", 0), "and then what is due"


async def test_a_quick_hand_has_no_place_rendered_that_it_has_passed_and_never_waits_for_ever(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), LONG) as stage:
        await ready(stage)
        for point in range(4, 11):
            await hold(stage, creature=(point / 10,))
        assert await rendered(stage) == (5,), "4 was left for 5, which is nearer to the hand than all that is there"
        assert stage.told[-1] == ("creature", 5, "hand-5")
        assert await rendered(stage) == (10,), "and then where the hand is now"
        assert stage.told[-1] == ("creature", 10, "hand-10")
        assert await rendered(stage) == (9,)
        assert {step for _, step, _ in stage.told} == {1, 5, 10}


async def test_what_lies_beside_a_place_that_the_hand_has_left_is_dropped(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), LONG) as stage:
        await ready(stage)
        await hold(stage, creature=(1.0,))
        await rendered(stage)
        assert stage.place()[1] == (9,)
        await hold(stage, creature=(0.3,))
        assert stage.place()[1] == (3,)
        assert stage.worker.sent[-2]["type"] == "drop"


async def test_what_a_dropped_render_still_says_is_passed_over(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), LONG) as stage:
        await ready(stage)
        await hold(stage, creature=(1.0,))
        await rendered(stage)
        dropped = stage.render
        await hold(stage, creature=(0.3,))
        late = {"type": "refused", "error": "no", "number": dropped.number}
        stage.worker.listener.received("timbre", late)
        assert stage.faults == []
        assert stage.place()[1] == (3,)


async def test_the_worker_stays_while_a_hand_steers_and_leaves_after_a_while(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), LONG) as stage:
        await ready(stage)
        before = len(FakeSupervisor.lives)
        for point in (0.5, 0.8):
            await hold(stage, creature=(point,))
            for _ in range(3):
                await rendered(stage)
        assert len(FakeSupervisor.lives) == before + 1
        assert len(stage.timbres.processes) == 1
        await stage.later(WARM - 1)
        assert len(stage.timbres.processes) == 1
        await stage.later(1)
        assert stage.timbres.processes == ()
        await hold(stage, creature=(0.1,))
        assert await rendered(stage) == (2,), "places 0 and 1 are those of the timbre's own steps"


async def test_a_worker_that_dies_under_the_hand_is_asked_for_the_same_again(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), LONG) as stage:
        await ready(stage)
        await hold(stage, creature=(1.0,))
        asked = stage.render
        stage.worker.listener.died("timbre", Death("signal", "The timbre was ended by signal 9."), 0.0)
        stage.worker.listener.started("timbre")
        assert stage.render == asked


async def test_a_release_gives_it_back_to_its_own_step_at_once(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), LONG) as stage:
        await ready(stage)
        await hold(stage, creature=(1.0,))
        await rendered(stage)
        await stage.later(3601)  # its own pace goes on beneath
        stage.told.clear()
        await hold(stage)
        assert stage.told == [("creature", 1, "creature-1")]
        assert (creature(stage)["step"], creature(stage)["held_at"]) == (1, None)


async def test_under_the_hand_neither_pace_nor_mood_moves_it(tmp_path: Path) -> None:
    moody = LONG + "moods:\n  fear: {timbre: {creature: 0.92}}\n"
    async with on(Stage(tmp_path), moody) as stage:
        await ready(stage)
        await hold(stage, creature=(0.5,))
        await rendered(stage)
        stage.told.clear()
        stage.moods = {"fear": 1.0}
        await stage.bars(8)
        await stage.later(3601)
        assert stage.told == [("bell", 1, "bell-1")]
        assert creature(stage)["wished_point"] is None


async def test_a_grid_is_free_whatever_its_walk(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), GRID) as stage:
        await ready(stage)
        await hold(stage, creature=(0.5, 0.55))
        assert await rendered(stage) == (2, 2), "the middle, where its walk along the edge never comes"
        assert stage.told[-1] == ("creature", -1, "hand-2-2")
        assert creature(stage)["plays_step"] is None
        assert creature(stage)["plays_at"] == [0.5, 0.5]
        assert [await rendered(stage) for _ in range(8)][:3] == [(2, 3), (1, 2), (3, 2)]


async def test_a_hand_stays_where_the_scene_is_merely_read_again(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), LONG) as stage:
        await ready(stage)
        await hold(stage, creature=(0.5,))
        stage.timbres.scene_begun(scene(tmp_path, text=LONG.replace("title: Dream", "title: Dreams")))
        assert creature(stage)["held_at"] == [0.5]
        stage.timbres.scene_begun(scene(tmp_path, "other", LONG))
        assert creature(stage)["held_at"] is None


async def test_what_cannot_be_rendered_there_is_told_and_what_lies_beside_it_goes_on(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), LONG) as stage:
        await ready(stage)
        await hold(stage, creature=(0.52,))
        stage.hear(Refused("cat.wav is silent; record it again"))
        await stage.later(1)
        assert stage.faults == ["Timbre creature: cat.wav is silent; record it again"]
        assert stage.place()[1] == (6,)


async def test_a_hand_that_comes_back_to_where_nothing_can_be_rendered_does_not_end_the_look_at_what_is_due(
    tmp_path: Path,
) -> None:
    async with on(Stage(tmp_path), LONG) as stage:
        await hold(stage, creature=(1.0,))
        for _ in range(2):
            stage.hear(Refused("cat.wav is silent; record it again"))
            await stage.later(1)
        await hold(stage, creature=(0.5,))
        assert stage.place()[1] == (5,)
        await hold(stage, creature=(1.0,))
        await stage.later(WARM)
        assert stage.order() == ("creature", 0), "the hand waits for nothing that there can be"


async def test_what_a_hand_wanted_and_could_be_rendered_the_second_time_is_no_fault_any_more(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), LONG) as stage:
        await ready(stage)
        await hold(stage, creature=(0.5,))
        stage.hear(Refused("the disk is full; empty it"))
        await stage.later(1)
        assert stage.faults == ["Timbre creature: the disk is full; empty it"]
        while (place := await rendered(stage)) != (4,):
            assert place == (6,)
        await stage.later(REFUSED_FOR)
        while await rendered(stage) != (5,):
            pass
        assert stage.faults == []


async def test_lateness_holds_a_render_that_a_hand_waits_for_only_for_a_moment(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), LONG) as stage:
        await ready(stage)
        await hold(stage, creature=(0.5,))
        stage.timbres.late()
        assert stage.worker.sent[-1] == {"type": "hold", "on": True}
        await stage.later(RELIEF_BY_HAND)
        assert stage.worker.sent[-1] == {"type": "hold", "on": False}


async def test_a_hand_does_not_wait_for_the_end_of_a_hold_that_began_before_it_moved(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), LONG) as stage:
        await ready(stage)
        stage.timbres.late()
        await hold(stage, creature=(0.5,))
        assert stage.worker.sent[-1] == {"type": "hold", "on": True}
        await stage.later(RELIEF_BY_HAND)
        assert stage.worker.sent[-1] == {"type": "hold", "on": False}


async def test_the_stand_of_a_voice_is_where_its_timbre_is(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), LONG) as stage:
        assert stage.timbres.stands()["lead"].point == (0.0,)
        await hold(stage, creature=(0.3,))
        assert stage.timbres.stands()["lead"].point == (0.3,)
        assert stage.timbres.stands()["chime"].name == "bell"


async def playing(stage: Stage, text: str, kind: str = SYNTH) -> AsyncGenerator[list[TakeBank | BlendBanks]]:
    """What the player is told while this plays."""
    told: list[TakeBank | BlendBanks] = []

    def hear(message: Any) -> None:
        said = from_message(ToPlayer, message)
        assert isinstance(said, TakeBank | BlendBanks)
        told.append(said)

    Banking({"main": {"kind": kind}}, hear, stage.bus, HandClock(), Faults()).subscribe_to(stage.bus)
    async with on(stage, text):
        yield told


FADING = LONG.replace("timbre: {bank: creature}", "timbre: {bank: creature, swap: crossfade, channel: 5, bars: 2}")


async def test_a_voice_with_two_channels_plays_between_the_banks_around_the_hand(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async for told in playing(stage, FADING):
        await ready(stage)
        told.clear()
        await hold(stage, creature=(0.52,))
        assert told == [BlendBanks(0, "lead", ("creature-1",), ("/banks/creature-1/bank.sf2",), 0.0, 5)]
        await rendered(stage)
        assert told[1:] == [BlendBanks(0, "lead", ("hand-5",), ("/banks/hand-5/bank.sf2",), 0.0, 5)]
        await rendered(stage)
        assert [(one.banks, one.share) for one in told[2:] if isinstance(one, BlendBanks)] == [
            (("hand-5", "hand-6"), pytest.approx(0.2))
        ]
        await hold(stage, creature=(0.54,))
        last = told[-1]
        assert isinstance(last, BlendBanks)
        assert (last.banks, last.share) == (("hand-5", "hand-6"), pytest.approx(0.4))
        await hold(stage, creature=(0.58,))
        last = told[-1]
        assert isinstance(last, BlendBanks)
        assert (last.banks, last.share) == (("hand-6", "hand-5"), pytest.approx(0.2))


async def test_a_hand_that_lets_go_gives_such_a_voice_its_own_fade_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async for told in playing(stage, FADING):
        await ready(stage)
        await hold(stage, creature=(0.02,))
        told.clear()
        await hold(stage)
        [last] = told
        assert isinstance(last, TakeBank)
        assert (last.bank, last.other_channel, last.fade_bars) == ("creature-0", 5, 2), "though it played there already"


async def test_of_two_banks_the_one_that_was_refused_is_looked_for_anew_and_the_other_plays_on(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.timbres.subscribe_to(stage.bus)
    async for told in playing(stage, FADING):
        await ready(stage)
        await hold(stage, creature=(0.52,))
        assert [await rendered(stage) for _ in range(3)] == [(5,), (6,), (4,)]
        refusal = BankTaken("lead", "hand-6", refused=True)
        for again in (True, False):
            asked = stage.render.number
            told.clear()
            stage.bus.publish(BankAnswered(Moment.of(stage.clock), refusal))
            await stage.later(1)
            assert [one.banks for one in told if isinstance(one, BlendBanks)] == [("hand-5",)]
            assert (stage.render.number > asked) is again, "it is looked for at once for the first time, and then later"
            if again:
                assert await rendered(stage) == (6,)
        assert creature(stage)["plays_at"] == [0.5]


async def test_between_two_places_of_the_same_mixture_one_bank_plays_alone(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async for told in playing(stage, FADING):
        await ready(stage)
        await hold(stage, creature=(0.52,))
        await stage.finish("same")
        await stage.finish("same", found=True)
        last = told[-1]
        assert isinstance(last, BlendBanks)
        assert (last.banks, last.share) == (("same",), 0.0)


async def test_a_new_player_is_told_of_both_banks(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async for told in playing(stage, FADING):
        await ready(stage)
        await hold(stage, creature=(0.02,))
        told.clear()
        stage.timbres.player_began()
        assert [(one.part, one.banks) for one in told if isinstance(one, BlendBanks)] == [
            ("lead", ("creature-0", "creature-1"))
        ]
        assert [one.part for one in told if isinstance(one, TakeBank)] == ["chime"]


async def test_a_voice_with_one_channel_takes_the_nearest_bank(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async for told in playing(stage, LONG):
        await ready(stage)
        told.clear()
        await hold(stage, creature=(0.08,))
        await hold(stage, creature=(0.09,))
        assert [(one.part, one.bank) for one in told if isinstance(one, TakeBank)] == [("lead", "creature-1")]
        assert len(told) == 1


FORM = (
    LONG
    + """
form:
  opening: 0
  sections:
    - {name: day, bars: 8, timbre: {creature: 0.5}}
    - {name: night, bars: 8, timbre: {creature: 1}}
"""
)


async def test_what_the_form_wants_is_rendered_after_what_is_due_and_played_in_its_section(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), FORM) as stage:
        await ready(stage)
        assert [await rendered(stage) for _ in range(2)] == [(5,), (10,)]
        assert stage.render.hurried is False
        assert stage.told == []
        stage.form = {"creature": (0.5,)}
        await stage.bars(1)
        assert stage.told == [("creature", 5, "hand-5")]
        assert creature(stage)["form_at"] == [0.5]
        await hold(stage, creature=(0.0,))
        stage.form = {"creature": (1.0,)}
        await stage.bars(1)
        assert stage.told[1:] == [("creature", 0, "creature-0")], "a hand goes before the form"
        await hold(stage)
        assert stage.told[2:] == [("creature", 10, "hand-10")]
        stage.form = {}
        await stage.bars(1)
        assert stage.told[3:] == [("creature", 0, "creature-0")], "and then it goes its own way"


async def test_a_form_has_no_more_banks_than_the_cache_has_room_for(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), FORM) as stage:  # with a quota of 1000
        for _ in range(4):
            name, step = stage.order()
            await stage.finish(f"{name}-{step}", size=180)
        assert stage.place()[1] == (5,)
        await stage.finish("day", size=180)
        assert stage.timbres.processes == (), "another would be more than there is room for"


async def test_a_mood_goes_before_the_form_and_from_where_that_has_it(tmp_path: Path) -> None:
    moody = FORM + "moods:\n  fear: {timbre: {creature: 0.9}}\n"
    async with on(Stage(tmp_path), moody) as stage:
        stage.form = {"creature": (0.5,)}
        await ready(stage)
        for _ in range(3):
            await stage.finish(f"bank-{stage.render.request.title}")
        stage.moods = {"fear": 0.5}
        await stage.bars(APART)
        assert creature(stage)["wished_point"] == pytest.approx(0.7)
