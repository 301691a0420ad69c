"""The kinds of voice that there are, and what sets each apart: one table, which all code asks in place of names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from reverie.music.time import TICKS_PER_STEP


@dataclass(frozen=True, slots=True)
class VoiceTraits:
    """What one kind of voice is.

    ``order`` says when its loops are composed beside those of other kinds, the lowest first: a voice can hear those
    before it. ``drums``: its pitches are drums, which have no key, no register and no length, and any of which may be
    struck together. ``polyphony`` is how many notes it may have at a time, which drums ignore; of too many the
    ``outermost`` is kept. ``grid`` is the distance in ticks of the places on which its primers, and the notes of its
    models, begin and end. ``dynamics``: its models compose velocities; else the weight of the beat gives them.
    ``harmonic``: it plays the scene's chords themselves, and needs no model. ``buttons``: its models make keys of
    buttons that are pressed, and hear the seconds between.
    """

    order: int
    drums: bool = False
    polyphony: int = 1
    outermost: Literal["highest", "lowest"] = "highest"
    grid: int = TICKS_PER_STEP
    dynamics: bool = False
    harmonic: bool = False
    buttons: bool = False

    @property
    def pitched(self) -> bool:
        """Whether its notes have a key and a register."""
        return not self.drums

    @property
    def monophonic(self) -> bool:
        """Whether its notes follow one another."""
        return self.pitched and self.polyphony == 1

    @property
    def free(self) -> bool:
        """Whether its models play at any moment, by the clock."""
        return self.grid < TICKS_PER_STEP

    @property
    def hears_seconds(self) -> bool:
        """Whether its models have to know the tempo."""
        return self.free or self.buttons

    @property
    def in_a_row(self) -> bool:
        """Whether its models say one thing for each step."""
        return self.drums or self.polyphony == 1

    def __post_init__(self) -> None:
        """Refuse a grid that sixteenths do not fall on, and a voice without a note.

        Raises:
            ValueError: if the grid does not divide a sixteenth, or no note may sound.
        """
        if self.grid < 1 or TICKS_PER_STEP % self.grid:
            raise ValueError(f"a grid divides a sixteenth of {TICKS_PER_STEP} ticks; {self.grid} does not")
        if self.polyphony < 1:
            raise ValueError(f"a voice has one note at a time or more, not {self.polyphony}")


VOICE_KINDS: Mapping[str, VoiceTraits] = {
    "drums": VoiceTraits(order=0, drums=True),
    "bass": VoiceTraits(order=1, outermost="lowest"),
    "chords": VoiceTraits(order=2, polyphony=8, harmonic=True),
    "melody": VoiceTraits(order=3),
    "polyphony": VoiceTraits(order=4, polyphony=8),
    "harmonize": VoiceTraits(order=5, polyphony=4),
    "performance": VoiceTraits(order=6, polyphony=16, grid=1, dynamics=True),
    "genie": VoiceTraits(order=7, polyphony=4, buttons=True),
}
"""By kind. Chords have six voices at most, and two that double others; a melody is heard over them. Voices of polyphony
and performance say themselves how many notes they may have at a time, these at most. Those of polyphony and harmonize
may accompany the others; a genie may follow any of them."""
