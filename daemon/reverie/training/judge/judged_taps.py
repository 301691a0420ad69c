"""Whether a model that makes beats of taps follows them, and how like its beats and their touch are to drummers'.

A GrooVAE is told when something was struck, and not what, nor how hard. What it says is a beat: it should strike where
it was tapped. Any dense beat does at most places, so beside the share of taps that are struck stands the share that
beats would strike which were made of the taps of other pieces. Whether taps are followed is said of silence as well: a
beat that strikes everywhere strikes every tap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.models.errors import ModelError
from reverie.models.library.bundle import Bundle
from reverie.models.vae.grooves import Grooves
from reverie.models.vae.heads import Frames
from reverie.models.vae.model import load
from reverie.music.time import Metre
from reverie.training.judge.distances import SetDistance, set_distance
from reverie.training.judge.judged_touch import (
    PlayedTake,
    TouchJudgement,
    answers_to,
    stretches_of,
    touch_compared,
)
from reverie.training.judge.likelihood import short
from reverie.training.judge.loop_measures import DRUM_MEASURES, JudgedLoop, LoopMeasure
from reverie.training.judge.measure_lines import MeasuredSets, measure_line, measures_as_json
from reverie.training.two_bar_records import training_converter
from reverie.training.workspace import Split

TAPS = "groovae_2bar_tap_fixed_velocity"
FOLLOWS = 0.5
"""By such a share a beat is to be nearer to its taps than one that was made of others."""
_METRE = Metre(4, 4)
_WHOSE = ("own", "of_others")
Steps = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FollowedTaps:
    """How beats stand to the taps that they were made of, and to those of other pieces.

    ``struck`` is the share of tapped sixteenths at which something is struck; ``alike`` the share that are tapped and
    struck of those that are either. Both are of beats and their own taps, then of beats and the taps of other pieces.
    """

    struck: tuple[float, float]
    alike: tuple[float, float]

    @property
    def met(self) -> bool:
        """Whether beats are by half or more nearer to their own taps than to others."""
        own, other = self.alike
        return own - other >= FOLLOWS * (1 - other) > 0


@dataclass(frozen=True, slots=True)
class TapJudgement:
    """All that was found out about a model that makes beats of taps."""

    model: str
    taps: FollowedTaps
    measures: MeasuredSets
    touch: TouchJudgement

    def as_text(self) -> str:
        """In words, and a line for each measure."""
        struck, alike = self.taps.struck, self.taps.alike
        said = (
            f"{self.model}: told the taps of {self.touch.stretches} stretches of two held-out bars, it strikes"
            f" {struck[0]:.1%} of the tapped sixteenths, and by the beats of other taps {struck[1]:.1%} would be;"
            f" {alike[0]:.1%} of what is tapped or struck is both, by the beats of other taps {alike[1]:.1%}: taps are"
            f" {'followed' if self.taps.met else 'NOT followed'}"
        )
        lines = [measure_line(measure, found) for measure, found in self.measures.values()]
        return "\n".join([said, *lines, self.touch.words])

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            **self.touch.as_json(),
            "taps": {
                "struck": dict(zip(_WHOSE, map(short, self.taps.struck), strict=True)),
                "alike": dict(zip(_WHOSE, map(short, self.taps.alike), strict=True)),
                "met": self.taps.met,
            },
            "measures": measures_as_json(self.measures),
        }


def judge_taps(bundle: Bundle, takes: Mapping[Split, Sequence[PlayedTake]], seed: int = 0) -> TapJudgement:
    """Judge a model that makes beats of taps by those of held-out beats.

    Raises:
        ModelError: if it is none.
        ValueError: if there are not two bars of drums that were trained on, and of two pieces that were held out.
    """
    if bundle.card.config != TAPS:
        raise ModelError(f"{bundle.card.name}: is of {bundle.card.config}; taps are followed by models of {TAPS}")
    converter = training_converter(TAPS)
    assert isinstance(converter, Grooves)  # noqa: S101 - as every GrooVAE's
    held_out = list(stretches_of(converter, takes["test"]))
    training = list(stretches_of(converter, takes["train"]))
    if not training or len({one.piece for one in held_out}) < 2:  # noqa: PLR2004 - each is another's other
        raise ValueError(
            "taps need two bars or more of drums that were trained on, and of two pieces that were held out"
        )
    said = answers_to(load(bundle), held_out, seed)
    sets = [
        [_loop(converter, frames) for frames in some]
        for some in (said, [one.played for one in held_out], [one.played for one in training])
    ]
    measures: dict[str, tuple[LoopMeasure[JudgedLoop], SetDistance]] = {}
    for name, measure in DRUM_MEASURES.items():
        found = None if measure.long else set_distance(*([list(measure.of(loop)) for loop in some] for some in sets))
        if found is not None:
            measures[name] = measure, found
    taps = np.stack([_struck(converter, one.heard) for one in held_out])
    beats = np.stack([_struck(converter, frames) for frames in said])
    followed = followed_taps(taps, beats, [one.piece for one in held_out])
    touch = touch_compared(bundle.card.name, converter, said, held_out, training)
    return TapJudgement(bundle.card.name, followed, measures, touch)


def followed_taps(taps: Steps, beats: Steps, pieces: Sequence[str]) -> FollowedTaps:
    """How beats stand to the taps that they were made of, and to those of other pieces.

    Args:
        taps: whether each step is tapped (stretches, steps).
        beats: whether each step is struck, by the beat that was made of each stretch's taps.
        pieces: the piece of each stretch.
    """
    both = taps.astype(np.int64) @ beats.T.astype(np.int64)
    tapped = np.broadcast_to(taps.sum(axis=1)[:, None], both.shape)
    either = tapped + beats.sum(axis=1)[None, :] - both
    numbers = np.unique(np.asarray(pieces), return_inverse=True)[1]
    other = numbers[:, None] != numbers[None, :]
    own = np.eye(len(both), dtype=bool)
    return FollowedTaps(
        struck=(float(both[own].sum() / tapped[own].sum()), float(both[other].sum() / tapped[other].sum())),
        alike=(float(both[own].sum() / either[own].sum()), float(both[other].sum() / either[other].sum())),
    )


def _struck(converter: Grooves, frames: Frames) -> Steps:
    return np.array([bool(one) for one in converter.struck(frames)])


def _loop(converter: Grooves, frames: Frames) -> JudgedLoop:
    struck = converter.struck(frames)
    return JudgedLoop(_METRE, struck, struck)
