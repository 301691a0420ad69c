"""The operators that a scene can name: one table, which the schema, the documentation and the evolution share.

What an operator does is bound to its name in :mod:`reverie.compose.operators.registry`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from reverie.music.voice_kinds import VoiceTraits


@dataclass(frozen=True, slots=True)
class OperatorSetting:
    """A number that a scene may tell an operator: what it is, from ``least`` to ``most``, ``whole`` or not.

    At ``idle`` the operator changes nothing.
    """

    sentence: str
    least: float
    most: float
    idle: float
    whole: bool = False

    def lacks(self, value: float) -> str:
        """What is wrong with a value; nothing if it is one."""
        if value == self.idle:
            return f"another number than {value:g}, which changes nothing"
        if self.least <= value <= self.most and not (self.whole and value != int(value)):
            return ""
        return f"{'a whole number' if self.whole else 'a number'} from {self.least:g} to {self.most:g}, not {value:g}"


@dataclass(frozen=True, slots=True)
class OperatorTraits:
    """One operator in a sentence, and where its loop comes from.

    ``source``: the voice's ``model`` composes it; a ``guest``, which is another model, plays what is there, with
    dynamics and timing of its own; it is made from ``loops`` that are there, with their own dynamics, or from the
    ``harmony``, whose notes are as they are meant; it is ``written``, and played note for note; or nothing is made: the
    ``last`` loop is held, or one from ``before`` comes back. With ``keeps_primer`` the primer is the loop's first part.
    One that is not ``named`` belongs to a kind of voice, and no scene names it.

    One that ``transforms`` makes another tune or beat of the loop before, by rules; with ``pitched`` it moves pitches,
    which drums do not have, and with ``tune`` it wants one note at a time. One of ``drums`` is for nothing else.
    From what a model drew for one that is not ``remembered`` no other goes on, but from its notes.
    ``settings`` are what a scene may tell it: for each the least and the most, and what it is.
    """

    sentence: str
    source: Literal["model", "guest", "loops", "harmony", "written", "last", "before"] = "model"
    keeps_primer: bool = False
    named: bool = True
    transforms: bool = False
    pitched: bool = False
    tune: bool = False
    drums: bool = False
    remembered: bool = True
    settings: Mapping[str, OperatorSetting] = field(default_factory=dict[str, "OperatorSetting"])

    @property
    def anew(self) -> bool:
        """Whether its loop is as new as what a model composes: put into harmony, played by a touch, fitted in turns."""
        return self.source == "model" or self.transforms

    def fits(self, traits: VoiceTraits) -> bool:
        """Whether a kind of voice can use it."""
        pitches = (self.pitched and traits.drums) or (self.tune and not traits.monophonic)
        return not pitches and (traits.drums or not self.drums)


OPERATOR_TRAITS: Mapping[str, OperatorTraits] = {
    "reset": OperatorTraits("The model begins with the primer again."),
    "continue": OperatorTraits(
        "The model composes on, and remembers up to 16 loops since the last `reset` or `mutate`."
    ),
    "mutate": OperatorTraits(
        "The beginning of the loop stays, and the model composes the rest anew.", keeps_primer=True
    ),
    "loop": OperatorTraits("The same loop is held once more.", source="last"),
    "written": OperatorTraits("The pattern, or else the primer, is played note for note.", source="written"),
    "transpose": OperatorTraits(
        "The loop is moved by degrees of the scale.",
        source="loops",
        transforms=True,
        pitched=True,
        settings={
            "degrees": OperatorSetting(
                "by how many degrees, 7 is an octave; absent: one to three, drawn", -14, 14, 0, True
            )
        },
    ),
    "invert": OperatorTraits(
        "The loop is turned upside down, about its first note.", source="loops", transforms=True, pitched=True
    ),
    "retrograde": OperatorTraits("The loop is played backwards.", source="loops", transforms=True),
    "rotate": OperatorTraits(
        "The loop begins elsewhere: all of it comes later, and what passes its end comes first.",
        source="loops",
        transforms=True,
        settings={
            "steps": OperatorSetting(
                "by how many sixteenths; absent: a bar, or a beat of a loop of one bar", -1024, 1024, 0, True
            )
        },
    ),
    "thin": OperatorTraits(
        "Notes with the least weight are left out.",
        source="loops",
        transforms=True,
        settings={"to": OperatorSetting("the share of notes that stays; absent: 0.6", 0.05, 1, 1)},
    ),
    "thicken": OperatorTraits(
        "Notes come in between, softer than their neighbours.",
        source="loops",
        transforms=True,
        settings={"to": OperatorSetting("how many times as many notes there are; absent: 1.5", 1, 8, 1)},
    ),
    "respond": OperatorTraits(
        "The first half of the loop calls, and the second half answers it, and ends on a stable degree.",
        source="loops",
        transforms=True,
        pitched=True,
        tune=True,
    ),
    "return": OperatorTraits(
        "A loop of before that was found good comes back, the one that was away for longest.", source="before"
    ),
    "groove": OperatorTraits(
        "A GrooVAE plays the loop once more, as loud and as late as a drummer.", source="guest", drums=True
    ),
    "drumify": OperatorTraits(
        "A GrooVAE makes a beat of the rhythm to which the voice listens.", source="guest", drums=True
    ),
    "interpolate": OperatorTraits("The loop goes a step on its way through the model's latent space to another."),
    "walk": OperatorTraits("The loop is where a walk through the model's latent space is in that bar."),
    "fit-to-chords": OperatorTraits("A loop that is held is moved to other chords.", source="harmony", named=False),
    "voice-chords": OperatorTraits("The chords of the harmony are voiced, and played.", source="harmony", named=False),
    "vary": OperatorTraits("A loop that is held is played a little differently.", source="loops", named=False),
    "fill": OperatorTraits("A bar of drums leads into what comes next.", source="loops", named=False),
    "last-bar": OperatorTraits("The last bar of a scene comes to rest.", source="loops", named=False),
    "latent-mutate": OperatorTraits("A small step in the latent space of the voice's model.", named=False),
    "latent-continue": OperatorTraits("A wide step in the latent space of the voice's model.", named=False),
    "parts-mutate": OperatorTraits("Some places of four parts are drawn again, until they fit.", named=False),
    "parts-continue": OperatorTraits("Four parts lead on from those before.", named=False),
    "seeded": OperatorTraits(
        "A person's strokes stay, and the model goes on from them.", keeps_primer=True, named=False, remembered=False
    ),
    "blended": OperatorTraits("The loop lies between tunes that a person chose.", named=False, remembered=False),
    "given": OperatorTraits("What a person set is played note for note.", source="written", named=False),
}
"""By name, in the order in which people read of them."""

NAMED: Mapping[str, OperatorTraits] = {name: traits for name, traits in OPERATOR_TRAITS.items() if traits.named}
"""Those that scenes can name."""

if TYPE_CHECKING:
    OperatorName = str
else:
    OperatorName = Literal[tuple(NAMED)]
