"""A timbre model that remembers the codes of its sources, for the next bank of the same sounds."""

from __future__ import annotations

from collections.abc import Sequence

from reverie.timbre.render.renderer import Code, Renderer, Rendering
from reverie.timbre.sound import NoteRequest, Sound
from reverie.timbre.sources.source import fingerprint

MOST = 64 * 1024 * 1024
"""Bytes of the codes that are remembered, the last of them."""


class RememberedCodes:
    """The renderer ``inner``, which encodes each sound once at each pitch: a step of a path only mixes them anew."""

    def __init__(self, inner: Renderer) -> None:
        self._inner = inner
        self._codes: dict[tuple[object, ...], Code] = {}

    @property
    def model(self) -> str:
        """The hash of the model's bundle."""
        return self._inner.model

    def code(
        self, sound: Sound, pitch: float | None, *, own_pitch: float | None = None, transposed: bool = True
    ) -> Code:
        """Encode a source, or remember how it was encoded.

        Raises:
            TimbreError: if the sound cannot be encoded.
        """
        key = fingerprint(sound), pitch, own_pitch, transposed
        code = self._codes.pop(key, None)
        if code is None:
            code = self._inner.code(sound, pitch, own_pitch=own_pitch, transposed=transposed)
        self._codes[key] = code
        while len(self._codes) > 1 and sum(one.nbytes for one in self._codes.values()) > MOST:
            del self._codes[next(iter(self._codes))]
        return code

    def latent(self, seed: int) -> Code:
        """A point of the model's own space.

        Raises:
            TimbreError: if the model has none.
        """
        return self._inner.latent(seed)

    def mix(self, codes: Sequence[Code], weights: Sequence[float], *, spherical: bool = False) -> Code:
        """The point between codes."""
        return self._inner.mix(codes, weights, spherical=spherical)

    def begin(self, codes: Sequence[Code], notes: Sequence[NoteRequest], seed: int) -> Rendering:
        """Begin to render each note from the code beside it."""
        return self._inner.begin(codes, notes, seed)

    def thaw(self, frozen: bytes) -> Rendering:
        """Go on with a rendering from where it was frozen.

        Raises:
            TimbreError: if it is damaged or of another model.
        """
        return self._inner.thaw(frozen)
