"""A chord that two keys have, over which one scene can pass into the next."""

from __future__ import annotations

from collections.abc import Iterator

from reverie.compose.scene_harmony import HarmonyPart, SceneHarmony
from reverie.music.harmony import OCTAVE, SCALES, Key, pitch_class_name
from reverie.music.progressions import parse_progression
from reverie.music.time import Metre

_TRIADS = {"": (0, 4, 7), "m": (0, 3, 7)}
_FIFTH = 7
HELD = 64
"""Bars for which such a chord is held at least: no scene takes so long to end."""


def common_chord(here: Key, there: Key) -> str | None:
    """A major or minor triad that belongs to both keys; None where they have none in common.

    The tonic triad of the key ``there`` is best, as it arrives; then that of the key ``here``, from which it leaves;
    then whichever is nearest to ``there`` on the circle of fifths.
    """
    found = sorted(_common(here, there))
    return found[0][2] if found else None


def _common(here: Key, there: Key) -> Iterator[tuple[int, int, str]]:
    both = _pitch_classes(here) & _pitch_classes(there)
    for root in both:
        for kind, intervals in _TRIADS.items():
            if {(root + interval) % OCTAVE for interval in intervals} <= both:
                steps = (root - there.tonic) * _FIFTH % OCTAVE
                fifths = min(steps, OCTAVE - steps)
                rank = 0 if root == there.tonic else 1 if root == here.tonic else 2
                yield rank, fifths, pitch_class_name(root, there) + kind


def _pitch_classes(key: Key) -> set[int]:
    return {(key.tonic + step) % OCTAVE for step in SCALES[key.scale]}


def held_chord(symbol: str, key: Key, metre: Metre) -> SceneHarmony:
    """The harmony that is this chord in every bar."""
    return SceneHarmony((HarmonyPart(parse_progression(symbol), stretch=HELD),), key, metre)
