"""All slots together: what is handed over, when they want to be looked after, and who stands in."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping

from reverie.play.slots import Slot


class SlotGroup:
    """The slots by name."""

    def __init__(self, slots: Mapping[str, Slot]) -> None:
        self._slots = slots

    def __iter__(self) -> Iterator[Slot]:
        """Every slot."""
        return iter(self._slots.values())

    def flush(self) -> None:
        """Let every device have what was sent to it."""
        for slot in self:
            slot.flush()

    def hold(self, moment: float) -> None:
        """Let every device know that what was sent is due at that moment."""
        for slot in self:
            slot.hold(moment)

    def hush(self) -> None:
        """End everything that sounds; nothing that goes wrong with one keeps another from its turn."""
        self._each(lambda slot: slot.hush)

    def close(self) -> None:
        """Let go of every device; nothing that goes wrong with one keeps another from its turn."""
        self._each(lambda slot: slot.close)

    @property
    def opening(self) -> bool:
        """Whether one will be up soon."""
        return any(slot.opening for slot in self)

    def due(self, now: float, limit: float) -> float:
        """When one of them, or its volume, has something to do, now that the next note is due at ``limit``."""
        return min((moment for slot in self for moment in (slot.due(now, limit), slot.volume.due)), default=limit)

    def waits_for(self) -> dict[int, Callable[[], None]]:
        """Descriptors whose readability is news, each with what to do then."""
        return {descriptor: slot.look_now for slot in self for descriptor in slot.waits_for()}

    def reopen(self, name: str, now: float) -> None:
        """Let a slot's device go and look for it anew; of a slot that does not exist nothing is to be done."""
        if name in self._slots:
            self._slots[name].reopen(now)

    def exchange_stand_ins(self, *, give_back: bool) -> None:
        """Look for the device of a slot that only stands in for others once one of those is away.

        With ``give_back``, slots whose devices are back are heard themselves again: where a bar is about to end.
        """
        for slot in self:
            if slot.stand_in is not None and not slot.up:
                slot.stand_in.wanted = True
            slot.returning &= not give_back

    def _each(self, what: Callable[[Slot], Callable[[], None]]) -> None:
        with contextlib.ExitStack() as things:
            for slot in self:
                things.callback(what(slot))
