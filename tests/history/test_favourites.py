"""What people keep of a scene, over restarts and out of files that somebody broke."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.recipes import plan, recipe
from reverie.compose.played_loop import PlayedLoop
from reverie.compose.recipe import LoopLimits
from reverie.history import state
from reverie.history.favourites import MOST, Keep, of_voice, with_another
from reverie.history.state import KEPT_SCENES, StateStore
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.watch.faults import Faults


def played(number: int, *pitches: int, **fields: Any) -> PlayedLoop:
    made_by = recipe(seed=number, choice=0, **fields)
    notes = tuple(Note(480 * place, 480, pitch, 90) for place, pitch in enumerate(pitches or (60,)))
    return PlayedLoop(made_by.id, Loop(made_by.bars, Metre(), notes), made_by)


def keep(number: int, voice: str | None = "lead") -> Keep:
    loops = (
        {"lead": played(number)} if voice else {"lead": played(number), "bass": PlayedLoop("x", Loop(1, Metre(), ()))}
    )
    return Keep(f"2026-11-28T22:00:{number:02}.000+00:00", voice, loops)


def save(store: StateStore) -> bool:
    return store.write(store.changes())


def test_what_is_kept_outlasts_the_daemon_with_its_recipe(tmp_path: Path) -> None:
    faults = Faults()
    store = StateStore(tmp_path, faults)
    assert store.keeps("first light") == ()
    keeps = (keep(1), keep(2, None))
    store.keep("first light", keeps)
    assert save(store)
    again = StateStore(tmp_path, faults)
    assert again.keeps("first light") == keeps
    assert again.keeps("other") == ()
    assert again.changes() == {}
    assert again.keeps("first light")[0].loops["lead"].made_by == recipe(seed=1, choice=0)
    again.keep("first light", ())
    assert save(again)
    assert StateStore(tmp_path, faults).keeps("first light") == ()
    assert faults.active == ()


def row(**changed: Any) -> bytes:
    """A file of one keep, of which something is otherwise."""
    loop = {"id": "a", "recipe": None, "loop": {"bars": 1, "metre": "4/4", "notes": []}}
    right: dict[str, Any] = {"time": "t", "voice": "lead", "loops": {"lead": loop}}
    wrong = {voice: loop | changed.pop("loop", {}) for voice in changed.pop("voices", ["lead"])}
    return json.dumps({"version": 1, "keeps": [right | {"loops": wrong} | changed]}).encode()


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{",
        b"[]",
        b'{"version": 1}',
        b'{"version": 1, "keeps": {}}',
        row(voices=[]),
        row(voices=["bass"]),
        row(voices=["lead", "bass"]),
        row(time=1),
        row(voice=1),
        row(loop={"id": 1}),
        row(loop={"recipe": {}}),
        row(loop={"loop": {"bars": 1e9, "metre": "4/4", "notes": []}}),
    ],
)
def test_a_broken_file_is_set_aside_and_told(tmp_path: Path, broken: bytes) -> None:
    faults = Faults()
    path = tmp_path / "favourites" / "study.json"
    path.parent.mkdir()
    path.write_bytes(broken)
    store = StateStore(tmp_path, faults)
    assert store.keeps("study") == ()
    assert [fault.id for fault in faults.active] == ["state-unreadable"]
    assert not path.exists()
    store.keep("study", (keep(1),))
    assert save(store)
    assert StateStore(tmp_path, faults).keeps("study") == (keep(1),)


def test_a_file_that_somebody_deletes_while_the_daemon_runs_is_written_again(tmp_path: Path) -> None:
    store = StateStore(tmp_path, Faults())
    store.keep("study", (keep(1),))
    assert save(store)
    (tmp_path / "favourites" / "study.json").unlink()
    store.look()
    assert save(store)
    assert StateStore(tmp_path, Faults()).keeps("study") == (keep(1),)


def test_other_scenes_push_out_no_favourites_and_memory_stays_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "KEPT_FAVOURITES", 2 * KEPT_SCENES)
    store = StateStore(tmp_path, Faults())
    for number in range(3 * KEPT_SCENES):
        store.keep(f"scene {number:03}", (keep(1),))
        assert save(store)
        path = tmp_path / "favourites" / f"scene%20{number:03}.json"
        os.utime(path, (number, number))
    store.changes()
    assert len(store._keeps) == KEPT_SCENES  # pyright: ignore[reportPrivateUsage]
    assert len(list((tmp_path / "favourites").iterdir())) == 2 * KEPT_SCENES
    assert StateStore(tmp_path, Faults()).keeps("scene 040") == (keep(1),)


def test_of_each_voice_and_of_all_together_so_many_are_kept() -> None:
    keeps: tuple[Keep, ...] = ()
    for number in range(2 * MOST):
        keeps = with_another(with_another(keeps, keep(number)), keep(number, None))
    assert len(of_voice(keeps, None)) == MOST
    assert len(of_voice(keeps, "bass")) == MOST
    assert [one.time for one in of_voice(keeps, "lead")][:2] == [keep(2 * MOST - 1).time] * 2
    again = replace(keep(2 * MOST - 3), time="later")
    assert with_another(keeps, again)[-1] == again
    assert len(with_another(keeps, again)) == len(keeps)


def test_what_was_played_is_the_very_loop_while_its_voice_is_what_it_was() -> None:
    kept = played(1, 60, 64, bars=2)
    assert kept.fitted(plan(), 0) == kept
    assert PlayedLoop.from_json(json.loads(json.dumps(kept.as_json()))) == kept


@pytest.mark.parametrize(
    ("changed", "pitches"),
    [
        ({"limits": LoopLimits(low=62, high=80)}, [72, 64]),
        ({"limits": LoopLimits(tonic=2, scale="major")}, [59, 64]),
        ({"bars": 4}, [60, 64, 60, 64]),
        ({"model_hash": "another"}, [60, 64]),
    ],
)
def test_what_was_played_is_bent_to_what_its_voice_is_now(changed: dict[str, Any], pitches: list[int]) -> None:
    kept = played(1, 60, 64, bars=2)
    bent = kept.fitted(plan(**changed), 0)
    assert bent
    assert [note.pitch for note in bent.loop.notes] == pitches
    assert bent.recipe == kept.recipe
    assert bent.made_by
    assert bent.made_by.remembered == (), "a model that is another, or another line, does not remember it"
