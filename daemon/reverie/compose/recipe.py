"""The recipe of a loop: everything needed to make it again to the byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any, Literal

from reverie.music.notes import Note, notes_as_json, notes_from_json
from reverie.music.time import Metre
from reverie.music.voice_kinds import VOICE_KINDS, VoiceTraits

Operator = Literal["reset", "continue", "mutate"]


@dataclass(frozen=True, slots=True)
class LoopLimits:
    """What a voice allows, which the guards enforce.

    ``low`` and ``high`` are MIDI pitches, ``least`` and ``most`` notes a bar on
    average (with a least of 1 or more no bar is empty), ``polyphony`` notes at a time.
    ``scale`` is a name in :data:`reverie.music.harmony.SCALES` on ``tonic``; drums ignore pitch and scale.
    """

    low: int = 0
    high: int = 127
    least: float = 0.5
    most: float = 16.0
    polyphony: int = 1
    tonic: int = 0
    scale: str = "chromatic"
    velocity_low: int = 80
    velocity_high: int = 100


@dataclass(frozen=True, slots=True)
class ContinuedPast:
    """What has to be drawn again to remember a loop that is continued: which of how many, and how long."""

    seed: int
    temperature: float
    candidates: int
    choice: int
    steps: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """One request to a model.

    ``primer`` is what the model hears before it composes: notes in ticks from 0, ``primer_steps`` sixteenths long (0
    for none). ``bars`` is the length of the loop to make. With ``mutate`` the primer is also kept as the loop's first
    part and the model composes the rest; otherwise the loop is wholly new. A loop that continues others has the first
    one's primer, and those others, oldest first, as its ``past``: what the model remembers of them can be drawn again.

    ``candidates`` loops are composed at once. ``before`` is the loop that came before, from which the one that is kept
    shall differ by a share within ``novelty``. ``choice``, ``score`` and ``engine`` are there once one was kept: its
    number, why it was it (:mod:`reverie.compose.selection`), and what composed it.
    """

    scene: str
    scene_hash: str
    voice: str
    kind: str
    model: str
    model_hash: str
    operator: Operator
    seed: int
    temperature: float
    bars: int
    metre: Metre
    primer: tuple[Note, ...]
    primer_steps: int
    limits: LoopLimits
    past: tuple[ContinuedPast, ...] = ()
    candidates: int = 1
    before: tuple[Note, ...] = ()
    novelty: tuple[float, float] = (0.0, 1.0)
    choice: int | None = None
    score: Mapping[str, float] = field(default_factory=dict[str, float])
    engine: str = ""

    @property
    def traits(self) -> VoiceTraits:
        """What sets its kind of voice apart.

        Raises:
            KeyError: if there is no such kind: what was kept may have been made by another version.
        """
        return VOICE_KINDS[self.kind]

    @property
    def steps(self) -> int:
        """How many sixteenths the model has to compose."""
        whole = self.bars * self.metre.bar_steps
        return whole - self.primer_steps if self.operator == "mutate" else whole

    @property
    def id(self) -> str:
        """A short hash of all of it but the score, which is a measurement: equal ids mean equal music."""
        return _hash({name: value for name, value in self.as_json().items() if name != "score"})

    @property
    def memory(self) -> str | None:
        """The name of what the model remembers before it composes this; None where that is the primer alone."""
        return self._memory(self.past) if self.past else None

    @property
    def remembered(self) -> tuple[ContinuedPast, ...]:
        """The past of a loop that continues the one which was made by this; nothing where none was kept."""
        if self.choice is None:
            return ()
        return (*self.past, ContinuedPast(self.seed, self.temperature, self.candidates, self.choice, self.steps))

    @property
    def memory_after(self) -> str:
        """The name of what the model remembers after it has composed this."""
        return self._memory(self.remembered)

    def _memory(self, past: Sequence[ContinuedPast]) -> str:
        told = {name: value for name, value in self.as_json().items() if name in _TOLD}
        return _hash({**told, "past": [astuple(one) for one in past]})

    def as_json(self) -> dict[str, Any]:
        """Plain data for a message or a file."""
        data: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        data["metre"] = str(self.metre)
        data["primer"] = notes_as_json(self.primer)
        data["before"] = notes_as_json(self.before)
        data["novelty"] = list(self.novelty)
        data["score"] = dict(self.score)
        data["past"] = [list(astuple(one)) for one in self.past]
        data["limits"] = {name: getattr(self.limits, name) for name in self.limits.__slots__}
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Recipe:
        """Read :meth:`as_json`'s data.

        Raises:
            ValueError, KeyError, TypeError: if it is no recipe.
        """
        fields = dict(data)
        fields["metre"] = Metre.parse(fields["metre"])
        fields["primer"] = notes_from_json(fields["primer"])
        fields["limits"] = LoopLimits(**fields["limits"])
        fields["before"] = notes_from_json(fields.get("before", ()))
        low, high = fields.get("novelty", (0.0, 1.0))
        fields["novelty"] = (float(low), float(high))
        fields["past"] = tuple(ContinuedPast(*one) for one in fields.get("past", ()))
        return cls(**fields)


_TOLD = {"model_hash", "kind", "primer", "primer_steps", "limits"}
"""What a model's memory depends on, besides the past."""


def _hash(data: Mapping[str, Any]) -> str:
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
