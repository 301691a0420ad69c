"""A player and a composer in the conductor's own process and time: they do what real ones do, without a sound."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable

from fakes.engine import DiceEngine
from reverie.clock import Clock
from reverie.compose.composer import compose
from reverie.compose.messages import Answer, ComposeLoop, ModelLoaded, ToComposer
from reverie.compose.state_cache import Memories
from reverie.play.messages import (
    BankTaken,
    BarPlayed,
    BlendBanks,
    Panic,
    Place,
    PlayerReady,
    PlayTone,
    Rest,
    SetOverrides,
    SetScene,
    Setup,
    SlotState,
    TakeBank,
    TellBars,
    TellChords,
    ToPlayer,
)
from reverie.play.score import SceneScore
from reverie.processes.codec import Tagged, from_message, to_message
from reverie.processes.supervisor import Backoff, ProcessInfo, State, WorkerListener
from reverie.processes.wire import Message
from reverie.processes.worker_life import Death, Reason, Role
from reverie.timbre.messages import Render, Rendered, ToTimbre


class SimulatedWorker(ABC):
    """Lives, dies when a test says so, and lives again as its backoff lets it."""

    lifetime: float | None = None
    """Seconds after which every life to come ends by itself, if it does."""

    def __init__(self, role: Role, listener: WorkerListener, backoff: Backoff | None, clock: Clock) -> None:
        self.role = role
        self.clock = clock
        self.lives = 0
        self.deaths = 0
        self.told: list[tuple[float, Message]] = []
        """All that it was sent, and when."""
        self._listener = listener
        self._backoff = backoff or Backoff()
        self._death: asyncio.Future[Death] | None = None
        self._stopping = asyncio.Event()
        self._running = False

    @property
    def state(self) -> State:
        if self._death is not None:
            return "up"
        return "waiting" if self._running else "stopped"

    @property
    def info(self) -> ProcessInfo:
        return ProcessInfo(self.role.name, None, None, self.deaths, self.state)

    def send(self, message: Message) -> bool:
        if self._death is None:
            return False
        self.told.append((self.clock.now(), message))
        self.hear(message)
        return True

    def condemn(self, sentence: str) -> None:
        self.die(sentence, "hang")

    def die(self, sentence: str, reason: Reason = "signal") -> None:
        """This life ends, unasked."""
        if self._death is not None and not self._death.done():
            self._death.set_result(Death(reason, sentence))

    async def run(self) -> None:
        self._running = True
        try:
            while not self._stopping.is_set():
                born = self.clock.now()
                death = await self._live()
                if death is None:
                    return
                self.deaths += 1
                delay = self._backoff.delay(born, self.clock.now())
                self._listener.died(self.role.name, death, delay)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), delay)
        finally:
            self._running = False

    async def stop(self) -> None:
        self._stopping.set()

    async def _live(self) -> Death | None:
        """One life: how it ended, or None where it was asked to."""
        self.lives += 1
        loop = asyncio.get_running_loop()
        self._death = death = loop.create_future()
        if self.lifetime is not None:
            end = Death("exit", f"The {self.role.name} left with exit status 1.")
            loop.call_later(self.lifetime, lambda: None if death.done() else death.set_result(end))
        self.begin()
        self._listener.started(self.role.name)
        working, asked = asyncio.create_task(self.work()), asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait((working, asked, self._death), return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
            return self._death.result() if self._death.done() else None
        finally:
            self._death = None
            working.cancel()
            asked.cancel()

    def say(self, value: Tagged) -> None:
        """Send a message to the conductor."""
        self._listener.received(self.role.name, to_message(value))

    @abstractmethod
    def begin(self) -> None:
        """Forget all of the life before."""

    @abstractmethod
    def hear(self, message: Message) -> None:
        """Take a message."""

    @abstractmethod
    async def work(self) -> None:
        """What it does until it dies."""


class SimulatedPlayer(SimulatedWorker):
    """Plays bar after bar of what it is given, and says so at the end of each."""

    def begin(self) -> None:
        self.bars = 0
        self.slots: dict[str, bool] = {}
        self._score: SceneScore | None = None
        self._next: SceneScore | None = None
        self._resting = False
        self._first = 0
        self._ready = asyncio.Event()

    def hear(self, message: Message) -> None:
        match from_message(ToPlayer, message):
            case Setup() as setup:
                self.slots = dict.fromkeys(setup.slots, False)
            case SetScene() as scene:
                self._next = SceneScore(scene)
            case Place() | TellBars() as told:
                for score in (self._score, self._next):
                    if score is not None:
                        score.hear(told)
                if self._next is not None and self._next.ready:
                    self._ready.set()
            case Rest() as rest:
                self._resting = rest.on
            case TakeBank() | BlendBanks() as take:
                self._take(take)
            case SetOverrides() | TellChords() | PlayTone() | Panic():
                pass
            case other:
                raise AssertionError(f"nobody told the player {other}")

    def _take(self, take: TakeBank | BlendBanks) -> None:
        for bank in take.banks if isinstance(take, BlendBanks) else (take.bank,):
            self.say(BankTaken(take.part, bank))

    def plug(self, slot: str, *, up: bool) -> None:
        """A device comes, or goes."""
        self.slots[slot] = up
        self.say(SlotState(slot, up=up, detail="It plays." if up else "It was unplugged."))

    async def work(self) -> None:
        self.say(PlayerReady(realtime=True))
        for slot in self.slots:
            self.plug(slot, up=True)
        await self._ready.wait()
        while True:
            await self._play_bar()

    async def _play_bar(self) -> None:
        """One bar, from its line to the next."""
        if self._next is not None and self._next.ready:
            self._score, self._next = self._next, None
            self._first = self.bars - self._score.scene.first_bar
        score, resting = self._score, self._resting
        assert score is not None
        scene, scene_bar = score.scene, self.bars - self._first
        notes = dict.fromkeys((part.name for part in scene.parts), 0)
        sent = 0
        for part, _ in score.notes(scene_bar):
            notes[part.name] += 1
            sent += self.slots.get(part.slot, False)
        due = sum(notes.values())
        if resting:
            notes, sent = dict.fromkeys(notes, 0), 0
        score.begin(scene_bar)
        seconds, tacet = scene.metre.bar_ticks * score.seconds_per_tick(scene_bar), score.tacet(scene_bar)
        await asyncio.sleep(seconds)
        self.bars += 1
        self.say(
            BarPlayed(
                epoch=scene.epoch,
                scene=scene.name,
                bar=self.bars - 1,
                scene_bar=scene_bar,
                resting=resting,
                notes=notes,
                sent=sent,
                lateness=(),
                repeated=() if resting else score.repeated(scene_bar),
                depth=score.depths(scene_bar),
                due=0 if resting else due,
                seconds=seconds,
                tacet=() if resting else tacet,
            )
        )


class SimulatedComposer(SimulatedWorker):
    """Throws dice for each loop, two seconds long; a test may have a life think for ever, or die of a recipe."""

    takes = 2.0
    """Seconds for a loop."""
    deadly: Callable[[ComposeLoop], bool] = staticmethod(lambda _: False)
    """Whether a question kills it."""

    def begin(self) -> None:
        self.engine = DiceEngine()
        self.answered = 0
        self.hangs = False
        self._questions = asyncio.Queue[ComposeLoop]()

    def hear(self, message: Message) -> None:
        said = from_message(ToComposer, message)
        if isinstance(said, ComposeLoop):
            self._questions.put_nowait(said)
        else:
            for model in said.bundles:
                self.say(ModelLoaded(model.name, 0.5, None))

    async def work(self) -> None:
        while True:
            question = await self._questions.get()
            if self.deadly(question):
                self.die("The composer was ended by signal 11 (Segmentation fault).")
            if self.hangs:
                await asyncio.Event().wait()
            await asyncio.sleep(self.takes)
            self.say(Answer(question.number, self.takes, compose(self.engine, question.recipe, Memories())))
            self.answered += 1


class SimulatedTimbre(SimulatedWorker):
    """Renders a bank in a minute; its name is that of the step."""

    def begin(self) -> None:
        self._orders: asyncio.Queue[Render] = asyncio.Queue()

    def hear(self, message: Message) -> None:
        said: ToTimbre = from_message(ToTimbre, message)
        if isinstance(said, Render):
            self._orders.put_nowait(said)

    async def work(self) -> None:
        while True:
            order = await self._orders.get()
            await asyncio.sleep(60)
            title, number = order.request.title, order.number
            self.say(Rendered(title, f"/banks/{title}", f"/banks/{title}/bank.sf2", 60.0, number=number))
