"""The operators that a scene can name: one table, which the schema, the documentation and the evolution share.

What an operator does is bound to its name in :mod:`reverie.compose.operators.registry`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal


@dataclass(frozen=True, slots=True)
class OperatorTraits:
    """One operator in a sentence, and where its loop comes from.

    ``source``: a ``model`` composes it; it is made from ``loops`` that are there, with their own dynamics, or from the
    ``harmony``, whose notes are as they are meant; it is ``written``, and played note for note; or nothing is made, and
    the ``last`` loop is held. With
    ``keeps_primer`` the primer is the loop's first part. One that is not ``named`` belongs to a kind of voice, and no
    scene names it.
    """

    sentence: str
    source: Literal["model", "loops", "harmony", "written", "last"] = "model"
    keeps_primer: bool = False
    named: bool = True


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
    "fit-to-chords": OperatorTraits("A loop that is held is moved to other chords.", source="harmony", named=False),
    "voice-chords": OperatorTraits("The chords of the harmony are voiced, and played.", source="harmony", named=False),
    "vary": OperatorTraits("A loop that is held is played a little differently.", source="loops", named=False),
    "fill": OperatorTraits("A bar of drums leads into what comes next.", source="loops", named=False),
    "last-bar": OperatorTraits("The last bar of a scene comes to rest.", source="loops", named=False),
}
"""By name, in the order in which people read of them."""

NAMED: Mapping[str, OperatorTraits] = {name: traits for name, traits in OPERATOR_TRAITS.items() if traits.named}
"""Those that scenes can name."""

if TYPE_CHECKING:
    OperatorName = str
else:
    OperatorName = Literal[tuple(NAMED)]
