"""The figures that are shown to people: what each is called, and where it stands in the figures of a piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure by its path, such as ``drums.timing_ms``; ``about`` says what it is of, ``digits`` how exact it is."""

    path: str
    title: str
    about: str = ""
    digits: int = 2

    def read(self, figures: Mapping[str, Any]) -> tuple[float | None, float | None]:
        """The figure, and what it is by chance; None where it is not known."""
        *folders, name = self.path.split(".")
        inside: Mapping[str, Any] = figures
        for folder in folders:
            inside = inside.get(folder) or {}
        value = inside.get(name)
        if isinstance(value, dict):
            pair = cast("dict[str, float | None]", value)
            return pair["value"], pair["by_chance"]
        return value, None

    def written(self, value: float | None) -> str:
        """A value as it is shown."""
        return "–" if value is None else f"{value:.{self.digits}f}"  # noqa: RUF001 - a dash


ROWS = (
    FigureRow("consonance_with_bass", "consonant with the bass", "melody notes on strong places over a bass"),
    FigureRow("consonance_with_chord", "tones of the chord", "melody notes on strong places under a known chord"),
    FigureRow("clashes", "semitone clashes", "the time in which pitched notes sound together", 3),
    FigureRow("bass_at_changes", "bass on root or fifth", "changes of chord over a bass"),
    FigureRow("lock", "bass on kicks", "onsets of the bass while drums play"),
    FigureRow("lock.by_chance_anywhere", "the same by chance in the bar", "them, the drums moved by sixteenths"),
    FigureRow("overlap_pitched", "onsets together", "onsets of pitched voices, over all pairs"),
    FigureRow("pitched.repeats_within_8", "a bar of the last 8 again", "bars of pitched voices"),
    FigureRow("pitched.repeats_within_32", "a bar of the last 32 again", "bars of pitched voices"),
    FigureRow("pitched.crossing", "over a bar line", "notes of pitched voices"),
    FigureRow("melody.notes_a_bar_played", "notes a bar", "bars in which a melody plays"),
    FigureRow("pitched.velocity_spread", "velocity, spread", "notes of pitched voices", 1),
    FigureRow("pitched.velocity_explained", "velocity explained by the place", "its variance, pitched voices"),
    FigureRow("pitched.timing_ms", "timing, ms", "notes of pitched voices, spread about the grid", 1),
    FigureRow("drums.velocity_spread", "drums: velocity, spread", "strokes", 1),
    FigureRow("drums.velocity_spread_by_range", "drums: the same by the range", "strokes, by softest to loudest"),
    FigureRow("drums.distinct_velocities", "drums: velocities", "different ones", 0),
    FigureRow("drums.velocity_explained", "drums: velocity explained", "its variance, by place and drum"),
    FigureRow("drums.timing_ms", "drums: timing, ms", "strokes, spread about the grid", 1),
    FigureRow(
        "drums.timing_ms_without_drift", "drums: timing without drift, ms", "the same about the player's pace", 1
    ),
    FigureRow("drums.repeats_within_8", "drums: a bar of the last 8 again", "bars"),
    FigureRow("drums.notes_a_bar_played", "drums: strokes a bar", "bars in which drums play", 1),
    FigureRow("model.log_likelihood", "log-likelihood, nats an event", "what was kept, by the model's own account"),
    FigureRow("model.log_likelihood_of_candidates", "the same of all candidates", "what the models drew in all"),
    FigureRow("model.bent", "bent by the guard", "notes of loops that a model drew", 3),
)
"""Those of relations, repetition and touch, in their order."""
FORM_ROWS = (
    FigureRow("density.largest", "density: autocorrelation", "notes a bar, the largest at a lag of 4 to 128 bars"),
    FigureRow("density.later", "density: the same, later", "at a lag of more than 16 bars"),
    FigureRow("density.rise", "density: comes back", "by how much it rises again at some lag"),
    FigureRow("density.at_period", "density: at that lag", "its autocorrelation where it rises most"),
    FigureRow("drums.density.largest", "drums: autocorrelation", "strokes a bar, the same"),
    FigureRow("drums.density.later", "drums: the same, later", "at a lag of more than 16 bars"),
    FigureRow("drums.density.rise", "drums: come back", "by how much it rises again at some lag"),
    FigureRow("drums.density.at_period", "drums: at that lag", "the same"),
    FigureRow("minutes.near", "minutes alike, 2 apart", "pitch, rhythm, register, density, voices, dynamics, figures"),
    FigureRow("minutes.far", "minutes alike, 30 apart", "the same"),
    FigureRow("minutes.difference", "the difference", "by chance: with the minutes in another order, either way"),
    FigureRow("again.longest_hold", "bars of one loop in a row", "the most of any voice", 0),
    FigureRow("again.longest_return", "bars that come back", "the longest stretch of any voice", 0),
    FigureRow("again.heard_before", "bars heard before", "within an hour, the most of any voice"),
    FigureRow("sections", "sections heard, F1", "the form's boundaries, found within 2 bars"),
)
"""Those of form, which short pieces do not have."""
