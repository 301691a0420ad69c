"""The composer process: loads models once, then answers recipes with loops.

Two threads, so that liveness does not wait for music: one reads the socket and answers ``ping``, the other computes.
A model that hangs is found by the conductor, which knows how long it has waited for an answer.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import time
from pathlib import Path
from typing import TYPE_CHECKING

from reverie.compose.composer import compose
from reverie.compose.engines.by_family import make_engine
from reverie.compose.engines.engine import Engine
from reverie.compose.messages import Answer, ComposeLoop, ComposerSetup, Failed, FlushEvery, ModelLoaded, ToComposer
from reverie.compose.novelty_file import NoveltyReader
from reverie.compose.state_cache import Memories
from reverie.errors import ReverieError
from reverie.models.errors import ModelError
from reverie.models.library.index import ModelFile
from reverie.processes.worker_main import ConductorEnd, run_worker

if TYPE_CHECKING:
    from reverie.compose.novelty import NoveltyMemory

log = logging.getLogger(__name__)


class ComposerWorker:
    """The computing side: does the jobs that the conductor has."""

    def __init__(self, end: ConductorEnd) -> None:
        self._jobs: queue.Queue[ToComposer] = queue.Queue()
        self._conductor = end
        # Not before the models are there: importing them may hold the other thread up, for which the conductor has
        # more patience as long as there was no answer yet.
        end.answering = False
        self._engine: Engine | None = None
        self._memories = Memories()
        self._novelty: NoveltyMemory | None = None
        self._why_not = "the composer has not been set up"

    def heard(self, said: ToComposer) -> None:
        """Take a job."""
        self._jobs.put(said)

    def run(self) -> None:
        """Do one job after the other."""
        while True:
            try:
                job = self._jobs.get(timeout=self._memories.seconds_until_due())
            except queue.Empty:
                self._memories.write()
                continue
            match job:
                case ComposerSetup() as setup:
                    self._setup(setup)
                case FlushEvery(seconds):
                    self._memories.flush_every(seconds)
                case ComposeLoop() as asked:
                    self._compose(asked)

    def finish(self) -> None:
        """Write what models remember: whoever comes next goes on from it."""
        self._memories.write(anyway=True)

    def _setup(self, job: ComposerSetup) -> None:
        self._memories = Memories(job.memories, flush=job.flush)
        try:
            self._engine = make_engine(job.engine)
            self._novelty = _novelty_memory(job.played)
        except ReverieError as error:
            self._why_not = str(error)
        except Exception as error:
            log.exception("The engine %s cannot be used.", job.engine)
            self._why_not = f"no new music can be composed, since the engine {job.engine} cannot be used ({error!r})"
        for bundle in job.bundles:
            begun = time.monotonic()
            error = self._load(self._engine, bundle) if self._engine else self._why_not
            self._conductor.say(ModelLoaded(bundle.name, time.monotonic() - begun, error))
        self._conductor.answering = True

    def _load(self, engine: Engine, bundle: ModelFile) -> str | None:
        """Why the model is not ready, if it is not; one that is broken must not keep the others from composing."""
        try:
            engine.load(bundle)
        except ModelError as error:
            return str(error)
        except Exception as error:
            log.exception("%s cannot be used.", bundle.path)
            return f"{bundle.path}: cannot be used ({error!r}); take it away, or train it anew"
        return None

    def _compose(self, job: ComposeLoop) -> None:
        number = job.number
        if self._engine is None:
            self._conductor.say(Failed(number, self._why_not))
            return
        begun = time.monotonic()
        try:
            played = self._novelty and self._novelty.up_to(job.moment, job.bands)
            answer = compose(self._engine, job.whole_recipe, self._memories, played)
            if answer.loop and played:
                played.remember(answer.recipe, answer.loop)
        except ModelError as error:
            self._conductor.say(Failed(number, str(error)))
        except Exception as error:
            log.exception("A recipe could not be composed: %s", job.recipe)
            self._conductor.say(Failed(number, f"a recipe could not be composed ({error!r})"))
        else:
            self._conductor.say(Answer(number, time.monotonic() - begun, answer))


def _novelty_memory(played: Path | None) -> NoveltyMemory:
    """What voices have played; it needs NumPy, which nobody may import before an engine does."""
    from reverie.compose.novelty import MOST_LOOPS, NoveltyMemory

    return NoveltyMemory(NoveltyReader(played, MOST_LOOPS)) if played else NoveltyMemory()


def _begin(end: ConductorEnd) -> ComposerWorker:
    os.nice(5)  # the player comes first
    with contextlib.suppress(OSError):  # and where memory runs out it is this process that goes; Linux only
        Path("/proc/self/oom_score_adj").write_text("500")
    return ComposerWorker(end)


def main() -> None:
    """Serve the conductor until it stops or goes away."""
    run_worker("reverie.compose.worker", "Composes what the conductor asks for.", ToComposer, _begin)


if __name__ == "__main__":
    main()
