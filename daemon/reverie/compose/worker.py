"""The composer process: loads models once, then answers recipes with loops.

Two threads, so that liveness does not wait for music: one reads the socket and answers ``ping``, the other computes.
A model that hangs is found by the conductor, which knows how long it has waited for an answer.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import queue
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from reverie.compose.composer import compose
from reverie.compose.engines.by_family import make_engine
from reverie.compose.engines.engine import Engine
from reverie.compose.messages import Answer, ComposeLoop, ComposerSetup, Failed, FromComposer, ModelLoaded, ToComposer
from reverie.compose.state_cache import Memories
from reverie.errors import ReverieError
from reverie.logs import log_plainly
from reverie.models.errors import ModelError
from reverie.models.library.index import ModelFile
from reverie.processes.codec import from_message, to_message
from reverie.processes.descriptors import readable
from reverie.processes.signals import be_steady
from reverie.processes.wire import Ping, Pong, Stop, Wire

log = logging.getLogger(__name__)


class ComposerWorker:
    """The computing side: takes jobs from a queue until it is told to stop."""

    def __init__(self, wire: Wire) -> None:
        self.jobs: queue.Queue[ComposerSetup | ComposeLoop | None] = queue.Queue()
        self.ready = threading.Event()
        self._wire = wire
        self._sending = threading.Lock()
        self._engine: Engine | None = None
        self._memories = Memories()
        self._why_not = "the composer has not been set up"

    def send(self, said: Pong | FromComposer) -> None:
        """Send from either thread."""
        with self._sending:
            self._wire.send(to_message(said))

    def run(self) -> None:
        """Work until a job is None."""
        while (job := self.jobs.get()) is not None:
            if isinstance(job, ComposerSetup):
                self._setup(job)
            else:
                self._compose(job)

    def _setup(self, job: ComposerSetup) -> None:
        self._memories = Memories(job.memories)
        try:
            self._engine = make_engine(job.engine)
        except ReverieError as error:
            self._why_not = str(error)
        except Exception as error:
            log.exception("The engine %s cannot be used.", job.engine)
            self._why_not = f"no new music can be composed, since the engine {job.engine} cannot be used ({error!r})"
        for bundle in job.bundles:
            begun = time.monotonic()
            error = self._load(self._engine, bundle) if self._engine else self._why_not
            self.send(ModelLoaded(bundle.name, time.monotonic() - begun, error))
        self.ready.set()

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
            self.send(Failed(number, self._why_not))
            return
        begun = time.monotonic()
        try:
            answer = compose(self._engine, job.whole_recipe, self._memories)
        except ModelError as error:
            self.send(Failed(number, str(error)))
        except Exception as error:
            log.exception("A recipe could not be composed: %s", job.recipe)
            self.send(Failed(number, f"a recipe could not be composed ({error!r})"))
        else:
            self.send(Answer(number, time.monotonic() - begun, answer))


def _leave(_signal: int, _frame: FrameType | None) -> None:
    os._exit(0)


def _listen(wire: Wire, composer: ComposerWorker) -> None:
    try:
        while not wire.closed:
            readable([wire], None)
            for message in wire.receive():
                said: ToComposer | Ping | Stop = from_message(ToComposer | Ping | Stop, message)
                match said:
                    case Ping():
                        # Not before the models are there: importing them may hold this thread up, for which the
                        # conductor has more patience as long as there was no answer yet.
                        if composer.ready.is_set():
                            composer.send(Pong(said.number))
                    case Stop():
                        return
                    case ComposerSetup() | ComposeLoop():
                        composer.jobs.put(said)
    finally:
        # A model that is computing cannot be interrupted, and nothing of its answer is wanted any more.
        os._exit(0)


def main() -> None:
    """Serve the conductor at the other end of ``--fd`` until it stops or goes away."""
    parser = argparse.ArgumentParser(prog="reverie-composer")
    parser.add_argument("--fd", type=int, required=True)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _leave)
    be_steady(signal.SIGHUP, signal.SIGINT)  # Ctrl-C is the conductor's matter, which then says stop
    log_plainly(logging.WARNING)
    os.nice(5)  # the player comes first
    with contextlib.suppress(OSError):  # and where memory runs out it is this process that goes; Linux only
        Path("/proc/self/oom_score_adj").write_text("500")
    wire = Wire(socket.socket(fileno=arguments.fd))
    composer = ComposerWorker(wire)
    threading.Thread(target=_listen, args=(wire, composer), daemon=True).start()
    composer.run()


if __name__ == "__main__":
    sys.exit(main())
