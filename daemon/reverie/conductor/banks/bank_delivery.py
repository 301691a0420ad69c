"""Banks for samplers that load them in their own way: put into their folder, told by OSC, chosen by program.

Nothing of it is done in the conductor's own time: a disk or a share may take as long as it likes, and what fails is
tried again while it is wanted. One bank at a time for each slot, since banks of one timbre have one folder.

Of two programs one sounds while the sampler loads the other. A bank counts as a turn once the player was told to take
it, and where the player says what it takes, once it has: what never arrived is no turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reverie.play.messages import TakeBank
from reverie.site.sampler import SamplerSettings
from reverie.timbre.bank.folder_delivery import BankNotice, deliver, tell
from reverie.timbre.errors import DamagedBankError, TimbreError
from reverie.timbre.ready_bank import ReadyBank

RETRY = 60.0
"""Seconds until what failed is tried again: a share may be back."""


@dataclass(frozen=True, slots=True)
class BankAssignment:
    """A bank for a voice, which plays on a ``channel`` (1 to 16) of the device's."""

    epoch: int
    scene: str
    timbre: str
    voice: str
    channel: int
    ready: ReadyBank
    other_channel: int | None = None
    fade_bars: int = 0


@dataclass(frozen=True, slots=True)
class _Turn:
    """A bank of a voice, and how many came before it."""

    voice: str
    bank: str
    number: int


class BankDelivery:
    """``samplers`` by slot; ``take`` is told what the player is to do, ``fault`` what is wrong with which voice.

    ``damaged`` is told of a voice whose bank has to be made anew; it is not tried again until then.
    """

    def __init__(
        self,
        samplers: Mapping[str, SamplerSettings],
        take: Callable[[TakeBank], object],
        fault: Callable[[BankAssignment, str], object],
        damaged: Callable[[BankAssignment], object] = lambda _: None,
        retry: float = RETRY,
    ) -> None:
        self._samplers = samplers
        self._take = take
        self._fault = fault
        self._damaged = damaged
        self._retry = retry
        self._wanted: dict[str, dict[str, BankAssignment]] = {slot: {} for slot in samplers}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._told: dict[tuple[str, int], _Turn] = {}
        """By slot and channel, what the player was told last to take."""
        self._heard: dict[tuple[str, int], _Turn] = {}
        """The same of what it says that it plays."""

    def give(self, slot: str, gift: BankAssignment) -> None:
        """Let a voice have a bank, in place of one that still waits; slots without a sampler have none."""
        if slot not in self._samplers:
            return
        self._wanted[slot][gift.voice] = gift
        task = self._tasks.get(slot)
        if task is None or task.done():
            self._tasks[slot] = asyncio.create_task(self._work(slot))

    def taken(self, voice: str, bank: str) -> None:
        """The player says that a voice plays a bank."""
        for place, turn in self._told.items():
            if (turn.voice, turn.bank) == (voice, bank):
                self._heard[place] = turn

    def forget(self) -> None:
        """What still waits is not wanted any more."""
        for wanted in self._wanted.values():
            wanted.clear()

    async def _work(self, slot: str) -> None:
        wanted = self._wanted[slot]
        while wanted:
            voice, gift = next(iter(wanted.items()))
            try:
                take = await self._hand_over(slot, gift)
            except DamagedBankError as error:
                self._fault(gift, str(error))
                if wanted.get(voice) is gift:
                    del wanted[voice]
                    self._damaged(gift)
                continue
            except TimbreError as error:
                self._fault(gift, str(error))
                if wanted.get(voice) is gift:
                    wanted[voice] = wanted.pop(voice)  # others go first
                await asyncio.sleep(self._retry)
                continue
            if wanted.get(voice) is gift:
                del wanted[voice]
                self._told[slot, gift.channel] = _Turn(voice, gift.ready.bank, self._turn(slot, gift))
                self._take(take)

    async def _hand_over(self, slot: str, gift: BankAssignment) -> TakeBank:
        """Let the sampler have the bank; what the player is to do once it is loaded.

        Raises:
            TimbreError: if it cannot have it.
        """
        sampler, ready = self._samplers[slot], gift.ready
        program = self._program(slot, gift)
        if sampler.folder is not None:
            folder = await asyncio.to_thread(deliver, Path(ready.folder), sampler.folder / gift.timbre, sampler.keep)
            if sampler.osc is not None:
                news = BankNotice(
                    gift.scene, gift.timbre, gift.voice, ready.step, ready.bank, folder, gift.channel, program
                )
                await asyncio.to_thread(tell, sampler.osc, news)
        if program is not None:
            await asyncio.sleep(sampler.loading)
        return TakeBank(gift.epoch, gift.voice, ready.bank, "", gift.other_channel, gift.fade_bars, program)

    def _program(self, slot: str, gift: BankAssignment) -> int | None:
        """The program of a bank: of two, never that of the bank that sounds on the same channel."""
        programs = self._samplers[slot].programs
        return programs[self._turn(slot, gift) % len(programs)] if programs else None

    def _turn(self, slot: str, gift: BankAssignment) -> int:
        """Whose turn a bank is: the next after the one that sounds, unless it has one already."""
        place = slot, gift.channel
        told = self._told.get(place)
        sounds = self._heard.get(place, told)
        known = [turn.number for turn in (told, sounds) if turn is not None and turn.bank == gift.ready.bank]
        return known[0] if known else sounds.number + 1 if sounds is not None else 0
