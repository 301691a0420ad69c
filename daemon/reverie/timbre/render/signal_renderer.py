"""Sounds taken apart and put together again as a timbre's renderer: nothing is learned, and so nothing is forgotten.

The model is that of DDSP (Engel and others, 2020), harmonics and filtered noise, without a network: what a network
would foretell is measured in the source.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.models.archive import packed, unpacked
from reverie.models.errors import ModelError
from reverie.models.library.bundle import Bundle
from reverie.models.library.index import identity
from reverie.timbre.errors import TimbreError
from reverie.timbre.render.note_table import notes_of, table_of
from reverie.timbre.render.renderer import Code
from reverie.timbre.signals.analysis import Analysis, analyse
from reverie.timbre.signals.frames import HOP, RATE
from reverie.timbre.signals.mixture import mix
from reverie.timbre.signals.playing import play
from reverie.timbre.signals.sound_parts import SoundParts
from reverie.timbre.sound import NoteRequest, Sound
from reverie.timbre.sources.resample import resampled

VERSION = 1
"""Of all that decides how something sounds. A bundle says for which it was made, so that its banks have other ids."""
_MOST = 16
"""Sounds that are kept taken apart."""
_AT_ONCE = 4
"""Notes of a slice."""
_SHORTEST = 4 * HOP


class SignalRenderer:
    """A bundle at work; there are no weights in it."""

    def __init__(self, bundle: Bundle) -> None:
        """Begin with nothing.

        Raises:
            ModelError: if the bundle is of another version.
        """
        if bundle.card.settings.get("version") != VERSION:
            raise ModelError(f"{bundle.card.name}: is of another version of Reverie; take the one that is shipped")
        self.model = identity(bundle.card)
        self._name = bundle.card.name
        self._analyses: dict[tuple[bytes, int, float | None], Analysis] = {}

    def code(
        self, sound: Sound, pitch: float | None, *, own_pitch: float | None = None, transposed: bool = True
    ) -> Code:
        """A sound's parts at ``pitch``; a source without a pitch of its own sounds as it is at middle C.

        Raises:
            TimbreError: if the sound is none.
        """
        samples = sound.samples
        if not np.isfinite(samples).all() or not samples.any():
            raise TimbreError("the sound is empty, or has samples that are no numbers; record or export it anew")
        key = samples.tobytes(), sound.rate, own_pitch
        if key not in self._analyses:
            heard = resampled(samples, sound.rate, RATE)
            self._analyses[key] = analyse(np.pad(heard, (0, max(0, _SHORTEST - len(heard)))), own_pitch)
            for old in [*self._analyses][:-_MOST]:
                del self._analyses[old]
        return self._analyses[key].at(pitch, transposed=transposed).code()

    def latent(self, seed: int) -> Code:
        """There is none.

        Raises:
            TimbreError: always.
        """
        raise TimbreError(
            f"the model {self._name} knows no sounds of its own (latent {seed}); give it files, or write model: timbre"
        )

    def mix(self, codes: Sequence[Code], weights: Sequence[float], *, spherical: bool = False) -> Code:
        """The sound between sounds; there is no sphere to go along.

        Raises:
            TimbreError: if the codes are not of one pitch, or the weights do not fit.
        """
        del spherical
        return mix([SoundParts.of_code(code) for code in codes], weights).code()

    def begin(self, codes: Sequence[Code], notes: Sequence[NoteRequest], seed: int) -> SignalRendering:
        """Begin to render notes; the noise of each follows from ``seed`` and its place.

        Raises:
            TimbreError: if there is not one code for each note.
        """
        if len(codes) != len(notes):
            raise TimbreError(f"{len(codes)} codes for {len(notes)} notes; give each note one")
        return SignalRendering(self.model, tuple(codes), tuple(notes), seed, ())

    def thaw(self, frozen: bytes) -> SignalRendering:
        """Go on with a rendering from where it was frozen.

        Raises:
            TimbreError: if it is damaged or of another model.
        """
        try:
            tensors = unpacked(frozen)
            model, notes = tensors["model"].tobytes().decode(), tuple(notes_of(tensors["notes"]))
            codes = tuple(tensors[f"code{number}"] for number in range(len(notes)))
            made = tuple(tensors[f"sound{number}"] for number in range(int(tensors["made"])))
            rendering = SignalRendering(model, codes, notes, int(tensors["seed"]), made)
        except (ValueError, LookupError, TypeError) as error:
            raise TimbreError("what was rendered so far is damaged, so it must be begun anew") from error
        if model != self.model:
            raise TimbreError(f"what was rendered so far is of another model than {self._name}; begin anew")
        return rendering


class SignalRendering:
    """Notes in the making, one after the other."""

    def __init__(
        self,
        model: str,
        codes: tuple[Code, ...],
        notes: tuple[NoteRequest, ...],
        seed: int,
        made: tuple[NDArray[np.float32], ...],
    ) -> None:
        """Go on from what is ``made``."""
        self._model, self._codes, self._notes, self._seed = model, codes, notes, seed
        self._made = list(made)

    @property
    def done(self) -> float:
        """The share that is done, from 0 to 1."""
        return len(self._made) / len(self._notes) if self._notes else 1.0

    def advance(self) -> bool:
        """Make the next few notes; True once all is done."""
        first = len(self._made)
        for place in range(first, min(first + _AT_ONCE, len(self._notes))):
            note, parts = self._notes[place], SoundParts.of_code(self._codes[place])
            chance = int(np.random.default_rng((self._seed, place)).integers(1 << 32))
            made = play(parts, note.pitch, note.velocity, note.seconds, chance, note.variation)
            self._made.append(made.astype(np.float32))
        return len(self._made) == len(self._notes)

    def sounds(self) -> list[Sound]:
        """The notes; only once all is done."""
        return [Sound(samples, RATE) for samples in self._made]

    def freeze(self) -> bytes:
        """All that :meth:`SignalRenderer.thaw` needs to go on from here to the very same samples."""
        tensors: dict[str, NDArray[Any]] = {
            "model": np.frombuffer(self._model.encode(), np.uint8),
            "notes": table_of(self._notes),
            "seed": np.array(self._seed),
            "made": np.array(len(self._made)),
        }
        tensors |= {f"code{number}": code for number, code in enumerate(self._codes)}
        return packed(tensors | {f"sound{number}": made for number, made in enumerate(self._made)})
