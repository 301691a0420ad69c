"""The fixed question that a MusicVAE is asked after it was compiled, copied or moved to another machine."""

from __future__ import annotations

import numpy as np

from reverie.models.library.bundle import Bundle
from reverie.models.vae.model import load

_SEQUENCES = 2
_STEPS = 24
"""Of which a conductor leads two segments, and every third is part of the answer."""


def answer(bundle: Bundle, question: int) -> tuple[float, ...]:
    """Log-probabilities of frames given latent vectors, both drawn at random; 16 of them.

    The frames are not the model's own, so that a small difference in one step does not become another sequence.

    Raises:
        ModelError: if the bundle is no MusicVAE.
    """
    vae = load(bundle)
    rng = np.random.default_rng(question)
    z = rng.standard_normal((_SEQUENCES, vae.latent_size)).astype(np.float32)
    shape = (_SEQUENCES, _STEPS)
    classes = [count for core in vae.wiring.cores for count in core]
    if classes:
        frames = np.stack([rng.integers(0, count, shape) for count in classes], axis=-1)
    else:
        frames = rng.random((*shape, vae.frame_width)).astype(np.float32)
        drums = vae.frame_width // 3
        frames[..., :drums] = frames[..., :drums] > 0.5  # noqa: PLR2004 - a hit or none
    return tuple(round(float(p), 6) for p in vae.log_likelihood(z, frames)[:, ::3].ravel())
