"""What banks will cost, before they are rendered: told by a short probe of the real model on this machine."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reverie.timbre.bank.finish import finish
from reverie.timbre.bank.latent_shelf import LatentShelf
from reverie.timbre.recipe import BankRecipe, Ingredient, IngredientKey
from reverie.timbre.render.batches import batches_of
from reverie.timbre.render.fitted import Fits, unknown
from reverie.timbre.render.renderer import Code, Renderer
from reverie.timbre.sound import NoteRequest, Sound

PROBE = 2.0
"""Seconds after which a part of the work that is still not done has told enough."""
CUT = 0.5
"""Seconds of a source that are encoded to see how long the whole takes."""
SAMPLE_BYTES = 6
"""Bytes that a bank takes for a sample: 24 bits in its WAV file, and as many in its SoundFont."""
BANK_RATE = 48_000
_KILOBYTE = 1024

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class BankCosts:
    """What ``banks`` with so many ``notes``, ``sounding`` seconds together, will take.

    Seconds for each part of the work if all cores are free: ``searching`` for latents, ``encoding`` sources,
    ``rendering`` notes and ``finishing`` samples. ``memory`` and ``disk`` are in bytes, the first those of the whole
    process once its model works.
    """

    banks: int
    notes: int
    sounding: float
    searching: float = 0.0
    encoding: float = 0.0
    rendering: float = 0.0
    finishing: float = 0.0
    memory: int = 0
    disk: int = 0

    @property
    def seconds(self) -> float:
        """For all of it."""
        return self.searching + self.encoding + self.rendering + self.finishing


class WorkClock:
    """Seconds of work as an idle machine would take them: where others take the cores, their time does not count.

    What works on several cores at once takes less by the clock than by the processor, what waits takes more.
    """

    def __init__(self) -> None:
        self._seconds = 0.0
        self._before = time.monotonic(), time.process_time()

    def __call__(self) -> float:
        """Seconds since some moment."""
        now = time.monotonic(), time.process_time()
        self._seconds += min(after - before for after, before in zip(now, self._before, strict=True))
        self._before = now
        return self._seconds


NOTHING = BankCosts(0, 0, 0.0)


def measured(
    recipes: Sequence[BankRecipe],
    sounds: Mapping[str, Sound],
    renderer: Renderer,
    shelf: LatentShelf,
    clock: Clock | None = None,
) -> BankCosts:
    """What ``recipes`` cost that are alike but for their mixtures, as those of a morph are; nothing is kept.

    Raises:
        TimbreError: if a sound cannot be used.
    """
    if not recipes:
        return NOTHING
    clock = clock or WorkClock()
    first = recipes[0]
    notes = [note for recipe in recipes for note in recipe.notes]
    sounding = sum(note.seconds for note in notes)
    code, encoding = _encoding(recipes, sounds, renderer, clock)
    batches = batches_of(first, {played.key: code for played in first.keys})
    rendering = renderer.begin(batches[0].codes, batches[0].notes, batches[0].seed)
    each = _until_told(rendering.advance, lambda: rendering.done, clock)
    return BankCosts(
        banks=len(recipes),
        notes=len(notes),
        sounding=sounding,
        searching=_searching(recipes, sounds, renderer, shelf, clock),
        encoding=encoding,
        rendering=each * len(batches) * len(recipes),
        finishing=_finishing(notes[0], first.level, clock) * len(notes),
        memory=_memory(),
        disk=round(sounding * BANK_RATE * SAMPLE_BYTES),
    )


def _encoding(
    recipes: Sequence[BankRecipe], sounds: Mapping[str, Sound], renderer: Renderer, clock: Clock
) -> tuple[Code, float]:
    """A code for the probe, and the seconds for all that are to be encoded: each source once at each key."""
    wanted: dict[tuple[IngredientKey, int], Ingredient] = {
        (one.key, played.key): one
        for recipe in recipes
        for played in recipe.keys
        for one in played.ingredients
        if one.sound and not one.fit
    }
    if not wanted:
        return renderer.latent(0), 0.0
    one = next(iter(wanted.values()))
    sound = sounds[one.sound]
    cut = Sound(sound.samples[: max(1, round(CUT * sound.rate))], sound.rate)
    begun = clock()
    code = renderer.code(cut, recipes[0].keys[0].pitch, own_pitch=one.own_pitch, transposed=not one.untransposed)
    each = (clock() - begun) / cut.seconds
    return code, each * sum(sounds[one.sound].seconds for one in wanted.values())


def _searching(
    recipes: Sequence[BankRecipe], sounds: Mapping[str, Sound], renderer: Renderer, shelf: LatentShelf, clock: Clock
) -> float:
    wanted = {one.key: one for recipe in recipes for one in unknown(recipe, shelf)}
    if not wanted or not isinstance(renderer, Fits):
        return 0.0
    one = next(iter(wanted.values()))
    fit = renderer.fit(sounds[one.sound], one.own_pitch, untransposed=one.untransposed)
    return len(wanted) * _until_told(fit.advance, lambda: fit.done, clock)


def _until_told(advance: Callable[[], bool], done: Callable[[], float], clock: Clock) -> float:
    """How many seconds work takes that is done slice by slice; the first is a warm-up, unless it is all."""
    begun = clock()
    if advance():
        return clock() - begun
    before, begun = done(), clock()
    while not advance():
        if clock() - begun >= PROBE and done() > before:
            return (clock() - begun) / (done() - before)
    return (clock() - begun) / (1 - before) if before < 1 else 0.0


def _finishing(note: NoteRequest, level: float, clock: Clock) -> float:
    """Seconds for making the sample of a note ready."""
    rate = 16_000
    times = np.arange(max(1, round(note.seconds * rate))) / rate
    tone = (0.3 * np.sin(2 * np.pi * 220.0 * times) * np.exp(-times)).astype(np.float32)
    begun = clock()
    finish([note], [Sound(tone, rate)], level)
    return clock() - begun


def _memory() -> int:
    """The most memory that this process has had, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * _KILOBYTE
