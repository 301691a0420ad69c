"""The spectrum of a sound file over time, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import soundfile

from reverie.audition.png import Colour, png

LOWEST, HIGHEST = 40.0, 16_000.0
"""Hertz at the picture's bottom and top; equal distances are equal intervals."""
RANGE_DB = 80.0
"""Decibels below the loudest place at which the picture is black."""
WINDOW = 4096
_MOST_WINDOWS = 8
"""Windows of a column at most: a column of a long file stands for a second or more."""
_STOPS: tuple[Colour, ...] = (
    (0, 0, 4),
    (60, 15, 112),
    (140, 41, 129),
    (222, 73, 104),
    (254, 159, 109),
    (252, 253, 191),
)
"""Colours from black to the loudest, evenly spread; light grows all the way."""


class NoSoundError(ValueError):
    """A file has no sound of which a picture can be made."""


def spectrogram(wav: Path, columns: int = 1200, rows: int = 200, start: float = 0.0, end: float | None = None) -> bytes:
    """A PNG of ``columns`` by ``rows`` pixels of a sound file between two moments in seconds.

    Raises:
        NoSoundError: if the file is none, or has no sound there.
        OSError: if it cannot be read.
    """
    try:
        with soundfile.SoundFile(str(wav)) as file:
            levels = _levels(file, columns, rows, start, end)
    except soundfile.LibsndfileError as error:
        raise NoSoundError(str(error)) from error
    loudest = float(levels.max(initial=0.0))
    if loudest <= 0:
        raise NoSoundError("there is no sound in it")
    decibels = 20 * np.log10(np.maximum(levels / loudest, 1e-12))
    pixels = np.clip((decibels / RANGE_DB + 1) * 255, 0, 255).astype(np.uint8)
    return png([row.tobytes() for row in pixels[::-1]], _palette())


def _levels(file: Any, columns: int, rows: int, start: float, end: float | None) -> Any:
    """Magnitudes by row (from the lowest) and column."""
    rate = int(file.samplerate)
    first = round(start * rate)
    last = min(int(file.frames), int(file.frames) if end is None else round(end * rate))
    edges = _edges(rows, rate)
    levels = np.zeros((rows, columns))
    if last <= first:
        return levels
    window = np.hanning(WINDOW)
    hop = (last - first) / columns
    for column in range(columns):
        begin = first + round(column * hop)
        windows = min(max(round(hop / WINDOW), 1), _MOST_WINDOWS)
        file.seek(begin)
        frames = file.read(max(round(hop), WINDOW) if windows > 1 else WINDOW, dtype="float32", always_2d=True)
        mono = frames.mean(axis=1)
        power = np.zeros(WINDOW // 2 + 1)
        for number in range(windows):
            at = round(number * max(len(mono) - WINDOW, 0) / max(windows - 1, 1))
            part = mono[at : at + WINDOW]
            power += np.abs(np.fft.rfft(window[: len(part)] * part, WINDOW)) ** 2
        # Rows are narrower than a bin below and wider above: what is between their edges, by the running sum.
        running = np.zeros(len(power) + 1)
        running[1:] = np.cumsum(power / windows)
        sums = cast("Any", np).interp(edges, np.arange(len(running)), running)
        levels[:, column] = np.sqrt(np.diff(sums) / np.diff(edges))
    return levels


def _edges(rows: int, rate: int) -> Any:
    """The edges of the rows, in bins of the spectrum."""
    hertz = LOWEST * (min(HIGHEST, rate / 2) / LOWEST) ** (np.arange(rows + 1) / rows)
    return hertz * WINDOW / rate


def _palette() -> Sequence[Colour]:
    places = np.linspace(0, len(_STOPS) - 1, 256)
    channels = [np.interp(places, range(len(_STOPS)), [stop[channel] for stop in _STOPS]) for channel in range(3)]
    return [(int(red), int(green), int(blue)) for red, green, blue in zip(*channels, strict=True)]
