"""The latents that were found for sounds, kept for all banks that they are mixed into."""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.files import oldest_first, read_file, write_atomically
from reverie.models.archive import packed, unpacked
from reverie.timbre.recipe import Ingredient

MOST = 512
"""Latents that are kept; a kilobyte each, and found again in seconds."""
_FOLDER = "latents"


class LatentShelf:
    """A folder of latents by model, sound, its pitch and version of the search; what is damaged is not there."""

    def __init__(self, cache: Path, model: str) -> None:
        self._folder, self._model = cache / _FOLDER, model

    @property
    def bytes(self) -> int:
        """What they take."""
        total = 0
        with contextlib.suppress(OSError):
            for path in self._folder.iterdir():
                total += path.stat().st_size
        return total

    def get(self, sound: Ingredient) -> NDArray[np.float32] | None:
        """What was found for a sound; None if nothing was, or nothing that can be read."""
        try:
            latent: NDArray[Any] = unpacked(read_file(self._path(sound)))["latent"]
        except (OSError, ValueError, LookupError):
            return None
        return latent if latent.dtype == np.float32 and latent.ndim == 1 and np.isfinite(latent).all() else None

    def keep(self, sound: Ingredient, latent: NDArray[np.float32]) -> None:
        """Keep what was found; the oldest make room.

        Raises:
            OSError: if the folder cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self._path(sound), packed({"latent": latent}))
        for path in oldest_first(self._folder.iterdir())[:-MOST]:
            path.unlink(missing_ok=True)

    def _path(self, sound: Ingredient) -> Path:
        told = json.dumps([self._model, *sound.key])
        return self._folder / hashlib.sha256(told.encode()).hexdigest()
