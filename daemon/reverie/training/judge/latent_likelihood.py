"""What a MusicVAE makes of examples that it has not seen: how well it says them again, and what their place costs.

The engine that plays the model is asked, which equals Magenta's graph. Magenta's own evaluation lets a model that was
trained by scheduled sampling hear what it has said itself, so that its loss is no likelihood; here it hears the
example.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from reverie.models.vae.heads import Frames, if_struck
from reverie.models.vae.model import Vae
from reverie.models.vae.wirings import wiring_of
from reverie.music.notes import MAX_MIDI
from reverie.training.held_out_figures import LatentFigures, LatentWeighing

_ROWS = 64
"""Examples that are heard side by side."""
_LEAST = 1e-7
"""What Magenta's loss of hits adds to each probability."""


def latent_figures(vae: Vae, weighing: LatentWeighing, converter: Any, examples: Iterator[Frames]) -> LatentFigures:
    """What a model makes of examples.

    Raises:
        ValueError: if there are no examples.
    """
    chance = np.random.default_rng(0)
    parts: list[_HeardRows] = []
    while rows := list(islice(examples, _ROWS)):
        said = np.stack(rows)
        mean, deviation = vae.encode(np.stack([converter.heard(frames) for frames in rows]))
        z = (mean + deviation * chance.standard_normal(mean.shape)).astype(np.float32)
        variance = np.square(deviation, dtype=np.float64)
        divergence = 0.5 * (variance + np.square(mean, dtype=np.float64) - 1 - np.log(variance)).sum(axis=1)
        parts.append(_heard_rows(vae, z, said, divergence))
    if not parts:
        raise ValueError("there are no examples")
    costs, divergence = (np.concatenate([part[place] for part in parts]) for place in (0, 1))
    right, asked = (sum(part[place] for part in parts) for place in (2, 3))
    steps = wiring_of(vae.config).longest
    hits = sum(part.hits for part in parts)
    wrong = np.sum([part.wrong for part in parts], axis=0)
    return LatentFigures(
        loss=float(weighing.loss(costs, divergence).mean()) / steps,
        accuracy=float(right / max(1, asked)),
        events=len(costs) * steps,
        reconstruction=float(costs.mean()) / steps,
        divergence=float(divergence.mean()),
        steps=steps,
        touch=tuple(float(one) for one in np.sqrt(wrong / max(1, hits))),
    )


class _HeardRows(NamedTuple):
    costs: Any
    divergence: Any
    right: float
    asked: float
    wrong: Any
    hits: float


def _heard_rows(vae: Vae, z: Any, said: Any, divergence: Any) -> _HeardRows:
    meant = vae.activated(z, said)
    if np.issubdtype(said.dtype, np.integer):
        chances = np.take_along_axis(meant, said, axis=-1)[..., 0]
        costs = -np.log(np.maximum(chances, np.finfo(np.float32).tiny)).sum(axis=1)
        right = float((meant.argmax(axis=-1) == said[..., 0]).sum())
        return _HeardRows(costs, divergence, right, said.shape[0] * said.shape[1], np.zeros(0), 0)
    hits, velocities, offsets = np.split(said.astype(np.float64), 3, axis=-1)
    chances, loudness, lateness = np.split(meant, 3, axis=-1)
    log_loss = -hits * np.log(chances + _LEAST) - (1 - hits) * np.log(1 - chances + _LEAST)
    squares = [np.square(loudness - velocities), np.square(lateness - offsets)]
    wrong = [np.square(if_struck(chances, loudness) - velocities), squares[1]]
    costs = (log_loss + squares[0] + squares[1]).sum(axis=(1, 2))
    struck, played = chances > 0.5, hits > 0.5  # noqa: PLR2004 - as Magenta reads a hit
    errors = np.array([(wrong[0] * hits).sum() * MAX_MIDI**2, (wrong[1] * hits).sum() / 4])
    return _HeardRows(
        costs, divergence, float((struck & played).sum()), float((struck | played).sum()), errors, hits.sum()
    )
