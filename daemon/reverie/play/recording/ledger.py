"""The ledger: what sounds on a slot right now, and where, in a file that outlives whoever wrote it.

The file is mapped into memory, so that noting a note costs no system call and ``kill -9`` forgets nothing. Whoever
comes next, be it the player's next life or ``reverie panic``, closes what is open, on the output on which it was
opened: the configuration may have changed since.
"""

from __future__ import annotations

import json
import mmap
import os
import stat
import struct
import zlib
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, unquote

from reverie.files import set_aside
from reverie.folders import list_folder
from reverie.midi.bytes import CHANNELS, CONTROL, EXPRESSION, LOUDEST, NOTE_OFF, PITCHES, hush
from reverie.midi.errors import log_line
from reverie.play.device_controls import NEUTRAL

if TYPE_CHECKING:  # outputs need what is here
    from reverie.play.outputs.output import Output

SUFFIX = ".ledger"

_MAGIC, _FIRST_MAGIC = b"REVLEDG2", b"REVLEDG1"
_NOTES = len(_MAGIC)
_USED = _NOTES + CHANNELS * PITCHES
_CLAIM = _USED + CHANNELS
_CLAIM_SIZE = 8
_TRIES = _CLAIM + _CLAIM_SIZE
_PLACE_HEAD = _TRIES + 1
_HEAD = struct.Struct("<II")  # length and CRC of what follows
_PLACE = _PLACE_HEAD + _HEAD.size
_SIZE = 8192
_CONTROL_BYTES = PITCHES // 8
_CONTROLS = _SIZE - CHANNELS * _CONTROL_BYTES
"""Where it begins which controllers are away from their places: a bit for each number, channel after channel."""
_WAS_USED, _WAS_FADED = 1, 2
"""What is noted of a channel: that something went to it, and that its expression was moved."""
MOST_TRIES = 2
"""How often it is tried to end notes on an output that the configuration has no more: one that hangs must not keep the
slot from its new one for ever."""


