"""The timbre process: ``python -m reverie.timbre.worker --fd N``. It renders banks, one after the other.

As a rule it renders one, and is told to leave. While somebody steers a timbre by hand it stays, with the model open and
the sources read, so that the next bank costs its own work only.

Two threads, as in the composer: one reads the socket and answers ``ping``, the other renders. What is done is kept on
disk as it is done, so that this process may be killed at any time; the next life goes on there.
"""

from __future__ import annotations

import logging
import os
import queue
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reverie.advice import advice_on
from reverie.errors import ReverieError, reason_of
from reverie.files import stamp
from reverie.processes.worker_main import ConductorEnd, run_worker
from reverie.timbre.errors import PostponedError
from reverie.timbre.messages import (
    DropRender,
    FromTimbre,
    HoldRender,
    Postponed,
    Refused,
    Render,
    Rendered,
    RenderProgress,
    ToTimbre,
)
from reverie.timbre.render.budget import Budget, Gate, give_way

if TYPE_CHECKING:
    from reverie.timbre.bank_maker import BankMaker

log = logging.getLogger(__name__)

HURRIED = 5
"""How nice a process is that somebody waits for: as nice as the composer. One that has given way stays so."""
TELL_EVERY = 1.0
"""Seconds between words about progress."""


class _DroppedError(Exception):
    """Nobody wants what is rendered any more."""


class RenderWorker:
    """The rendering side."""

    def __init__(self, end: ConductorEnd) -> None:
        self._gate = Gate()
        self._jobs: queue.Queue[Render] = queue.Queue()
        self._conductor = end
        self._told = 0.0
        self._dropped = -1
        """The last that was dropped: all before it are over or dropped as well, whichever of them is still at work."""
        self._pace: Literal["", "hurried", "gives way"] = ""
        self._kept: tuple[tuple[object, ...], BankMaker] | None = None
        """The maker of the last bank, and what it was made with."""

    def heard(self, said: ToTimbre) -> None:
        """Take the order, leave one, or pause."""
        match said:
            case HoldRender():
                self._gate.hold(on=said.on)
            case Render():
                self._jobs.put(said)
            case DropRender():
                self._dropped = said.number

    def finish(self) -> None:
        """Nothing is lost: a bank that is half rendered is found where it lies."""

    def run(self) -> None:
        """Render what is asked for."""
        while True:
            job = self._jobs.get()
            self._make_way(job)
            said = self._answer(job)
            if said is not None:
                self._conductor.say(said)

    def _make_way(self, job: Render) -> None:
        """Be as quick as the job wants it; the system lets no process become quicker again."""
        if not job.hurried and self._pace != "gives way":
            give_way()
            self._pace = "gives way"
        elif job.hurried and not self._pace:
            os.nice(HURRIED)
            self._pace = "hurried"

    def _answer(self, job: Render) -> FromTimbre | None:
        try:
            return self._render(job)
        except _DroppedError:
            return None
        except PostponedError:
            return Postponed(job.number)
        except ReverieError as error:
            return Refused(str(error), job.number)
        except OSError as error:
            place = Path(error.filename or job.cache)
            return Refused(f"{place} cannot be used ({reason_of(error)}); {advice_on(error, place)}", job.number)
        except Exception as error:
            log.exception("The bank %s cannot be rendered.", job.request.title)
            return Refused(f"the bank {job.request.title} cannot be rendered ({error!r})", job.number)

    def _render(self, job: Render) -> Rendered:
        from reverie.timbre.bank.cache import size_of  # numerics take a while to import; pings are answered meanwhile

        begun = time.monotonic()
        budget = Budget(job.share)

        def pace(done: float) -> None:
            now = time.monotonic()
            if now - self._told >= TELL_EVERY:
                self._told = now
                self._conductor.say(RenderProgress(done, job.number))
            budget.spend()
            self._gate.wait()
            if job.number <= self._dropped:
                raise _DroppedError

        pace(0.0)
        made = self._maker(job).make(job.request, pace, job.pinned, only_found=job.only_found)
        return Rendered(
            made.bank.id,
            str(made.bank.folder),
            str(made.bank.soundfont),
            time.monotonic() - begun,
            made.found,
            made.warnings,
            size_of(made.bank.folder),
            job.number,
        )

    def _maker(self, job: Render) -> BankMaker:
        """Who makes the bank: the one before, with its model open, where all but the bank is the same."""
        from reverie.timbre.bank_maker import BankMaker
        from reverie.timbre.timbre_models import open_timbre_model

        resources = _resources(job)
        if self._kept is None or self._kept[0] != resources:
            opener = partial(open_timbre_model, threads=job.threads, decoder=job.decoder)
            self._kept = resources, BankMaker(Path(job.model), Path(job.cache), job.quota, open_model=opener)
        return self._kept[1]


def _resources(job: Render) -> tuple[object, ...]:
    """What a maker is made with; a model's file that was written anew is another."""
    return job.model, stamp(Path(job.model)), job.cache, job.quota, job.threads, job.decoder


def main() -> None:
    """Serve the conductor until it stops or goes away."""
    run_worker("reverie.timbre.worker", "Renders banks of samples.", ToTimbre, RenderWorker)


if __name__ == "__main__":
    main()
