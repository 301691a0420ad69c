"""Loops that a voice could play next, composed to be listened to before one is taken.

The composer is asked for one at a time, whoever wants how many, so that the music never waits behind them. Nothing of
them is placed, counted or remembered: they are gone with the scene.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from reverie.bus import Bus
from reverie.compose.composer import Composed
from reverie.compose.ensemble import Ensemble
from reverie.compose.played_loop import PlayedLoop
from reverie.compose.recipe import Recipe
from reverie.music.notes import Loop
from reverie.site.actions import ControlError
from reverie.watch.happenings import SceneBegun

MOST = 8
TRIES = 3
"""So many times as many loops are asked for at most: some are refused, and some come twice."""

Ask = Callable[[Recipe, Callable[[Composed | None], None]], bool]
"""Has a recipe composed, and calls what came of it; False where nobody can be asked."""


@dataclass(slots=True)
class Audition:
    """What was asked for a voice, and what has come."""

    epoch: int
    voice: str
    wanted: int
    tried: int = 0
    open: bool = True
    found: list[PlayedLoop] = field(default_factory=list[PlayedLoop])

    def as_json(self, drum_map: Mapping[int, int]) -> dict[str, Any]:
        """Plain data for the page, with the pitches that the port would be sent."""
        return {
            "voice": self.voice,
            "wanted": self.wanted,
            "open": self.open,
            "found": [
                {
                    "id": one.recipe,
                    "score": dict(one.made_by.score) if one.made_by else {},
                    "temperature": one.made_by and one.made_by.temperature,
                    "operator": one.made_by and one.made_by.operator,
                    **_told(one.loop, drum_map),
                }
                for one in self.found
            ],
        }


class Candidates:
    """Has loops composed that are only listened to.

    Args:
        music: What plays.
        ask: Asks the composer.
    """

    def __init__(self, music: Callable[[], Ensemble | None], ask: Ask) -> None:
        self._music = music
        self._ask = ask
        self._auditions: dict[str, Audition] = {}
        self._asked = False
        """Whether the composer owes an answer."""

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on that another scene begins, which has other loops."""
        bus.subscribe(SceneBegun, lambda _: self._auditions.clear())

    def want(self, voice: str, count: int) -> Mapping[str, Any]:
        """Have some loops composed for a voice, in place of those that were before.

        Raises:
            ControlError: if the voice cannot have any, or nobody composes now.
        """
        music = self._music()
        if music is None or all(part.name != voice for part in music.parts):
            raise ControlError(f"the scene has no voice {voice!r}")
        if not 1 <= count <= MOST:
            raise ControlError(f"1 to {MOST} loops are composed to choose from")
        if music.source(voice) != "model":
            raise ControlError(f"{voice} is composed by no model, so that there is nothing to choose from")
        audition = self._auditions[voice] = Audition(music.epoch, voice, count)
        self._go_on()
        if not audition.open:
            raise ControlError("the composer is not there; it is started anew by itself")
        return next(one for one in self.status() if one["voice"] == voice)

    def status(self) -> list[Mapping[str, Any]]:
        """All that was asked for in the scene that plays."""
        present, music = self._present(), self._music()
        maps = {part.name: part.drum_map for part in music.parts} if music else {}
        return [one.as_json(maps[name]) for name, one in present.items()]

    def find(self, voice: str, recipe: str) -> PlayedLoop | None:
        """One of them, by its recipe's id."""
        audition = self._present().get(voice)
        return next((one for one in audition.found if one.recipe == recipe), None) if audition else None

    def _present(self) -> dict[str, Audition]:
        music = self._music()
        names = {part.name for part in music.parts} if music else set[str]()
        self._auditions = {name: one for name, one in self._auditions.items() if name in names}
        return self._auditions

    def _go_on(self) -> None:
        """Ask for the next loop that is wanted, unless one is being composed."""
        music = self._music()
        for audition in self._auditions.values():
            enough = len(audition.found) >= audition.wanted or audition.tried >= audition.wanted * TRIES
            if enough or music is None or music.epoch != audition.epoch:
                audition.open = False
            if audition.open and music is not None and not self._asked:
                audition.tried += 1
                recipe = music.candidate(audition.voice, audition.tried)
                self._asked = audition.open = self._ask(recipe, partial(self._take, audition))

    def _take(self, audition: Audition, answer: Composed | None) -> None:
        self._asked = False
        if answer is None:
            audition.open = False
        elif answer.loop and not answer.is_the_loop_before and all(one.loop != answer.loop for one in audition.found):
            audition.found.append(PlayedLoop(answer.recipe.id, answer.loop, answer.recipe))
        self._go_on()


def _told(loop: Loop, drum_map: Mapping[int, int]) -> dict[str, Any]:
    return {
        "bars": loop.bars,
        "ticks": loop.bars * loop.metre.bar_ticks,
        "notes": [
            [note.start, drum_map.get(note.pitch, note.pitch), note.velocity, note.length] for note in loop.notes
        ],
    }
