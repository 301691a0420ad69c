"""Finds the part of a sound that a sampler can repeat while a key is held, without an audible seam."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from reverie.timbre.bank.zone import SampleLoop
from reverie.timbre.sound import Sound

SHORTEST = 0.2
"""Seconds of a loop: a shorter one buzzes."""
FADE = 0.03
"""Seconds over which the end of a loop becomes what comes before its beginning."""
TAIL = 0.01
"""Seconds of the loop's beginning that are written once more after its end, for samplers that look ahead."""
ALIKE = 0.95
"""How alike what is faded must be (1 is the same), in phase, timbre and loudness, or there is no loop."""

_HOP = 0.01
_SPAN = 0.05
_ATTACK = 0.1
_STEADY = 2.5
"""The ratio (8 dB) that loudness stays within over what is looped, before it is made even; more is another sound."""
_EVEN_FROM = 0.1
"""Seconds over which it becomes even, so that nobody hears where that begins."""
_SMOOTH = 0.03
"""Seconds over which loudness is measured to be made even: longer than a period, shorter than a beat of partials."""
_FADES, _FALLS = 1.41, 2.0
"""What lasts becomes softer by 3 dB at most, and is softer than its loudest moment by 6 dB at most."""
_SHORT = 0.5
"""Seconds; what is shorter has not shown that it lasts."""
_MOST_STARTS, _MOST_ENDS = 300, 4
"""Zero crossings that are tried: high tones have thousands."""

Array = NDArray[np.float64]


