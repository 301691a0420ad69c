"""A GrooVAE at work: the loop before as a drummer would strike it, or a beat to the rhythm of other voices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from reverie.compose.engines.engine import Candidate
from reverie.compose.operators import groove as operators
from reverie.compose.recipe import Recipe
from reverie.models.errors import ModelError
from reverie.models.lstm import Array
from reverie.models.vae.decoder import StepLeaning
from reverie.models.vae.grooves import Grooves, Hit
from reverie.models.vae.heads import Floats, Frames
from reverie.models.vae.model import Vae
from reverie.music.drums import DRUM_KIT, DRUMS
from reverie.music.notes import MAX_MIDI, Note
from reverie.music.time import TICKS_PER_STEP

_FORCED = np.float32(1e9)
_FARTHEST = TICKS_PER_STEP // 2 - 1
"""Ticks: a stroke stays nearer to its own sixteenth than to the next."""
_KINDS = {pitch: number for number, pitches in enumerate(DRUM_KIT) for pitch in pitches}
_TAP = DRUMS["open-hat"]


@dataclass(frozen=True, slots=True)
class GroovePlayer:
    """A model, and how it hears and says strokes."""

    vae: Vae
    converter: Grooves

    def played(self, recipe: Recipe) -> list[Candidate]:
        """What the recipe's operator asks for, in pieces as long as those that the model has learned from.

        Raises:
            ModelError: if the model has no encoder, or the operator is none that it plays.
        """
        match recipe.operator:
            case operators.GROOVED:
                return self._grooved(recipe)
            case operators.DRUMIFIED:
                return self._drumified(recipe)
            case _:
                raise ModelError(f"the model {recipe.model} is a GrooVAE, which cannot play {recipe.operator!r}")

    def _grooved(self, recipe: Recipe) -> list[Candidate]:
        """The strokes of the loop before, which stay where they are, as loud and as late as the model says."""
        struck = [note for note in recipe.before if note.pitch in _KINDS]
        made = [note for note in recipe.before if note.pitch not in _KINDS]
        for number, first in enumerate(range(0, recipe.steps, self.converter.steps)):
            steps = min(self.converter.steps, recipe.steps - first)
            piece = [note for note in struck if first <= _step(note) < first + steps]
            hits = [Hit(_step(note) - first, note.pitch, note.velocity) for note in piece]
            example = self.converter.example(hits)
            wanted = example.outputs[:steps, : len(DRUM_KIT)]
            frames = self._said(recipe, example.inputs, number, steps, _exactly(wanted))[0][0]
            made += [self._as_said(note, frames[_step(note) - first]) for note in piece]
        return [Candidate(tuple(sorted(made)))]

    def _drumified(self, recipe: Recipe) -> list[Candidate]:
        """Beats to the onsets of the voices to which this one listens, or of all that are composed before it."""
        taps = _taps(recipe)
        notes: list[list[Note]] = [[] for _ in range(recipe.candidates)]
        log_p = np.zeros(recipe.candidates)
        for number, first in enumerate(range(0, recipe.steps, self.converter.steps)):
            steps = min(self.converter.steps, recipe.steps - first)
            piece = [replace(hit, start=hit.start - first) for hit in taps if first <= round(hit.start) < first + steps]
            frames, likely = self._said(recipe, self.converter.example(piece).inputs, number, steps, None)
            log_p += likely.sum(axis=1)
            for row, said in enumerate(frames):
                strokes: list[list[int]] = np.argwhere(said[:, : len(DRUM_KIT)] > 0.5).tolist()  # noqa: PLR2004 - a hit
                notes[row] += [
                    self._as_said(Note((first + step) * TICKS_PER_STEP, TICKS_PER_STEP, DRUM_KIT[drum][0]), said[step])
                    for step, drum in strokes
                ]
        return [Candidate(tuple(sorted(one)), float(log_p[row]) / recipe.steps) for row, one in enumerate(notes)]

    def _said(
        self, recipe: Recipe, heard: Array, number: int, steps: int, leaning: StepLeaning | None
    ) -> tuple[Frames, Floats]:
        """Frames (candidates, steps, 27) that answer to what is heard, and their log-probabilities."""
        mean, _ = self.vae.encode(heard[None])
        vectors = np.repeat(mean, recipe.candidates, axis=0)
        chance = np.random.default_rng((recipe.seed, number))
        said = self.vae.decode(vectors, steps, recipe.temperature, chance, leaning)
        return said.frames, said.log_p

    def _as_said(self, note: Note, frame: Array) -> Note:
        """A stroke as loud and as late as a frame (27) says of its drum."""
        drums, kind = len(DRUM_KIT), _KINDS[note.pitch]
        velocity = round(float(frame[drums + kind]) * MAX_MIDI)
        late = round(float(-frame[2 * drums + kind]) / 2 * TICKS_PER_STEP)
        shift = max(-_FARTHEST, min(_FARTHEST, late))
        return replace(note, velocity=max(1, min(velocity, MAX_MIDI)), shift=shift)


def _exactly(wanted: Array) -> StepLeaning:
    """Lets the model strike what is struck anyway, and nothing else: (steps, drums)."""

    def leaning(step: int, said: Frames, chances: Floats) -> Array:
        del said, chances
        return np.where(wanted[step] > 0, _FORCED, -_FORCED)[None]

    return leaning


def _step(note: Note) -> int:
    return round(note.start / TICKS_PER_STEP)


def _taps(recipe: Recipe) -> Sequence[Hit]:
    """What is heard in the bars of the loop, as taps where something begins, as late and as loud as it does."""
    named = {one.voice for one in recipe.relations}
    hits: list[Hit] = []
    for one in recipe.heard:
        loop = recipe.loops.get(one.loop)
        if loop is None or loop.metre != recipe.metre or (named and one.voice not in named):
            continue
        for bar in range(one.bars):
            place = one.start + bar
            if 0 <= place < recipe.bars:
                hits += _bar_of_taps(loop.bar((one.loop_bar + bar) % loop.bars), place * recipe.metre.bar_steps)
    return hits


def _bar_of_taps(notes: Iterable[Note], first: int) -> list[Hit]:
    return [
        Hit(max(first + (note.start + note.shift) / TICKS_PER_STEP, 0.0), _TAP, note.velocity)
        for note in notes
        if not note.tied
    ]
