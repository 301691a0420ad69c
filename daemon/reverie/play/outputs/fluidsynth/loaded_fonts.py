"""The soundfonts that were loaded beside the first, each with bank numbers of its own, and which channel plays which.

``load`` chooses the program of every channel anew. Where each soundfont has an offset to its bank numbers that MIDI
does not reach, no channel goes over to it by that; but that of drums goes back to the drums of the first, whatever it
was given, and is given it again (FluidSynth 2.3.1).
"""

from __future__ import annotations

import shlex
from collections import deque
from collections.abc import Iterator, Mapping

from reverie.midi.errors import log_line

_OFFSETS = range(2000, 12_000)  # MIDI has 128 banks, FluidSynth 16,384
_DRUM_CHANNEL, _DRUM_BANK = 9, 128


class LoadedFonts:
    """What FluidSynth was asked to load in one life of it; ``base`` is the number of the soundfont it began with.

    Lines for its shell are handed back, and not sent.
    """

    def __init__(self) -> None:
        self.base = 1
        self._offset = 0
        self._loading: deque[tuple[str, int]] = deque()
        self._fonts: dict[str, tuple[int, int] | None] = {}
        self._chosen: dict[int, str] = {}
        self._drums = b""
        self._damaged = 0

    @property
    def loading(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._loading)

    @property
    def numbers(self) -> Mapping[int, int]:
        """By channel the number of the soundfont that it plays, where that is not the first."""
        known = {channel: self._fonts.get(font) for channel, font in self._chosen.items()}
        return {channel: font[0] for channel, font in known.items() if font is not None}

    def begin(self, number: int, damaged: int) -> None:
        """The first is there, as ``number``; ``damaged`` of its samples are not."""
        self.base, self._damaged = number, damaged

    def load(self, font: str) -> bytes | None:
        """The line that loads a soundfont, with what drums need after it; None if it is there, or on its way."""
        if self._fonts.get(font) is not None or any(font == loading for loading, _ in self._loading):
            return None
        self._fonts.pop(font, None)  # it was refused before, and may have been mended
        self._offset += 1
        offset = _OFFSETS[self._offset % len(_OFFSETS)]
        self._loading.append((font, offset))
        again = self._drums if _DRUM_CHANNEL in self._chosen else b""
        return f"load {shlex.quote(font)} 0 {offset}\n".encode() + again

    def loaded(self, font: str) -> bool | None:
        """Whether it is there; None where FluidSynth has not said so yet."""
        return self._fonts[font] is not None if font in self._fonts else None

    def answered(self, number: int | None, damaged: int) -> bytes:
        """Take the answer to the oldest ``load``: its number, or that it is none; and the line that follows from it.

        A soundfont that lacks samples is let go: what plays keeps its sound then. ``damaged`` counts samples that were
        missing in this life.
        """
        missing, self._damaged = damaged - self._damaged, damaged
        if not self._loading:
            return b""
        font, offset = self._loading.popleft()
        refused = number is None or missing > 0
        self._fonts[font] = None if refused or number is None else (number, offset)
        if number is None or not missing:
            return b""
        log_line(f"FluidSynth says: {font} lacks {missing} of its samples, and is not played")
        return b"unload %d 0\n" % number

    def choose(self, channel: int, font: str, program: int | None = None) -> bytes | None:
        """The line by which a channel takes the first preset of a soundfont; None if that is not there.

        With a ``program`` it is the one of that number, of the drums on their channel.
        """
        if (known := self._fonts.get(font)) is None:
            return None
        self._chosen[channel] = font
        number, offset = known
        bank = _DRUM_BANK if program is not None and channel == _DRUM_CHANNEL else 0
        line = b"select %d %d %d %d\n" % (channel, number, offset + bank, program or 0)
        if channel == _DRUM_CHANNEL:
            self._drums = line
        return line

    def unload(self, font: str) -> bytes | None:
        """The line that lets a soundfont go; None if it is not there. Its channels must have returned before."""
        known = self._fonts.pop(font, None)
        return None if known is None else b"unload %d 0\n" % known[0]

    def channels_of(self, font: str) -> Iterator[int]:
        """The channels that play a soundfont."""
        yield from [channel for channel, chosen in self._chosen.items() if chosen == font]

    def give_back(self, channel: int) -> list[bytes]:
        """The lines by which a channel has the first soundfont again, if it had another: its first program and bank."""
        if self._chosen.pop(channel, None) is None:
            return []
        bank = _DRUM_BANK if channel == _DRUM_CHANNEL else 0
        return [b"select %d %d %d 0\n" % (channel, self.base, bank), b"prog %d 0\n" % channel]
