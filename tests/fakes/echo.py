"""An operator that somebody may add: the loop before, an octave up and softer."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

from reverie.compose.operators.operator import Operator
from reverie.compose.operators.registry import OPERATORS
from reverie.compose.recipe import Recipe
from reverie.music.harmony import OCTAVE
from reverie.music.notes import MAX_MIDI, Note
from reverie.scenes.operators import OPERATOR_TRAITS, OperatorTraits


def echoed(recipe: Recipe) -> list[Note]:
    return [
        replace(note, pitch=min(note.pitch + OCTAVE, MAX_MIDI), velocity=max(note.velocity * 2 // 3, 1))
        for note in recipe.before
    ]


ECHO = Operator("echo", derive=echoed)
SENTENCE = OperatorTraits("The loop comes again, an octave up and softer.", source="loops")


@contextmanager
def with_operator(operator: Operator, traits: OperatorTraits) -> Generator[None]:
    """As if the operator had been added to both tables."""
    with patch.dict(OPERATORS, {operator.name: operator}), patch.dict(OPERATOR_TRAITS, {operator.name: traits}):
        yield
