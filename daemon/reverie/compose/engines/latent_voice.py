"""A MusicVAE as a voice: it hears a primer, and decodes places of its latent space to loops, steered as it draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reverie.compose.chord_places import ChordPlaces, place_weight
from reverie.compose.conditioning import moved_from, moved_since, moved_to
from reverie.compose.engines.engine import Candidate
from reverie.compose.engines.latent_parts import LatentPart
from reverie.compose.engines.latent_places import LatentPlace
from reverie.compose.recipe import Recipe
from reverie.compose.steering import Drawing, steering, wishes_of
from reverie.models.encodings.base import Encoding
from reverie.models.encodings.melody import MelodyAlphabet
from reverie.models.encodings.multi_drum import DrumAlphabet
from reverie.models.encodings.onehot import OneHot
from reverie.models.lstm import Array
from reverie.models.recurrent.model import Bias
from reverie.models.vae.converters import PIANO, Drums, Melodies
from reverie.models.vae.decoder import StepLeaning
from reverie.models.vae.heads import Floats, Frames, leaned
from reverie.models.vae.model import Vae
from reverie.music.harmony import OCTAVE, Key, fold
from reverie.music.notes import MAX_MIDI, Note
from reverie.music.time import TICKS_PER_STEP

_OCTAVES = 8
"""By how many a melody can be moved at most: MIDI has no more."""
_KEY_STEPS, _CERTAIN = 32, 0.5
"""How much is heard, and at which temperature, to know the key of voices that play together: the same for each."""
_LEAST = 1e-300
"""The chance of what has none."""


@dataclass(frozen=True, slots=True)
class LatentVoice:
    """A model, and how it hears and says notes; ``key`` is the only major key that it knows, if it knows but one.

    ``part`` is what the voice has of it. Where it is one of several that play together, ``beside`` are those of them
    that have pitches, in whose key they all are.
    """

    vae: Vae
    converter: Melodies | Drums
    part: LatentPart
    key: int | None = None
    beside: tuple[LatentVoice, ...] = ()

    @property
    def drums(self) -> bool:
        """Whether it knows drums, and no pitches."""
        return isinstance(self.converter, Drums)

    @property
    def shares(self) -> bool:
        """Whether it plays one of several parts of the model."""
        return len(self.part.heads) > 1 or self.part.core is not None

    @property
    def can_hear(self) -> bool:
        """Whether it finds the place of notes: of one part of several nobody knows where all of them are."""
        return self.vae.can_encode and not self.shares

    @property
    def encoding(self) -> Encoding[Any, Any]:
        """Its classes as events, for what steers it."""
        return OneHot(DrumAlphabet()) if self.drums else OneHot(MelodyAlphabet(PIANO))

    def heard_at(self, recipe: Recipe) -> int:
        """By how many semitones a recipe's primer is moved before the model hears it."""
        return 0 if self.key is None or self.drums else moved_to(recipe, self.key)

    def encoded(self, notes: Sequence[Note], steps: int, shift: int = 0) -> tuple[Array, Array]:
        """Where music of so many sixteenths is, ``shift`` semitones higher than it is written: mean and deviation (z).

        What is short is heard over and over.

        Raises:
            ModelError: if the model has no encoder.
        """
        longest, shift = self.converter.steps, 0 if self.drums else shift
        there = [
            Note(
                round(note.start / TICKS_PER_STEP),
                max(round(note.length / TICKS_PER_STEP), 1),
                _moved(note.pitch, shift),
            )
            for note in notes
        ]
        again = [note.moved(start) for start in range(0, longest, max(steps, 1)) for note in there]
        example = self.converter.example([note for note in again if note.start < longest])
        mean, deviation = self.vae.encode(example.inputs[None])
        return mean[0], deviation[0]

    def decoded(self, recipe: Recipe, places: Sequence[LatentPlace]) -> list[Candidate]:
        """A loop for each place, in pieces as long as those that the model has learned from.

        A place whose shift is not known yet, as nothing told of a key, is to be :meth:`fitted` first.
        """
        moved = moved_since(recipe)
        shifts = [place.shift + moved for place in places]
        steered = wishes_of(recipe) is not None
        frames: list[Frames] = []
        before: list[int | None] = [recipe.before[-1].pitch if recipe.before else None] * len(places)
        log_p = np.zeros(len(places))
        for number, first in enumerate(range(0, recipe.steps, self.converter.steps)):
            steps = min(self.converter.steps, recipe.steps - first)
            leaning = self._leaning(recipe, shifts, first, steps, before) if steered else None
            said = self._said(places, number, steps, recipe.temperature, leaning)
            frames.append(said[0])
            log_p += said[1].sum(axis=1)
            before = self._last(np.concatenate(frames, axis=1), shifts)
        whole = np.concatenate(frames, axis=1)
        return [
            Candidate(self._notes(whole[row], shifts[row]), float(log_p[row]) / recipe.steps, None, place.as_events)
            for row, place in enumerate(places)
        ]

    def fitted(self, recipe: Recipe, places: Sequence[LatentPlace], *, written: bool = False) -> list[LatentPlace]:
        """Places with the shift by which what comes of them is in the voice's key and register, as far as it can be.

        The model knows all keys, and says of none in which it is. So the beginning is decoded as the model likes it,
        and moved to where most of it is in the scales, chords on strong places before all. Voices that play together
        are moved to where most of all of them is, each by octaves of its own. Places of what is ``written`` have its
        key, so that only octaves are left.
        """
        if self.drums:
            return list(places)
        if self.shares:
            return [self._fitted_together(recipe, place) for place in places]
        steps = min(self.converter.steps, recipe.steps)
        frames, _ = self._said(places, 0, steps, recipe.temperature, None)
        moved = moved_since(recipe)
        own = 0 if written else None
        way = own if self.key is None else moved_from(recipe, self.key)
        return [
            replace(place, shift=_best_shift(recipe, self._notes(frames[row], 0), way) - moved)
            for row, place in enumerate(places)
        ]

    def _fitted_together(self, recipe: Recipe, place: LatentPlace) -> LatentPlace:
        every = [note for voice in self.beside for note in voice.beginning(place)]
        if not every:
            return place
        by = _key_shift(recipe, every)
        own = self.beginning(place) or every
        return replace(place, shift=by + _octaves(recipe, own, by) - moved_since(recipe))

    def beginning(self, place: LatentPlace) -> tuple[Note, ...]:
        """The first bars of what the model says of a place, whatever a recipe wishes for, in the model's pitches."""
        return self._notes(self._said([place], 0, _KEY_STEPS, _CERTAIN, None)[0][0], 0)

    def _said(
        self,
        places: Sequence[LatentPlace],
        number: int,
        steps: int,
        temperature: float,
        leaning: StepLeaning | None,
    ) -> tuple[Frames, Floats]:
        """A piece of each place (batch, steps, 1), and the logarithms of its probabilities (batch, steps)."""
        part = self.part
        vectors = np.stack([place.piece(number) for place in places])
        luck = np.stack([place.luck(steps, part.classes)[:, part.speaking] for place in places], axis=1)

        def settled(step: int, said: Frames, chances: Floats) -> Array:
            """Everything is excluded but what is drawn: the class whose chance, times its luck, is the greatest."""
            wished = np.full(chances.shape, -np.inf, np.float32)
            for head, classes in enumerate(part.heads):
                likely = chances[:, classes]
                if leaning and head == part.own:
                    weights = leaning(step, said[:, head : head + 1], likely)
                    likely = likely if weights is None else leaned(likely, weights)
                drawn = (np.log(np.maximum(likely, _LEAST)) + luck[step][:, classes]).argmax(axis=-1)
                wished[np.arange(len(drawn)), classes.start + drawn] = 0
            return wished

        said = self.vae.decode(vectors, steps, temperature, np.random.default_rng(0), settled, part.core)
        return said.frames[..., part.own : part.own + 1], said.log_p

    def _leaning(
        self, recipe: Recipe, shifts: Sequence[int], first: int, steps: int, before: Sequence[int | None]
    ) -> StepLeaning:
        """What the recipe wishes for, of each place by itself: each is transposed otherwise."""
        encoding = self.encoding
        alphabet = DrumAlphabet() if self.drums else MelodyAlphabet(PIANO)
        biases: list[Bias | None] = []
        for shift, last in zip(shifts, before, strict=True):
            drawing = Drawing(first, 1, steps, lambda pitch, by=shift: _moved(pitch, by), before=last)
            biases.append(steering(recipe, encoding, drawing))
        start = encoding.start()

        def leaning(step: int, said: Frames, chances: Floats) -> Array:
            events = [alphabet.decode(int(one)) if step else None for one in said[:, 0]]
            rows: list[Array] = []
            for bias, event, likely in zip(biases, events, chances, strict=True):
                column = likely.astype(np.float32)[:, None]
                weights = bias(step, [start], [event] if step else [], [column]) if bias else None
                rows.append(np.zeros(len(likely), np.float32) if weights is None else weights.reshape(-1))
            return np.stack(rows)

        return leaning

    def _last(self, frames: Frames, shifts: Sequence[int]) -> list[int | None]:
        """The pitch that came last in each loop, as the voice plays it."""
        played = [self._notes(one, shift) for one, shift in zip(frames, shifts, strict=True)]
        return [notes[-1].pitch if notes else None for notes in played]

    def _notes(self, frames: Frames, shift: int) -> tuple[Note, ...]:
        notes = self.converter.notes(frames)
        by = 0 if self.drums else shift
        return tuple(
            Note(note.start * TICKS_PER_STEP, note.length * TICKS_PER_STEP, _moved(note.pitch, by), note.velocity)
            for note in notes
        )


