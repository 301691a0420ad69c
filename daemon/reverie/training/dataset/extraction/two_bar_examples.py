# pyright: basic
# note_seq has no types.
"""Examples for MusicVAE and GrooVAE: all stretches of two bars of 4/4, a bar apart.

What is kept is what the decoder is to say, as bytes; what the encoder hears follows from it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from reverie.models.encodings.melody_notes import major_key
from reverie.models.vae.converters import Drums, Melodies
from reverie.models.vae.grooves import Grooves, Hit
from reverie.models.vae.heads import Frames
from reverie.music.harmony import OCTAVE
from reverie.music.notes import MAX_MIDI, Note
from reverie.training.dataset.extraction.example_source import Cut, EncodedExample
from reverie.training.dataset.extraction.straight_time import metre_sections
from reverie.training.recipes import TrainingRecipe
from reverie.training.two_bar_records import record_of, training_converter

_METRES = frozenset({"4/4", "2/2", "8/8"})
"""Those whose bar has sixteen sixteenths, which Magenta hears alike."""
_METRE = "4/4"
_STEPS_A_SECOND = 8
"""In the even time of a metre's section, which is at 120 quarters a minute."""
_BAR = 16
_FEWEST_PITCHES = 3
_TOGETHER = 0.05
"""A part in which more of the notes begin together with another is no melody."""


class TwoBarExamples:
    """The source of examples for MusicVAE's two-bar models; none is transposed or stretched before it is learned."""

    format = 0
    keys: tuple[int, ...] = ()
    stretches: tuple[float, ...] = ()

    def __init__(self, recipe: TrainingRecipe) -> None:
        self._config = recipe.config
        converter = training_converter(recipe.config)
        if isinstance(converter, Melodies):
            self._windows: Callable[[Any, Counter[str]], Iterator[Frames]] = partial(_melodies, converter, recipe.key)
        elif isinstance(converter, Drums):
            self._windows = partial(_drums, converter)
        else:
            self._windows = partial(_grooves, converter)
        self._converter = converter

    def cuts(self, sequence: Any, left_out: Counter[str]) -> Iterator[Cut]:
        """The windows of a piece, which begin on bar lines."""
        for metre, section in metre_sections(sequence):
            if metre not in _METRES:
                left_out[f"a passage is in {metre}, and such a model knows only {_METRE}"] += 1
                continue
            for frames in self._windows(section, left_out):
                yield partial(self._example, frames)

    def _example(self, frames: Frames) -> list[EncodedExample]:
        said = self._converter
        notes = said.hits(frames) if isinstance(said, Grooves) else said.notes(frames)
        pitches = tuple(note.pitch for note in notes)
        return [EncodedExample(record_of(self._config, frames), len(frames), _METRE, len(frames) / _BAR, pitches)]


def _melodies(converter: Melodies, key: int | None, section: Any, left_out: Counter[str]) -> Iterator[Frames]:
    """Of a score's parts those of one staff: a song's singer, not its piano."""
    piano = {info.instrument for info in section.instrument_infos if ", staff " in info.name}
    parts: defaultdict[int, list[Note]] = defaultdict(list)
    for note in section.notes:
        if not note.is_drum and note.instrument not in piano:
            start, end = _step(note.start_time), _step(note.end_time)
            parts[note.instrument].append(Note(start, max(1, end - start), note.pitch))
    for notes in parts.values():
        starts = len({note.start for note in notes})
        if len(notes) - starts > _TOGETHER * len(notes):
            left_out["a part is polyphonic, so it is no melody"] += 1
        elif len({note.pitch for note in notes}) < _FEWEST_PITCHES:
            left_out["a melody has too few different pitches"] += 1
        else:
            yield from (example.outputs for example in converter.examples(_in_key(notes, key)))


def _in_key(notes: list[Note], key: int | None) -> list[Note]:
    """A melody moved to a major key by half an octave at most; as it is if there is none."""
    if key is None:
        return notes
    way = (key - major_key(note.pitch for note in notes)) % OCTAVE
    shift = way - OCTAVE if way > OCTAVE // 2 else way
    return [replace(note, pitch=note.pitch + shift) for note in notes if 0 <= note.pitch + shift <= MAX_MIDI]


def _drums(converter: Drums, section: Any, left_out: Counter[str]) -> Iterator[Frames]:
    notes = [Note(_step(note.start_time), 1, note.pitch) for note in section.notes if note.is_drum]
    if not notes:
        left_out["a passage has no drums"] += 1
    yield from (example.outputs for example in converter.examples(notes))


def _grooves(converter: Grooves, section: Any, left_out: Counter[str]) -> Iterator[Frames]:
    """Silent stretches are none."""
    hits = [Hit(note.start_time * _STEPS_A_SECOND, note.pitch, note.velocity) for note in section.notes if note.is_drum]
    if not hits:
        left_out["a passage has no drums"] += 1
    for bar in (0, _BAR):
        later = [Hit(hit.start - bar, hit.pitch, hit.velocity) for hit in hits if int(hit.start + 0.5) >= bar]
        yield from (example.outputs for example in converter.examples(later) if example.outputs.any())


def _step(seconds: float) -> int:
    """The sixteenth that is nearest, as Magenta counts."""
    return int(np.floor(seconds * _STEPS_A_SECOND + 0.5))
