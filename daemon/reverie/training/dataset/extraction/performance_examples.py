# pyright: basic
# TensorFlow, note_seq and Magenta have no types.
"""Examples of performances: hundredths of a second, from bar line to bar line."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import note_seq
from magenta.pipelines import performance_pipeline

from reverie.magenta.families import family_of
from reverie.training.dataset.extraction.example_source import Cut, EncodedExample, note_statistics, serialized
from reverie.training.dataset.extraction.score_rubato import is_score, with_rubato
from reverie.training.dataset.extraction.straight_time import TempoMap, bar_lines, harmonic_part, metre_changes
from reverie.training.recipes import TrainingRecipe

_FEWEST_EVENTS = 32
_MOST_SECONDS = 30
"""What Magenta's own pipeline asks of a passage, and where it cuts."""


class PerformanceExamples:
    """The source of examples for PerformanceRNN.

    A window begins at a bar line and has as many whole bars as fit into ``recipe.window`` events and half a minute. A
    note that sounds already when a window begins is not heard in it, as in Magenta's own examples. What was read from a
    score is given a plain rubato.
    """

    format = 1

    def __init__(self, recipe: TrainingRecipe) -> None:
        self._config = family_of(recipe.config).config(recipe.config)
        self._encode = performance_pipeline.EncoderPipeline(self._config, "examples").transform
        self._window = recipe.window
        self._metres = recipe.metres
        self.keys = recipe.keys
        self.stretches = recipe.stretches

    def cuts(self, sequence: Any, left_out: Counter[str]) -> Iterator[Cut]:
        """The windows of a piece, which begin at bar lines."""
        part = note_seq.apply_sustain_control_changes(harmonic_part(sequence))
        if not part.notes:
            left_out["a passage has no notes for such a model"] += 1
            return
        tempos = TempoMap(part)
        lines = list(bar_lines(metre_changes(part, tempos), tempos, part.total_time))
        rate = self._config.steps_per_second
        seconds = [line for line, _ in lines]
        if is_score(sequence):
            part, seconds = with_rubato(part, seconds)
        steps = [round(line * rate) for line in seconds]
        metres = [metre for _, metre in lines]
        quantized = note_seq.quantize_note_sequence_absolute(part, rate)
        notes = sorted(quantized.notes, key=lambda note: (note.start_time, note.pitch))
        starts = [note.quantized_start_step for note in notes]
        line = bisect_right(steps, starts[0]) - 1
        while line < len(steps) and steps[line] <= starts[-1]:
            end = bisect_right(steps, steps[line] + _MOST_SECONDS * rate) - 1
            end = max(line + 1, end)
            until = steps[end] if end < len(steps) else quantized.total_quantized_steps + 1
            first, last = bisect_right(starts, steps[line] - 1), bisect_right(starts, until - 1)
            performance = self._performance(quantized, notes[first:last], steps[line], left_out)
            following = end
            if performance is not None:
                covered = steps[line] + performance.num_steps
                reached = bisect_right(steps, covered) - 1
                if self._window and len(performance) >= self._window and line < reached:
                    following = min(reached, end)
                    if not self._config.note_performance:
                        performance.set_length(steps[following] - steps[line])
                if self._metres and metres[line] not in self._metres:
                    left_out[f"a passage is in {metres[line]}"] += 1
                else:
                    yield partial(self._examples, performance, metres[line], following - line)
            line = following

    def _performance(self, quantized: Any, notes: Sequence[Any], origin: int, left_out: Counter[str]) -> Any:
        """Magenta's performance of some notes, counted from a bar line; None where it is too short."""
        inside = note_seq.NoteSequence()
        inside.quantization_info.CopyFrom(quantized.quantization_info)
        for note in notes:
            copied = inside.notes.add()
            copied.CopyFrom(note)
            copied.quantized_start_step -= origin
            copied.quantized_end_step -= origin
        performances, statistics = performance_pipeline.extract_performances(
            inside,
            min_events_discard=_FEWEST_EVENTS,
            max_events_truncate=self._window or None,
            num_velocity_bins=self._config.num_velocity_bins,
            note_performance=self._config.note_performance,
        )
        if notes:
            note_statistics(statistics, left_out)
        return performances[0] if performances else None

    def _examples(self, performance: Any, metre: str, bars: int) -> Iterator[EncodedExample]:
        pitches = tuple(_pitches(performance))
        for example in self._encode(performance):
            yield EncodedExample(serialized(example), len(performance) - 1, metre, bars, pitches)


def _pitches(performance: Any) -> Iterator[int]:
    for event in performance:
        for part in event if isinstance(event, tuple) else (event,):
            if part.event_type == note_seq.PerformanceEvent.NOTE_ON:
                yield part.event_value
