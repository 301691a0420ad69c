"""The timbre process: ``python -m reverie.timbre.worker --fd N``. It renders one bank, and is gone when that is done.

Two threads, as in the composer: one reads the socket and answers ``ping``, the other renders. What is done is kept on
disk as it is done, so that this process may be killed at any time; the next life goes on there.
"""

from __future__ import annotations

import logging
import queue
import time
from functools import partial
from pathlib import Path

from reverie.advice import advice_on
from reverie.errors import ReverieError, reason_of
from reverie.processes.worker_main import ConductorEnd, run_worker
from reverie.timbre.messages import HoldRender, Refused, Render, Rendered, RenderProgress, ToTimbre
from reverie.timbre.render.budget import Budget, Gate, give_way

log = logging.getLogger(__name__)

TELL_EVERY = 1.0
"""Seconds between words about progress."""


class RenderWorker:
    """The rendering side."""

    def __init__(self, end: ConductorEnd) -> None:
        self._gate = Gate()
        self._jobs: queue.Queue[Render] = queue.Queue()
        self._conductor = end
        self._told = 0.0

    def heard(self, said: ToTimbre) -> None:
        """Take the order, or pause."""
        match said:
            case HoldRender():
                self._gate.hold(on=said.on)
            case Render():
                self._jobs.put(said)

    def run(self) -> None:
        """Render what is asked for."""
        job = self._jobs.get()
        try:
            self._conductor.say(self._render(job))
        except ReverieError as error:
            self._conductor.say(Refused(str(error)))
        except OSError as error:
            place = Path(error.filename or job.cache)
            self._conductor.say(Refused(f"{place} cannot be used ({reason_of(error)}); {advice_on(error, place)}"))
        except Exception as error:
            log.exception("The bank %s cannot be rendered.", job.request.title)
            self._conductor.say(Refused(f"the bank {job.request.title} cannot be rendered ({error!r})"))

    def _render(self, job: Render) -> Rendered:
        from reverie.timbre.bank.cache import size_of
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
                self._conductor.say(RenderProgress(done))
            budget.spend()
            self._gate.wait()

        opener = partial(open_timbre_model, threads=job.threads)
        maker = BankMaker(Path(job.model), Path(job.cache), job.quota, open_model=opener)
        made = maker.make(job.request, pace, job.pinned)
        return Rendered(
            made.bank.id,
            str(made.bank.folder),
            str(made.bank.soundfont),
            time.monotonic() - begun,
            made.found,
            made.warnings,
            size_of(made.bank.folder),
        )


def _begin(end: ConductorEnd) -> RenderWorker:
    give_way()
    return RenderWorker(end)


def main() -> None:
    """Serve the conductor until the bank is whole, it stops or it goes away."""
    run_worker("reverie.timbre.worker", "Renders a bank of samples.", ToTimbre, _begin)


if __name__ == "__main__":
    main()
