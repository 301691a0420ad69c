"""What turns a point between sounds into notes, whichever model does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from reverie.timbre.sound import NoteRequest, Sound

Code: TypeAlias = NDArray[np.float32]
"""A sound as the model understands it: [frames, channels] of an NSynth encoding, [latent] of a GANSynth latent."""


class Rendering(Protocol):
    """Notes that are being rendered, slice by slice, so that whoever renders can pause, keep its state, or give up."""

    @property
    def done(self) -> float:
        """The share that is done, from 0 to 1."""
        ...

    def advance(self) -> bool:
        """Do a slice of the work, of about a second at most; True once all is done."""
        ...

    def sounds(self) -> Sequence[Sound]:
        """The notes, in the order in which they were asked for; only once all is done."""
        ...

    def freeze(self) -> bytes:
        """All that :meth:`Renderer.thaw` needs to go on from here to the very same samples."""
        ...


class Renderer(Protocol):
    """A timbre model at work."""

    @property
    def model(self) -> str:
        """The hash of the model's bundle, which tells its sounds from those of any other."""
        ...

    def code(
        self, sound: Sound, pitch: float | None, *, own_pitch: float | None = None, transposed: bool = True
    ) -> Code:
        """Encode a source as it is to sound in a note of ``pitch``; ``own_pitch`` is the source's, where that is known.

        It is transposed to that pitch; one whose own pitch is not known as if it were C4, as samplers have it. Without
        a ``pitch``, or where it is not to be ``transposed``, it stays as it is, as a drum does that has none: others
        that are mixed into it may have one.

        Raises:
            TimbreError: if the sound cannot be encoded.
        """
        ...

    def latent(self, seed: int) -> Code:
        """A point of the model's own space, the same for the same seed.

        Raises:
            TimbreError: if the model has none (NSynth).
        """
        ...

    def mix(self, codes: Sequence[Code], weights: Sequence[float], *, spherical: bool = False) -> Code:
        """The point between codes; ``weights`` are not negative and sum to 1."""
        ...

    def begin(self, codes: Sequence[Code], notes: Sequence[NoteRequest], seed: int) -> Rendering:
        """Begin to render each note from the code beside it; the same arguments give the same samples.

        A note sounds at its ``pitch``, at which its code was encoded, too: a whole number but for drums, which have
        any, or none and sound as they are. What a note's velocity and variation change, beside its level, the
        :class:`~reverie.timbre.render.abilities.Abilities` of the family say.
        """
        ...

    def thaw(self, frozen: bytes) -> Rendering:
        """Go on with a rendering from where it was frozen.

        Raises:
            TimbreError: if it is damaged or of another model.
        """
        ...
