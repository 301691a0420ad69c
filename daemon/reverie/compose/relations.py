"""What a voice has to do with another: a value, which its recipe carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RelationKind = Literal["lock", "answer", "imitate", "avoid", "double", "fill"]


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation to ``voice``.

    ``drum`` names one drum (its MIDI number) of a drum voice; ``delay`` is in bars, ``interval`` in semitones; ``of``
    says which side of the music is meant where there are several; ``weight`` is how much it counts.
    """

    kind: RelationKind
    voice: str
    drum: int | None = None
    delay: int = 0
    interval: int = 0
    of: str = ""
    weight: float = 1.0
