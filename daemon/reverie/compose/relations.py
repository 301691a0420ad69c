"""What a voice has to do with another: a value, which its recipe carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RelationKind = Literal["lock", "answer", "imitate", "avoid", "double", "fill", "suit", "accompany", "follow"]


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation to ``voice``.

    ``lock``: the voice begins its notes where the other does; ``answer``: where the other rests; ``imitate``: it plays
    what the other played ``delay`` bars before, ``interval`` semitones higher; ``avoid``: it keeps out of the other's
    ``register``, ``onsets`` or ``density``, as ``of`` says; ``double``: it plays the same, ``interval`` semitones
    higher; ``fill``: it plays more where the other rests; ``suit``: where the harmony binds it, it has on
    strong places what is smooth over the other, a bass (:mod:`reverie.compose.sounding_bass`); ``accompany``: its model
    finds the other's notes there, and adds others to them; ``follow``: its buttons are pressed as the other's notes
    rise and fall.

    ``drum`` names one drum (its MIDI number) of a drum voice, which alone is meant; ``weight`` is how much the relation
    counts beside the likelihood and the fit of a loop, which count 1 each.
    """

    kind: RelationKind
    voice: str
    drum: int | None = None
    delay: int = 0
    interval: int = 0
    of: str = ""
    weight: float = 1.0

    @property
    def suits(self) -> bool:
        """Whether the voice suits the other."""
        return self.kind == "suit" and self.weight > 0

    @property
    def name(self) -> str:
        """By which its score stands in recipes: ``lock:drums:36``."""
        return ":".join(part for part in (self.kind, self.voice, str(self.drum or ""), self.of) if part)
