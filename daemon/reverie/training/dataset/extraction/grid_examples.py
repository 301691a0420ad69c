# pyright: basic
# TensorFlow, note_seq and Magenta have no types.
"""Examples of what is counted in steps: drums, melodies, lead sheets and polyphony.

Each window is encoded by itself, from its own beginning, since that is what the encoders count from; see
:mod:`reverie.training.dataset.bar_windows`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import note_seq
from magenta.models.polyphony_rnn.polyphony_lib import PolyphonicEvent, extract_polyphonic_sequences
from magenta.pipelines import drum_pipelines, lead_sheet_pipelines, melody_pipelines

from reverie.magenta.families import family_of
from reverie.models.configs import config_of
from reverie.models.counting import StepCounting
from reverie.models.encodings.melody import own_label_of
from reverie.training.bar_likeness import bar_likeness
from reverie.training.dataset.bar_windows import BarWindow, bar_windows
from reverie.training.dataset.extraction.example_source import Cut, EncodedExample, encoded, note_statistics
from reverie.training.dataset.extraction.straight_time import harmonic_part, metre_sections, spread_chords
from reverie.training.dataset.learned_part import keep_line, part_of
from reverie.training.dataset.shortened_bars import BarCut, cuts_to, shortened
from reverie.training.recipes import LearnedPart, TrainingRecipe

_MELODY_PITCHES = 5
_LEAD_SHEET_PITCHES = 3
_POLYPHONY_BARS = 5
"""What Magenta's own pipelines ask of a passage."""
_TWELVE_KEYS = (-6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5)
"""Where Magenta puts lead sheets whose key is kept."""


class _Window(NamedTuple):
    """A window as bytes, how many events a model is asked for, and what pitches begin at each step."""

    record: bytes
    events: int
    struck: Sequence[frozenset[int]]


class _Passage(NamedTuple):
    """Music from a bar line on: where it may be cut, and what makes an example of a window."""

    windows: Sequence[BarWindow]
    encode: Callable[[BarWindow], _Window]


