"""The ledger: what sounds on a slot right now, in a file that outlives whoever wrote it.

The file is mapped into memory, so that noting a note costs no system call and ``kill -9`` forgets nothing. Whoever
comes next, be it the player's next life or ``reverie panic``, closes what is open.
"""

from __future__ import annotations

import mmap
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:  # outputs need what is here
    from reverie.play.outputs.base import Output

CHANNELS = 16
PITCHES = 128
SUSTAIN, ALL_SOUND_OFF, ALL_NOTES_OFF = 64, 120, 123
NOTE_OFF, CONTROL = 0x80, 0xB0

_MAGIC = b"REVLEDG1"
_NOTES = len(_MAGIC)
_USED = _NOTES + CHANNELS * PITCHES
_SIZE = _USED + CHANNELS


def hush(channel: int) -> tuple[bytes, ...]:
    """What silences a channel (0 to 15) whatever sounds on it: pedal up, all notes off, all sound off."""
    return tuple(bytes((CONTROL | channel, control, 0)) for control in (SUSTAIN, ALL_NOTES_OFF, ALL_SOUND_OFF))


class Ledger:
    """Open notes and used channels of one slot; channels count from 0 here, as on the wire."""

    def __init__(self, folder: Path, slot: str) -> None:
        """Open the slot's ledger with what its last writer left open, or a new one.

        A folder that cannot be written costs the memory of what sounds across lives, but not the music.
        """
        self.path = folder / f"{quote(slot, safe='')}.ledger"
        self._map = _map(self.path)

    @classmethod
    def at(cls, path: Path) -> Ledger:
        """Open the ledger that another process keeps in that file."""
        return cls(path.parent, unquote(path.stem))

    def note_on(self, channel: int, pitch: int) -> None:
        """Note a note before it is sent: one too many is closed in vain, one too few would hang."""
        self._map[_USED + channel] = 1
        self._map[_NOTES + channel * PITCHES + pitch] = 1

    def note_off(self, channel: int, pitch: int) -> None:
        """Strike a note out after its end was sent."""
        self._map[_NOTES + channel * PITCHES + pitch] = 0

    def use(self, channel: int) -> None:
        """Note that something other than a note went to a channel."""
        self._map[_USED + channel] = 1

    def open_notes(self) -> Iterator[tuple[int, int]]:
        """Channel and pitch of every note that was not ended."""
        at = self._map.find(b"\x01", _NOTES, _USED)
        while at >= 0:
            yield divmod(at - _NOTES, PITCHES)
            at = self._map.find(b"\x01", at + 1, _USED)

    def used_channels(self) -> tuple[int, ...]:
        """The channels to which anything was sent."""
        return tuple(channel for channel in range(CHANNELS) if self._map[_USED + channel])

    def close(self, output: Output) -> int:
        """End what is open, silence every used channel, and forget both; says how many notes were open.

        Raises:
            PlayError: if the output is lost; the ledger then still holds what may sound.
        """
        notes = tuple(self.open_notes())
        for channel, pitch in notes:
            output.send(bytes((NOTE_OFF | channel, pitch, 0)))
        for channel in self.used_channels():
            for message in hush(channel):
                output.send(message)
        self.forget()
        return len(notes)

    def forget(self) -> None:
        """Strike everything out: what sounded is known to be silent."""
        self._map[_NOTES:_SIZE] = bytes(_SIZE - _NOTES)


def _map(path: Path) -> mmap.mmap:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            data = os.read(descriptor, _SIZE + 1)
            if len(data) != _SIZE or not data.startswith(_MAGIC):
                # Written and not only made longer: a full disk must fail here and not, as SIGBUS, at some note.
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, _MAGIC + bytes(_SIZE - _NOTES), 0)
                os.ftruncate(descriptor, _SIZE)
            return mmap.mmap(descriptor, _SIZE)
        finally:
            os.close(descriptor)
    except OSError as error:
        sys.stderr.write(f"the ledger {path} cannot be kept ({error.strerror}); make its folder writable\n")
        return mmap.mmap(-1, _SIZE)
