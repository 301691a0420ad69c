"""A piece of what a player has played, kept so that it can be played again: for ears, and not for figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from reverie.music.time import TICKS_PER_QUARTER
from reverie.play.messages import BarPlan, Place, SetScene, TellBars, ToPlayer
from reverie.play.told_plans import ToldPlans
from reverie.processes.codec import from_message, to_message
from reverie.processes.wire import Message
from reverie.rehearsal.rehearsed_player import RehearsedPlayer


@dataclass(frozen=True, slots=True)
class PlayedExcerpt:
    """Bars of a scene: the scene as the player is told it, what its parts have placed, and how bars are played."""

    scene: SetScene
    places: tuple[Place, ...]
    plans: tuple[BarPlan, ...]
    bars: int

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        told = TellBars(self.scene.epoch, self.plans[0].bar if self.plans else 0, self.plans)
        return {
            "scene": to_message(self.scene),
            "places": [to_message(one) for one in self.places],
            "plans": to_message(told),
            "bars": self.bars,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PlayedExcerpt:
        """Read :meth:`as_json`'s data.

        Raises:
            KeyError, ValueError, WireError: if it is no such data.
        """
        scene, plans = from_message(ToPlayer, data["scene"]), from_message(ToPlayer, data["plans"])
        places = [from_message(ToPlayer, one) for one in data["places"]]
        if not isinstance(scene, SetScene) or not isinstance(plans, TellBars):
            raise ValueError("an excerpt has a scene and plans")  # noqa: TRY004 - it is data that is at fault
        return cls(scene, tuple(one for one in places if isinstance(one, Place)), plans.plans, int(data["bars"]))


class RememberingPlayer(RehearsedPlayer):
    """A player that can say what it has just played."""

    def begin(self) -> None:
        """Forget all of the life before."""
        super().begin()
        self._told: dict[int, tuple[SetScene, dict[str, list[Place]], list[BarPlan]]] = {}

    def hear(self, message: Message) -> None:
        """Take a message, and note it where it belongs to an excerpt."""
        super().hear(message)
        match from_message(ToPlayer, message):
            case SetScene() as scene:
                self._told = {epoch: told for epoch, told in self._told.items() if epoch >= scene.epoch - 1}
                self._told[scene.epoch] = scene, {}, []
            case Place() as place if place.epoch in self._told:
                own = self._told[place.epoch][1].setdefault(place.part, [])
                own[:] = [one for one in own if _stays(one, place)] + [replace(place, anew=False)]
            case TellBars() as told if told.epoch in self._told:
                plans = self._told[told.epoch][2]
                plans[:] = [one for one in plans if one.bar < told.first_bar] + list(told.plans)
            case _:
                pass

    def excerpt(self, seconds: float) -> PlayedExcerpt | None:
        """So many of the last seconds of the scene that plays; None where it has not played for so long."""
        if self._score is None or (told := self._told.get(self._score.scene.epoch)) is None:
            return None
        scene, places, plans = told
        last = self.bars - self._first
        known, first, length = ToldPlans(plans), last, 0.0
        while length < seconds and first > scene.first_bar:
            first -= 1
            tempo = scene.tempo.at(first) * known.at(first).tempo
            length += scene.metre.bar_ticks / TICKS_PER_QUARTER * 60 / tempo
        if length < seconds:
            return None
        sounding = [one for own in places.values() for one in _sounding(own, first, last)]
        kept = tuple(one for one in plans if one.bar < last)
        return PlayedExcerpt(replace(scene, first_bar=first, at_bar=0), tuple(sounding), kept, last - first)


def _stays(one: Place, told: Place) -> bool:
    return one.start_bar < told.start_bar or (one.start_bar > told.start_bar and not told.anew)


def _sounding(places: list[Place], first: int, last: int) -> list[Place]:
    """Those that sound in bars from ``first`` up to ``last``."""
    ordered = sorted((one for one in places if one.start_bar < last), key=lambda one: one.start_bar)
    begun = [number for number, one in enumerate(ordered) if one.start_bar <= first]
    return ordered[begun[-1] if begun else 0 :]
