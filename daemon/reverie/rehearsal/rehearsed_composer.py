"""A composer in the conductor's own process: so many of its loops are composed by the models, and the others not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from reverie.clock import Clock
from reverie.compose.composer import Composed, compose
from reverie.compose.engines.engine import Engine
from reverie.compose.messages import Answer, ComposeLoop, Failed, FlushEvery, ModelLoaded, ToComposer
from reverie.compose.novelty import NoveltyMemory
from reverie.compose.novelty_file import NoveltyReader
from reverie.compose.state_cache import Memories
from reverie.models.errors import ModelError
from reverie.processes.codec import from_message
from reverie.processes.supervisor import Backoff, WorkerListener
from reverie.processes.wire import Message
from reverie.processes.worker_life import Role
from reverie.rehearsal.rehearsed_worker import RehearsedWorker
from reverie.rehearsal.stand_in_engine import STAND_IN, StandInEngine

_KEPT = 16_384
"""Loops of a voice that a new life reads of what was played."""


@dataclass(slots=True)
class LoopMakers:
    """Who composes: for the next ``left`` loops the models, then what stands in for them, and has learned from them."""

    models: Engine
    stand_in: StandInEngine
    left: int = 0
    takes: float = 2.0
    """Made-up seconds that a loop takes."""

    def compose(self, question: ComposeLoop, memories: Memories, played: NoveltyMemory) -> Composed:
        """The answer to a question.

        Raises:
            ModelError: if a model cannot run.
        """
        recipe = question.whole_recipe
        asks_models = self.left > 0
        bands = question.bands if asks_models else None  # bars that were there before are no news
        heard = played.up_to(question.moment, bands)
        answer = compose(self.models if asks_models else self.stand_in, recipe, memories, heard)
        if answer.loop:
            heard.remember(answer.recipe, answer.loop)
        if asks_models and answer.recipe.engine and answer.recipe.engine != STAND_IN:
            self.left -= 1
            if answer.loop:
                self.stand_in.learn(recipe.scene, recipe.voice, answer.loop)
        return answer


class RehearsedComposer(RehearsedWorker):
    """Answers one question after the other, each after some made-up seconds; models are loaded already."""

    def __init__(
        self, role: Role, listener: WorkerListener, backoff: Backoff | None, clock: Clock, makers: LoopMakers
    ) -> None:
        super().__init__(role, listener, backoff, clock)
        self._makers = makers

    def begin(self) -> None:
        """Forget all of the life before."""
        self._questions = asyncio.Queue[ComposeLoop]()
        self._memories = Memories()
        self._played = NoveltyMemory()

    def hear(self, message: Message) -> None:
        """Take a message."""
        said: ToComposer = from_message(ToComposer, message)
        if isinstance(said, ComposeLoop):
            self._questions.put_nowait(said)
            return
        if isinstance(said, FlushEvery):  # no disk is written to here
            return
        self._played = _memory_of(said.played)
        for model in said.bundles:
            self.say(ModelLoaded(model.name, 0.5, None))

    async def work(self) -> None:
        """Compose until the end."""
        while True:
            question = await self._questions.get()
            await asyncio.sleep(self._makers.takes)
            try:
                answer = self._makers.compose(question, self._memories, self._played)
            except ModelError as error:
                self.say(Failed(question.number, str(error)))
            else:
                self.say(Answer(question.number, self._makers.takes, answer))


def _memory_of(played: Path | None) -> NoveltyMemory:
    return NoveltyMemory(NoveltyReader(played, _KEPT)) if played else NoveltyMemory()
