"""``reverie timbre dump``: the samples of a bank to a hardware sampler, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
import soundfile

from reverie.midi.sample_dump.packing import DumpAnswer, Words, answer, messages, read_answer
from reverie.midi.sample_dump.transfer import Transfer, TransferState
from reverie.timbre.bank.bank import Bank
from reverie.timbre.errors import TimbreError

_WIDEST = 32


class Cable(Protocol):
    """Both directions of MIDI to a device."""

    def send(self, message: bytes) -> None:
        """Send one message."""
        ...

    def heard(self) -> Iterator[bytes]:
        """What has come."""
        ...

    def wait(self, seconds: float) -> None:
        """Wait for more, at most so long."""
        ...


def samples_of(bank: Bank, note: int | None, first: int, bits: int) -> list[Words]:
    """The samples of a bank, or of one of its notes, numbered from ``first`` on.

    Raises:
        TimbreError: if the bank has no such note, or a sample cannot be dumped.
    """
    zones = [zone for zone in bank.card["zones"] if note in {None, zone["pitch"]}]
    if not zones:
        there = ", ".join(str(pitch) for pitch in sorted({zone["pitch"] for zone in bank.card["zones"]}))
        raise TimbreError(f"the bank {bank.title} has no note {note}; its notes are {there}")
    try:
        return [_words(bank, zone, first + index, bits) for index, zone in enumerate(zones)]
    except ValueError as error:
        raise TimbreError(f"the bank {bank.title} cannot be dumped: {error}") from error


def send(
    words: Words,
    cable: Cable,
    channel: int,
    rate: float,
    show: Callable[[float], None],
    clock: Callable[[], float] = time.monotonic,
) -> bool:
    """Send one sample; whether the device answered. Whoever interrupts it has the device told so.

    Raises:
        TimbreError: if the device cancelled it, or did not get it.
    """
    transfer = Transfer(messages(words, channel), rate)
    try:
        while not transfer.is_over:
            for message in cable.heard():
                if said := read_answer(message, channel):
                    transfer.hear(*said)
            message = transfer.turn(clock())
            if message is not None:
                cable.send(message)
                show(transfer.done)
            elif not transfer.is_over:
                cable.wait(transfer.due - clock())
    except BaseException:
        cable.send(answer(DumpAnswer.CANCEL, transfer.packet, channel))
        raise
    if transfer.state is TransferState.CANCELLED:
        raise TimbreError(
            f"the sampler cancelled the dump of sample {words.number}; see what it says, free memory there, or choose"
            " another --number"
        )
    if transfer.state is TransferState.FAILED:
        cable.send(answer(DumpAnswer.CANCEL, transfer.packet, channel))
        raise TimbreError(f"the sampler did not get sample {words.number} whole; see to both cables, and begin again")
    show(1.0)
    return transfer.answered


def _words(bank: Bank, zone: dict[str, Any], number: int, bits: int) -> Words:
    """A sample in words of so many bits, rounded."""
    read: Any = soundfile.read(bank.folder / zone["file"], dtype="int32")
    step = 1 << _WIDEST - bits
    signed = np.clip((read[0].astype(np.int64) + step // 2) // step, -(1 << bits - 1), (1 << bits - 1) - 1)
    loop = zone["loop"] and (int(zone["loop"]["start"]), int(zone["loop"]["end"]) - 1)
    return Words(signed + (1 << bits - 1), bits, int(read[1]), number, loop)
