"""How likely a Coconet finds what is hidden of four parts: the loss that it is trained by, with the same chance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from reverie.models.coconet.part_network import NONE, Coconet, Parts


class HiddenLosses(NamedTuple):
    """For each example the mean of a hidden place in nats; and of all hidden places how many are guessed right."""

    losses: list[float]
    right: int
    events: int


def hidden_places(shape: tuple[int, ...], chance: np.random.Generator) -> NDArray[np.bool_]:
    """Which places (steps, parts) of an example are hidden: any number of them is as likely as any other."""
    places = int(np.prod(shape))
    hidden = np.zeros(places, np.bool_)
    hidden[chance.choice(places, size=int(chance.integers(places)) + 1, replace=False)] = True
    return hidden.reshape(shape)


def hidden_losses(model: Coconet, parts: Parts, chance: np.random.Generator) -> HiddenLosses:
    """What a model makes of hidden places of examples (examples, steps, parts); rests are not asked for."""
    hidden = np.stack([hidden_places(grid.shape, chance) for grid in parts])
    found = model.log_likelihoods(parts, hidden)
    asked = hidden & (parts != NONE)
    costs = -np.take_along_axis(found, np.maximum(parts, 0)[..., None], axis=-1)[..., 0]
    right = (found.argmax(axis=-1) == parts) & asked
    losses = [float(cost[one].mean()) for cost, one in zip(costs, asked, strict=True) if one.any()]
    return HiddenLosses(losses, int(right.sum()), int(asked.sum()))
