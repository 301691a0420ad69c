"""Timbres in the conductor: what is due is rendered first, one at a time, and the music waits for none of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from fakes.hand_clock import HandClock
from reverie.bus import Bus
from reverie.conductor import bank_renders as module
from reverie.conductor.bank_renders import REFUSED_FOR, RELIEF, RenderConfig, Timbres
from reverie.history.state import StateStore
from reverie.processes.codec import from_message, to_message
from reverie.processes.wire import Message, WireError
from reverie.processes.worker_life import Death
from reverie.scenes.folder import load_scene
from reverie.scenes.schema import Scene
from reverie.timbre.messages import Refused, Render, Rendered, RenderProgress
from reverie.watch.fault_kinds import TIMBRE_NOT_RENDERED
from reverie.watch.faults import Faults
from reverie.watch.happenings import BankReady, BankRendered, WorkerDied, WorkerStarted

SCENE = """\
name: dream
title: Dream
tempo: 100
metre: 4/4
key: C
scale: major
timbres:
  creature:
    sources: {flute: {latent: 1}, cat: {latent: 2}}
    path: {kind: line, steps: 3}
    pace: 10 min
  bell:
    sources: {glass: {latent: 3}, iron: {latent: 4}}
    path: {kind: there_and_back, steps: 4}
    pace: 10 min
voices:
  lead:
    kind: melody
    model: any
    primer: "C4 - - - - - - - - - - - - - - -"
    register: [C3, C5]
    bars: 1
    evolve: {hold: 1, then: [continue]}
    temperature: 1.0
    density: [1, 8]
    output: {slot: main, channel: 1}
    timbre: {bank: creature}
  chime:
    kind: melody
    model: any
    primer: "C5 - - - - - - - - - - - - - - -"
    register: [C4, C6]
    bars: 1
    evolve: {hold: 1, then: [continue]}
    temperature: 1.0
    density: [1, 8]
    output: {slot: main, channel: 2}
    timbre: {bank: bell}
"""


class FakeSupervisor:
    """A worker that does what the test says."""

    lives: list[FakeSupervisor]

    def __init__(self, role: Any, listener: Timbres) -> None:
        self.role = role
        self.listener = listener
        self.sent: list[Message] = []
        self.info = None
        self._stopping = asyncio.Event()
        FakeSupervisor.lives.append(self)

    def send(self, message: Message) -> bool:
        self.sent.append(message)
        return True

    async def run(self) -> None:
        self.listener.started("timbre")
        await self._stopping.wait()

    async def stop(self) -> None:
        self._stopping.set()
        await asyncio.sleep(0)


class Stage:
    """Timbres with a clock that is turned by hand, and everything that they tell."""

    def __init__(self, folder: Path, models: dict[str, Path] | None = None) -> None:
        self.clock = HandClock("2026-11-23 00:00")
        self.folder = folder
        self.told: list[tuple[str, int, str]] = []
        self.ended: list[tuple[str, str]] = []
        self.started: list[str] = []
        self.register = Faults()
        self.store = StateStore(folder / "state", self.register)
        found = {"default": Path("default.safetensors")} if models is None else models
        self.config = RenderConfig(folder / "cache", 1000, 0.5, 7200.0, 2, found)
        self.timbres = self.made()

    def made(self) -> Timbres:
        bus = Bus()
        bus.subscribe(BankReady, lambda said: self.told.append((said.timbre, said.ready.step, said.ready.bank)))
        bus.subscribe(BankRendered, lambda said: self.ended.append((said.timbre, said.outcome)))
        bus.subscribe(WorkerStarted, lambda said: self.started.append(said.role))
        bus.subscribe(WorkerDied, lambda said: self.ended.append((said.role, said.reason)))
        return Timbres(self.config, self.store, bus, self.register, self.clock)

    @property
    def faults(self) -> list[str]:
        """What is told of timbres that are not as the scene wants them."""
        return sorted(fault.sentence for fault in self.register.of(TIMBRE_NOT_RENDERED))

    @property
    def worker(self) -> FakeSupervisor:
        return FakeSupervisor.lives[-1]

    def order(self) -> tuple[str, int]:
        """What the present worker was asked for: timbre and step."""
        render = from_message(Render, self.worker.sent[0])
        scene_and_timbre, step = render.request.title.split(", step ")
        return scene_and_timbre.split(": ")[1], int(step)

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    async def finish(self, bank: str, *, found: bool = False, warnings: tuple[str, ...] = ()) -> None:
        """The present worker has rendered its bank."""
        rendered = Rendered(bank, f"/banks/{bank}", f"/banks/{bank}/bank.sf2", 3.0, found, warnings)
        self.timbres.received("timbre", to_message(rendered))
        await self.settle()
        self.timbres.look(playing=True)
        await self.settle()

    async def later(self, seconds: float, *, playing: bool = True) -> None:
        self.clock.go(seconds)
        self.timbres.look(playing=playing)
        await self.settle()


@pytest.fixture(autouse=True)
def _workers(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeSupervisor.lives = []
    monkeypatch.setattr(module, "Supervisor", FakeSupervisor)


def scene(folder: Path, name: str = "dream", text: str = SCENE) -> Scene:
    file = folder / f"{name}.yaml"
    file.write_text(text.replace("name: dream", f"name: {name}"))
    return load_scene(file)


@asynccontextmanager
async def on(stage: Stage) -> AsyncGenerator[Stage]:
    """The stage with the scene playing."""
    running = asyncio.create_task(stage.timbres.run())
    stage.timbres.scene_begun(scene(stage.folder))
    await stage.settle()
    try:
        yield stage
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


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
    assert caplog.text.count("cat.wav is long.") == 1


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
        stage.timbres.died("timbre", Death("signal", "The timbre was ended by signal 9."), 0.0)
        stage.timbres.started("timbre")
        assert [sent for sent in stage.worker.sent if sent["type"] == "render"] == [first, first]
        assert stage.ended == [("timbre", "signal")]
        assert stage.started == ["timbre", "timbre"]


async def test_what_is_refused_is_told_and_tried_again_later_and_the_others_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with on(Stage(tmp_path)) as stage:
        stage.timbres.received("timbre", to_message(Refused("cat.wav is silent; record it again")))
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
        stage.timbres.received("timbre", to_message(Refused("cat.wav is silent; record it again")))
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
            "Timbre bell: there is no timbre model 'default'; it keeps the sounds that it has",
            "Timbre creature: there is no timbre model 'default'; it keeps the sounds that it has",
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
        stage.timbres.started("timbre")  # a new life is held as well
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
            stage.timbres.received("timbre", {"type": "rendered"})
        stage.timbres.received("timbre", to_message(RenderProgress(0.25)))
        assert stage.timbres.status()[0]["rendering"] == 0.25
