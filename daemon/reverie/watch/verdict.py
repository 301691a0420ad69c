"""A judgement and its sentence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement and the sentence that explains it to a person."""

    ok: bool
    sentence: str
