"""Rendered notes made ready for samplers: trimmed, without clicks, tuned, alike, equally loud, and looped.

Samples come out at 48 kHz, whatever the model's rate: samplers interpolate between few samples, and at 16 kHz what they
get wrong would be heard as a hiss above the tone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reverie.timbre.bank.brightness import evened
from reverie.timbre.bank.loudness import loudest, true_peak
from reverie.timbre.bank.sample_loop import find_loop, lasts
from reverie.timbre.bank.tune import measure_pitch
from reverie.timbre.bank.zone import Sample
from reverie.timbre.errors import TimbreError
from reverie.timbre.kit import BALANCE
from reverie.timbre.render.progress_interval import Pace, unpaced
from reverie.timbre.sound import NoteRequest, Sound
from reverie.timbre.sources.resample import resampled

RATE = 48_000
CEILING = -1.0
"""dB below full scale that the true peak of no sample passes; such a one is softer than the rest of its bank."""
FADE_IN, FADE_OUT = 0.001, 0.01
FALL, FALL_SECONDS = 60.0, 0.4
"""By how many dB a sound that ends before its key is released has fallen by then, and in how many seconds at least: a
room takes as long, and ears hear an end and no cut."""
_FALL_SHARE = 0.5
"""Of the sound, which its fall takes at most."""
_END = 0.05
_SILENCE = -50.0
"""dB below its peak at which a sound begins and ends."""
_BEFORE, _AFTER = 0.003, 0.05
"""Seconds that are kept before the beginning and after the end."""
_NOTHING = 1e-5
_OCTAVE = 1200
_OUT_OF_TUNE = 150
"""Cents; what seems further off than a model is out of tune is a partial of a sound without a pitch, as of a bell."""

Array = NDArray[np.float64]


def finish(
    notes: Sequence[NoteRequest], sounds: Sequence[Sound], level: float, pace: Pace = unpaced, *, kit: bool = False
) -> list[Sample]:
    """The samples of a bank, each as loud as ``level`` (dB below full scale) where it is loudest.

    Each is tuned by its measured pitch, but for the octave: which octave a rich tone sounds at, ears do not agree on
    either. Whether keys can hold it, is decided for the whole timbre: of a
    sound that lasts at one pitch and fades at another, a player would not know what to expect.

    Neighbours are made alike in brightness.

    Drums of a ``kit`` are balanced as those of a drum set are, neither made alike nor held, and not tuned: many pitches
    sound in a drum, and which of them is measured is chance.

    Raises:
        TimbreError: if what was rendered holds values that are no numbers.
    """
    tuned: list[_Tuned] = []
    for note, sound in zip(notes, sounds, strict=True):
        tuned.append(_tuned(None if kit else note.pitch, _prepared(note, sound)))
        pace(len(tuned) / len(notes) / 2)
    held = not kit and sum(one.pitch is not None and lasts(one.sound) for one in tuned) > len(tuned) / 2
    samples = [_sample(note, one, held=held) for note, one in zip(notes, tuned, strict=True)]
    alike = [sample.sound for sample in samples] if kit else evened(samples)
    ready: list[Sample] = []
    for sample, sound in zip(samples, alike, strict=True):
        softer = BALANCE.get(sample.pitch, 0.0) if kit else 0.0
        ready.append(replace(sample, sound=_levelled(sound, level + softer)))
        pace((len(notes) + len(ready)) / len(notes) / 2)
    return ready


@dataclass(frozen=True, slots=True, eq=False)
class _Tuned:
    """A sound in tune, its pitch if it has one, and by how many cents it was out of tune."""

    sound: Sound
    pitch: float | None
    cents: float


def _tuned(wanted: float | None, sound: Sound) -> _Tuned:
    """The sound played as much slower or faster as it is out of tune, if it is to have a pitch.

    A sampler would do it less well.
    """
    pitch = None if wanted is None else measure_pitch(sound)
    if wanted is None or pitch is None:
        return _Tuned(sound, None, 0.0)
    cents = _cents(pitch - wanted)
    if not cents:
        return _Tuned(sound, pitch, 0.0)
    samples = resampled(sound.samples, RATE, RATE * 2 ** (cents / _OCTAVE))
    samples[[0, -1]] = 0.0  # as they were but for the filter's ringing
    return _Tuned(Sound(samples.astype(np.float32), RATE), pitch - cents / 100, cents)


def _sample(note: NoteRequest, tuned: _Tuned, *, held: bool) -> Sample:
    """The sample: with a loop where the timbre is ``held`` and it has one, else with an end of its own."""
    looped = find_loop(tuned.sound, tuned.pitch) if held and tuned.pitch is not None else None
    return Sample(
        sound=_ended(tuned.sound) if looped is None else looped[0],
        pitch=note.key,
        velocity=note.velocity,
        cents=tuned.cents,
        loop=None if looped is None else looped[1],
        variation=note.variation,
    )


def _prepared(note: NoteRequest, sound: Sound) -> Sound:
    samples = np.asarray(sound.samples, np.float64)
    if not np.isfinite(samples).all():
        raise TimbreError(
            f"the model rendered no sound but values that are no numbers for key {note.key}, velocity "
            f"{note.velocity}; use another model or other sources"
        )
    centred = samples - (samples.mean() if len(samples) else 0.0)
    samples = _declicked(_trimmed(resampled(centred, sound.rate, RATE)))
    return Sound(samples.astype(np.float32), RATE)


def _levelled(sound: Sound, level: float) -> Sound:
    samples = np.asarray(sound.samples, np.float64)
    return Sound((samples * _gain(samples, level)).astype(np.float32), sound.rate)


def _ended(sound: Sound) -> Sound:
    """The sound, fallen by 60 dB where it ends: evenly, and for as much of that as it has not fallen by itself."""
    samples = np.asarray(sound.samples, np.float64)
    count = round(_END * RATE)
    if len(samples) < 2 * count:
        return sound
    power = np.array([float(np.mean(np.square(part))) for part in np.array_split(samples, len(samples) // count)])
    # The last part holds what was faded out to nothing.
    fallen = 10 * math.log10(max(float(power.max()), 1e-20) / max(float(power[-2]), 1e-20))
    missing = FALL - fallen
    if missing <= 0:
        return sound
    fall = min(round(FALL_SECONDS * RATE), round(_FALL_SHARE * len(samples)))
    fade = np.ones(len(samples))
    fade[-fall:] = 10 ** (-missing * np.linspace(0.0, 1.0, fall, dtype=np.float64) / 20)
    return Sound((samples * fade).astype(np.float32), sound.rate)


def _trimmed(samples: Array) -> Array:
    """What sounds of it, at least as long as its fades."""
    shortest = round((FADE_IN + FADE_OUT) * RATE)
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < _NOTHING:
        return np.zeros(shortest)
    sounding = np.flatnonzero(np.abs(samples) > peak * 10 ** (_SILENCE / 20))
    first = max(0, int(sounding[0]) - round(_BEFORE * RATE))
    trimmed = samples[first : int(sounding[-1]) + round(_AFTER * RATE)]
    return np.pad(trimmed, (0, max(0, shortest - len(trimmed))))


def _declicked(samples: Array) -> Array:
    """Faded in and out to nothing, and then without an offset: what is taken away fades as the sound does."""
    window = np.ones(len(samples))
    for seconds, part in ((FADE_IN, window), (FADE_OUT, window[::-1])):
        count = round(seconds * RATE)
        part[:count] = 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / count)
    faded = samples * window
    return faded - window * faded.sum() / window.sum()


def _gain(samples: Array, level: float) -> float:
    loudness = loudest(samples, RATE)
    if loudness < _NOTHING:
        return 1.0
    return min(10 ** (level / 20) / loudness, 10 ** (CEILING / 20) / true_peak(samples, RATE))


def _cents(semitones: float) -> float:
    """The same without its octaves; nothing where it is too far off to be what the model was asked for."""
    cents = math.remainder(100 * semitones, _OCTAVE)
    return cents if abs(cents) <= _OUT_OF_TUNE else 0.0
