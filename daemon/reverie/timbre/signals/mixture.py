"""What lies between sounds: levels in dB, intervals and moments go straight from one to the other.

A level in dB is what ears hear, and what a body does to a sound adds up in it: half-way between two bodies there is a
third, where half of each amplitude would be both at a time. Sounds begin and end together, however long they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from reverie.timbre.errors import TimbreError
from reverie.timbre.signals.frames import FLOOR, Array, amplitude
from reverie.timbre.signals.sound_parts import NEVER, SoundParts, stretched

_EXPONENT = 0.12
"""Of the mean between amplitudes: with 1 it would be a crossfade, and with 0 straight in dB, but for what only one of
the sounds has: that would be gone as soon as the other had any share. What NSynth makes half-way between two
instruments is nearer to 0.08 and 0.15 than to 0.25 and 0.4."""
_NEAR = 7.0
"""Semitones within which a partial of one sound becomes one of another."""
_HEARD = 60.0
"""dB below the loudest at which a harmonic is still heard."""
_MOST = 96
"""Partials of a mixture."""


def mix(sounds: Sequence[SoundParts], weights: Sequence[float]) -> SoundParts:
    """The sound between sounds of one pitch; ``weights`` are not negative and sum to 1.

    Raises:
        TimbreError: if there is nothing to mix, or the sounds are not of one pitch.
    """
    if len(sounds) != len(weights) or not sum(weights) > 0:
        raise TimbreError("a mixture needs a share of each sound, and of one of them more than nothing")
    if len({one.harmonics.shape[1] for one in sounds}) > 1:
        raise TimbreError("only sounds of one pitch can be mixed")
    used = [(one, weight) for one, weight in zip(sounds, weights, strict=True) if weight > 0]
    mixed, _ = reduce(_added, used)
    return mixed


def _added(before: tuple[SoundParts, float], more: tuple[SoundParts, float]) -> tuple[SoundParts, float]:
    weight = before[1] + more[1]
    return _between(before[0], more[0], more[1] / weight), weight


def _between(first: SoundParts, second: SoundParts, share: float) -> SoundParts:
    """The sound at ``share`` of the way from the first to the second."""
    attack, frames = (
        round(a + (b - a) * share) for a, b in ((first.attack, second.attack), (first.frames, second.frames))
    )
    releases = _release(first, second), _release(second, first)
    release = round(releases[0] + (releases[1] - releases[0]) * share)
    a, b = (_aligned(one, own, attack, release, frames) for one, own in zip((first, second), releases, strict=True))
    a, b = _paired(a, b)
    return SoundParts(
        contour=a.contour + (b.contour - a.contour) * share,
        harmonics=_levels(a.harmonics, b.harmonics, share),
        partials=_levels(a.partials, b.partials, share),
        intervals=a.intervals + (b.intervals - a.intervals) * share,
        noise=_levels(a.noise, b.noise, share),
        attack=attack,
        release=NEVER if first.release == second.release == NEVER else release,
    )


def _release(one: SoundParts, other: SoundParts) -> int:
    """The frame of its release; one that dies away is ready for another's."""
    if one.release != NEVER:
        return one.release
    last = one.frames - 1
    return last if other.release == NEVER else round(last * other.release / max(1, other.frames - 1))


def _levels(first: Array, second: Array, share: float) -> Array:
    """Levels between levels in dB: a power mean of amplitudes with a small exponent, nearly straight in dB."""
    a, b = 10 ** (first * _EXPONENT / 20), 10 ** (second * _EXPONENT / 20)
    return np.maximum(20 / _EXPONENT * np.log10(a + (b - a) * share), FLOOR)


def _aligned(one: SoundParts, own_release: int, attack: int, release: int, frames: int) -> SoundParts:
    """The sound with its attack, its release and its end at other frames."""
    if (one.attack, own_release, one.frames) == (attack, release, frames):
        return one
    here = np.maximum.accumulate([0, attack, max(release, attack), frames - 1])
    there = np.maximum.accumulate([0, one.attack, max(own_release, one.attack), one.frames - 1])
    return stretched(one, [int(frame) for frame in here], [int(frame) for frame in there])


@dataclass(frozen=True, slots=True, eq=False)
class _Partial:
    """A partial: its levels in dB and its intervals above the pitch [frames]."""

    levels: Array
    intervals: Array

    @property
    def strength(self) -> Array:
        """How much it is heard, frame by frame."""
        return amplitude(self.levels)

    @property
    def place(self) -> float:
        """The interval at which it is for most of what is heard of it."""
        return float(np.average(self.intervals, weights=self.strength + 1e-9))

    def silent(self) -> _Partial:
        """What stands for it in a sound that has nothing of the kind."""
        return _Partial(np.full(len(self.levels), FLOOR), self.intervals)


def _paired(first: SoundParts, second: SoundParts) -> tuple[SoundParts, SoundParts]:
    """Both with the same partials: each becomes what is nearest to it in the other sound, or fades where it is."""
    ours, theirs = _partials(first), _partials(second)
    if not ours and not theirs:
        return first, second
    couples = list(_couples(ours, theirs))
    our_harmonics, their_harmonics = first.harmonics.copy(), second.harmonics.copy()
    met = {id(one) for couple in couples for one in couple}
    couples += [(one, _harmonic_near(one, their_harmonics, second.contour)) for one in ours if id(one) not in met]
    couples += [(_harmonic_near(one, our_harmonics, first.contour), one) for one in theirs if id(one) not in met]
    couples = sorted(couples, key=lambda couple: -max(float(one.strength.sum()) for one in couple))[:_MOST]
    return (
        _with_partials(first, our_harmonics, [couple[0] for couple in couples]),
        _with_partials(second, their_harmonics, [couple[1] for couple in couples]),
    )


def _partials(one: SoundParts) -> list[_Partial]:
    """The partials of a sound, the strongest first."""
    found = [_Partial(one.partials[:, n], one.intervals[:, n]) for n in range(one.partials.shape[1])]
    return sorted(found, key=lambda partial: -float(partial.strength.sum()))


def _couples(ours: Sequence[_Partial], theirs: Sequence[_Partial]) -> Iterator[tuple[_Partial, _Partial]]:
    """Partials that become each other: the strongest chooses first."""
    free = {number: partial.place for number, partial in enumerate(theirs)}
    for one in ours:
        place = one.place
        nearest = min(free, key=lambda number: abs(free[number] - place), default=None)
        if nearest is not None and abs(free[nearest] - place) <= _NEAR:
            del free[nearest]
            yield one, theirs[nearest]


def _harmonic_near(partial: _Partial, harmonics: Array, contour: Array) -> _Partial:
    """The harmonic that is nearest to a partial, taken out of the harmonics; silence where none is heard there."""
    place = partial.place
    number = round(2.0 ** (place / 12))
    if not 1 <= number <= harmonics.shape[1] or abs(12 * np.log2(number) - place) > _NEAR:
        return partial.silent()
    levels = harmonics[:, number - 1].copy()
    if levels.max() < harmonics.max() - _HEARD:
        return partial.silent()
    harmonics[:, number - 1] = FLOOR
    return _Partial(levels, contour + 12 * np.log2(number))


def _with_partials(one: SoundParts, harmonics: Array, partials: Sequence[_Partial]) -> SoundParts:
    return replace(
        one,
        harmonics=harmonics,
        partials=np.stack([partial.levels for partial in partials], axis=1),
        intervals=np.stack([partial.intervals for partial in partials], axis=1),
    )
