"""What a Coconet's weights do not show: its pitches, its steps, and how far apart the taps of its layers lie.

Source: ``lib_hparams.py`` in Magenta 2.1.4 (``magenta/models/coconet``), which writes all of it into a file ``config``
beside a checkpoint; and ``music/src/coconet/model.ts`` in magenta.js 1.23, where that of the published model stands in
the code.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reverie.models.errors import ModelError

Dilation = tuple[int, int]
"""How many steps, and how many semitones, neighbouring taps of a layer are apart."""

LOWEST, PITCHES, STEPS_PER_QUARTER, SPAN = "lowest", "pitches", "steps_per_quarter", "span"
CONTEXT, RESIDUAL, DILATIONS = "context", "residual", "dilations"

_DILATION = re.compile(r"([1-9]\d{0,2})x([1-9]\d{0,2})")
_SECONDS_OF_A_QUARTER = 0.5
"""Magenta's quantization levels are seconds at 120 quarters a minute."""
_MOST_PITCHES = 128
_MOST_STEPS = 4096


@dataclass(frozen=True, slots=True)
class CoconetDesign:
    """How a Coconet hears.

    Attributes:
        lowest: its lowest pitch, as MIDI counts.
        pitches: how many it has, a semitone apart.
        steps_per_quarter: its steps in a quarter.
        span: the steps of the passages that it learned from.
        context: whether it is told which places are known; else which are not.
        residual: whether every second layer adds what came two layers before.
        dilations: those of its layers but the first and the last two, over and over; none: all are 1x1.
    """

    lowest: int = 36
    pitches: int = 46
    steps_per_quarter: int = 4
    span: int = 64
    context: bool = True
    residual: bool = True
    dilations: tuple[Dilation, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no model has.

        Raises:
            ModelError: if a pitch is none of MIDI's, or there is no step.
        """
        if not (self.lowest >= 0 and self.pitches > 0 and self.lowest + self.pitches <= _MOST_PITCHES):
            raise ModelError(f"{self.pitches} pitches from {self.lowest} on are none of MIDI's")
        if not 0 < self.steps_per_quarter <= 4 or 4 % self.steps_per_quarter:  # noqa: PLR2004 - sixteenths
            raise ModelError(f"a quarter has 1, 2 or 4 steps, not {self.steps_per_quarter}")
        if not 0 < self.span <= _MOST_STEPS:
            raise ModelError(f"a passage has 1 to {_MOST_STEPS} steps, not {self.span}")

    def dilation(self, layer: int, layers: int) -> Dilation:
        """That of layer ``layer`` of ``layers``; the first and the last two have none."""
        if not self.dilations or not 0 < layer < layers - 2:
            return (1, 1)
        return self.dilations[(layer - 1) % len(self.dilations)]

    def as_settings(self) -> dict[str, int | float | bool | str]:
        """As a model card has it."""
        return {
            LOWEST: self.lowest,
            PITCHES: self.pitches,
            STEPS_PER_QUARTER: self.steps_per_quarter,
            SPAN: self.span,
            CONTEXT: self.context,
            RESIDUAL: self.residual,
            DILATIONS: " ".join(f"{steps}x{semitones}" for steps, semitones in self.dilations),
        }

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> CoconetDesign:
        """Read a model card's settings; what is not there is as in Magenta's published models.

        Raises:
            ModelError: if one is wrong.
        """
        plain = cls()

        def number(name: str, otherwise: int) -> int:
            value = settings.get(name, otherwise)
            if not isinstance(value, int) or isinstance(value, bool):
                raise ModelError(f"{name} of a Coconet is {value!r}, and must be a whole number")
            return value

        context, residual = settings.get(CONTEXT, True), settings.get(RESIDUAL, True)
        if not isinstance(context, bool) or not isinstance(residual, bool):
            raise ModelError(f"{CONTEXT} and {RESIDUAL} of a Coconet are true or false")
        return cls(
            number(LOWEST, plain.lowest),
            number(PITCHES, plain.pitches),
            number(STEPS_PER_QUARTER, plain.steps_per_quarter),
            number(SPAN, plain.span),
            context,
            residual,
            _dilations(settings.get(DILATIONS, "")),
        )

    @classmethod
    def of_hparams(cls, hparams: Mapping[str, Any]) -> CoconetDesign:
        """Read Magenta's hyperparameters; those that are not there have Magenta's defaults.

        Raises:
            ModelError: if they are of another kind of model than is played here.
        """
        told = {**_DEFAULTS, **hparams}
        if told["num_instruments"] != PARTS or not told["separate_instruments"]:
            raise ModelError(
                f"its config does not say that it has {PARTS} parts by themselves, and no other is played here"
            )
        if not told["batch_norm"]:
            raise ModelError("its config says that it has no batch_norm, and no such Coconet is played here")
        try:
            low, high, span = int(told["min_pitch"]), int(told["max_pitch"]), int(told["crop_piece_len"])
            a_quarter = _SECONDS_OF_A_QUARTER / float(told["quantization_level"])
        except (TypeError, ValueError, ArithmeticError) as error:
            raise ModelError(f"its config cannot be read ({error})") from error
        if a_quarter != round(a_quarter):
            raise ModelError(f"its quantization_level of {told['quantization_level']} is no part of a quarter")
        dilations: tuple[Dilation, ...] = ()
        if told["architecture"] == "dilated":
            dilations = _block(span, high + 1 - low, told)
        elif told["architecture"] != "straight":
            raise ModelError(f"its architecture is {told['architecture']!r}; straight and dilated ones are played here")
        context, residual = bool(told["mask_indicates_context"]), bool(told["use_residual"])
        return cls(low, high + 1 - low, round(a_quarter), span, context, residual, dilations)


PARTS = 4
"""Soprano, alto, tenor and bass."""

_DEFAULTS: Mapping[str, Any] = {
    "num_instruments": 4,
    "separate_instruments": True,
    "batch_norm": True,
    "min_pitch": 36,
    "max_pitch": 81,
    "crop_piece_len": 64,
    "quantization_level": 0.125,
    "architecture": "straight",
    "mask_indicates_context": False,
    "use_residual": True,
    "dilate_time_only": False,
    "repeat_last_dilation_level": False,
}
"""Those of Magenta 2.1.4."""

PUBLISHED = CoconetDesign(span=32, dilations=((1, 1), (2, 2), (4, 4), (8, 8), (16, 16), (16, 32)))
"""That of magenta.js's model ``bach``, whose files do not say it."""


def _block(span: int, pitches: int, told: Mapping[str, Any]) -> tuple[Dilation, ...]:
    """The dilations of a block of Magenta's: they double until they would reach beyond the passage."""
    longest, widest = (max(math.ceil(math.log2(size)) - 1, 0) for size in (span, pitches))
    last = max(longest, widest) + bool(told["repeat_last_dilation_level"])
    semitones_too = not told["dilate_time_only"]
    return tuple(
        (2 ** min(level, longest), 2 ** min(level, widest) if semitones_too else 1) for level in range(last + 1)
    )


def _dilations(text: Any) -> tuple[Dilation, ...]:
    if not isinstance(text, str):
        raise ModelError(f"{DILATIONS} of a Coconet is a text such as '1x1 2x2', not {text!r}")
    found = [_DILATION.fullmatch(one) for one in text.split()]
    if None in found:
        raise ModelError(f"{DILATIONS} of a Coconet is such as '1x1 2x2', not {text!r}")
    return tuple((int(one[1]), int(one[2])) for one in found if one)
