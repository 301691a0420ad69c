"""What the page shows: one piece, or one of two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie.measure.piece import Piece


@dataclass(frozen=True)
class AuditionSide:
    """One piece on the page. ``name`` tells it from the other; ``about`` says where it comes from.

    ``sound`` is a sound file of it and ``sound_name`` what the page calls it, beside itself; without one, ``silence``
    says why.
    """

    name: str
    about: str
    piece: Piece
    figures: Mapping[str, Any]
    sound: Path | None = None
    sound_name: str = ""
    silence: str = ""
