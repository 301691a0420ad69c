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
from reverie.models.vae.model import Vae, load
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


@dataclass(frozen=True, slots=True, eq=False)
class TakeStretch:
    """Two bars of a take: its tempo, what a model hears of them, and what was played (steps, 27 each)."""

    piece: str
    qpm: float
    heard: NDArray[Any]
    played: Frames


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

    @property
    def words(self) -> str:
        """The spreads, and whether they are near enough."""
        return (
            f"spread of velocities {self.velocity[0]:.1f} (played: {self.velocity[1]:.1f}), of lateness"
            f" {self.lateness[0]:.1f} ms ({self.lateness[1]:.1f} ms): {'both' if self.met else 'not both'} within"
            f" {NEAR_ENOUGH:.0%}"
        )

    def as_text(self) -> str:
        """In words."""
        return f"{self.model}: told {self.stretches} stretches of two held-out bars without touch; {self.words}"

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
    held_out = list(stretches_of(converter, takes["test"]))
    training = list(stretches_of(converter, takes["train"]))
    if not held_out or not training:
        raise ValueError("touch needs two bars or more of drums that were trained on, and of drums that were held out")
    said = answers_to(load(bundle), held_out, seed)
    return touch_compared(bundle.card.name, converter, said, held_out, training)


def answers_to(model: Vae, stretches: Sequence[TakeStretch], seed: int) -> list[Frames]:
    """What a model says of what it hears of each stretch."""
    said: list[Frames] = []
    for number, first in enumerate(range(0, len(stretches), _BATCH)):
        batch = stretches[first : first + _BATCH]
        means, _ = model.encode(np.stack([stretch.heard for stretch in batch]))
        steps = batch[0].played.shape[0]
        said += list(model.decode(means, steps, 1.0, np.random.default_rng((seed, number))).frames)
    return said


def touch_compared(
    name: str,
    converter: Grooves,
    said: Sequence[Frames],
    held_out: Sequence[TakeStretch],
    training: Sequence[TakeStretch],
) -> TouchJudgement:
    """The touch of what a model has said of held-out stretches, beside that of what was played."""
    generated = [touch_of(converter, frames, one.qpm) for frames, one in zip(said, held_out, strict=True)]
    played = [touch_of(converter, one.played, one.qpm) for one in held_out]
    known = [touch_of(converter, one.played, one.qpm) for one in training]
    velocities = [[one.velocities for one in ones] for ones in (generated, played, known)]
    lateness = [[one.lateness for one in ones] for ones in (generated, played, known)]
    distances = {"velocity": set_distance(*velocities), "lateness": set_distance(*lateness)}
    return TouchJudgement(
        model=name,
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


def stretches_of(converter: Grooves, takes: Sequence[PlayedTake]) -> Iterator[TakeStretch]:
    """The stretches of takes that have a hit."""
    for take in takes:
        for example in converter.examples(take.hits):
            if example.outputs.any():
                yield TakeStretch(take.piece, take.qpm, example.inputs, example.outputs)


def _spread(loops: Sequence[Sequence[float]]) -> float:
    figures = np.concatenate([np.asarray(one, np.float64) for one in loops])
    return float(figures.std()) if len(figures) else 0.0
