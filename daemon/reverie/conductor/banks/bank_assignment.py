"""Who plays which bank: what is ready goes to the voices of the scene, by whatever way their slots take sounds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.conductor.banks.bank_delivery import BankAssignment, BankDelivery
from reverie.play.banks import OWN_FONT
from reverie.play.messages import BankTaken, BlendBanks, TakeBank
from reverie.processes.codec import to_message
from reverie.processes.wire import Message
from reverie.scenes.schema import Scene, Voice
from reverie.site.sampler import SamplerSettings
from reverie.timbre.ready_bank import BlendedBanks, ReadyBank
from reverie.watch.fault_kinds import BANK_NOT_PLAYED, SOUNDFONT_NOT_PLAYED
from reverie.watch.faults import Faults
from reverie.watch.happenings import (
    BankAnswered,
    BankDamaged,
    BankReady,
    BanksBlended,
    Moment,
    SceneBegun,
    SceneChanged,
)

log = logging.getLogger(__name__)

SYNTH = "fluidsynth"
"""The kind of slot that is given soundfonts while it plays."""
BROWSER = "browser"
"""The kind of slot that loads banks by itself: its pages are told of them."""


class Banking:
    """Hands on the banks that are ready. ``slots`` and ``samplers`` are the site's, ``tell`` sends to the player.

    That a voice cannot play the bank that is ready for it is told to the register of ``faults``.
    """

    def __init__(
        self,
        slots: Mapping[str, Mapping[str, Any]],
        tell: Callable[[Message], object],
        bus: Bus,
        clock: Clock,
        faults: Faults,
        samplers: Mapping[str, SamplerSettings] | None = None,
    ) -> None:
        self._slots = slots
        self._tell = tell
        self._bus = bus
        self._clock = clock
        self._faults = faults
        self._handover = BankDelivery(samplers or {}, self._take, self._complain, self._damaged)
        self.epoch = 0
        """Of the scene for which banks are ready."""

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on which scene plays, which banks are ready, and which the player takes."""
        bus.subscribe(SceneBegun, lambda said: self.scene_begun(said.epoch))
        bus.subscribe(SceneChanged, lambda said: self.scene_begun(said.epoch))
        bus.subscribe(BankReady, lambda said: self.bank_ready(said.scene, said.timbre, said.ready, held=said.held))
        bus.subscribe(BanksBlended, lambda said: self.banks_blended(said.scene, said.timbre, said.blended))
        bus.subscribe(BankAnswered, lambda said: self.taken(said.taken))

    def scene_begun(self, epoch: int) -> None:
        """Another scene plays."""
        self.epoch = epoch
        self._faults.clear(BANK_NOT_PLAYED)
        self._faults.clear(SOUNDFONT_NOT_PLAYED)
        self._handover.forget()

    def banks_blended(self, scene: Scene, timbre: str, blended: BlendedBanks) -> None:
        """Let the voices of the timbre that have two channels at a synthesizer of ours play between two banks."""
        for name, voice in scene.voices.items():
            wish = voice.timbre
            if wish is not None and wish.bank == timbre and wish.channel and self._blends(voice):
                banks = tuple(one.bank for one in blended.banks)
                fonts = tuple(one.soundfont for one in blended.banks)
                self._tell(to_message(BlendBanks(self.epoch, name, banks, fonts, blended.share, wish.channel)))

    def _blends(self, voice: Voice) -> bool:
        """Whether a voice can play between two banks."""
        wish, kind = voice.timbre, self._slots.get(voice.output.slot, {}).get("kind")
        return wish is not None and wish.swap == "crossfade" and kind == SYNTH

    def bank_ready(self, scene: Scene, timbre: str, ready: ReadyBank, *, held: bool = False) -> None:
        """Let every voice of the timbre take the bank over; one that is ``held`` may blend it instead."""
        for name, voice in scene.voices.items():
            wish = voice.timbre
            if wish is None or wish.bank != timbre or (held and self._blends(voice)):
                continue
            slot = self._slots.get(voice.output.slot, {})
            bars = (wish.bars or 1) if wish.swap == "crossfade" else 0
            if slot.get("kind") == SYNTH:
                self._take(TakeBank(self.epoch, name, ready.bank, ready.soundfont, wish.channel, bars))
            elif slot.get("kind") == BROWSER:
                self._take(TakeBank(self.epoch, name, ready.bank, ""))
            else:
                channel = _of_device(slot, voice.output.channel)
                gift = BankAssignment(self.epoch, scene.name, timbre, name, channel, ready, wish.channel, bars)
                self._handover.give(voice.output.slot, gift)

    def _take(self, take: TakeBank) -> None:
        self._tell(to_message(take))

    def _damaged(self, gift: BankAssignment) -> None:
        if gift.epoch == self.epoch:
            self._bus.publish(BankDamaged(Moment.of(self._clock), gift.voice))

    def _complain(self, gift: BankAssignment, reason: str) -> None:
        if gift.epoch == self.epoch:
            self._faults.tell(BANK_NOT_PLAYED, gift.voice, f"Voice {gift.voice}: {reason.rstrip('.')}", "")

    def taken(self, said: BankTaken) -> None:
        """The player says what became of a bank."""
        if said.bank.startswith(OWN_FONT):
            self._font_taken(said.part, said.bank.removeprefix(OWN_FONT), refused=said.refused)
        elif said.refused:
            self._faults.tell(
                BANK_NOT_PLAYED,
                said.part,
                f"The synthesizer of the voice {said.part} refused the bank {said.bank[:12]}; it keeps its sound",
                "",
            )
        else:
            self._faults.clear(BANK_NOT_PLAYED, said.part)
            self._handover.taken(said.part, said.bank)
            log.info("The voice %s plays the bank %s.", said.part, said.bank[:12])

    def _font_taken(self, voice: str, font: str, *, refused: bool) -> None:
        """The player says what became of the soundfont that a voice has of its own."""
        if not refused:
            self._faults.clear(SOUNDFONT_NOT_PLAYED, voice)
            log.info("The voice %s plays the soundfont %s.", voice, font)
            return
        sentence = f"The voice {voice} cannot have its soundfont {font}: its synthesizer has refused it"
        self._faults.tell(SOUNDFONT_NOT_PLAYED, voice, sentence, "")


def _of_device(slot: Mapping[str, Any], channel: int) -> int:
    """Where a scene's channel goes."""
    moved = {int(one): int(to) for one, to in slot.get("channels", {}).items()}
    return moved.get(channel, channel)