class Ledger:
    """Open notes and used channels of one slot; channels count from 0 here, as on the wire."""

    def __init__(self, folder: Path, slot: str) -> None:
        """Open the slot's ledger with what its last writer left open, or a new one.

        A folder that cannot be written costs the memory of what sounds across lives, but not the music.
        """
        path = folder / f"{quote(slot, safe='', errors='surrogatepass')}{SUFFIX}"
        self._map, self._file = _map(path)
        self._wanted = path
        self.path = path if self._file else None
        """Its file; None while it is in memory alone."""

    @classmethod
    def at(cls, path: Path) -> Ledger:
        """Open the ledger that is in that file."""
        return cls(path.parent, unquote(path.stem))

    def restore(self) -> None:
        """Write what is noted into a new file, if somebody has removed the one that it was in, or it had none yet.

        One that somebody has shortened is made as long as it was. What is touched of it before is the end of whoever
        touches it (SIGBUS): the next life finds a file that is not whole, and silences all channels.
        """
        status = _status(self._wanted) if self.path is not None else None
        if status is not None and _identity(status) == self._file:
            if status.st_size < _SIZE:
                self._lengthen(self._wanted)
            return
        noted = self._map[:]
        fresh, file = _map(self._wanted, again=True)
        if file is not None:
            there = fresh[_NOTES:_CLAIM] if self.path is None else bytes(_CLAIM - _NOTES)
            fresh[_NOTES:] = noted[_NOTES:]
            # What an earlier life left open in a file that could not be had until now is still to be ended.
            fresh[_NOTES:_CLAIM] = bytes(one | other for one, other in zip(noted[_NOTES:_CLAIM], there, strict=True))
            self._map, self._file, self.path = fresh, file, self._wanted

    def _lengthen(self, path: Path) -> None:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                os.pwrite(descriptor, _renewed(b"", may_sound=True), 0)  # see _map for why it is written
            finally:
                os.close(descriptor)
        except OSError as error:
            log_line(f"the ledger {path} was shortened and cannot be mended ({error.strerror})")

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to end, no channel to silence and no controller to put back."""
        return not any(self._map[_NOTES:_CLAIM]) and not any(self._map[_CONTROLS:_SIZE])

    @property
    def place(self) -> Mapping[str, Any] | None:
        """The settings of the output on which notes were opened; None if that is not known."""
        size, check = _HEAD.unpack_from(self._map, _PLACE_HEAD)
        written = self._map[_PLACE : _PLACE + size]
        if not size or len(written) != size or zlib.crc32(written) != check:
            return None
        try:
            place: Any = json.loads(written)
        except ValueError:
            return None
        return cast("Mapping[str, Any]", place) if isinstance(place, dict) else None

    def is_elsewhere(self, settings: Mapping[str, Any]) -> bool:
        """Whether something is open on another output than that of ``settings``."""
        return not self.quiet and self.place not in (None, json.loads(_encode(settings)))

    def try_to_close(self) -> bool:
        """Note that it is about to be tried to end what is open elsewhere; False if that was tried often enough."""
        tries = self._map[_TRIES]
        self._map[_TRIES] = min(tries + 1, MOST_TRIES)
        return tries < MOST_TRIES

    def move_to(self, settings: Mapping[str, Any]) -> None:
        """From now on notes are opened on the output of ``settings``; what is open elsewhere is given up.

        Settings that are too long to be kept are not, and whatever is open is then ended on the slot's present output.
        """
        if self.is_elsewhere(settings):
            self.forget()
        self._map[_TRIES] = 0
        written = _encode(settings)
        self._map[_PLACE_HEAD:_PLACE] = bytes(_HEAD.size)  # not known, until all of it is written
        if len(written) <= _CONTROLS - _PLACE:
            self._map[_PLACE : _PLACE + len(written)] = written
            _HEAD.pack_into(self._map, _PLACE_HEAD, len(written), zlib.crc32(written))

    def set_aside(self) -> Path | None:
        """Go on with a new file, and leave what is open to whoever reads the old one; its path, if there is one."""
        if self.path is None:
            return None
        left = self.path.with_suffix(f".{os.getpid()}{SUFFIX}")
        self.path.replace(left)
        self._map, self._file = _map(self.path)
        return left

    def claim(self) -> bytes:
        """Become the one who silences the output when its player is gone; what to ask :meth:`is_claimed_by` for."""
        claim = os.urandom(_CLAIM_SIZE)
        self._map[_CLAIM:_TRIES] = claim
        return claim

    def is_claimed_by(self, claim: bytes) -> bool:
        """Whether nobody has come since who silences the output."""
        return self._map[_CLAIM:_TRIES] == claim

    def note_on(self, channel: int, pitch: int) -> None:
        """Note a note before it is sent: one too many is closed in vain, one too few would hang."""
        self.use(channel)
        self._map[_NOTES + channel * PITCHES + pitch] = 1

    def note_off(self, channel: int, pitch: int) -> None:
        """Strike a note out after its end was sent."""
        self._map[_NOTES + channel * PITCHES + pitch] = 0

    def use(self, channel: int) -> None:
        """Note that something went to a channel."""
        self._map[_USED + channel] |= _WAS_USED

    def fade(self, channel: int) -> None:
        """Note that a channel's expression is moved: nobody would hear who comes next and knows nothing of it."""
        self._map[_USED + channel] |= _WAS_USED | _WAS_FADED

    def move(self, channel: int, number: int, *, away: bool) -> None:
        """Note that a controller is moved away from its place, before it is sent; or that it was put back there.

        Whoever comes next knows nothing of the scene that moved it: a level near 0 would be its silence.
        """
        at, bit = _CONTROLS + channel * _CONTROL_BYTES + number // 8, 1 << number % 8
        self._map[at] = self._map[at] | bit if away else self._map[at] & ~bit

    def moved(self) -> Iterator[tuple[int, int]]:
        """Channel and number of every controller that is away from its place."""
        for at, byte in enumerate(self._map[_CONTROLS:_SIZE]):
            for bit in range(8):
                if byte & 1 << bit:
                    yield divmod(at * 8 + bit, PITCHES)

    def open_notes(self) -> Iterator[tuple[int, int]]:
        """Channel and pitch of every note that was not ended."""
        at = self._map.find(b"\x01", _NOTES, _USED)
        while at >= 0:
            yield divmod(at - _NOTES, PITCHES)
            at = self._map.find(b"\x01", at + 1, _USED)

    def used_channels(self) -> tuple[int, ...]:
        """The channels to which anything was sent."""
        return tuple(channel for channel in range(CHANNELS) if self._map[_USED + channel])

    def is_faded(self, channel: int) -> bool:
        """Whether a channel's expression was moved."""
        return bool(self._map[_USED + channel] & _WAS_FADED)

    def close(self, output: Output, *, put_back: bool = True) -> int:
        """End what is open, silence every used channel, and forget both; says how many notes were open.

        Channels that were faded are as loud as ever then, and controllers are where they are at power-on, unless they
        are not to be ``put_back``, since the music goes on.

        Raises:
            DeviceError: if the output is lost; the ledger then still holds what may sound.
        """
        notes = tuple(self.open_notes())
        for channel, pitch in notes:
            output.send(bytes((NOTE_OFF | channel, pitch, 0)))
        for channel in self.used_channels():
            for message in hush(channel):
                output.send(message)
            if self._map[_USED + channel] & _WAS_FADED:
                output.send(bytes((CONTROL | channel, EXPRESSION, LOUDEST)))
        for channel, number in self.moved() if put_back else ():
            if number in NEUTRAL:
                output.send(bytes((CONTROL | channel, number, output.power_on.get(number, NEUTRAL[number]))))
        self.forget(controls=put_back)
        return len(notes)

    def forget(self, *, controls: bool = True) -> None:
        """Strike everything out: what sounded is known to be silent, and ``controls`` are where they belong."""
        self._map[_NOTES:_CLAIM] = bytes(_CLAIM - _NOTES)
        if controls:
            self._map[_CONTROLS:_SIZE] = bytes(_SIZE - _CONTROLS)


