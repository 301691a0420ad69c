"""What a model makes of examples that it has not learned from."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np


@dataclass(frozen=True, slots=True)
class HeldOutFigures:
    """What a model makes of examples that it has not learned from.

    Attributes:
        loss: mean cross-entropy of an event, in nats.
        accuracy: share of events that are the likeliest one.
        events: how many there were.
    """

    loss: float
    accuracy: float
    events: int

    @property
    def perplexity(self) -> float:
        """Among how many equally likely events it is as hard to guess."""
        return math.exp(self.loss)

    def as_json(self) -> dict[str, Any]:
        """Plain data, rounded for people."""
        return {
            "loss": round(self.loss, 4),
            "perplexity": round(self.perplexity, 3),
            "accuracy": round(self.accuracy, 4),
            "events": self.events,
        }

    @property
    def words(self) -> str:
        """For a line of a terminal."""
        return f"loss {self.loss:.4f}, perplexity {self.perplexity:.3f}, accuracy {self.accuracy:.1%}"

    @property
    def summaries(self) -> dict[str, float]:
        """For TensorBoard, under the names that Magenta's evaluation gives them."""
        return {"loss": self.loss, "metrics/perplexity": self.perplexity, "metrics/accuracy": self.accuracy}


class LatentWeighing(NamedTuple):
    """How Magenta weighs what a latent vector costs: beyond ``free_bits``, ``beta`` times."""

    beta: float
    free_bits: float

    def loss(self, reconstruction: Any, divergence: Any) -> Any:
        """The loss that training ends with, of examples; all in nats."""
        return reconstruction + self.beta * np.maximum(divergence - self.free_bits * math.log(2), 0)


@dataclass(frozen=True, slots=True)
class LatentFigures(HeldOutFigures):
    """What a MusicVAE makes of examples that it has not learned from.

    ``loss`` is the one that it is trained by, for each step; ``accuracy`` the share of steps that it says right again,
    told those before; of a groove the share of hits that are both said and played among those that are either.

    Attributes:
        reconstruction: Magenta's loss of saying an example again, in nats a step; of a groove with squares of its
            velocities' and offsets' errors.
        divergence: of an example's latent vector from the prior, in nats.
        steps: how many an example has.
        touch: of a groove the root of the mean square by which the velocity (of 127) and the offset (in steps) of a
            hit are wrong, told all that was struck before.
    """

    reconstruction: float = 0.0
    divergence: float = 0.0
    steps: int = 1
    touch: tuple[float, ...] = field(default=())

    @property
    def bound(self) -> float:
        """The negative evidence lower bound, in nats a step: an event is no more surprising than that."""
        return self.reconstruction + self.divergence / self.steps

    @property
    def words(self) -> str:
        """For a line of a terminal."""
        said = f"loss {self.loss:.4f}, reconstruction {self.reconstruction:.4f}, divergence {self.divergence:.1f} nats"
        if self.touch:
            wrong = f"velocities off by {self.touch[0]:.1f}, hits by {self.touch[1]:.3f} steps"
            return f"{said}, hits right {self.accuracy:.1%}, {wrong}"
        return f"{said}, perplexity at most {math.exp(self.bound):.3f}, accuracy {self.accuracy:.1%}"

    @property
    def summaries(self) -> dict[str, float]:
        """For TensorBoard, under the names that Magenta's evaluation gives them."""
        losses = {"losses/r_loss": self.reconstruction * self.steps, "losses/kl_bits": self.divergence / math.log(2)}
        return {"loss": self.loss * self.steps, **losses, "metrics/accuracy": self.accuracy}

    def as_json(self) -> dict[str, Any]:
        """Plain data, rounded for people."""
        told: dict[str, Any] = {
            "loss": round(self.loss, 4),
            "reconstruction": round(self.reconstruction, 4),
            "divergence_nats": round(self.divergence, 2),
            "accuracy": round(self.accuracy, 4),
            "events": self.events,
        }
        if self.touch:
            return told | {"velocity_error": round(self.touch[0], 2), "offset_error_steps": round(self.touch[1], 4)}
        told["reconstruction_perplexity"] = round(math.exp(self.reconstruction), 3)
        return told | {"bound": round(self.bound, 4), "perplexity_at_most": round(math.exp(self.bound), 3)}


@dataclass(frozen=True, slots=True)
class ContourFigures(HeldOutFigures):
    """What a Piano Genie makes of examples that it has not learned from, told the buttons of its own encoder.

    ``loss`` is that of saying each key.

    Attributes:
        along: of the steps to another key, the share in which the button changes the same way.
        against: the share in which it changes the other way.
        buttons: by button how often it is pressed; together 1.
    """

    along: float = 0.0
    against: float = 0.0
    buttons: tuple[float, ...] = ()

    @property
    def words(self) -> str:
        """For a line of a terminal."""
        shares = " ".join(f"{share:.0%}" for share in self.buttons)
        said = f"loss {self.loss:.4f}, perplexity {self.perplexity:.3f}, accuracy {self.accuracy:.1%}"
        return f"{said}, buttons along {self.along:.1%}, against {self.against:.1%}, pressed {shares}"

    @property
    def summaries(self) -> dict[str, float]:
        """For TensorBoard, under the names that Magenta's evaluation gives them where it has one."""
        told = {"loss": self.loss, "metrics/perplexity": self.perplexity, "metrics/accuracy": self.accuracy}
        return told | {"contour_violation": self.against}

    def as_json(self) -> dict[str, Any]:
        """Plain data, rounded for people."""
        return {
            "loss": round(self.loss, 4),
            "perplexity": round(self.perplexity, 3),
            "accuracy": round(self.accuracy, 4),
            "events": self.events,
            "along": round(self.along, 4),
            "against": round(self.against, 4),
            "buttons": [round(share, 4) for share in self.buttons],
        }
