"""Moods and the banks of timbres: what is rendered ahead for them, which bank is played, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.bank_renders import SCENE, FakeSupervisor, Stage, on
from fakes.hand_clock import HandClock
from reverie.conductor.banks import render_worker as module
from reverie.conductor.banks.bank_assignment import SYNTH, Banking
from reverie.conductor.banks.timbre_turns import APART, TimbreTurns
from reverie.documents import DocumentError, parse_document, validate
from reverie.play.messages import TakeBank, ToPlayer
from reverie.processes.codec import from_message
from reverie.scenes.schema import Scene
from reverie.timbre.ready_bank import ReadyBank
from reverie.timbre.schedule import PathProgress
from reverie.watch.faults import Faults

LONG = SCENE.replace("kind: line, steps: 3", "kind: line, steps: 11").replace("pace: 10 min", "pace: 1 h")
MOODY = (
    LONG.replace("timbre: {bank: creature}", "timbre: {bank: creature, swap: crossfade, channel: 5, bars: 2}")
    + "moods:\n  fear: {timbre: {creature: 0.92}}\n  joy: {timbre: {creature: 0.5, bell: 1}}\n  calm: {tempo: 0.9}\n"
)


@pytest.fixture(autouse=True)
def _workers(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeSupervisor.lives = []
    monkeypatch.setattr(module, "Supervisor", FakeSupervisor)


async def rendered(stage: Stage, count: int, size: int = 0) -> list[tuple[str, int]]:
    """Let so many banks be rendered; which ones."""
    orders: list[tuple[str, int]] = []
    for _ in range(count):
        name, step = stage.order()
        orders.append((name, step))
        await stage.finish(f"{name}-{step}", size=size)
    return orders


def creature(stage: Stage) -> dict[str, Any]:
    return dict(stage.timbres.status()[0])


async def test_what_moods_want_is_rendered_after_what_is_due_and_what_will_be(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), MOODY) as stage:
        assert await rendered(stage, 7) == [
            ("creature", 0),
            ("bell", 0),
            ("creature", 1),
            ("bell", 1),
            ("creature", 9),
            ("creature", 5),
            ("bell", 3),
        ]
        assert len(FakeSupervisor.lives) == 7, "and then nothing more"


async def test_a_render_for_a_mood_makes_way_for_a_step_that_is_due(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), MOODY) as stage:
        await rendered(stage, 4)
        assert stage.order() == ("creature", 9)
        await stage.later(3601)
        await stage.later(1)
        assert stage.order() == ("creature", 2), "it was rendered as the next, and now it is ahead"
        await rendered(stage, 2)
        assert stage.order() == ("creature", 9), "which goes on where it was"


async def test_moods_have_no_more_banks_than_the_cache_has_room_for(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), MOODY) as stage:  # with a quota of 1000
        assert await rendered(stage, 5, size=180) == [
            ("creature", 0),
            ("bell", 0),
            ("creature", 1),
            ("bell", 1),
            ("creature", 9),
        ]
        assert len(FakeSupervisor.lives) == 5, "a sixth would be beyond the quota"


async def test_a_dream_takes_the_nearest_bank_there_is_and_goes_back_to_the_step_that_is_due(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), MOODY) as stage:
        await rendered(stage, 4)
        stage.told.clear()
        stage.moods = {"fear": 1.0}
        await stage.bars(1)
        assert stage.told == [("creature", 1, "creature-1")], "nearer than step 0, and the wished one is not there"
        assert creature(stage)["wished_point"] == 0.92
        assert (creature(stage)["plays_step"], creature(stage)["wished_step"]) == (1, 9)
        assert creature(stage)["waits"] == (
            "Step 9 of the timbre creature, which a mood wants, is not rendered yet; until then step 1 is played."
        )
        await stage.finish("creature-9")
        assert stage.told[1:] == [], "a change came just now"
        await stage.bars(APART)
        assert stage.told[1:] == [("creature", 9, "creature-9")]
        assert (creature(stage)["plays_step"], creature(stage)["waits"]) == (9, "")
        stage.moods = {"calm": 1.0}
        await stage.bars(APART)
        assert stage.told[2:] == [("creature", 0, "creature-0")]
        assert creature(stage)["wished_point"] is None
        assert creature(stage)["step"] == creature(stage)["plays_step"] == 0


async def test_a_wish_is_blended_by_weight_and_changes_the_bank_once_in_some_bars(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), MOODY) as stage:
        await rendered(stage, 7)
        stage.told.clear()
        changes: list[tuple[int, int]] = []
        for bar in range(24):
            stage.moods = {"fear": min((bar + 1) / 16, 1.0)}
            await stage.bars(1)
            changes += [(bar, step) for _, step, _ in stage.told]
            stage.told.clear()
        assert [step for _, step in changes] == [1, 5, 9], "there is no way but over what is rendered, and up"
        bars = [bar for bar, _ in changes]
        assert all(after - before >= APART for before, after in pairwise(bars))


async def test_a_restart_of_the_player_under_a_mood_is_told_of_the_moods_bank(tmp_path: Path) -> None:
    async with on(Stage(tmp_path), MOODY) as stage:
        await rendered(stage, 5)
        stage.moods = {"fear": 1.0}
        await stage.bars(1)
        stage.told.clear()
        stage.timbres.player_began()
        assert ("creature", 9, "creature-9") in stage.told


async def test_voices_go_over_as_they_say(tmp_path: Path) -> None:
    taken: list[TakeBank] = []

    def hear(message: Any) -> None:
        take = from_message(ToPlayer, message)
        assert isinstance(take, TakeBank)
        taken.append(take)

    stage = Stage(tmp_path)
    slots = {"main": {"kind": SYNTH}}
    Banking(slots, hear, stage.bus, HandClock(), Faults()).subscribe_to(stage.bus)
    async with on(stage, MOODY):
        await rendered(stage, 5)
        stage.moods = {"fear": 1.0}
        await stage.bars(1)
    last = taken[-1]
    assert (last.part, last.bank, last.other_channel, last.fade_bars) == ("lead", "creature-9", 5, 2)


WEIGHTS = st.dictionaries(st.sampled_from(["fear", "joy", "calm"]), st.floats(0, 1), max_size=3)


@given(st.lists(st.tuples(WEIGHTS, st.integers(0, 11), st.booleans()), max_size=30))
def test_whatever_is_dreamt_a_bank_that_is_there_is_played_and_the_own_step_in_the_end(
    story: list[tuple[Mapping[str, float], int, bool]],
) -> None:
    moody = validate(parse_document(MOODY), Scene)
    one = TimbreTurns.of(moody, "creature", PathProgress(), PathProgress())
    bar, changed = 0, None
    for weights, step, moves in story:
        bar += 1
        whole = max(sum(weights.values()), 1.0)
        shares = {mood: weight / whole for mood, weight in weights.items()}
        if moves:
            one.progress = replace(one.progress, step=min(one.progress.step + 1, 10))
        elif one.is_wanted(step):
            one.keep(ReadyBank(step, f"bank-{step}", "", ""), 1)
        before = one.played
        found = one.turn(shares, bar)
        if found is not None:
            assert found in one.ready.values()
            assert found is one.played
            if before is not None and changed is not None:
                assert bar - changed >= one.apart
            changed = bar if one.wished(shares) is not None or changed is not None else None
        assert one.status("creature", shares)["plays_step"] == (one.played.step if one.played else None)
    for step in one.wanted:
        one.keep(ReadyBank(step, f"bank-{step}", "", ""), 1)
    one.turn({}, bar + one.apart)
    assert one.played is not None
    assert one.played.step == one.progress.step


@pytest.mark.parametrize(
    ("moods", "column", "told"),
    [
        ("{timbre: {creatur: 0.5}}", 34, "there is no timbre 'creatur'; did you mean 'creature'?"),
        ("{timbre: {creature: 1.5}}", 35, "a point of a timbre's path is 0 (its begin) to 1 (its end), not 1.5"),
        ("{timbre: {creature: -0.1}}", 35, "a point of a timbre's path is 0 (its begin) to 1 (its end), not -0.1"),
        ("{timbre: {bell: 0.5}}", 31, "the path of 'bell' is one of chance, which has no points from 0 to 1; write a"),
    ],
)
def test_a_point_that_cannot_be_is_refused_where_it_stands(moods: str, column: int, told: str) -> None:
    text = LONG.replace("path: {kind: there_and_back, steps: 4}", "path: {kind: random_walk}")
    with pytest.raises(DocumentError) as refused:
        validate(parse_document(text + f"moods: {{fear: {moods}}}\n"), Scene)
    (fault,) = refused.value.faults
    assert told in fault.message
    assert fault.line == text.count("\n") + 1
    assert fault.column == column


def test_a_scene_without_timbres_says_so_and_a_mood_without_a_point_has_the_hash_that_it_had() -> None:
    bare = SCENE[: SCENE.index("timbres:")] + SCENE[SCENE.index("voices:") : SCENE.index("    timbre:")]
    with pytest.raises(DocumentError, match="the scene has no timbres; describe one under 'timbres'"):
        validate(parse_document(bare + "moods: {fear: {timbre: {creature: 0.5}}}\n"), Scene)
    hashes = {
        validate(parse_document(LONG + f"moods: {{fear: {{tempo: 0.9{more}}}}}\n"), Scene).hash
        for more in ("", ", timbre: {}")
    }
    assert len(hashes) == 1
