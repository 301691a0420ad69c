# pyright: basic
# note_seq and Magenta have no types.
"""Magenta's own generators as the engine of the composer process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from note_seq.protobuf import generator_pb2, music_pb2

from reverie.compose.conditioning import ConditionedPrimer, InputRange, chords_over, hear
from reverie.compose.engines.engine import Candidate
from reverie.compose.recipe import Recipe
from reverie.compose.told_chords import joined, part
from reverie.magenta.families import FAMILIES
from reverie.magenta.weighted_models import hparams_of, weighted_generator
from reverie.models.configs import config_of
from reverie.models.errors import ModelError
from reverie.models.library.bundle import read_model
from reverie.models.library.index import ModelFile
from reverie.music.notes import MAX_MIDI, Note
from reverie.music.time import STEPS_PER_QUARTER, TICKS_PER_STEP
from reverie.music.voice_kinds import VOICE_KINDS

_QPM = 120.0
_STEP_SECONDS = 60 / _QPM / STEPS_PER_QUARTER
"""An eighth of a second: whatever tempo is played, Magenta is told one in which every step is exact in binary."""

_PLAYED = ("drums", "melody", "improv")
"""The families that compose voices here; others are only trained."""

_SEEDS = 2**32
_REMEDY = "install Reverie again, or import the model anew (docs/how-to/models.md)"


@dataclass(frozen=True, slots=True)
class _Model:
    """A model in a TensorFlow session."""

    file: ModelFile
    generator: Any
    ear: InputRange
    over_chords: bool = False


class MagentaEngine:
    """Runs models of DrumsRNN, MelodyRNN and ImprovRNN as Magenta does.

    It is the reference that the engine ``numpy`` is held against. Its notes are on the grid of sixteenths and all
    equally loud. It composes one candidate, and hears the primer anew each time.
    """

    name = "magenta"

    def __init__(self) -> None:
        self._models: dict[str, _Model] = {}

    def load(self, model: ModelFile) -> None:
        """Make a model ready; the first note of a loop must not wait for a file.

        Raises:
            ModelError: if the file is missing, broken or no model that this engine runs.
        """
        bundle = read_model(model)
        family = next((family for family in FAMILIES if bundle.card.config in family.configs), None)
        if family is None or family.kind not in _PLAYED:
            raise ModelError(
                f"{model.path}: is of {bundle.card.config}, which is no configuration of DrumsRNN, MelodyRNN or "
                "ImprovRNN; use another model"
            )
        config = family.config(bundle.card.config, hparams_of(bundle))
        transposes = getattr(config, "transpose_to_key", None) is not None
        if transposes:
            # Magenta would guess the key from the primer; a scene knows it (see reverie.compose.conditioning).
            config.transpose_to_key = None
        ear = InputRange(
            drums=VOICE_KINDS[config_of(bundle.card.config).kinds[0]].drums,
            low=getattr(config, "min_note", 0),
            high=getattr(config, "max_note", MAX_MIDI + 1) - 1,
            transposes=transposes,
        )
        try:
            generator = weighted_generator(family, config, bundle, str(model.path))
            loaded = _Model(model, generator, ear, over_chords=bool(model.chords))
            # TensorFlow plans a graph when it is first run, which takes longer than composing a bar.
            _compose(loaded, ConditionedPrimer((Note(0, 1, ear.low),), 1, 0), 2, 1.0, 0, ["C"] * 2)
        except Exception as error:  # TensorFlow has dozens of ways to say that weights are broken
            raise ModelError(f"{model.path}: holds no weights that can be used; {_REMEDY}") from error
        self._models[model.sha256] = loaded

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:  # noqa: ARG002
        """Compose ``recipe.steps`` sixteenths after the recipe's primer, or after the loop before where it has a past.

        Raises:
            ModelError: if the model was not loaded or fails.
        """
        model = self._models.get(recipe.model_hash)
        if model is None:
            raise ModelError(f"the model {recipe.model} was asked for music before it was loaded")
        if recipe.past:
            before = recipe.bars * recipe.metre.bar_steps
            loop = part(recipe.chords, recipe.primer_steps, recipe.primer_steps + recipe.steps)
            chords = joined((*recipe.past[-1].chords, *loop))
            recipe = replace(recipe, primer=recipe.before, primer_steps=before, past=(), chords=chords)
        heard = hear(recipe, model.ear)
        try:
            # At least one step has to follow what the model hears, even if only its opening is wanted.
            end = max(heard.first + recipe.steps, heard.steps + 1)
            chords = chords_over(recipe, heard) if model.over_chords else []
            notes = _compose(model, heard, end, recipe.temperature, recipe.seed, chords)
        except Exception as error:
            raise ModelError(f"{model.file.path}: failed while composing ({error})") from error
        return [Candidate(tuple(note for note in notes if note.start < recipe.steps * TICKS_PER_STEP))]


def _compose(
    model: _Model, heard: ConditionedPrimer, end: int, temperature: float, seed: int, chords: Sequence[str]
) -> list[Note]:
    """Ask Magenta for what follows until step ``end``; ``chords`` lie over its steps, if the model hears any.

    It rounds the end of a note to the nearest step, but the start of what it is to generate to the next, even from an
    exact one; half a step less, and a quarter, leave no doubt, and the rest begins after the last note. A note that
    sounded already when the primer ended is left out, even if the model holds it.
    """
    told = music_pb2.NoteSequence()
    told.tempos.add(qpm=_QPM)
    for note in heard.notes:
        told.notes.add(
            pitch=note.pitch,
            velocity=note.velocity,
            start_time=note.start * _STEP_SECONDS,
            end_time=(note.end - 0.5) * _STEP_SECONDS,
            is_drum=model.ear.drums,
        )
    for step, symbol in enumerate(chords[:end]) if model.over_chords else ():
        if not step or symbol != chords[step - 1]:
            annotation = told.text_annotations.add(text=symbol, time=step * _STEP_SECONDS)
            annotation.annotation_type = music_pb2.NoteSequence.TextAnnotation.CHORD_SYMBOL
    if model.over_chords:
        told.total_time = end * _STEP_SECONDS
    options = generator_pb2.GeneratorOptions()
    options.args["temperature"].float_value = temperature
    begin = (heard.steps - 0.25) * _STEP_SECONDS
    options.generate_sections.add(start_time=begin, end_time=end * _STEP_SECONDS)
    np.random.seed(seed % _SEEDS)  # noqa: NPY002 - Magenta draws from NumPy's global generator
    made = model.generator.generate(told, options)
    return sorted(_from_magenta(note, heard) for note in made.notes if note.start_time >= heard.first * _STEP_SECONDS)


def _from_magenta(note: Any, heard: ConditionedPrimer) -> Note:
    start, end = round(note.start_time / _STEP_SECONDS), round(note.end_time / _STEP_SECONDS)
    return heard.played(Note(start, end - start, note.pitch))
