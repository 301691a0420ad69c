"""A conductor without processes: what it sends is kept, and tests say what its workers would."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any, TypeVar

from fakes.engine import DiceEngine
from fakes.hand_clock import HandClock
from reverie.compose import messages as composing
from reverie.compose.composer import Composed, compose
from reverie.compose.engines.engine import Engine
from reverie.compose.recipe import Recipe
from reverie.compose.state_cache import Memories
from reverie.conductor.arranging.repertoire import SceneResources
from reverie.conductor.banks.bank_renders import RenderConfig
from reverie.conductor.care.sd_notify import Notifier
from reverie.conductor.conductor import Conductor
from reverie.conductor.configuration.config import ConductorConfig
from reverie.conductor.hours.hours_rules import HoursRules
from reverie.conductor.hours.programme import Programme
from reverie.conductor.keeping.maintenance import Housekeeping
from reverie.history.standing import StandingMusic
from reverie.history.state import StateStore
from reverie.models.library.index import ModelFile
from reverie.music.notes import Note
from reverie.play.messages import BarPlayed, Place, SetScene, TellBars, ToPlayer
from reverie.play.score import SceneScore
from reverie.processes.codec import Tagged, from_message, to_message
from reverie.processes.supervisor import Backoff, ProcessInfo, State, WorkerListener
from reverie.processes.wire import Message
from reverie.processes.worker_life import Death, Role
from reverie.scenes.folder import SceneFolder
from reverie.site.schema import Site
from reverie.site.visitor_rules import VisitorRules
from reverie.watch.faults import Faults
from reverie.watch.happenings import Happening

Told = TypeVar("Told", bound=Happening)

MODELS = {
    "drum_kit": ModelFile("drum_kit", Path("drum_kit"), "d" * 64, ("drums",)),
    "attention_rnn": ModelFile("attention_rnn", Path("attention_rnn"), "a" * 64, ("melody", "bass")),
}

PORT: Mapping[str, Any] = {"kind": "port"}


class FakeWorker:
    """Stands where a supervisor would."""

    def __init__(self, role: str, listener: WorkerListener) -> None:
        self.role = role
        self.listener = listener
        self.state: State = "up"
        self.sent: list[Message] = []
        self.condemned: list[str] = []
        self.recycled: list[str] = []
        self.size = 1
        self._gone = asyncio.Event()

    def send(self, message: Message) -> bool:
        self.sent.append(message)
        return True

    def condemn(self, sentence: str) -> None:
        self.condemned.append(sentence)

    def recycle(self, sentence: str) -> None:
        self.recycled.append(sentence)

    @property
    def info(self) -> ProcessInfo:
        return ProcessInfo(self.role, 1, self.size, 0, self.state)

    async def run(self) -> None:
        """Its lives are the test's."""
        await self._gone.wait()

    async def stop(self) -> None:
        """It is gone at once."""
        self.state = "stopped"
        self._gone.set()

    def starts(self) -> None:
        """A life begins."""
        self.listener.started(self.role)

    def says(self, value: Tagged) -> None:
        """It sends a message."""
        self.listener.received(self.role, to_message(value))

    def dies(self, delay: float = 0.0) -> None:
        """A life ends."""
        death = Death("signal", f"The {self.role} was ended by signal 11 (Segmentation fault).")
        self.listener.died(self.role, death, delay)


class FakeNotifier(Notifier):
    """Keeps what systemd would be told."""

    def __init__(self) -> None:
        super().__init__(None)
        self.lines: list[str] = []

    def _send(self, *lines: str) -> bool:
        self.lines += lines
        return True


def config_of(
    folder: Path,
    scene: str,
    programme: Programme | None = None,
    slot: Mapping[str, Any] = PORT,
    timbre_models: Mapping[str, Path] | None = None,
    visitors: VisitorRules = VisitorRules(),  # noqa: B008 - a value that never changes
    hours: HoursRules | None = None,
) -> ConductorConfig:
    """A site with one port and two models, in a folder; without a model of timbres, unless one is named."""
    (folder / "reverie.yaml").write_text("{}\n")
    return ConductorConfig(
        version="test",
        configuration=folder / "reverie.yaml",
        site=Site(),
        instead="",
        slots={"main": slot},
        state=folder / "state",
        tape=folder / "tape",
        keep_days=1,
        tape_quota=None,
        address="127.0.0.1",
        port=0,
        engine="numpy",
        patience=60.0,
        resources=SceneResources(MODELS, {"main": slot}, ()),
        programme=programme or Programme(()),
        scene=scene,
        timbres=RenderConfig(folder / "timbres", 1, 1.0, 60.0, 1, timbre_models or {}),
        visitors=visitors,
        hours=hours,
        machine=UTC,
    )


