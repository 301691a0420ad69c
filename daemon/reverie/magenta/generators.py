# pyright: basic
# TensorFlow, note_seq and Magenta have no types.
"""Magenta's own generators as the engine of the composer process."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import note_seq
import numpy as np
from google.protobuf.message import DecodeError
from note_seq.protobuf import generator_pb2, music_pb2

from reverie.compose.engine import Bundle
from reverie.compose.recipe import Recipe
from reverie.magenta.families import Family, family_of
from reverie.models.errors import ModelError
from reverie.music.drums import DRUMS
from reverie.music.harmony import OCTAVE, fold
from reverie.music.notes import MAX_MIDI, Note
from reverie.music.time import STEPS_PER_QUARTER, TICKS_PER_STEP

_QPM = 120.0
_STEP_SECONDS = 60 / _QPM / STEPS_PER_QUARTER
"""An eighth of a second: whatever tempo is played, Magenta is told one in which every step is exact in binary."""

_SEEDS = 2**32
_REMEDY = "install Reverie again, or train the model anew (docs/models.md)"

_MAJOR_BELOW = {
    "major": 0,
    "major-pentatonic": 0,
    "dorian": 2,
    "phrygian": 4,
    "lydian": 5,
    "mixolydian": 7,
    "minor": 9,
    "harmonic-minor": 9,
    "minor-pentatonic": 9,
    "blues": 9,
    "locrian": 11,
}
"""How far above the tonic of the major scale with (nearly) the same notes a scale begins."""


@dataclass(frozen=True, slots=True)
class _Model:
    """A bundle in memory; ``low`` to ``high`` are the pitches that a melody model knows."""

    bundle: Bundle
    family: Family
    generator: Any
    low: int
    high: int
    transposes: bool


@dataclass(frozen=True, slots=True)
class _Request:
    """What Magenta is asked: its primer's notes in steps, how long that is, and the step at which to stop.

    ``first`` is the step at which the answer begins, and ``shift`` what its pitches were moved by.
    """

    primer: tuple[Note, ...]
    primer_steps: int
    end: int
    first: int
    shift: int


class MagentaEngine:
    """Runs bundles of DrumsRNN and MelodyRNN; its notes are on the grid of sixteenths and all equally loud.

    A recipe without a primer begins as Magenta's own programs do: drums with a bass drum, a melody with the tonic,
    which then is the first note of the answer. The same holds for a primer that is silent, since what follows silence
    is mostly silence.
    """

    def __init__(self) -> None:
        self._models: dict[str, _Model] = {}

    def load(self, bundle: Bundle) -> None:
        """Make a model ready; the first note of a loop must not wait for a file.

        Raises:
            ModelError: if the bundle is missing, broken or no model that this engine runs.
        """
        data = _read(bundle)
        family = family_of(data.generator_details.id)
        if (family.kind == "drums") != ("drums" in bundle.kinds):
            raise ModelError(f"{bundle.path}: is a model of {family.kind}, unlike its passport says; {_REMEDY}")
        config = family.config(data.generator_details.id)
        transposes = getattr(config, "transpose_to_key", None) is not None
        if transposes:
            # Magenta would guess the key from the primer; a scene knows it (see _shift).
            config.transpose_to_key = None
        model = _Model(
            bundle=bundle,
            family=family,
            generator=family.generator(
                family.model(config), config.details, steps_per_quarter=config.steps_per_quarter, bundle=data
            ),
            low=getattr(config, "min_note", 0),
            high=getattr(config, "max_note", MAX_MIDI + 1) - 1,
            transposes=transposes,
        )
        try:
            model.generator.initialize()
            # TensorFlow plans a graph when it is first run, which takes longer than composing a bar.
            _compose(model, _Request(_opening(model.family, 0, 0, MAX_MIDI), 1, 2, 0, 0), 1.0, 0)
        except Exception as error:  # TensorFlow has dozens of ways to say that weights are broken
            raise ModelError(f"{bundle.path}: holds no weights that can be used; {_REMEDY}") from error
        self._models[bundle.sha256] = model

    def generate(self, recipe: Recipe) -> Sequence[Note]:
        """Compose ``recipe.steps`` sixteenths after the recipe's primer.

        Raises:
            ModelError: if the model was not loaded or fails.
        """
        model = self._models.get(recipe.model_hash)
        if model is None:
            raise ModelError(f"the model {recipe.model} was asked for music before it was loaded")
        request = _request(model, recipe)
        try:
            notes = _compose(model, request, recipe.temperature, recipe.seed)
        except Exception as error:
            raise ModelError(f"{model.bundle.path}: failed while composing ({error})") from error
        return [note for note in notes if note.start < recipe.steps * TICKS_PER_STEP]


def _read(bundle: Bundle) -> Any:
    try:
        content = Path(bundle.path).read_bytes()
    except OSError as error:
        raise ModelError(f"{bundle.path}: cannot be read ({error.strerror}); {_REMEDY}") from error
    if hashlib.sha256(content).hexdigest() != bundle.sha256:
        raise ModelError(f"{bundle.path}: is not the file it was when Reverie found it; start Reverie again")
    try:
        data = generator_pb2.GeneratorBundle.FromString(content)
        family_of(data.generator_details.id)
    except DecodeError as error:
        raise ModelError(f"{bundle.path}: is damaged or no bundle of Magenta's; {_REMEDY}") from error
    except KeyError as error:
        raise ModelError(
            f"{bundle.path}: holds {data.generator_details.id!r}, which is no configuration of DrumsRNN or MelodyRNN; "
            "use another model"
        ) from error
    return data


def _request(model: _Model, recipe: Recipe) -> _Request:
    limits = recipe.limits
    steps = recipe.primer_steps
    primer = tuple(_on_grid(note, steps) for note in recipe.primer) if steps else ()
    first = steps
    if not primer:
        primer, steps, first = _opening(model.family, limits.tonic, limits.low, limits.high), 1, 0
    shift = 0
    if model.transposes:
        shift = _shift(model, recipe, [note.pitch for note in primer])
        primer = tuple(_pitched(note, fold(note.pitch + shift, model.low, model.high)) for note in primer)
    # At least one step has to follow what the model hears, even if only its opening is wanted.
    return _Request(primer, steps, max(first + recipe.steps, steps + 1), first, shift)


def _opening(family: Family, tonic: int, low: int, high: int) -> tuple[Note, ...]:
    if family.kind == "drums":
        return (Note(0, 1, DRUMS["bass"]),)
    middle = (low + high) // 2
    return (Note(0, 1, max(tonic, middle - (middle - tonic) % OCTAVE)),)


def _on_grid(note: Note, steps: int) -> Note:
    start = min(round(note.start / TICKS_PER_STEP), steps - 1)
    end = min(max(round(note.end / TICKS_PER_STEP), start + 1), steps)
    return Note(start, end - start, note.pitch, note.velocity)


def _shift(model: _Model, recipe: Recipe, pitches: Sequence[int]) -> int:
    """How far to move a primer so that it is in C and in the middle of what the model was trained on.

    The model knows melodies in C major and its modes only. A scene's scale says the key; where it has none, Magenta's
    guess does, which is unreliable for short primers.
    """
    above = _MAJOR_BELOW.get(recipe.limits.scale)
    key = note_seq.Melody(list(pitches)).get_major_key() if above is None else recipe.limits.tonic - above
    middle = (min(pitches) + max(pitches)) / 2
    return OCTAVE * round(((model.low + model.high) / 2 - middle + key) / OCTAVE) - int(key)


def _pitched(note: Note, pitch: int | None) -> Note:
    if pitch is None:
        raise AssertionError("a model's range has more than an octave")
    return Note(note.start, note.length, pitch, note.velocity)


def _compose(model: _Model, request: _Request, temperature: float, seed: int) -> list[Note]:
    """Ask Magenta.

    It rounds the end of a note to the nearest step, but the start of what it is to generate to the next, even from an
    exact one; half a step less leaves no doubt. A note that sounded already when the primer ended is left out, even if
    the model holds it.
    """
    heard = music_pb2.NoteSequence()
    heard.tempos.add(qpm=_QPM)
    for note in request.primer:
        heard.notes.add(
            pitch=note.pitch,
            velocity=note.velocity,
            start_time=note.start * _STEP_SECONDS,
            end_time=(note.end - 0.5) * _STEP_SECONDS,
            is_drum=model.family.kind == "drums",
        )
    options = generator_pb2.GeneratorOptions()
    options.args["temperature"].float_value = temperature
    begin = (request.primer_steps - 0.5) * _STEP_SECONDS
    options.generate_sections.add(start_time=begin, end_time=request.end * _STEP_SECONDS)
    np.random.seed(seed % _SEEDS)  # noqa: NPY002 - Magenta draws from NumPy's global generator
    made = model.generator.generate(heard, options)
    notes = [_from_magenta(note, request) for note in made.notes if note.start_time >= request.first * _STEP_SECONDS]
    return sorted(notes)


def _from_magenta(note: Any, request: _Request) -> Note:
    start, end = round(note.start_time / _STEP_SECONDS), round(note.end_time / _STEP_SECONDS)
    return _pitched(
        Note((start - request.first) * TICKS_PER_STEP, (end - start) * TICKS_PER_STEP, 0),
        fold(note.pitch - request.shift, 0, MAX_MIDI),
    )
