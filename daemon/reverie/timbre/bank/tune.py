"""Measures the pitch of a sound, or finds that it has none.

A sound of a period is most like itself one period later: McLeod's normalised square difference ("A smarter way to find
pitch", 2005) over short frames finds the period whether or not the fundamental itself is there. The frames must agree,
or there is no pitch to speak of.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reverie.timbre.self_likeness import self_likeness
from reverie.timbre.sound import Sound
from reverie.timbre.sources.resample import resampled

LOWEST, HIGHEST = 26.0, 4500.0
"""Hz between which pitch is looked for, a little beyond the keys of a piano."""

_HEARD = 16_000
"""The rate with which all is lost that lies above the partials that matter; they would hide peaks between samples."""
_RATE = 48_000
"""Hz at which periods are measured: fine enough for the highest, whatever rate the sound has."""
_FRAME, _HOP = 0.1, 0.025
_MOST_FRAMES = 160
_QUIET = 0.01
"""A frame below this share of the loudest (-40 dB) is not listened to."""
_CLEAR = 0.75
"""How alike two periods are of what has a pitch; about as much noise as 5 dB below the tone is forgiven."""
_FIRST = 0.95
"""The first peak that comes so near to the highest is the period; the others are multiples of it."""
_AGREED = 0.5
"""The share of frames that must agree."""
_NEAR = 0.8
"""Semitones within which frames agree: a wide vibrato."""

Array = NDArray[np.float64]


def measure_pitch(sound: Sound) -> float | None:
    """The pitch of a sound as a MIDI number with a fraction; None where it has none that can be told.

    A vibrato's is its middle. Neither noise nor drums have one, nor has a melody.
    """
    frames = _frames(resampled(resampled(sound.samples, sound.rate, _HEARD), _HEARD, _RATE))
    if frames is None:
        return None
    periods = [period for likeness in self_likeness(frames, _lags(frames)) if (period := _period(likeness)) is not None]
    if len(periods) < max(1.0, _AGREED * len(frames)):
        return None
    pitches = 69 + 12 * np.log2(_RATE / np.array(periods) / 440)
    agreed = np.abs(pitches - np.median(pitches)) < _NEAR
    if agreed.sum() < _AGREED * len(frames):
        return None
    return float(pitches[agreed].mean())


def _frames(samples: Array) -> Array | None:
    """What sounds of it, [frames, samples]; None if that is too short or nothing."""
    size = min(round(_FRAME * _RATE), len(samples))
    if size < 4 * _RATE / HIGHEST or not np.isfinite(samples).all():
        return None
    starts = np.arange(0, len(samples) - size + 1, round(_HOP * _RATE))
    if len(starts) > _MOST_FRAMES:
        starts = starts[np.linspace(0, len(starts) - 1, _MOST_FRAMES).astype(int)]
    frames = samples[starts[:, None] + np.arange(size)]
    frames = frames - frames.mean(axis=1, keepdims=True)
    level = np.sqrt(np.mean(np.square(frames), axis=1))
    heard = level > max(_QUIET * float(level.max()), 1e-7)
    return frames[heard] if heard.any() else None


def _lags(frames: Array) -> int:
    """How far to look for the longest period, where frames are long enough."""
    return min(round(_RATE / LOWEST) + 2, frames.shape[1] // 2)


def _period(likeness: Array) -> float | None:
    """The period in samples, measured over as many periods as are alike; None where none is clear."""
    inner = likeness[1:-1]
    peaks = 1 + np.flatnonzero((inner > likeness[:-2]) & (inner >= likeness[2:]))
    negative = np.flatnonzero(likeness < 0)
    if not len(negative):
        return None
    peaks = peaks[(peaks > negative[0]) & (peaks >= _RATE / HIGHEST - 1)]
    if not len(peaks) or (highest := likeness[peaks].max()) < _CLEAR:
        return None
    period, count = _top(likeness, int(peaks[likeness[peaks] >= _FIRST * highest][0])), 1
    while (2 * count + 0.5) * period < len(likeness) - 1:
        count *= 2
        first = round((count - 0.3) * period)
        near = first + int(likeness[first : round((count + 0.3) * period) + 1].argmax())
        if likeness[near] < _FIRST * highest:
            break
        period = _top(likeness, near) / count
    return period


def _top(likeness: Array, lag: int) -> float:
    """Where the parabola through a peak and its neighbours is highest."""
    left, middle, right = likeness[lag - 1 : lag + 2]
    bend = left - 2 * middle + right
    return lag + (0.5 * (left - right) / bend if bend < 0 else 0.0)
