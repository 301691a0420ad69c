"""What a model is told before it composes: the primer on the model's own grid, in its own key and register."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reverie.compose.local_key import local_major
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.told_chords import by_step
from reverie.models.encodings.melody_notes import major_key
from reverie.models.errors import ModelError
from reverie.music.drums import DRUMS
from reverie.music.harmony import OCTAVE, fold
from reverie.music.notes import MAX_MIDI, Note
from reverie.music.time import TICKS_PER_STEP

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
class InputRange:
    """What a model can hear: ``low`` to ``high`` are its pitches; ``transposes`` if it knows C major only.

    One with a register that knows all keys is told music in another one by octaves.
    """

    drums: bool = False
    low: int = 0
    high: int = MAX_MIDI
    transposes: bool = False

    @property
    def moves(self) -> bool:
        """Whether what it is told has to be moved to where it hears."""
        return self.transposes or (not self.drums and (self.low > 0 or self.high < MAX_MIDI))


@dataclass(frozen=True, slots=True)
class ConditionedPrimer:
    """A primer's notes in steps of ``grid`` ticks, how long it is, and the step at which the answer begins.

    That is the primer's end, but for an opening that the recipe did not give, which is part of the answer. ``shift``
    is what pitches were moved by, and ``moved`` by how much the answer is in a higher key than the primer, and by how
    many octaves a course has moved it.
    """

    notes: tuple[Note, ...]
    steps: int
    first: int
    shift: int = 0
    grid: int = TICKS_PER_STEP
    moved: int = 0

    def drawn(self, wanted: int) -> int:
        """How many steps have to follow what is heard, so that the answer has ``wanted`` sixteenths."""
        return max(self.first + wanted * TICKS_PER_STEP // self.grid - self.steps, 0)

    def played(self, note: Note) -> Note:
        """One of the model's notes, in steps from the beginning of what it heard, as a note of the answer."""
        pitch = fold(note.pitch - self.shift + self.moved, 0, MAX_MIDI)
        if pitch is None:
            raise AssertionError("MIDI has more than an octave")
        start = (note.start - self.first) * self.grid
        return Note(start, note.length * self.grid, pitch, note.velocity)


def hear(recipe: Recipe, ear: InputRange) -> ConditionedPrimer:
    """What a model with this ear is told of a recipe.

    A recipe without a primer begins as Magenta's own programs do: drums with a bass drum, a melody with the tonic,
    which then is the first note of the answer. The same holds for a primer that is silent, since what follows silence
    is mostly silence.
    """
    limits, grid = recipe.limits, recipe.traits.grid
    steps = recipe.primer_steps * TICKS_PER_STEP // grid
    notes = tuple(_on_grid(note, steps, grid) for note in recipe.primer) if steps else ()
    first = steps
    if not notes:
        low, high = limits.low - recipe.register, limits.high - recipe.register
        notes, steps, first = (_opening(ear, limits.tonic, low, high),), 1, 0
    lift = OCTAVE * round(recipe.register / OCTAVE)
    if not ear.moves:
        return ConditionedPrimer(notes, steps, first, grid=grid, moved=lift)
    pitches = [note.pitch for note in notes]
    key = _key(recipe, pitches) if ear.transposes else 0
    shift = _shift(ear, key, pitches)
    moved = (replace(note, pitch=fold(note.pitch + shift, ear.low, ear.high) or ear.low) for note in notes)
    way = _way(key, local_major(recipe.harmony, key)) if ear.transposes else 0
    return ConditionedPrimer(tuple(moved), steps, first, shift, grid, way + lift)


def chords_over(recipe: Recipe, heard: ConditionedPrimer) -> list[str]:
    """The chord symbol over each sixteenth from the first that a model hears on, if it composes over chords.

    Raises:
        ModelError: if the recipe has none.
    """
    if not recipe.chords:
        raise ModelError(f"{recipe.model} composes over chords, and was told none")
    return by_step(recipe.chords)[recipe.primer_steps - heard.first :]


def moved_to(recipe: Recipe, key: int) -> int:
    """By how many semitones a primer is to be moved to be in a major key, the shorter way."""
    return _way(_key(recipe, [note.pitch for note in recipe.primer]), key)


def moved_from(recipe: Recipe, key: int) -> int | None:
    """By how many semitones music in a major key is to be moved to be in that of the loop; None if it is in none."""
    home = scene_major(recipe.limits)
    return None if home is None else _way(key, local_major(recipe.harmony, home))


def moved_since(recipe: Recipe) -> int:
    """By how many semitones the loop is to be higher than what the recipe goes on from: key and register may move."""
    if recipe.traits.drums:
        return 0
    lift = OCTAVE * round(recipe.register / OCTAVE)
    key = scene_major(recipe.limits) if recipe.primer_key is None else recipe.primer_key
    return lift if key is None else lift + _way(key, local_major(recipe.harmony, key))


def _opening(ear: InputRange, tonic: int, low: int, high: int) -> Note:
    if ear.drums:
        return Note(0, 1, DRUMS["bass"])
    middle = (low + high) // 2
    return Note(0, 1, max(tonic, middle - (middle - tonic) % OCTAVE))


def _on_grid(note: Note, steps: int, grid: int) -> Note:
    start = min(round(note.start / grid), steps - 1)
    end = min(max(round(note.end / grid), start + 1), steps)
    return Note(start, end - start, note.pitch, note.velocity)


def scene_major(limits: LoopLimits) -> int | None:
    """The tonic of the major key with the notes of the voice's scale, counted from C; None where none has them."""
    above = _MAJOR_BELOW.get(limits.scale)
    return None if above is None else limits.tonic - above


def _key(recipe: Recipe, pitches: Sequence[int]) -> int:
    """The tonic of the major key in which a primer is.

    The recipe says it where the harmony has moved it, else a scene's scale; where it has none, Magenta's guess does,
    which is unreliable for short primers.
    """
    own = scene_major(recipe.limits) if recipe.primer_key is None else recipe.primer_key
    return major_key(pitches) if own is None else own


def _way(key: int, other: int) -> int:
    """Semitones from one key to another, the shorter way."""
    return (other - key + OCTAVE // 2) % OCTAVE - OCTAVE // 2


def _shift(ear: InputRange, key: int, pitches: Sequence[int]) -> int:
    """How far to move a primer so that it is in C and in the middle of what the model was trained on.

    The model knows melodies in C major and its modes only.
    """
    middle = (min(pitches) + max(pitches)) / 2
    return OCTAVE * round(((ear.low + ear.high) / 2 - middle + key) / OCTAVE) - key
