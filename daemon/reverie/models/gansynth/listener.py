"""The listener: what a GANSynth of Reverie's own hears in a sound, as a latent vector that makes one like it.

Magenta's GANSynth has none: it draws timbres and cannot be given one. Ours was trained together with a network of the
shape of Magenta's discriminator (``discriminator`` in ``magenta/models/gansynth/lib/networks.py``, Magenta 2.1.4), but
that it hears magnitudes only, at a quarter of the resolution, and answers with a latent vector.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reverie.models.errors import ModelError
from reverie.models.gansynth.convolution import Convolution
from reverie.models.library.bundle import Bundle

Array = NDArray[np.float32]

QUARTER = 4
SCALE, SHIFT = 0.09, -0.27
"""What logarithms of power are scaled and shifted by."""
QUIETEST = -7.0
"""The logarithm of power that counts as silence, where the loudest of a sound is at :data:`LOUDEST`."""
LOUDEST = 11.0

_ONSET = 9.0
"""How far below the loudest a frame's loudest band is where a sound begins, in nats: 39 dB."""
_LEAD = 4
"""Frames before the onset."""
_PARTS = "listener."
_LEAK = np.float32(0.2)


def heard(logarithm: Array) -> Array:
    """What the network is given of the logarithm of power [frames, bins] in mel bands: [frames / 4, bins / 4].

    However loud a sound is and whenever it begins, it is brought to one level and to one beginning.
    """
    loudest = float(logarithm.max())
    begin = int(np.argmax(logarithm.max(axis=1) > loudest - _ONSET)) - _LEAD
    rows, columns = logarithm.shape
    aligned = np.full((rows, columns), QUIETEST, np.float32)
    kept = logarithm[max(begin, 0) : rows + min(begin, 0)]
    aligned[max(-begin, 0) : max(-begin, 0) + len(kept)] = kept + np.float32(LOUDEST - loudest)
    scaled = np.clip(np.float32(SCALE) * np.maximum(aligned, QUIETEST) + np.float32(SHIFT), -1.0, 1.0)
    return scaled.reshape(rows // QUARTER, QUARTER, columns // QUARTER, QUARTER).mean(axis=(1, 3), dtype=np.float32)


class Listener:
    """The part of a bundle that listens."""

    def __init__(self, bundle: Bundle) -> None:
        """Compile a bundle.

        Raises:
            ModelError: if it has no listener.
        """
        weights = {name.removeprefix(_PARTS): tensor for name, tensor in bundle.weights.items() if has(name)}
        self._count = sum(name.endswith("conv0.kernel") for name in weights)
        try:
            self._rgb = weights["rgb.kernel"], weights["rgb.bias"]
            self._blocks = [
                tuple(
                    Convolution(weights[f"blocks.{n}.{part}.kernel"], weights[f"blocks.{n}.{part}.bias"])
                    for part in ("conv0", "conv1")[: 2 if n else 1]
                )
                for n in range(self._count)
            ]
            self._last = weights["blocks.0.conv1.kernel"], weights["blocks.0.conv1.bias"]
            self._latent = weights["latent.kernel"], weights["latent.bias"]
        except KeyError as error:
            raise ModelError(
                f"{bundle.card.name} has no {_PARTS}{error.args[0]}, so it cannot hear sounds; give it latents"
            ) from error

    def latent(self, specgram: Array, label: int | None) -> Array:
        """The latent of a specgram [2, frames, bins]; it hears by itself what is pitch, and needs no ``label``.

        Raises:
            ModelError: if the specgram is not of the size that the listener was trained with.
        """
        del label
        return self.answer(heard(specgram[0]))

    def answer(self, magnitudes: Array) -> Array:
        """The latent of what :func:`heard` gives.

        Raises:
            ModelError: if that is not of the size that the listener was trained with.
        """
        height, width = self._last[0].shape[:2]
        scale = 1 << (self._count - 1)
        if magnitudes.shape != (height * scale, width * scale):
            raise ModelError(f"the listener hears {height * scale} x {width * scale} numbers, not {magnitudes.shape}")
        kernel, bias = self._rgb
        x = _rectified(kernel[:, None] * magnitudes[:, None] + bias[:, None])
        for n in reversed(range(self._count)):
            for convolution in self._blocks[n]:
                x = _rectified(convolution(x, len(x)))
            if n:
                rows, channels, columns = x.shape
                x = x.reshape(rows // 2, 2, channels, columns // 2, 2).mean(axis=(1, 4))
        last, bias = self._last
        x = _rectified(np.einsum("hcw,hwco->o", x, last, optimize=True) + bias)
        kernel, bias = self._latent
        return x @ kernel + bias


def has(name: str) -> bool:
    """Whether a tensor of a bundle is a listener's; only models of Reverie's own have any."""
    return name.startswith(_PARTS)


def _rectified(x: Array) -> Array:
    return np.maximum(x, _LEAK * x)
