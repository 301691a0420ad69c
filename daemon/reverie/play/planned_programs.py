"""Programs that plans give to channels in place of those that parts have of their own, and give back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reverie.play.events import PlannedProgram
from reverie.play.messages import Part


@dataclass(frozen=True, slots=True)
class ProgramChoice:
    """From now on the channel of a part, counted from 0, has that program."""

    part: Part
    channel: int
    program: int


class PlannedPrograms:
    """What plans want of the channels of a slot. Parts that share a channel share it: the first that asks has it."""

    def __init__(self) -> None:
        self._chosen: dict[int, ProgramChoice] = {}

    def turn_to(self, programs: Sequence[PlannedProgram]) -> Iterator[ProgramChoice]:
        """Want these, and no others: what is to be chosen so that the channels have them, or their own again."""
        wanted: dict[int, ProgramChoice] = {}
        for one in programs:
            channel = one.part.channel - 1
            wanted.setdefault(channel, ProgramChoice(one.part, channel, one.program))
        before, self._chosen = self._chosen, wanted
        for channel, choice in before.items():
            if channel not in wanted and choice.part.program is not None:
                yield ProgramChoice(choice.part, channel, choice.part.program)
        for channel, choice in wanted.items():
            if channel not in before or before[channel].program != choice.program:
                yield choice

    def forget(self, channel: int) -> None:
        """Something else has chosen the program of a channel, which is where it belongs now."""
        self._chosen.pop(channel, None)

    def of(self, part: Part) -> int | None:
        """The program that a part has now: the one that plans want of its channel, else its own."""
        choice = self._chosen.get(part.channel - 1)
        return part.program if choice is None else choice.program
