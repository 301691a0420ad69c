"""Timbres in the conductor: what is due is rendered first, one at a time, and the music waits for none of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.bank_renders import SCENE, FakeSupervisor, Stage, on, scene
from reverie.conductor.banks import render_worker as module
from reverie.conductor.banks.bank_renders import REFUSED_FOR, RELIEF
from reverie.processes.codec import from_message
from reverie.processes.wire import WireError
from reverie.processes.worker_life import Death
from reverie.timbre.messages import Refused, Render, RenderProgress


@pytest.fixture(autouse=True)
def _workers(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeSupervisor.lives = []
    monkeypatch.setattr(module, "Supervisor", FakeSupervisor)


async def test_what_is_due_is_rendered_before_what_will_be_and_one_at_a_time(tmp_path: Path) -> None:
    async with on(Stage(tmp_path)) as stage:
        asked: list[tuple[str, int]] = []
        for bank in "abcd":
            asked.append(stage.order())
            await stage.finish(bank)
        assert asked == [("creature", 0), ("bell", 0), ("creature", 1), ("bell", 1)]
        assert stage.told == [("creature", 0, "a"), ("bell", 0, "b")]
        assert len(FakeSupervisor.lives) == 4
        assert stage.timbres.processes == ()


async def test_a_bank_that_was_rendered_ahead_is_taken_over_at_its_step(tmp_path: Path) -> None:
    async with on(Stage(tmp_path)) as stage:
        for bank in "abcd":
            await stage.finish(bank)
        await stage.later(599)
        assert len(stage.told) == 2
        await stage.later(1)
        assert stage.told[2:] == [("creature", 1, "c"), ("bell", 1, "d")]
        assert stage.order() == ("creature", 2)


async def test_what_is_odd_about_a_source_is_said_once_and_not_with_every_bank(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with on(Stage(tmp_path)) as stage:
        for bank in "abcd":
            await stage.finish(bank, warnings=("cat.wav is long.",))
        stage.timbres.scene_begun(scene(tmp_path, text=SCENE.replace("steps: 3}", "steps: 9}")))
        await stage.settle()
        await stage.finish("e", warnings=("cat.wav is long.",))
        assert caplog.text.count("cat.wav is long.") == 1, "nor again where the scene is merely read again"
        stage.timbres.scene_begun(scene(tmp_path, "other"))
        await stage.settle()
        await stage.finish("f", warnings=("cat.wav is long.",))
    assert caplog.text.count("cat.wav is long.") == 2, "another scene says it of its own"


async def test_no_time_passes_for_a_timbre_while_nothing_plays(tmp_path: Path) -> None:
    async with on(Stage(tmp_path)) as stage:
        for bank in "abcd":
            await stage.finish(bank)
        await stage.later(5000, playing=False)
        assert len(stage.told) == 2


async def test_a_bank_that_comes_late_is_played_if_it_is_still_due_and_else_left(tmp_path: Path) -> None:
    async with on(Stage(tmp_path)) as stage:
        await stage.later(600)  # step 1 is due, and 0 is not rendered yet
        assert stage.order() == ("creature", 1)
        assert stage.told == []
        await stage.finish("c")
        assert stage.told == [("creature", 1, "c")]


async def test_a_new_life_of_the_worker_is_asked_for_the_same(tmp_path: Path) -> None:
    async with on(Stage(tmp_path)) as stage:
        first = stage.worker.sent[0]
        stage.worker.listener.died("timbre", Death("signal", "The timbre was ended by signal 9."), 0.0)
        stage.worker.listener.started("timbre")
        assert [sent for sent in stage.worker.sent if sent["type"] == "render"] == [first, first]
        assert stage.ended == [("timbre", "signal")]
        assert stage.started == ["timbre", "timbre"]


async def test_what_is_refused_is_told_and_tried_again_later_and_the_others_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with on(Stage(tmp_path)) as stage:
        stage.hear(Refused("cat.wav is silent; record it again"))
        await stage.later(1)
        assert stage.faults == ["Timbre creature: cat.wav is silent; record it again"]
        assert stage.order() == ("bell", 0)
        await stage.finish("b")
        assert stage.order() == ("creature", 1)
        await stage.finish("c")
        await stage.finish("d")
        assert len(FakeSupervisor.lives) == 4
        assert stage.told == [("bell", 0, "b")]
        await stage.later(REFUSED_FOR, playing=False)
        assert stage.order() == ("creature", 0)
        stage.hear(Refused("cat.wav is silent; record it again"))
        assert caplog.text.count("cat.wav is silent") == 1, "it is told once, however often it fails"
        await stage.later(REFUSED_FOR, playing=False)
        await stage.finish("a")
        assert stage.faults == []
        assert [fault.subject for fault in stage.register.cleared] == ["creature"]
        assert stage.told[-1] == ("creature", 0, "a")


async def test_a_model_that_is_not_there_is_a_fault_and_no_worker_is_started(tmp_path: Path) -> None:
    async with on(Stage(tmp_path, models={})) as stage:
        await stage.later(1)
        assert stage.faults == [
            "Timbre bell: there is no timbre model 'timbre'; it keeps the sounds that it has",
            "Timbre creature: there is no timbre model 'timbre'; it keeps the sounds that it has",
        ]
        assert FakeSupervisor.lives == []


async def test_a_render_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    async with on(Stage(tmp_path)) as stage:
        await stage.later(7201, playing=False)
        assert stage.ended == [("creature", "given_up")]
        assert stage.faults == ["Timbre creature: it is not done after 2 h, and is left for now"]
        await stage.later(1, playing=False)
        assert stage.order() == ("bell", 0)


async def test_a_render_makes_way_where_notes_come_late(tmp_path: Path) -> None:
    async with on(Stage(tmp_path)) as stage:
        stage.timbres.late()
        await stage.later(RELIEF - 1)
        assert stage.worker.sent[-1] == {"type": "hold", "on": True}
        stage.worker.listener.started("timbre")  # a new life is held as well
        assert stage.worker.sent[-1] == {"type": "hold", "on": True}
        await stage.later(1)
        assert stage.worker.sent[-1] == {"type": "hold", "on": False}


async def test_a_new_player_is_told_what_plays(tmp_path: Path) -> None:
    async with on(Stage(tmp_path)) as stage:
        await stage.finish("a")
        stage.timbres.player_began()
        assert stage.told == [("creature", 0, "a"), ("creature", 0, "a")]


async def test_another_scene_ends_the_render_of_the_one_before(tmp_path: Path) -> None:
    async with on(Stage(tmp_path)) as stage:
        stage.timbres.scene_begun(scene(tmp_path, "other", SCENE.replace("creature", "beast")))
        await stage.later(1)
        assert (stage.order(), len(FakeSupervisor.lives)) == (("beast", 0), 2)


async def test_after_a_restart_timbres_go_on_where_they_were(tmp_path: Path) -> None:
    async with on(Stage(tmp_path)) as stage:
        await stage.later(600)
        await stage.later(100)
    assert stage.store.write(stage.store.changes())
    again = Stage(tmp_path)
    async with on(again):
        assert again.order() == ("creature", 1)
        await again.later(500)
        assert again.order() == ("creature", 2)


async def test_what_no_voice_plays_is_not_rendered(tmp_path: Path) -> None:
    async with on(Stage(tmp_path)) as stage:
        stage.timbres.scene_begun(scene(tmp_path, text=SCENE.replace("    timbre: {bank: creature}\n", "")))
        await stage.later(1)
        assert stage.order() == ("bell", 0)
        assert [row["name"] for row in stage.timbres.status()] == ["bell"]


async def test_a_scene_that_is_read_again_goes_on_and_what_changed_is_rendered_anew(tmp_path: Path) -> None:
    async with on(Stage(tmp_path)) as stage:
        await stage.later(600)
        assert stage.order() == ("creature", 1)
        stage.timbres.scene_begun(scene(tmp_path, text=SCENE.replace("steps: 3}\n", "steps: 3}\n    length: 1.0\n")))
        await stage.later(1)
        assert stage.order() == ("creature", 1)
        assert from_message(Render, stage.worker.sent[0]).request.seconds == 1.0


async def test_a_job_that_is_left_before_its_worker_is_awake_holds_up_no_other(tmp_path: Path) -> None:
    async with on(Stage(tmp_path)) as stage:
        for bank in "abcd":
            await stage.finish(bank)
        stage.clock.go(600)
        stage.timbres.look(playing=True)  # a step is due
        plain = SCENE[: SCENE.index("timbres:")] + SCENE[SCENE.index("voices:") :]
        for bank in ("creature", "bell"):
            plain = plain.replace(f"    timbre: {{bank: {bank}}}\n", "")
        stage.timbres.scene_begun(scene(tmp_path, "plain", plain))
        await stage.settle()
        stage.timbres.scene_begun(scene(tmp_path, "other"))
        await stage.later(1)
        assert stage.order() == ("creature", 0)


async def test_a_bank_that_a_synthesizer_refused_is_looked_for_at_once_and_then_later(tmp_path: Path) -> None:
    async with on(Stage(tmp_path)) as stage:
        for bank in "abcd":
            await stage.finish(bank)
        stage.timbres.refused("lead")
        await stage.later(1, playing=False)
        assert stage.order() == ("creature", 0), "it may be damaged, and made anew"
        await stage.finish("a")
        assert stage.told[-1] == ("creature", 0, "a")
        stage.timbres.refused("lead")
        await stage.later(1, playing=False)
        assert stage.timbres.processes == ()
        await stage.later(REFUSED_FOR, playing=False)
        assert stage.order() == ("creature", 0)
        await stage.finish("a", found=True)
        assert stage.told[-1] == ("creature", 0, "a")


async def test_nonsense_of_the_worker_is_an_error_of_its_life(tmp_path: Path) -> None:
    async with on(Stage(tmp_path)) as stage:
        with pytest.raises(WireError):
            stage.worker.listener.received("timbre", {"type": "rendered"})
        stage.hear(RenderProgress(0.25))
        assert stage.timbres.status()[0]["rendering"] == 0.25
