"""A player and a composer in the conductor's own process and time: they do what real ones do, without a sound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fakes.engine import DiceEngine
from reverie.clock import Clock
from reverie.compose.composer import compose
from reverie.compose.messages import Answer, ComposeLoop, ModelLoaded, ToComposer
from reverie.compose.state_cache import Memories
from reverie.processes.codec import from_message
from reverie.processes.supervisor import Backoff, WorkerListener
from reverie.processes.wire import Message
from reverie.processes.worker_life import Role
from reverie.rehearsal.rehearsed_player import RehearsedPlayer
from reverie.rehearsal.rehearsed_worker import RehearsedWorker
from reverie.timbre.messages import Render, Rendered, ToTimbre


class SimulatedWorker(RehearsedWorker):
    """One that a test can ask what it was told."""

    def __init__(self, role: Role, listener: WorkerListener, backoff: Backoff | None, clock: Clock) -> None:
        super().__init__(role, listener, backoff, clock)
        self.told: list[tuple[float, Message]] = []
        """All that it was sent, and when."""

    def send(self, message: Message) -> bool:
        if self.state == "up":
            self.told.append((self.clock.now(), message))
        return super().send(message)


class SimulatedPlayer(SimulatedWorker, RehearsedPlayer):
    """Plays bar after bar of what it is given, and says so at the end of each."""


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
