"""What visitors have moved, and how it was before, so that the piece can go on as if they had not. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reverie.control.undo import Act
from reverie.site.actions import PLAYED

_PUT_BACK = frozenset({"tempo", "swing", "temperature", "contour", *PLAYED})
"""What lasts until somebody sets it back: all else passes by itself, or is meant to stay."""


class Visited:
    """The first act of visitors on each thing, since it was as others wanted it."""

    def __init__(self) -> None:
        self._acts: dict[tuple[str, str | None], Act] = {}

    def __bool__(self) -> bool:
        return bool(self._acts)

    def note(self, act: Act, voices: Iterable[str | None], *, visitor: bool) -> None:
        """Somebody did something to voices, or to the whole (None); what others do to a thing is what it stays."""
        kind = act.action.kind
        for voice in voices:
            thing = "asked" if kind in PLAYED else kind, voice
            if not visitor:
                self._acts.pop(thing, None)
            elif kind in _PUT_BACK:
                self._acts.setdefault(thing, replace(act, action=replace(act.action, voice=voice)))

    def take(self, voice: str | None = None) -> Iterable[Act]:
        """All of them, or what was asked of a voice, the last first; they are known no more."""
        taken = [thing for thing in self._acts if voice is None or thing == ("asked", voice)]
        return [self._acts.pop(thing) for thing in reversed(taken)]

    def forget(self) -> None:
        """Another scene begins."""
        self._acts.clear()
