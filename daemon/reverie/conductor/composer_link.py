"""What the composer is asked, and what becomes of its answers: places for the player, and what people are told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.compose.composer import Composed
from reverie.compose.ensemble import Ensemble
from reverie.compose.messages import Answer, ComposerSetup, Failed, FlushEvery, FromComposer, ModelLoaded
from reverie.compose.recipe import Recipe
from reverie.conductor.care.model_faults import ModelFaults
from reverie.conductor.composer_requests import Requests
from reverie.conductor.hired_worker import HireWorker, log_death
from reverie.play.messages import Place
from reverie.processes.codec import from_message, to_message
from reverie.processes.supervisor import ProcessInfo
from reverie.processes.wire import Message
from reverie.processes.worker_life import RECYCLED, Death, Role
from reverie.watch.fault_kinds import LIMITS_WIDENED, NO_NEW_LOOP
from reverie.watch.faults import Faults
from reverie.watch.happenings import LoopAnswered, LoopDerived, LoopFailed, Moment, WorkerDied, WorkerStarted

log = logging.getLogger(__name__)

NOBODY = -1
"""In place of an epoch: what is composed for it is played by nobody."""
COMPOSER = Role("composer", "reverie.compose.worker", patience=10.0, startup=120.0, grace=1.0)


class ComposerLink:
    """Keeps the score filled, through one life of the composer after the other.

    Args:
        setup: The first message of each life.
        patience: Seconds for which a composer may owe an answer before it is killed.
        hire: Makes the worker.
        bus: Where answers and deaths are published.
        clock: By which the composer's silence is measured.
        faults: Where people are told of voices that get no loops, and of models that cannot compose.
        place: Has the player play loops.
        moment: The moment up to which voices have played what is kept of them.
    """

    def __init__(
        self,
        setup: ComposerSetup,
        patience: float,
        hire: HireWorker,
        bus: Bus,
        clock: Clock,
        faults: Faults,
        place: Callable[[Iterable[Place]], None],
        moment: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.worker = hire(COMPOSER, self)
        self._setup = setup
        self._patience = patience
        self._bus = bus
        self._clock = clock
        self._faults = faults
        self._place = place
        self._moment = moment
        self._ensemble: Ensemble | None = None
        self._requests = Requests()
        self._complaints = ModelFaults(faults)
        self._suspect: tuple[str, int] | None = None
        self._auditioned: dict[int, Callable[[Composed | None], None]] = {}

    @property
    def info(self) -> ProcessInfo:
        """Its process now."""
        return self.worker.info

    def perform(self, ensemble: Ensemble) -> None:
        """Compose for another performance."""
        self._ensemble = ensemble
        self._tell_stalls(ensemble)
        self.fill()

    def fill(self) -> None:
        """Place and ask for whatever the music wants next."""
        if self._ensemble is None or self.worker.state == "stopped":
            return
        places, recipes = self._ensemble.fill()
        for answer in self._ensemble.take_derived():
            self._bus.publish(LoopDerived(Moment.of(self._clock), answer))
        self._place(places)
        for recipe in recipes:
            bands = self._ensemble.bands(recipe.voice)
            asked = self._requests.ask(self._ensemble.epoch, recipe, self._clock.now(), bands, self._moment())
            if not self.worker.send(asked):
                self._requests.lost()
                self._ensemble.composer_lost()
                break

    def flush_every(self, seconds: float) -> None:
        """What models remember is written as seldom as that from now on, in this life and those after it."""
        self._setup = replace(self._setup, flush=seconds)
        if self.worker.state == "up":
            self.worker.send(to_message(FlushEvery(seconds)))

    @property
    def owes(self) -> bool:
        """Whether it has been asked something and has not answered yet."""
        return self._requests.silent_for(float("inf")) > 0

    def ask_anew(self) -> None:
        """Forget what was asked, as if the composer had died, and ask for what is wanted now."""
        self._requests.lost()
        if self._ensemble is not None:
            self._ensemble.composer_lost()
        self.fill()

    def audition(self, recipe: Recipe, told: Callable[[Composed | None], None]) -> bool:
        """Have a loop composed that nobody plays; False where nobody can be asked.

        Args:
            recipe: what is asked for.
            told: called with what came of it; None where the composer has died, or cannot run the model.
        """
        if self.worker.state != "up":
            return False
        message = self._requests.ask(NOBODY, recipe, self._clock.now())
        if not self.worker.send(message):
            return False
        self._auditioned[self._requests.last_number] = told
        return True

    def look(self) -> None:
        """Find a composer that computes for ever, and kill it."""
        now = self._clock.now()
        if self.worker.state != "up":  # it owes nothing yet: to start, its role has a patience of its own
            self._requests.heard(now)
        silence = self._requests.silent_for(now)
        if silence > self._patience:
            self._requests.heard(now)
            self.worker.condemn(f"The composer owed an answer for {silence:.0f} s; it was killed.")

    def started(self, role: str) -> None:
        """A new life knows nothing yet."""
        self.worker.send(to_message(self._setup))
        self._bus.publish(WorkerStarted(Moment.of(self._clock), role))
        self.fill()

    def received(self, role: str, message: Message) -> None:
        """The composer says something.

        Raises:
            WireError: if it says nonsense.
        """
        del role
        said: FromComposer = from_message(FromComposer, message)
        if isinstance(said, ModelLoaded):
            self._loaded(said)
        else:
            self._answered(said)

    def died(self, role: str, death: Death, delay: float) -> None:
        """What was asked is asked again, unless one recipe has been the end of two composers running."""
        self._bus.publish(WorkerDied(Moment.of(self._clock), role, death.reason, death.sentence, delay, death.crash))
        log_death(death, delay)
        ensemble, computing = self._ensemble, self._requests.lost()
        auditioned, self._auditioned = self._auditioned, {}
        for tell in auditioned.values():
            tell(None)
        if ensemble is not None:
            ensemble.composer_lost()
        # Not its id: what is asked again may have another temperature, or hear other loops, as time has passed.
        blamed = computing if death.reason != RECYCLED else None
        suspect = (blamed[1].voice, blamed[1].seed) if blamed else None
        if blamed and suspect == self._suspect and ensemble is not None and blamed[0] == ensemble.epoch:
            self._bus.publish(LoopFailed(Moment.of(self._clock), blamed[1], "crashed"))
            places = ensemble.given_up(blamed[1].voice)
            self._tell_stalls(ensemble)
            self._place(places)
        self._suspect = suspect

    def _answered(self, said: Answer | Failed) -> None:
        """Take an answer, unless nobody waits for it any more."""
        at = Moment.of(self._clock)
        asked = self._requests.answered(said.number, at.now)
        if asked is None:
            return
        if tell := self._auditioned.pop(said.number, None):
            tell(None if isinstance(said, Failed) else said.composed)
            return
        epoch, recipe = asked
        present = self._ensemble if self._ensemble is not None and self._ensemble.epoch == epoch else None
        places: list[Place] = []
        if isinstance(said, Failed):
            self._bus.publish(LoopFailed(at, recipe, "failed"))
            self._complaints.add(recipe.model, said.error)
            places = present.failed(recipe.voice) if present else []
        else:
            # What it heard stays with it, so that whoever keeps it can have it made again.
            kept = replace(said.composed.recipe, loops=recipe.loops)
            composed = replace(said.composed, recipe=kept)
            if kept.by_a_model:
                self._complaints.drop(recipe.model)
            self._bus.publish(LoopAnswered(at, composed, said.seconds))
            log.debug("%s: %s by %s, %s", kept.voice, kept.id, kept.operator, dict(kept.score))
            places = present.composed(composed) if present else []
        if present:
            self._tell_stalls(present)
        self._place(places)
        self.fill()

    def _loaded(self, said: ModelLoaded) -> None:
        """The composer has loaded a model, or could not."""
        self._requests.heard(self._clock.now())
        if said.error:
            self._complaints.add(said.model, said.error)
        else:
            self._complaints.drop(said.model)
            log.info("Model %s is ready (%.1f s).", said.model, said.seconds)

    def _tell_stalls(self, ensemble: Ensemble) -> None:
        """Tell of voices that get no new loop, or none within their limits; of those that are gone there is nothing."""
        stalls = {voice: stall for voice, stall in ensemble.stalls.items() if stall}
        self._faults.only(NO_NEW_LOOP, stalls)
        for voice, stall in stalls.items():
            self._faults.tell(NO_NEW_LOOP, voice, stall.sentence, stall.advice)
        widened = {voice: told for voice, told in ensemble.widened.items() if told and voice not in stalls}
        self._faults.only(LIMITS_WIDENED, widened)
        for voice, told in widened.items():
            self._faults.tell(LIMITS_WIDENED, voice, told.sentence, told.advice)
