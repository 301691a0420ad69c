"""What a family of timbre models can do with a note, beside its pitch and how long it lasts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Abilities:
    """What differs between two notes of one pitch, whether a sound can be without one, and how it is heard.

    ``velocities`` says that a softer note has another colour, not only another level; ``variations`` that each
    variation of a note differs from the others; ``unpitched`` that a note without a pitch sounds as its sources do.
    ``search`` is the version of the search for a sound's code, which is raised whenever it finds others; 0 says that
    there is none, and sounds are encoded at once.
    ``hears`` is the rate in Hz at which its models hear their sources.
    """

    velocities: bool = False
    variations: bool = False
    unpitched: bool = False
    search: int = 0
    hears: int = 16_000
