"""The engine of Piano Genie, in NumPy: buttons that are pressed become keys of a piano.

Which buttons, and when, is the contour's to say (:mod:`reverie.compose.contours`,
:mod:`reverie.compose.drawn_contours`). The model hears of each press the button, its own last key and the time since
then, and likes some keys more than others; which of them may be played, and what is more welcome, the harmony says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reverie.compose.chord_places import ChordPlaces
from reverie.compose.contours import Press, given_contour
from reverie.compose.drawn_contours import drawn_contour
from reverie.compose.engines.engine import Candidate
from reverie.compose.recipe import Recipe
from reverie.compose.settings_plan import QPM
from reverie.compose.steering import wishes_of
from reverie.models.errors import ModelError
from reverie.models.genie.decoder import LOWEST_PITCH, Genie, GenieMemory, bin_of, choose, wait_of
from reverie.models.genie.weights import BUTTONS, KEYS, LONGEST_WAIT
from reverie.models.library.bundle import read_model
from reverie.models.library.index import ModelFile
from reverie.models.lstm import Array
from reverie.music.harmony import OCTAVE, Key
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_QUARTER, TICKS_PER_STEP

_BINS = LONGEST_WAIT + 1
_USUAL_TEMPO = 120.0
_LONGEST_REST = 10_000
"""Milliseconds; the model tells a second from longer no more."""
_NEAR = np.float32(0.5)
"""Log-weight a semitone of what the first key is away from where its button lies."""
_PIANO = range(LOWEST_PITCH, LOWEST_PITCH + KEYS)


@dataclass(frozen=True, slots=True)
class _PlayedKeys:
    """What a model remembers, and how many seconds before the coming loop its last key was struck."""

    memory: GenieMemory
    rest: float = float("inf")


class GenieEngine:
    """Composes the candidates of a recipe one after the other; where no contour is given, each draws its own.

    Candidate ``n`` draws its keys with the numbers of ``numpy.random.default_rng((seed, n))``, one a press.
    """

    name = "numpy"

    def __init__(self) -> None:
        self._models: dict[str, Genie] = {}

    def load(self, model: ModelFile) -> None:
        """Make a model ready; the first note of a loop must not wait for a file.

        Raises:
            ModelError: if the file is missing, broken or no model that this engine runs.
        """
        bundle = read_model(model)
        try:
            self._models[model.sha256] = Genie(bundle)
        except ModelError as error:
            raise ModelError(f"{model.path}: {error}") from error

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        """Press the buttons of ``recipe.steps`` sixteenths, ``recipe.candidates`` times.

        Raises:
            ModelError: if the model was not loaded.
        """
        del memory  # What was played stands in the recipe's past, and is soon told again.
        genie = self._models.get(recipe.model_hash)
        if genie is None:
            raise ModelError(f"the model {recipe.model} was asked for music before it was loaded")
        given, before, welcome = given_contour(recipe), _told(genie, recipe), _Welcome(recipe)
        first = recipe.primer_steps * TICKS_PER_STEP if recipe.keeps_primer else 0
        answers: list[Candidate] = []
        for number in range(recipe.candidates):
            contour = given
            if contour is None:
                contour = drawn_contour(recipe, np.random.default_rng((recipe.seed, number, 1)))
            presses = [press for press in contour if press.start >= first]
            draws = np.random.default_rng((recipe.seed, number)).random(len(presses))
            answers.append(_played(genie, recipe, before, presses, draws.tolist(), welcome, first))
        return answers


class _Welcome:
    """Which keys may be played at each tick of a loop, and how welcome they are beside what the model likes."""

    def __init__(self, recipe: Recipe) -> None:
        limits = recipe.limits
        self._wished = wishes_of(recipe)
        self._places = ChordPlaces(recipe.harmony, recipe.metre) if recipe.harmony else None
        self._register = [pitch for pitch in _PIANO if limits.low <= pitch <= limits.high] or [*_PIANO]
        key = Key(limits.tonic, limits.scale)
        self._in_key = [pitch for pitch in self._register if pitch in key]

    def pitches(self, tick: int) -> Sequence[int]:
        """What may be played: the scale of the chord that sounds, or else of the scene, in the register."""
        if self._places is None:
            return self._in_key
        scale = self._places.at(tick).scale
        return [pitch for pitch in self._register if pitch % OCTAVE in scale]

    def weights(self, press: Press, *, begins: bool) -> Array | None:
        """Log-weights of the keys (88,) for a press; None where nothing is wished for.

        Where the music begins, its first key is near where the button lies in the register, if that is not all of the
        piano: the model goes on from there.
        """
        wished = None
        if self._wished is not None:
            step = min(press.start // TICKS_PER_STEP, len(self._wished.rests) - 1)
            wished = self._wished.pitches[step, LOWEST_PITCH : LOWEST_PITCH + KEYS]
        if not begins or len(self._register) == KEYS:
            return wished
        low, high = self._register[0], self._register[-1]
        there = low + (high - low) * press.button / (BUTTONS - 1)
        near = -np.abs(np.arange(LOWEST_PITCH, LOWEST_PITCH + KEYS) - there).astype(np.float32) * _NEAR
        return near if wished is None else wished + near


def _played(
    genie: Genie,
    recipe: Recipe,
    before: _PlayedKeys,
    presses: Sequence[Press],
    draws: Sequence[float],
    welcome: _Welcome,
    first: int,
) -> Candidate:
    """What is played, in ticks from ``first`` on; of keys that sound no other press has one."""
    memory, likely, second = before.memory, 0.0, _seconds_a_tick(recipe)
    notes: list[Note] = []
    events: list[int] = []
    last = first
    for press, draw in zip(presses, draws, strict=True):
        wait = (press.start - last) * second + (0.0 if events else before.rest)
        likelihoods, after = genie.hear(memory, press.button, wait)
        weights = welcome.weights(press, begins=memory.key is None)
        sounding = {note.pitch for note in notes if note.end > press.start}
        allowed = welcome.pitches(press.start)
        free = [pitch for pitch in allowed if pitch not in sounding] or allowed
        pitch = choose(likelihoods, draw, recipe.temperature, free, weights)
        key = pitch - LOWEST_PITCH
        memory, last = GenieMemory(after.cells, after.hiddens, key), press.start
        likely += float(likelihoods[key])
        notes.append(Note(press.start, press.length, pitch, press.velocity))
        events.append((press.button * KEYS + key) * _BINS + bin_of(wait))
    end = first + recipe.steps * TICKS_PER_STEP
    rest = (end - last) * second + (0.0 if events else before.rest)
    events.append(-1 - round(min(rest * 1000, _LONGEST_REST)))
    answer = tuple(sorted(note.moved(-first) for note in notes))
    return Candidate(answer, likely / len(notes) if notes else None, None, tuple(events))


def _told(genie: Genie, recipe: Recipe) -> _PlayedKeys:
    """What the model remembers: the primer, by the buttons that make it likeliest, and the loops since."""
    second = _seconds_a_tick(recipe)
    memory, rest, last = genie.start(), float("inf"), 0
    primer = [note for note in recipe.primer if note.pitch in _PIANO]
    for note in primer:
        key, wait = note.pitch - LOWEST_PITCH, rest if memory.key is None else (note.start - last) * second
        memory = genie.told(memory, genie.button_for(memory, key, wait), wait, key)
        last = note.start
    if primer:
        rest = max(recipe.primer_steps * TICKS_PER_STEP - last, 0) * second
    for past in recipe.past:
        for event in past.events:
            if event < 0:
                rest = (-1 - event) / 1000
                continue
            pressed, number = divmod(event, _BINS)
            button, key = divmod(pressed, KEYS)
            memory = genie.told(memory, button, wait_of(number), key)
    return _PlayedKeys(memory, rest)


def _seconds_a_tick(recipe: Recipe) -> float:
    tempo = recipe.settings.get(QPM, _USUAL_TEMPO)
    return 60.0 / (float(tempo) * TICKS_PER_QUARTER)
