"""What came of testing a slot by a quiet figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reverie.watch.sound_evidence import SoundState

HEARD, UNHEARD, UNTOLD, ABSENT = "heard", "unheard", "untold", "absent"
MARGIN = 6.0
"""Decibels by which a figure stands out from what was there before it."""


@dataclass(frozen=True, slots=True)
class SlotTested:
    """A slot was sent a figure: it was ``heard``, or ``unheard``; or nothing is there that could tell (``untold``).

    An ``absent`` one has no device, or there is no player. ``sentence`` says so, without a capital.
    """

    slot: str
    outcome: str
    sentence: str


def judge_figure(
    slot: str, listeners: Iterable[SoundState], before: Mapping[str, float], during: Mapping[str, float]
) -> SlotTested:
    """Whether a slot's figure was heard, by all that listen to it.

    Args:
        slot: The slot's name.
        listeners: All who listen.
        before: The loudest level of each before the figure, in dBFS.
        during: The same while it sounded; who has none heard nothing at all.
    """
    ears = [one for one in listeners if one.name in during and one.hears(slot)]
    if not ears:
        return SlotTested(slot, UNTOLD, f"slot {slot} was sent the figure, and nothing hears it: listen yourself.")
    heard = [one for one in ears if _stands_out(one, before.get(one.name), during[one.name])]
    deaf = [one for one in ears if one not in heard]
    if deaf:
        but = f", though by {_named(heard)}" if heard else ""
        return SlotTested(slot, UNHEARD, f"slot {slot} was not heard by {_named(deaf)}{but}.")
    return SlotTested(slot, HEARD, f"slot {slot} was heard by {_named(heard)}.")


def _stands_out(listener: SoundState, before: float | None, during: float) -> bool:
    """Whether the figure was heard; beside music that is heard, it cannot be told apart, and is taken for heard."""
    if before is not None and before > listener.below and listener.heard:
        return True
    return during > max(listener.below, float("-inf") if before is None else before + MARGIN)


def _named(listeners: Sequence[SoundState]) -> str:
    return " and ".join("the monitor" if one.name == "monitor" else "its own meter" for one in listeners)