def lasts(sound: Sound) -> bool:
    """Whether it sounds on while a key is held, as what is blown, bowed or sung does; what is struck fades."""
    samples = np.asarray(sound.samples, np.float64)
    if sound.seconds < _SHORT:
        return False
    power = np.square(samples)
    fifths = [float(np.mean(fifth)) for fifth in np.array_split(power, 5)]
    early, late = fifths[1], fifths[3]
    loudest = max(float(np.mean(part)) for part in np.array_split(power, len(power) // round(_SPAN * sound.rate)))
    return late > 0 and early <= late * _FADES**2 and loudest <= late * _FALLS**2


def find_loop(sound: Sound, pitch: float) -> tuple[Sound, SampleLoop] | None:
    """The sound with a loop faded into it; None where it dies away or changes too much, as what is struck does.

    The loop begins in a rising zero crossing and is the longest of those that are nearly as good as the best. It is
    made equally loud all along, so that it does not pulse when it is repeated. What came after it is cut off. ``pitch``
    is the sound's, a MIDI number.
    """
    samples = np.asarray(sound.samples, np.float64)
    fade, shortest = round(FADE * sound.rate), round(SHORTEST * sound.rate)
    first, last = _steady(samples, sound.rate)
    samples = _even(samples, sound.rate, first, last)
    period = sound.rate / (440 * 2 ** ((pitch - 69) / 12))
    fade = max(fade, round(2 * period))
    if last - first < shortest + fade:
        return None
    crossings = (
        first + fade + np.flatnonzero((samples[first + fade - 1 : last - 1] < 0) & (samples[first + fade : last] >= 0))
    )
    ends = _some(crossings[crossings > last - round(4 * period)], _MOST_ENDS)
    found = [best for end in ends if (best := _start(samples, crossings[crossings <= end - shortest], int(end), fade))]
    if not found:
        return None
    _, start, end = max(found)
    return _faded(Sound(samples.astype(np.float32), sound.rate), start, end, fade), SampleLoop(start, end)


def _steady(samples: Array, rate: int) -> tuple[int, int]:
    """The longest stretch after the attack and before the end in which loudness hardly changes."""
    hop, span = round(_HOP * rate), round(_SPAN * rate)
    if len(samples) < 2 * span:
        return 0, 0
    power = np.concatenate([[0.0], np.cumsum(np.square(samples))])
    starts = np.arange(round(_ATTACK * rate), len(samples) - span, hop)
    levels = np.sqrt(np.maximum(power[starts + span] - power[starts], 0) / span)
    first, last = _alike(levels.tolist())
    if first == last:
        return 0, 0
    return int(starts[first]), int(starts[last]) + span


def _alike(levels: Sequence[float]) -> tuple[int, int]:
    """The first and the last of the longest row of levels that stay within the ratio, and of equal ones the first."""
    best, first = (0, 0), 0
    # Where the row's lowest and highest levels are, each followed by those that will be once it is left behind.
    lowest, highest = deque[int](), deque[int]()
    for last, level in enumerate(levels):
        while lowest and levels[lowest[-1]] >= level:
            lowest.pop()
        while highest and levels[highest[-1]] <= level:
            highest.pop()
        lowest.append(last)
        highest.append(last)
        while levels[highest[0]] > _STEADY * levels[lowest[0]]:
            first += 1
            for row in (lowest, highest):
                if row[0] < first:
                    row.popleft()
        if last - first > best[1] - best[0]:
            best = (first, last)
    return best


def _even(samples: Array, rate: int, first: int, last: int) -> Array:
    """The sound, from ``first`` to ``last`` as loud all along as it is there on average."""
    if last <= first:
        return samples
    count = round(_SMOOTH * rate)
    window = np.hanning(2 * count + 1)
    power = _smoothed(np.square(samples), window / window.sum())
    loud = np.sqrt(np.maximum(power, 1e-20))
    gain = np.sqrt(np.mean(np.square(loud[first:last]))) / loud
    reached = np.clip((np.arange(len(samples)) - first) / (_EVEN_FROM * rate), 0.0, 1.0)
    gain = np.where(np.arange(len(samples)) < last, gain, gain[last - 1])
    return samples * gain**reached


def _smoothed(samples: Array, window: Array) -> Array:
    """The convolution with a window of an odd length, of the length of the samples."""
    size = _fast(len(samples) + len(window) - 1)
    both = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(window, size), size)
    return both[len(window) // 2 :][: len(samples)]


def _fast(size: int) -> int:
    """The next size whose transform is quick: with no prime factor above 5."""
    fives = (5**power for power in range(math.ceil(math.log(size, 5)) + 1))
    odds = (five * 3**power for five in fives for power in range(math.ceil(math.log(size, 3)) + 1))
    return min(odd << max(0, (-(-size // odd) - 1).bit_length()) for odd in odds)


def _start(samples: Array, starts: NDArray[np.intp], end: int, fade: int) -> tuple[float, int, int] | None:
    """Of the crossings where a loop to ``end`` may begin, the best: how alike it is, and the longest of like ones."""
    if not len(starts):
        return None
    starts = _some(starts, _MOST_STARTS)
    after = samples[end - fade : end]
    before = sliding_window_view(samples, fade)[starts - fade]
    powers = np.einsum("ij,ij->i", before, before) + after @ after
    alike = 2 * (before @ after) / np.maximum(powers, 1e-30)
    if alike.max() < ALIKE:
        return None
    chosen = int(np.flatnonzero(alike >= alike.max() - 0.002)[0])
    return float(alike[chosen]), int(starts[chosen]), end


def _some(crossings: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """So many of them at most, from the first to the last."""
    if len(crossings) <= most:
        return crossings
    return crossings[np.linspace(0, len(crossings) - 1, most).astype(np.intp)]


def _faded(sound: Sound, start: int, end: int, fade: int) -> Sound:
    samples = np.asarray(sound.samples, np.float64)
    share = 0.5 - 0.5 * np.cos(np.pi * (np.arange(fade) + 1) / fade)
    crossed = samples[end - fade : end] * (1 - share) + samples[start - fade : start] * share
    count = round(TAIL * sound.rate)
    tail = samples[start : start + count] * (0.5 + 0.5 * np.cos(np.pi * np.arange(count) / (count - 1)))
    return Sound(np.concatenate([samples[: end - fade], crossed, tail]).astype(np.float32), sound.rate)