class GridExamples:
    """The source of examples for DrumsRNN, MelodyRNN, ImprovRNN and PolyphonyRNN."""

    format = 2
    stretches: tuple[float, ...] = ()

    def __init__(self, recipe: TrainingRecipe) -> None:
        family = family_of(recipe.config)
        self._config = family.config(recipe.config)
        self._encoder = self._config.encoder_decoder
        self._window = recipe.window
        self._counting = StepCounting(config_of(recipe.config).counter, recipe.window)
        self._metres = recipe.metres
        self._shortens = recipe.shorten_bars
        self._part: LearnedPart = recipe.part
        self._own_label = None if recipe.repeats else own_label_of(recipe.config)
        self._passages = {
            "drums": self._drums,
            "melody": self._melodies,
            "improv": self._lead_sheets,
            "polyphony": self._polyphony,
        }[family.kind]
        moves = getattr(self._config, "transpose_to_key", None) is not None
        keeps_all = recipe.model == "improv" and not recipe.keys
        self.keys = () if moves or recipe.model == "drums" else _TWELVE_KEYS if keeps_all else recipe.keys

    def cuts(self, sequence: Any, left_out: Counter[str]) -> Iterator[Cut]:
        """The windows of a piece, which begin on bar lines."""
        for metre, section in metre_sections(part_of(sequence, self._part)):
            wanted = not self._metres or metre in self._metres
            shorter = cuts_to(self._metres, metre) if self._shortens else []
            if not wanted and not shorter:
                left_out[f"a passage is in {metre}"] += 1
                continue
            try:
                quantized = note_seq.quantize_note_sequence(section, self._config.steps_per_quarter)
            except note_seq.BadTimeSignatureError:
                left_out[f"{metre} is no time signature"] += 1
                continue
            bar = note_seq.steps_per_bar_in_quantized_sequence(quantized)
            if bar % 1:
                left_out[f"a bar of {metre} is no whole number of steps"] += 1
                continue
            if wanted:
                yield from self._windows(self._passages(quantized, int(bar), left_out), metre, int(bar))
            for cut in shorter:
                yield from self._shortened(quantized, int(bar), cut, left_out)

    def _windows(self, passages: Iterable[_Passage], metre: str, bar: int) -> Iterator[Cut]:
        for passage in passages:
            for window in passage.windows:
                yield partial(self._example, passage, window, metre, bar)

    def _shortened(self, quantized: Any, bar: int, cut: BarCut, left_out: Counter[str]) -> Iterator[Cut]:
        """The windows of drums of which a part of every bar is left out."""
        for track in self._tracks(quantized, bar, left_out):
            events, shorter = shortened(list(track), bar, self._config.steps_per_quarter, cut)
            yield from self._windows([self._drum_passage(events, shorter)], cut.metre, shorter)

    def _example(self, passage: _Passage, window: BarWindow, metre: str, bar: int) -> list[EncodedExample]:
        record, events, struck = passage.encode(window)
        pitches = tuple(pitch for one in struck for pitch in sorted(one))
        bars, steadiness = (window.end - window.start) / bar, bar_likeness(struck, bar)
        return [EncodedExample(record, events, metre, bars, pitches, steadiness)] if events else []

    def _bar_windows(self, length: int, bar: int) -> list[BarWindow]:
        """Where a passage is cut: in a metre that the encoder's counter does not fit, into what a scene asks for."""
        return list(bar_windows(length, bar, self._counting.span(bar) or self._window))

    def _drums(self, quantized: Any, bar: int, left_out: Counter[str]) -> Iterator[_Passage]:
        for track in self._tracks(quantized, bar, left_out):
            yield self._drum_passage(list(track), bar)

    def _tracks(self, quantized: Any, bar: int, left_out: Counter[str]) -> Any:
        tracks, statistics = drum_pipelines.extract_drum_tracks(quantized, min_bars=_fewest_bars(bar))
        note_statistics(statistics, left_out)
        return tracks

    def _drum_passage(self, events: Sequence[Any], bar: int) -> _Passage:
        return _Passage(self._bar_windows(len(events), bar), partial(self._encode_drums, events))

    def _encode_drums(self, events: Sequence[Any], window: BarWindow) -> _Window:
        inside = events[window.start : window.end]
        return _Window(encoded(*self._encoder.encode(inside)), len(inside) - 1, [frozenset(event) for event in inside])

    def _melodies(self, quantized: Any, bar: int, left_out: Counter[str]) -> Iterator[_Passage]:
        keep_line(quantized, self._part)
        melodies, statistics = melody_pipelines.extract_melodies(
            quantized, min_bars=_fewest_bars(bar), min_unique_pitches=_MELODY_PITCHES, ignore_polyphonic_notes=False
        )
        note_statistics(statistics, left_out)
        for melody in melodies:
            melody.squash(self._config.min_note, self._config.max_note, self._config.transpose_to_key)
            windows = self._bar_windows(len(melody), bar)
            yield _Passage(windows, partial(self._encode_melody, list(melody)))

    def _encode_melody(self, events: Sequence[int], window: BarWindow) -> _Window:
        inside = note_seq.Melody(events[window.start : window.end])  # a note's end without its beginning is left out
        inputs, labels = self._encoder.encode(inside)
        if self._own_label:
            labels = [self._own_label(event) for event in list(inside)[1:]]
        return _Window(encoded(inputs, labels), len(inside) - 1, _sung(inside))

    def _lead_sheets(self, quantized: Any, bar: int, left_out: Counter[str]) -> Iterator[_Passage]:
        spread_chords(quantized)
        try:
            sheets, statistics = lead_sheet_pipelines.extract_lead_sheet_fragments(
                quantized,
                min_bars=_fewest_bars(bar),
                min_unique_pitches=_LEAD_SHEET_PITCHES,
                ignore_polyphonic_notes=False,
                require_chords=True,
            )
        except note_seq.ChordSymbolError:
            left_out["a chord symbol cannot be read"] += 1
            return
        note_statistics(statistics, left_out)
        for sheet in sheets:
            try:
                sheet.squash(self._config.min_note, self._config.max_note, self._config.transpose_to_key)
                self._encoder.encode(*_whole(sheet))
            except (note_seq.ChordEncodingError, note_seq.ChordSymbolError):
                left_out["a chord symbol cannot be encoded"] += 1
                continue
            chords, events = list(sheet.chords), list(sheet.melody)
            windows = self._bar_windows(len(events), bar)
            yield _Passage(windows, partial(self._encode_lead_sheet, chords, events))

    def _encode_lead_sheet(self, chords: Sequence[str], events: Sequence[int], window: BarWindow) -> _Window:
        inside = note_seq.Melody(events[window.start : window.end])
        record = encoded(*self._encoder.encode(chords[window.start : window.end], inside))
        return _Window(record, len(inside) - 1, _sung(inside))

    def _polyphony(self, quantized: Any, bar: int, left_out: Counter[str]) -> Iterator[_Passage]:
        part = harmonic_part(quantized)
        if not part.notes:
            left_out["a passage has no notes for such a model"] += 1
            return
        first = min(note.quantized_start_step for note in part.notes)
        parts, statistics = extract_polyphonic_sequences(
            part, start_step=first - first % bar, min_steps_discard=_POLYPHONY_BARS * bar
        )
        note_statistics(statistics, left_out)
        for sequence in parts:
            steps = list(_steps(sequence))
            yield _Passage(_event_windows(steps, bar, self._window), partial(self._encode_polyphony, steps))

    def _encode_polyphony(self, steps: Sequence[Sequence[PolyphonicEvent]], window: BarWindow) -> _Window:
        """The steps of a window after START; what is held into it begins there, since a model would not know it.

        Only the last window of a piece says that the piece ends.
        """
        opening = [
            PolyphonicEvent(PolyphonicEvent.NEW_NOTE, event.pitch)
            if event.event_type == PolyphonicEvent.CONTINUED_NOTE
            else event
            for event in steps[window.start]
        ]
        events = [PolyphonicEvent(PolyphonicEvent.START, None), *opening]
        for step in steps[window.start + 1 : window.end]:
            events += step
        if self._window and len(events) > self._window + 1:  # a single bar of more events than an example may have
            del events[self._window + 1 :]
        elif window.end == len(steps):
            events.append(PolyphonicEvent(PolyphonicEvent.END, None))
        return _Window(encoded(*self._encoder.encode(events)), len(events) - 1, _begun(events))


