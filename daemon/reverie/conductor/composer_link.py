"""What the composer is asked, and what becomes of its answers: places for the player, and what people are told."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable

from reverie.compose.ensemble import Ensemble
from reverie.compose.good_loop import GoodLoop
from reverie.compose.messages import Answer, Failed, ModelLoaded
from reverie.compose.recipe import Recipe
from reverie.conductor.composer_requests import Requests
from reverie.conductor.model_faults import ModelFaults
from reverie.history.state import StateStore
from reverie.play.messages import Place
from reverie.processes.wire import Message
from reverie.watch.evidence import Evidence
from reverie.watch.fault_kinds import NO_NEW_LOOP
from reverie.watch.faults import Faults
from reverie.watch.metrics import Metrics

log = logging.getLogger(__name__)


class ComposerLink:
    """Asks the composer, through one life of it after the other; ``send`` is False where there is none to ask."""

    def __init__(
        self, store: StateStore, evidence: Evidence, metrics: Metrics, faults: Faults, send: Callable[[Message], bool]
    ) -> None:
        self._store = store
        self._evidence = evidence
        self._metrics = metrics
        self._faults = faults
        self._send = send
        self._requests = Requests()
        self._complaints = ModelFaults(faults)
        self._suspect = ""

    def ask(self, performance: Ensemble, recipes: Iterable[Recipe]) -> None:
        """Ask for loops."""
        for recipe in recipes:
            if not self._send(self._requests.ask(performance.epoch, recipe, time.monotonic())):
                self._requests.lost()
                performance.composer_lost()
                break

    def answered(self, said: Answer | Failed, performance: Ensemble | None) -> list[Place] | None:
        """Take an answer; None where nobody waits for it any more."""
        now = time.monotonic()
        asked = self._requests.answered(said.number, now)
        if asked is None:
            return None
        epoch, recipe = asked
        present = performance if performance and performance.epoch == epoch else None
        if isinstance(said, Failed):
            self._metrics.loop_refused(recipe.voice, "failed")
            self._complaints.add(recipe.model, said.error)
            places = present.failed(recipe.voice) if present else []
        else:
            answer = said.composed
            self._complaints.drop(recipe.model)
            self._metrics.guarded(recipe.voice, answer.refused, answer.clipped)
            if answer.loop:
                self._evidence.loop_composed(now)
                self._metrics.loop_composed(recipe.voice, recipe.operator, said.seconds, time.time())
                self._store.remember(GoodLoop(answer.recipe, answer.loop))
            if answer.loop is None or answer.is_the_loop_before:
                self._metrics.loop_held(recipe.voice)
            places = present.composed(answer) if present else []
        if present:
            self.tell_stalls(present)
        return places

    def died(self, performance: Ensemble | None) -> list[Place]:
        """What was asked is asked again, unless one recipe has been the end of two composers running."""
        computing = self._requests.lost()
        if performance:
            performance.composer_lost()
        suspect = computing[1].id if computing else ""
        places: list[Place] = []
        if computing and suspect == self._suspect and performance and computing[0] == performance.epoch:
            self._metrics.loop_refused(computing[1].voice, "crashed")
            places = performance.given_up(computing[1].voice)
            self.tell_stalls(performance)
        self._suspect = suspect
        return places

    def loaded(self, said: ModelLoaded) -> None:
        """The composer has loaded a model, or could not."""
        self._requests.heard(time.monotonic())
        if said.error:
            self._complaints.add(said.model, said.error)
        else:
            self._complaints.drop(said.model)
            log.info("Model %s is ready (%.1f s).", said.model, said.seconds)

    def overdue(self, patience: float, *, up: bool) -> float | None:
        """For how many seconds it has owed an answer, once that is more than ``patience``.

        Where it is not ``up`` it owes nothing: to start, its role has a patience of its own.
        """
        now = time.monotonic()
        if not up:
            self._requests.heard(now)
        silence = self._requests.silent_for(now)
        if silence <= patience:
            return None
        self._requests.heard(now)
        return silence

    def tell_stalls(self, performance: Ensemble) -> None:
        """Tell of voices that get no new loop; of those that are no more there is nothing to tell."""
        stalls = {voice: stall for voice, stall in performance.stalls.items() if stall}
        self._faults.only(NO_NEW_LOOP, stalls)
        for voice, stall in stalls.items():
            self._faults.tell(NO_NEW_LOOP, voice, stall.sentence, stall.advice)
