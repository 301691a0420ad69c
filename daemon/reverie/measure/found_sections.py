"""Where the sections of a piece begin, as they are heard: by a novelty curve over the likeness of its bars.

Bars are compared with each other; where a stretch of bars that are alike meets another one, the checkerboard that is
moved along the diagonal of that matrix finds a peak. J. Foote, *Automatic audio segmentation using a measure of audio
novelty*, ICME 2000.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.measure.piece import MeasuredVoice, Piece
from reverie.measure.relation import moves, rounded
from reverie.music.harmony import OCTAVE
from reverie.music.time import TICKS_PER_STEP

HALF = 8
"""Bars to either side of a bar line that are compared with each other."""
APART = 4
"""Bars within which there is no more than one boundary."""
TOLERANCE = 2
"""Bars by which a found boundary may be beside a true one."""
AROUND = 32
"""Bars to either side over which the mean is taken that a peak has to rise above."""
_ABOVE = 0.5
"""By how many standard deviations of the whole curve."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FoundSections:
    """How well boundaries were found: ``hits`` of those that were ``found`` are ``true`` ones.

    ``by_chance`` is what the same boundaries come to when they are moved by whole bars, around the end: the mean of the
    moves. They keep their distances, as boundaries that are spread evenly meet more than such at random.
    """

    hits: int
    found: int
    true: int
    by_chance: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 0 where nothing was found."""
        return f1(self.hits, self.found, self.true)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "value": rounded(self.f1),
            "by_chance": rounded(self.by_chance),
            "of": self.true,
            "found": self.found,
            "hits": self.hits,
        }


def found_sections(piece: Piece) -> FoundSections | None:
    """How well the sections of a piece are heard; None where it has none that are known, or a single one."""
    true = [section.first_bar for section in piece.sections if section.first_bar > 0]
    if not true:
        return None
    found = boundaries(novelty_curve(bar_features(piece)))
    bars = len(piece.bars)
    moved = [[(one + move) % bars for one in found] for move in moves(bars)]
    chance = [f1(hits(one, true), len(found), len(true)) for one in moved]
    return FoundSections(hits(found, true), len(found), len(true), sum(chance) / len(chance))


def bar_features(piece: Piece) -> Matrix:
    """A row for each bar: of each voice density, register, dynamics and places, and the pitch classes of all.

    Each column has mean 0, and each of these groups counts the same.
    """
    groups = list[Matrix]()
    classes = np.zeros((len(piece.bars), OCTAVE))
    for voice in piece.voices:
        if voice.notes:
            groups += _voice_groups(piece, voice, classes)
    groups.append(classes / np.maximum(classes.sum(axis=1, keepdims=True), 1.0))
    return np.hstack([_levelled(group) for group in groups])


def novelty_curve(features: Matrix) -> Matrix:
    """How unlike the bars before and after each bar line are, while those on each side are alike; one value a bar.

    Likeness is the cosine. The checkerboard is tapered by a Gaussian, and at the ends of the piece it is cut.
    """
    bars, size = len(features), 2 * HALF
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    rows = np.vstack(
        [np.zeros((HALF, features.shape[1])), features / np.maximum(lengths, 1e-9), np.zeros((HALF, features.shape[1]))]
    )
    offsets = (np.arange(size) - HALF + 0.5) / HALF
    taper = np.exp(-2.0 * (offsets[:, None] ** 2 + offsets[None, :] ** 2))
    kernel = taper * np.sign(offsets[:, None]) * np.sign(offsets[None, :])
    weight = float(np.abs(kernel).sum())
    curve = np.zeros(bars)
    for bar in range(bars):
        window = rows[bar : bar + size]
        curve[bar] = float((kernel * (window @ window.T)).sum()) / weight
    return curve


def boundaries(curve: Matrix) -> list[int]:
    """The bars at which a novelty curve has peaks that are clearly above their surroundings."""
    margin = _ABOVE * float(curve.std()) if len(curve) else 0.0
    found = list[int]()
    for bar in range(HALF // 2, len(curve) - HALF // 2):
        near = curve[max(bar - APART, 0) : bar + APART + 1]
        around = curve[max(bar - AROUND, 0) : bar + AROUND + 1]
        if curve[bar] == near.max() and curve[bar] > float(around.mean()) + margin and bar not in found:
            found.append(bar)
    return found


def hits(found: Sequence[int], true: Sequence[int], tolerance: int = TOLERANCE) -> int:
    """How many of the boundaries that were found are true ones, each of which counts once."""
    here, there, count = sorted(found), sorted(true), 0
    one = other = 0
    while one < len(here) and other < len(there):
        apart = here[one] - there[other]
        if abs(apart) <= tolerance:
            count += 1
        one += abs(apart) <= tolerance or apart < 0
        other += abs(apart) <= tolerance or apart > 0
    return count


def f1(matched: int, found: int, true: int) -> float:
    """The harmonic mean of precision and recall."""
    return 2.0 * matched / (found + true) if found + true else 0.0


def _voice_groups(piece: Piece, voice: MeasuredVoice, classes: Matrix) -> list[Matrix]:
    bars = len(piece.bars)
    steps = max(bar.ticks for bar in piece.bars) // TICKS_PER_STEP
    count, pitch, velocity, places = (
        np.zeros((bars, 1)),
        np.zeros((bars, 1)),
        np.zeros((bars, 1)),
        np.zeros((bars, steps)),
    )
    for note in voice.notes:
        bar = piece.bar_at(note.start)
        count[bar] += 1
        pitch[bar] += note.pitch
        velocity[bar] += note.velocity
        places[bar, min((note.start - piece.bars[bar].start) // TICKS_PER_STEP, steps - 1)] = 1
        if voice.pitched:
            classes[bar, note.pitch % OCTAVE] += 1
    plays = count > 0
    groups = [plays.astype(np.float64), count, places]
    for total in (pitch, velocity) if voice.pitched else (velocity,):
        mean = total / np.maximum(count, 1)
        groups.append(np.where(plays, mean - mean[plays].mean(), 0.0))
    return groups


def _levelled(group: Matrix) -> Matrix:
    """Around 0, and as wide as any other group; nothing where it never changes."""
    centred = group - group.mean(axis=0)
    spread = float(np.sqrt((centred**2).sum(axis=1).mean()))
    return centred / spread if spread > 1e-9 else centred * 0.0  # noqa: PLR2004 - nothing but rounding