def abandoned(folder: Path, slots: Container[str]) -> list[Path]:
    """The ledgers of a folder that belong to none of the slots."""
    ledgers = list_folder(folder, may_be_missing=True).ending(SUFFIX)
    return [path for path in ledgers if path.is_file() and not path.is_symlink() and unquote(path.stem) not in slots]


def _encode(settings: Mapping[str, Any]) -> bytes:
    return json.dumps(settings, sort_keys=True, separators=(",", ":")).encode()


def _map(path: Path, *, again: bool = False) -> tuple[mmap.mmap, tuple[int, int] | None]:
    """The file's bytes, and which file it is; None if they are of no file, which is told unless it is tried again."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        there = _clear_the_way(path)
        flags = os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o644)
        try:
            data = os.read(descriptor, _SIZE + 1)
            if len(data) != _SIZE or not data.startswith(_MAGIC):
                # Never shorter in between: another process may have it mapped. And written, not only made longer: a
                # full disk must fail here and not, as SIGBUS, at some note.
                os.pwrite(descriptor, _renewed(data, may_sound=there), 0)
                os.ftruncate(descriptor, _SIZE)
            return mmap.mmap(descriptor, _SIZE), _identity(os.fstat(descriptor))
        finally:
            os.close(descriptor)
    except OSError as error:
        if not again:
            log_line(f"the ledger {path} cannot be kept ({error.strerror}); make its folder writable")
        return mmap.mmap(-1, _SIZE), None


def _clear_the_way(path: Path) -> bool:
    """Set aside what is in the place of a ledger and is no file: a FIFO, a folder, a link to somewhere else.

    Says whether there is a file.
    """
    status = _status(path)
    if status is None:
        return False
    if is_file := stat.S_ISREG(status.st_mode):
        return is_file
    log_line(f"{path} is no file; it now lies beside it as {set_aside(path).name}")
    return False


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _renewed(data: bytes, *, may_sound: bool) -> bytes:
    """A new file, with the notes of one that Reverie 0.1 left: it did not say where they were opened.

    Where there was a file that cannot be read, notes ``may_sound`` of which nothing is known: then every channel counts
    as used, so that it is silenced. A power cut may leave an empty file, and a synthesizer that has power of its own.
    """
    if data.startswith(_FIRST_MAGIC) and len(data) == _CLAIM:
        return (_MAGIC + data[_NOTES:_CLAIM]).ljust(_SIZE, b"\0")
    used = bytes([_WAS_USED if may_sound else 0]) * CHANNELS
    return (_MAGIC + bytes(_USED - _NOTES) + used).ljust(_SIZE, b"\0")