def _moved(pitch: int, by: int) -> int:
    moved = fold(pitch + by, 0, MAX_MIDI)
    if moved is None:
        raise AssertionError("MIDI has more than an octave")
    return moved


def _best_shift(recipe: Recipe, notes: Sequence[Note], way: int | None) -> int:
    """By how many semitones notes are to be moved, to be in the voice's scales and in the middle of its register.

    Where ``way`` says how far the key is away, only octaves are left to find out.
    """
    if not notes:
        return 0
    by = _key_shift(recipe, notes) if way is None else way
    return by + _octaves(recipe, notes, by)


def _key_shift(recipe: Recipe, notes: Sequence[Note]) -> int:
    """By how many semitones, half an octave at most, notes are to be moved to be in the voice's scales."""
    limits = recipe.limits
    places = ChordPlaces(recipe.harmony, recipe.metre) if recipe.harmony else None
    key = Key(limits.tonic, limits.scale)

    def fits(by: int) -> float:
        found = 0.0
        for note in notes:
            weight = place_weight(recipe.metre, note.start) + note.length / recipe.metre.bar_ticks
            pitch = note.pitch + by
            if places is None:
                found += weight * (pitch in key)
                continue
            chord = places.at(note.start)
            found += weight * (pitch % OCTAVE in chord.scale) + weight * (pitch % OCTAVE in chord.tones) / 2
        return round(found, 6)

    return max(range(-OCTAVE // 2, OCTAVE // 2), key=lambda one: (fits(one), -abs(one), one))


def _octaves(recipe: Recipe, notes: Sequence[Note], by: int) -> int:
    """By how many semitones besides, whole octaves, notes are to be moved to be in the middle of the register."""
    limits = recipe.limits
    middle = (limits.low + limits.high) / 2

    def lies(octaves: int) -> tuple[int, float]:
        pitches = [note.pitch + by + OCTAVE * octaves for note in notes]
        inside = sum(limits.low <= pitch <= limits.high for pitch in pitches)
        return inside, -abs(sum(pitches) / len(pitches) - middle)

    return OCTAVE * max(range(-_OCTAVES, _OCTAVES + 1), key=lies)
