"""The engine of the running installation: run-time bundles of DrumsRNN and MelodyRNN, in NumPy."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reverie.compose.engine import Candidate
from reverie.compose.hearing import Ear, Heard, hear
from reverie.compose.recipe import Recipe
from reverie.models.bundle import read_bundle
from reverie.models.configs import config_of
from reverie.models.encodings import drums, melody_notes
from reverie.models.encodings.melody import REGISTERS
from reverie.models.errors import ModelError
from reverie.models.recurrent.model import RecurrentModel, compose
from reverie.models.shelf import ModelFile, identity
from reverie.music.notes import Note
from reverie.music.time import STEPS_PER_QUARTER, TICKS_PER_STEP


@dataclass(frozen=True, slots=True)
class _Voice:
    """A model in memory, and how it speaks: ``unit`` is its step in sixteenths."""

    file: ModelFile
    model: RecurrentModel
    ear: Ear
    unit: int
    events_of: Callable[[Sequence[Note], int], tuple[Any, ...]]
    notes_of: Callable[[Sequence[Any]], tuple[Note, ...]]


class NumpyEngine:
    """Equals Magenta's own generators, and composes all candidates of a recipe at once.

    A loop that continues another goes on from the model's memory of it, which holds the whole passage since the last
    reset; Magenta's generators would hear the last loop only, and read it again.
    """

    def __init__(self) -> None:
        self._voices: dict[str, _Voice] = {}

    def load(self, model: ModelFile) -> None:
        """Make a model ready; the first note of a loop must not wait for a file.

        Raises:
            ModelError: if the file is missing, broken or no model that this engine runs.
        """
        bundle = read_bundle(model.path)
        if identity(bundle.passport) != model.sha256:
            raise ModelError(f"{model.path}: is not the file it was when Reverie found it; start Reverie again")
        try:
            self._voices[model.sha256] = _voice(model, RecurrentModel(bundle), bundle.passport.config)
        except ModelError as error:
            raise ModelError(f"{model.path}: {error}") from error

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        """Compose ``recipe.steps`` sixteenths after the recipe's primer, ``recipe.candidates`` times.

        Raises:
            ModelError: if the model was not loaded, or the memory is not its own.
        """
        voice = self._voices.get(recipe.model_hash)
        if voice is None:
            raise ModelError(f"the model {recipe.model} was asked for music before it was loaded")
        if memory is None:
            heard = hear(recipe, voice.ear)
            opening = voice.model.stream(voice.model.start())
            events = voice.events_of(heard.notes, heard.steps)
            opening.prime(events)
        else:
            moved, _, remembered = memory.partition(b"\n")
            heard = Heard((), 0, 0, int(json.loads(moved)["shift"]))
            opening = voice.model.stream(voice.model.carried_from_bytes(remembered))
            events = ()
        stream = voice.model.stream(opening.carried.take([0] * recipe.candidates))
        count = -(-heard.drawn(recipe.steps) // voice.unit)
        drawn = compose(stream, count, np.random.default_rng(recipe.seed), recipe.temperature)
        carried = stream.carried
        shift = json.dumps({"shift": heard.shift}).encode() + b"\n"
        return [
            Candidate(
                _answer(recipe, heard, voice.notes_of((*events, *new))),
                float(stream.log_likelihoods[row]) / max(len(new), 1),
                shift + carried.take([row]).as_bytes(),
            )
            for row, new in enumerate(drawn)
        ]


def _answer(recipe: Recipe, heard: Heard, notes: Sequence[Note]) -> tuple[Note, ...]:
    """What answers the recipe. A note that sounded already when the primer ended is left out, even if it is held."""
    played = (heard.played(note) for note in notes if note.start >= heard.first)
    return tuple(sorted(note for note in played if note.start < recipe.steps * TICKS_PER_STEP))


def _voice(file: ModelFile, model: RecurrentModel, config_name: str) -> _Voice:
    """How a model speaks.

    Raises:
        ModelError: if its family is none that a voice can be.
    """
    config = config_of(config_name)
    unit = STEPS_PER_QUARTER // config.settings.get("steps_per_quarter", STEPS_PER_QUARTER)
    if config.family == "drums_rnn":

        def struck(notes: Sequence[Note], steps: int) -> tuple[frozenset[int], ...]:
            hits = [{note.pitch for note in notes if note.start // unit == step} for step in range(-(-steps // unit))]
            return tuple(frozenset(hit) for hit in hits)

        def strokes(events: Sequence[frozenset[int]]) -> tuple[Note, ...]:
            return tuple(Note(n.start * unit, 1, n.pitch, n.velocity) for n in drums.notes_of(events))

        return _Voice(file, model, Ear(drums=True), unit, struck, strokes)
    if config.family == "melody_rnn":
        register = REGISTERS[config_name]
        ear = Ear(low=register.low, high=register.high - 1, transposes=register.key is not None)

        def line(notes: Sequence[Note], steps: int) -> tuple[int, ...]:
            passage = melody_notes.events_of(notes, gap_bars=steps)
            assert passage is not None  # noqa: S101 - a model hears at least its opening
            return melody_notes.resized((melody_notes.NO_EVENT,) * passage.start + passage.events, steps)

        return _Voice(file, model, ear, unit, line, melody_notes.notes_of)
    raise ModelError(f"is of {config.family}, which is none that a voice can be yet")
