"""A moment that was kept, played again: its voices go back to their loops, if its scene plays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from reverie.compose.played_loop import PlayedLoop
from reverie.control.console import ControlConsole
from reverie.history.moment_store import MomentStore

_WRONG = (ValueError, KeyError, TypeError, AttributeError, OverflowError)


class MomentReplay:
    """Answers who wants a moment again.

    Args:
        store: Where moments are.
        console: By whom voices go back.
        playing: The name of the scene that plays.
    """

    def __init__(self, store: MomentStore, console: ControlConsole, playing: Callable[[], str | None]) -> None:
        self._store = store
        self._console = console
        self._playing = playing

    async def __call__(self, name: str) -> Mapping[str, Any]:
        """Have the voices of a moment go back to what they played in it; what came of it, as plain data.

        What is played are its notes as they were kept: no model is asked.
        """
        moment = await asyncio.to_thread(self._store.find, name)
        if moment is None:
            return {"ok": False, "said": "There is no such moment."}
        playing = self._playing()
        if moment.scene != playing:
            said = f"The moment is of {moment.scene}, and {playing} plays: `reverie do scene {moment.scene}` first."
            return {"ok": False, "said": said}
        try:
            loops = {voice: PlayedLoop.from_json(one) for voice, one in moment.recipes.items()}
        except _WRONG as error:
            return {"ok": False, "said": f"The loops of the moment cannot be read ({error})."}
        done = self._console.play_again(loops, f"the moment {name}", "command")
        return {"ok": done.ok, "said": done.sentence}
