# pyright: basic, reportMissingModuleSource=false
# note_seq has no types.
"""The source of examples for a recipe, and other versions of a piece: transposed and stretched."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import note_seq
from google.protobuf.message import DecodeError
from note_seq import sequences_lib

from reverie.magenta.families import family_of
from reverie.models.vae.converter_table import CONVERTERS
from reverie.training.dataset.extraction.example_source import ExampleSource
from reverie.training.dataset.extraction.genie_examples import GenieExamples
from reverie.training.dataset.extraction.grid_examples import GridExamples
from reverie.training.dataset.extraction.part_examples import PartExamples
from reverie.training.dataset.extraction.performance_examples import PerformanceExamples
from reverie.training.dataset.extraction.two_bar_examples import TwoBarExamples
from reverie.training.errors import TrainingError
from reverie.training.genie_records import PIANO_GENIE
from reverie.training.recipes import TrainingRecipe


class PieceVersion(NamedTuple):
    """A piece, moved by ``key`` semitones and lasting ``stretch`` times as long."""

    key: int = 0
    stretch: float = 1.0


ORIGINAL = PieceVersion()


def source_of(recipe: TrainingRecipe) -> ExampleSource:
    """What makes examples for a recipe.

    Raises:
        KeyError: if its configuration is of no family that can be trained.
    """
    if recipe.config in CONVERTERS:
        return TwoBarExamples(recipe)
    if recipe.config == PIANO_GENIE:
        return GenieExamples(recipe)
    if recipe.model == "coconet":
        return PartExamples(recipe)
    return PerformanceExamples(recipe) if family_of(recipe.config).kind == "performance" else GridExamples(recipe)


def other_versions(keys: Iterable[int], stretches: Iterable[float]) -> list[PieceVersion]:
    """All versions of a piece but the original, in order."""
    every = {PieceVersion(*pair) for pair in product({0, *keys}, {1.0, *stretches})}
    return sorted(every - {ORIGINAL})


def read_version(path: Path, version: PieceVersion) -> Any | None:
    """A version of the NoteSequence in a file; None if a note or a chord cannot be moved there.

    Raises:
        TrainingError: if there is no such file, or no NoteSequence in it.
    """
    try:
        sequence = note_seq.NoteSequence.FromString(path.read_bytes())
    except (OSError, DecodeError) as error:
        raise TrainingError(
            f"{path}: holds no piece of music any more; remove pieces.jsonl beside its folder, and run the step before"
            " again, `reverie train convert`"
        ) from error
    if version.key:
        try:
            sequence, lost = sequences_lib.transpose_note_sequence(sequence, version.key, in_place=True)
        except note_seq.ChordSymbolError:
            return None
        if lost:
            return None
    if version.stretch != 1.0:
        sequence = sequences_lib.stretch_note_sequence(sequence, version.stretch, in_place=True)
    return sequence
