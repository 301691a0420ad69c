"""The loop that each voice got last, and why it was that one: for the status, and whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverie.bus import Bus
from reverie.compose.composer import Composed
from reverie.compose.ensemble import Ensemble
from reverie.compose.novelty_bands import Novelty
from reverie.compose.placement import Placement
from reverie.watch.happenings import LoopAnswered, LoopDerived, SceneBegun

REMEMBERED = 16
"""Answers of each voice that are kept: what a voice goes back to after a renewal was composed a few loops ago."""


class KeptLoops:
    """Remembers what the guards did to each voice's loops; what was placed, the ensemble knows itself."""

    def __init__(self) -> None:
        self._answers: dict[str, dict[str, Composed]] = {}
        self._since: dict[str, tuple[str, int]] = {}
        self._begun: dict[str, tuple[str, int]] = {}

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on of scenes and loops."""
        bus.subscribe(SceneBegun, lambda _: self.begin())
        bus.subscribe(LoopAnswered, lambda said: self.made(said.answer))
        bus.subscribe(LoopDerived, lambda said: self.made(said.answer))

    def begin(self) -> None:
        """Another scene begins, which may have voices of the same names."""
        self._answers.clear()
        self._since.clear()
        self._begun.clear()

    def made(self, answer: Composed) -> None:
        """A voice got an answer; one without a loop changes nothing here."""
        if answer.loop is None:
            return
        own = self._answers.setdefault(answer.recipe.voice, {})
        own[answer.recipe.id] = answer
        if len(own) > REMEMBERED:
            del own[next(iter(own))]

    def bar_played(self, ensemble: Ensemble) -> None:
        """A bar went out: notice where loops begin, before that is forgotten of those that are held for long."""
        for voice, placement in ensemble.last_placed.items():
            _first_bar(self._since, voice, placement)
        for voice, placement in ensemble.placed_in(max(ensemble.bar + 1, 0)).items():
            _first_bar(self._begun, voice, placement)

    def status(self, ensemble: Ensemble) -> dict[str, Mapping[str, Any]]:
        """By voice, in the order of composing, what was placed last; a voice that has nothing yet is left out.

        A loop that was there already, kept or shipped, has its recipe's id and its bar alone: nobody chose it now. One
        that no model drew has no score, as it had no rival.
        """
        placed = ensemble.last_placed.items()
        return {
            voice: self._told(voice, placement, ensemble.widened_by(voice), _first_bar(self._since, voice, placement))
            for voice, placement in placed
        }

    def present(self, ensemble: Ensemble) -> dict[str, Mapping[str, Any]]:
        """The same of what each voice plays in the bar that sounds."""
        placed = ensemble.placed_in(max(ensemble.bar + 1, 0)).items()
        return {
            voice: self._told(voice, placement, ensemble.widened_by(voice), _first_bar(self._begun, voice, placement))
            for voice, placement in placed
        }

    def _told(self, voice: str, placement: Placement, widened: Mapping[str, int], first: int) -> Mapping[str, Any]:
        name, recipe = placement.original[0], placement.made_by
        answer = self._answers.get(voice, {}).get(name)
        return {
            "recipe": name,
            "operator": recipe and recipe.operator,
            "from_bar": first + 1,
            "score": dict(recipe.score) if recipe and recipe.drawn else {},
            "bent": {kind: count for kind, count in answer.clipped.items() if count} if answer else {},
            "refused": dict(answer.refused) if answer else {},
            "novelty": _told_novelty(answer.novelty, widened) if answer and answer.novelty else {},
        }


def _first_bar(since: dict[str, tuple[str, int]], voice: str, placement: Placement) -> int:
    """The bar in which the loop was first placed; the ensemble forgets the turns of one that is held for long."""
    name = placement.original[0]
    known, bar = since.get(voice, ("", 0))
    if known != name:
        bar = placement.start_bar
        since[voice] = name, bar
    return bar


def _told_novelty(novelty: Novelty, widened: Mapping[str, int]) -> dict[str, Any]:
    told = {"last": novelty.last, "hour": novelty.hour, "week": novelty.week}
    return {**told, "outside": novelty.amiss, "warmer": novelty.warmer, "widened": dict(widened)}