class Theatre:
    """A conductor in a folder, its player's score and its composer's questions."""

    def __init__(
        self,
        folder: Path,
        scenes: Mapping[str, str],
        *,
        programme: Programme | None = None,
        clock: HandClock | None = None,
        slot: Mapping[str, Any] = PORT,
        visitors: VisitorRules = VisitorRules(),  # noqa: B008 - a value that never changes
        hours: HoursRules | None = None,
        standing: StandingMusic | None = None,
        site: Site | None = None,
    ) -> None:
        self.folder = folder / "scenes"
        self.folder.mkdir()
        for name, text in scenes.items():
            self.write(name, text)
        self.clock = clock or HandClock()
        self.workers: dict[str, FakeWorker] = {}
        self.notifier = FakeNotifier()
        self.happened: list[Happening] = []
        setting = config_of(folder, next(iter(scenes)), programme, slot, visitors=visitors, hours=hours)
        setting = replace(setting, standing=standing, site=site or setting.site)
        faults = Faults(self.clock.wall)
        self.store = store = StateStore(setting.state, faults)
        housekeeping = Housekeeping(store, setting.tape, setting.keep_days, faults)
        self.conductor = Conductor(
            setting,
            SceneFolder([self.folder]),
            store,
            housekeeping,
            self.notifier,
            faults,
            clock=self.clock,
            hire=self._hire,
        )
        self.conductor.bus.subscribe(Happening, self.happened.append)
        self.score: SceneScore | None = None
        self.next: SceneScore | None = None
        self.bar = -1
        self.scenes_set: list[SetScene] = []
        self._read = 0
        self._asked = 0

    @property
    def player(self) -> FakeWorker:
        return self.workers["player"]

    @property
    def composer(self) -> FakeWorker:
        return self.workers["composer"]

    def _hire(self, role: Role, listener: WorkerListener, backoff: Backoff | None = None) -> FakeWorker:
        self.workers[role.name] = FakeWorker(role.name, listener)
        return self.workers[role.name]

    def told(self, kind: type[Told]) -> list[Told]:
        """All that happened of a kind."""
        return [one for one in self.happened if isinstance(one, kind)]

    def write(self, name: str, text: str) -> Path:
        path = self.folder / f"{name}.yaml"
        path.write_text(text)
        return path

    def begin(self, scene: str | None = None) -> None:
        self.conductor.begin(scene)
        self.hear()

    def hear(self) -> None:
        """The player takes what it was sent."""
        for message in self.player.sent[self._read :]:
            match from_message(ToPlayer, message):
                case SetScene() as scene:
                    self.scenes_set.append(scene)
                    self.next = SceneScore(scene)
                case Place() | TellBars() as told:
                    for score in (self.score, self.next):
                        if score is not None:
                            score.hear(told)
                case _:
                    pass
        self._read = len(self.player.sent)

    def play(self, bars: int = 1) -> None:
        """So many bars go out."""
        for _ in range(bars):
            self.hear()
            if self.score is None:
                self.turn()
            assert self.score is not None, "nothing can begin"
            self.bar += 1
            notes = dict.fromkeys((part.name for part in self.score.scene.parts), 0)
            for part, _ in self.score.notes(self.bar):
                notes[part.name] += 1
            scene = self.score.scene
            due = sum(notes.values())
            self.player.says(
                BarPlayed(
                    epoch=scene.epoch,
                    scene=scene.name,
                    bar=self.bar,
                    scene_bar=self.bar,
                    notes=notes,
                    sent=due,
                    due=due,
                    resting=False,
                    seconds=1.0,
                    lateness=(),
                    repeated=self.score.repeated(self.bar),
                    depth=self.score.depths(self.bar),
                    tacet=self.score.tacet(self.bar),
                )
            )
            self.turn()
            self.hear()

    def turn(self) -> None:
        """A bar line: go over to the scene that was set while the last bar sounded."""
        if self.next is not None and self.next.ready:
            self.score, self.next = self.next, None
            self.bar = self.score.scene.first_bar - 1

    def sounds(self, bars: int = 1) -> list[dict[str, tuple[Note, ...]]]:
        """By voice, what the bars to come have, the one that sounds first, without anything being forgotten."""
        assert self.score is not None
        return [heard(self.score, self.bar + 1 + bar) for bar in range(bars)]

    @property
    def questions(self) -> list[tuple[int, Recipe]]:
        """What the composer was asked and has not answered."""
        said = [from_message(composing.ToComposer, one) for one in self.composer.sent]
        asked = [one for one in said if isinstance(one, composing.ComposeLoop)]
        return [(one.number, one.recipe) for one in asked[self._asked :]]

    def answer(self, engine: Engine | None = None, *, refuse: Iterable[str] = (), reason: str = "sparse") -> int:
        """Answer all that is asked, and what is asked thereupon, and refuse these voices; says how often."""
        engine, count = engine or DiceEngine(), 0
        while questions := self.questions:
            for number, recipe in questions:
                self._asked += 1
                count += 1
                if recipe.voice in refuse:
                    composed = Composed(recipe, None, {reason: 20, "dense": 4}, {})
                else:
                    composed = compose(engine, recipe, Memories())
                self.composer.says(composing.Answer(number, 0.1, composed))
        self.hear()
        return count

    @property
    def status(self) -> Mapping[str, Any]:
        return self.conductor.status()

    @property
    def faults(self) -> dict[str, str]:
        """The sentences of the faults that are told, by id and subject."""
        return {f"{fault['id']} {fault['subject']}".strip(): fault["sentence"] for fault in self.status["faults"]}

    @property
    def metrics(self) -> str:
        return self.conductor.metrics()[0].decode()


def heard(score: SceneScore, bar: int) -> dict[str, tuple[Note, ...]]:
    """By voice, the notes of the loop that sounds in a bar, whether its schedule lets it or not."""
    found: dict[str, tuple[Note, ...]] = {}
    for name, part in score._parts.items():
        begun = [passage for passage in part._passages if passage.start <= bar]
        if begun:
            found[name] = begun[-1].notes(bar)
    return found