def _fewest_bars(bar: int) -> Any:
    """How long a passage must be: longer than a bar, so that it begins a second one. Magenta takes fractions, too.

    Magenta's pipelines ask for seven bars, which leaves out a quarter of the Groove MIDI Dataset's takes; but a bar and
    the one after it, or a phrase between two rests, can be learned from as well.
    """
    return (bar + 0.5) / bar


def _sung(melody: Iterable[int]) -> list[frozenset[int]]:
    """What begins at each step of a melody."""
    return [frozenset((event,)) if event >= 0 else frozenset() for event in melody]


def _begun(events: Iterable[PolyphonicEvent]) -> list[frozenset[int]]:
    """What begins at each step of polyphony."""
    steps: list[set[int]] = [set()]
    for event in events:
        if event.event_type == PolyphonicEvent.STEP_END:
            steps.append(set())
        elif event.event_type == PolyphonicEvent.NEW_NOTE:
            steps[-1].add(int(event.pitch or 0))
    return [frozenset(step) for step in steps]


def _whole(sheet: Any) -> tuple[list[str], Any]:
    """A lead sheet of one step for each of its chords, which tells whether all of them can be encoded."""
    chords = sorted(set(sheet.chords))
    return [chords[0], *chords], note_seq.Melody([60] * (len(chords) + 1))


def _steps(sequence: Any) -> Iterator[list[PolyphonicEvent]]:
    """The events of each step, its end included; without the START and END of the whole."""
    step: list[PolyphonicEvent] = []
    for event in sequence:
        if event.event_type in {PolyphonicEvent.START, PolyphonicEvent.END}:
            continue
        step.append(event)
        if event.event_type == PolyphonicEvent.STEP_END:
            yield step
            step = []


def _event_windows(steps: Sequence[Sequence[Any]], bar: int, window: int) -> list[BarWindow]:
    """As many bars each as have fewer than ``window`` events, so that there is one for the end; one at least."""
    found: list[BarWindow] = []
    start, count = 0, 0
    for line in range(0, len(steps), bar):
        events = sum(len(step) for step in steps[line : line + bar])
        if window and line > start and count + events >= window:
            found.append(BarWindow(start, line))
            start, count = line, 0
        count += events
    return [*found, BarWindow(start, len(steps))]
