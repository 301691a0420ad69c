"""The samples of a sound file, whatever its format: found where they begin, heard as one channel.

Files are read in small blocks and only as far as they are used, so that an hour at 192 kHz costs no more memory than
a second does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from reverie.scenes.timbre import LONGEST_NOTE
from reverie.timbre.errors import TimbreError
from reverie.timbre.sound import Sound

RATE = 16_000
"""Hz at which timbre models hear, but for those that say otherwise."""
SHORTEST = 0.05
"""Seconds of sound below which there is no timbre to hear."""
LONGEST_SILENCE = 60.0
"""Seconds in which a file must begin to sound."""
SILENCE = 1e-3
"""The amplitude (-60 dB) that silence does not pass; an offset of the whole (DC) is no sound."""

_BLOCKS_A_SECOND = 50
_SLOWEST, _FASTEST = 4_000, 768_000
_MOST_CHANNELS = 16
_LOUDEST = 100.0
_CANCELLED = 0.35
"""The share of its loudest channel that is left of a sound, below which its channels cancel each other."""

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class DecodedSound:
    """A sound, and a sentence without its subject, the file, for each thing that people should know of it."""

    sound: Sound
    warnings: tuple[str, ...]


class SoundStream(soundfile.SoundFile):
    """A sound file that is read straight on.

    Of a file in which it can seek, the library seeks after each read to where it is already; a decoder of MP3 begins
    anew there, without the bits that it has kept from the frames before, and gives noise.
    """

    def seekable(self) -> bool:
        """It shall not seek."""
        return False


def hear(file: SoundStream, rate: int = RATE) -> DecodedSound:
    """Hear a file from the first block that sounds, for as long as the longest note, at ``rate`` Hz.

    Raises:
        TimbreError: with the reason, a sentence without its subject, if it cannot be used.
        soundfile.SoundFileError: if it cannot be decoded.
    """
    if not _SLOWEST <= file.samplerate <= _FASTEST:
        raise TimbreError(f"has a sample rate of {file.samplerate} Hz; save it with one of {_SLOWEST} to {_FASTEST}")
    if file.channels > _MOST_CHANNELS:
        raise TimbreError(f"has {file.channels} channels; save it with one or two")
    reading = _Reading(file)
    blocks = _sounding(reading.blocks())
    used = islice(blocks, round(LONGEST_NOTE * _BLOCKS_A_SECOND))
    channels = np.concatenate([*_resampled(used, file.samplerate, file.channels, rate)])
    longer = next(blocks, None) is not None
    if len(channels) < SHORTEST * rate:
        raise TimbreError(
            f"sounds for {len(channels) / rate * 1000:.0f} ms only; {SHORTEST * 1000:.0f} ms are the least"
        )
    samples, warnings = _together(channels)
    return DecodedSound(
        Sound(samples, rate), (*_lengths(file.frames / file.samplerate, reading.seconds, longer=longer), *warnings)
    )


class _Reading:
    """A file that is read, and how far."""

    def __init__(self, file: SoundStream) -> None:
        self._file = file
        self.frames = 0

    @property
    def seconds(self) -> float:
        return self.frames / self._file.samplerate

    def blocks(self) -> Iterator[Samples]:
        """The file in blocks of 20 ms, [frames, channels]."""
        wanted = self._file.samplerate // _BLOCKS_A_SECOND
        while len(block := self._read(wanted)):
            if not np.isfinite(block).all():
                place = f"near {self.seconds:.2f} s"
                raise TimbreError(f"holds values that are no numbers ({place}); export it again, best as 24-bit WAV")
            if np.abs(block).max() > _LOUDEST:
                raise TimbreError("goes a hundred times over full scale; its numbers are no samples between -1 and 1")
            self.frames += len(block)
            yield block

    def _read(self, frames: int) -> Samples:
        return np.asarray(self._file.read(frames, dtype="float32", always_2d=True), np.float32)


def _resampled(blocks: Iterable[Samples], rate: int, channels: int, wanted: int) -> Iterator[Samples]:
    stream: Any = soxr.ResampleStream(rate, wanted, channels, dtype="float32")
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.zeros((0, channels), np.float32), last=True)


def _sounding(blocks: Iterator[Samples]) -> Iterator[Samples]:
    """The blocks from the one before the first that sounds, which may hold the beginning of an attack."""
    searched = 0
    before: Samples | None = None
    for block in blocks:
        if float(np.ptp(block, axis=0).max()) / 2 > SILENCE:
            if before is not None:
                yield before
            yield block
            break
        before, searched = block, searched + 1
        if searched > LONGEST_SILENCE * _BLOCKS_A_SECOND:
            raise TimbreError(f"is silent for its first {LONGEST_SILENCE:.0f} s; cut its beginning off")
    else:
        if before is None:
            raise TimbreError("holds no samples; export it again")
        raise TimbreError("is silent (nothing in it is louder than -60 dB); name another sound")
    yield from blocks


def _together(channels: Samples) -> tuple[Samples, tuple[str, ...]]:
    """One channel of many as loud as they are: the mean of those that sound, unless they cancel each other."""
    centred = channels - channels.mean(axis=0, dtype=np.float64)
    loudness = np.sqrt(np.mean(np.square(centred), axis=0))
    sounding = centred[:, np.abs(centred).max(axis=0) > SILENCE]
    loudest = centred[:, int(loudness.argmax())]
    mean = np.asarray(sounding.mean(axis=1) if sounding.size else loudest, np.float32)
    if float(np.sqrt(np.mean(np.square(mean)))) >= _CANCELLED * float(loudness.max()):
        return mean, ()
    return loudest.astype(np.float32), ("has channels that cancel each other, so only the loudest of them is used",)


def _lengths(told: float, read: float, *, longer: bool) -> Iterator[str]:
    if longer:
        yield (
            f"lasts {told:.0f} s, of which the first {LONGEST_NOTE:g} s that sound are used, since no note of a bank "
            "is longer"
        )
    elif read < 0.9 * told:
        yield f"should last {told:.2f} s but ends after {read:.2f} s; it may be a part of a copy"
