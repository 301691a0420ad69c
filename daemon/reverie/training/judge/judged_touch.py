"""How human a model of the touch plays: loudness and lateness of drums that it was told without either.

A GrooVAE is told held-out beats on the grid and all equally loud, and says how they would be struck. What it says
should be as uneven as what the drummers played: not less, which is a machine, and not more, which is clumsy.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.models.errors import ModelError
from reverie.models.library.bundle import Bundle
from reverie.models.vae.converter_table import converter_of
from reverie.models.vae.grooves import Grooves, Hit
from reverie.models.vae.heads import Frames
from reverie.models.vae.model import load
from reverie.music.notes import MAX_MIDI
from reverie.music.time import STEPS_PER_QUARTER
from reverie.training.judge.distances import SetDistance, set_distance
from reverie.training.workspace import Split

HUMANIZE = "groovae_2bar_humanize"
NEAR_ENOUGH = 0.25
"""By which share the spread of velocities and of lateness may differ from that of held-out beats."""
_BATCH = 64
_HALF_STEP = 0.5


@dataclass(frozen=True, slots=True)
class PlayedTake:
    """Drums as somebody played them, in 4/4 at one tempo."""

    piece: str
    qpm: float
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class PlayedTouch:
    """How the hits of a stretch are struck: velocities, and milliseconds after their sixteenth (before: below 0)."""

    velocities: tuple[float, ...]
    lateness: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TouchJudgement:
    """The spread of velocities, and of lateness in milliseconds, of what a model said and of what was played.

    A spread is the standard deviation over all hits. ``distances`` are those of all velocities and all lateness, beside
    those of as many stretches of training music.
    """

    model: str
    stretches: int
    velocity: tuple[float, float]
    lateness: tuple[float, float]
    distances: Mapping[str, SetDistance]

    @property
    def met(self) -> bool:
        """Whether both spreads are within a quarter of those of held-out beats."""
        return all(abs(said - played) <= NEAR_ENOUGH * played for said, played in (self.velocity, self.lateness))

    def as_text(self) -> str:
        """In words."""
        return (
            f"{self.model}: told {self.stretches} stretches of two held-out bars without touch; spread of velocities"
            f" {self.velocity[0]:.1f} (played: {self.velocity[1]:.1f}), of lateness {self.lateness[0]:.1f} ms"
            f" ({self.lateness[1]:.1f} ms): {'both' if self.met else 'not both'} within {NEAR_ENOUGH:.0%}"
        )

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "model": self.model,
            "stretches": self.stretches,
            "velocity_spread": dict(zip(("generated", "held_out"), self.velocity, strict=True)),
            "lateness_spread_ms": dict(zip(("generated", "held_out"), self.lateness, strict=True)),
            "met": self.met,
            "distances": {
                name: {"generated": one.generated, "training": one.training, "ratio": one.ratio, "met": one.met}
                for name, one in self.distances.items()
            },
        }


def take_of_sequence(sequence: Any, piece: str) -> PlayedTake | None:
    """The drums of a NoteSequence; None if it is not in 4/4 at one tempo, or has none."""
    metres = {(one.numerator, one.denominator) for one in sequence.time_signatures}
    tempos = {one.qpm for one in sequence.tempos}
    if metres - {(4, 4)} or len(tempos) != 1:
        return None
    (qpm,) = tempos
    steps_a_second = qpm * STEPS_PER_QUARTER / 60
    hits = tuple(
        Hit(note.start_time * steps_a_second, note.pitch, note.velocity) for note in sequence.notes if note.is_drum
    )
    return PlayedTake(piece, qpm, hits) if hits else None


def judge_touch(bundle: Bundle, takes: Mapping[Split, Sequence[PlayedTake]], seed: int = 0) -> TouchJudgement:
    """Judge a model that humanizes by held-out beats.

    Raises:
        ModelError: if it is none.
        ValueError: if there is no stretch of two bars with a hit on one of the sides.
    """
    converter = converter_of(bundle.card.config)
    if bundle.card.config != HUMANIZE or not isinstance(converter, Grooves):
        raise ModelError(f"{bundle.card.name}: is of {bundle.card.config}; touch is judged of {HUMANIZE}")
    held_out = list(_stretches(converter, takes["test"]))
    training = list(_stretches(converter, takes["train"]))
    if not held_out or not training:
        raise ValueError("touch needs two bars or more of drums that were trained on, and of drums that were held out")
    model = load(bundle)
    said: list[tuple[float, Frames]] = []
    for number, first in enumerate(range(0, len(held_out), _BATCH)):
        batch = held_out[first : first + _BATCH]
        chance = np.random.default_rng((seed, number))
        means, _ = model.encode(np.stack([heard for _, heard, _ in batch]))
        decoded = model.decode(means, converter.steps, 1.0, chance)
        said += [(qpm, frames) for (qpm, _, _), frames in zip(batch, decoded.frames, strict=True)]
    generated = [touch_of(converter, frames, qpm) for qpm, frames in said]
    played = [touch_of(converter, frames, qpm) for qpm, _, frames in held_out]
    known = [touch_of(converter, frames, qpm) for qpm, _, frames in training]
    velocities = [[one.velocities for one in ones] for ones in (generated, played, known)]
    lateness = [[one.lateness for one in ones] for ones in (generated, played, known)]
    distances = {"velocity": set_distance(*velocities), "lateness": set_distance(*lateness)}
    return TouchJudgement(
        model=bundle.card.name,
        stretches=len(held_out),
        velocity=(_spread(velocities[0]), _spread(velocities[1])),
        lateness=(_spread(lateness[0]), _spread(lateness[1])),
        distances={name: one for name, one in distances.items() if one is not None},
    )


def touch_of(converter: Grooves, frames: Frames, qpm: float) -> PlayedTouch:
    """How the hits of frames are struck at a tempo."""
    milliseconds = 60_000 / qpm / STEPS_PER_QUARTER
    hits = converter.hits(frames)
    return PlayedTouch(
        tuple(float(min(hit.velocity, MAX_MIDI)) for hit in hits),
        tuple((hit.start - math.floor(hit.start + _HALF_STEP)) * milliseconds for hit in hits),
    )


def _stretches(converter: Grooves, takes: Sequence[PlayedTake]) -> Iterator[tuple[float, NDArray[Any], Frames]]:
    """The tempo of each stretch with a hit, what a model hears of it, and what was played."""
    for take in takes:
        for example in converter.examples(take.hits):
            if example.outputs.any():
                yield take.qpm, example.inputs, example.outputs


def _spread(loops: Sequence[Sequence[float]]) -> float:
    figures = np.concatenate([np.asarray(one, np.float64) for one in loops])
    return float(figures.std()) if len(figures) else 0.0
