"""The timbre process: ``python -m reverie.timbre.worker --fd N``. It renders one bank, and is gone when that is done.

Two threads, as in the composer: one reads the socket and answers ``ping``, the other renders. What is done is kept on
disk as it is done, so that this process may be killed at any time; the next life goes on there.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
import threading
import time
from functools import partial
from pathlib import Path
from types import FrameType

from reverie.advice import advice_on
from reverie.errors import ReverieError, reason_of
from reverie.logs import log_plainly
from reverie.processes.codec import from_message, to_message
from reverie.processes.descriptors import readable
from reverie.processes.signals import be_steady
from reverie.processes.threads import one_each
from reverie.processes.wire import Ping, Pong, Stop, Wire
from reverie.timbre.messages import FromTimbre, HoldRender, Refused, Render, Rendered, RenderProgress, ToTimbre
from reverie.timbre.render.budget import Budget, Gate, give_way

log = logging.getLogger(__name__)

TELL_EVERY = 1.0
"""Seconds between words about progress."""


class RenderWorker:
    """The rendering side."""

    def __init__(self, wire: Wire) -> None:
        self.gate = Gate()
        self.asked = threading.Event()
        self.job: Render | None = None
        self._wire = wire
        self._sending = threading.Lock()
        self._told = 0.0

    def send(self, said: Pong | FromTimbre) -> None:
        """Send from either thread."""
        with self._sending:
            self._wire.send(to_message(said))

    def run(self) -> None:
        """Render what is asked for."""
        self.asked.wait()
        job = self.job
        if job is None:
            return
        try:
            self.send(self._render(job))
        except ReverieError as error:
            self.send(Refused(str(error)))
        except OSError as error:
            place = Path(error.filename or job.cache)
            self.send(Refused(f"{place} cannot be used ({reason_of(error)}); {advice_on(error, place)}"))
        except Exception as error:
            log.exception("The bank %s cannot be rendered.", job.order.title)
            self.send(Refused(f"the bank {job.order.title} cannot be rendered ({error!r})"))

    def _render(self, job: Render) -> Rendered:
        from reverie.timbre.bank_maker import (
            BankMaker,  # numerics take a while to import, and pings are answered meanwhile
        )
        from reverie.timbre.timbre_models import open_timbre_model

        begun = time.monotonic()
        budget = Budget(job.share)

        def pace(done: float) -> None:
            now = time.monotonic()
            if now - self._told >= TELL_EVERY:
                self._told = now
                self.send(RenderProgress(done))
            budget.spend()
            self.gate.wait()

        opener = partial(open_timbre_model, threads=job.threads)
        studio = BankMaker(Path(job.model), Path(job.cache), job.quota, open_model=opener)
        made = studio.make(job.order, pace, job.pinned)
        return Rendered(
            made.bank.id,
            str(made.bank.folder),
            str(made.bank.soundfont),
            time.monotonic() - begun,
            made.found,
            made.warnings,
        )


def _leave(_signal: int, _frame: FrameType | None) -> None:
    os._exit(0)


def _listen(wire: Wire, worker: RenderWorker) -> None:
    try:
        while not wire.closed:
            readable([wire], None)
            for message in wire.receive():
                said: ToTimbre | Ping | Stop = from_message(ToTimbre | Ping | Stop, message)
                match said:
                    case Ping():
                        worker.send(Pong(said.number))
                    case Stop():
                        return
                    case HoldRender():
                        worker.gate.hold(on=said.on)
                    case Render():
                        worker.job = said
                        worker.asked.set()
    finally:
        os._exit(0)  # what is done is kept, and nobody waits for the rest


def main() -> None:
    """Serve the conductor at the other end of ``--fd`` until the bank is whole, it stops or it goes away."""
    parser = argparse.ArgumentParser(prog="reverie-timbre")
    parser.add_argument("--fd", type=int, required=True)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _leave)
    be_steady(signal.SIGHUP, signal.SIGINT)  # Ctrl-C is the conductor's matter, which then says stop
    log_plainly(logging.WARNING)
    give_way()
    one_each()
    wire = Wire(socket.socket(fileno=arguments.fd))
    worker = RenderWorker(wire)
    threading.Thread(target=_listen, args=(wire, worker), daemon=True).start()
    worker.run()
    threading.Event().wait()  # the conductor says stop once it has read


if __name__ == "__main__":
    sys.exit(main())
