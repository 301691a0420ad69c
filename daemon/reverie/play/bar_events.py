"""The events of a bar, for each slot's queue. They are written ahead of time, as most notes are due at the bar line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from reverie.music.strokes import strokes
from reverie.play.events import BarControls, Entry, PlannedControl, PlannedProgram, Rank, Start, entry
from reverie.play.score import SceneScore
from reverie.play.sync.clock_out import pulses


@dataclass(frozen=True, slots=True)
class BarEvents:
    """Scene bar ``scene_bar`` of ``score`` from ``tick`` on: entries by slot, in order; recipes and notes by part.

    ``repeated`` are the parts that have nothing new for it, ``tacet`` those that its plan wants silent. ``controls``
    are by slot what its plan sets on channels; None where it is a rest, in which they stay as they are.
    """

    score: SceneScore
    scene_bar: int
    tick: int
    resting: bool
    entries: Mapping[str, tuple[Entry, ...]]
    recipes: tuple[tuple[str, str], ...]
    notes: Mapping[str, int]
    repeated: tuple[str, ...]
    tacet: tuple[str, ...] = ()
    controls: Mapping[str, BarControls] | None = None

    def is_of(self, score: SceneScore, scene_bar: int, tick: int, *, resting: bool) -> bool:
        """Whether it is of that bar."""
        return (self.score, self.scene_bar, self.tick, self.resting) == (score, scene_bar, tick, resting)


def write_bar_events(
    score: SceneScore,
    scene_bar: int,
    tick: int,
    *,
    resting: bool,
    clocked: Collection[str],
    swing: float | None = None,
) -> BarEvents:
    """Write a bar out: its notes, unless it is a rest, and the ticks of MIDI clock for the slots ``clocked``.

    ``swing`` is the share that people have set in place of the scene's own (None).
    """
    metre, warp = score.scene.metre, score.scene.swing.at(swing).warp
    written: dict[str, list[Entry]] = {
        slot: [entry(at, Rank.CLOCK, message) for at, message in pulses(tick, tick + metre.bar_ticks)]
        for slot in clocked
    }
    notes: Counter[str] = Counter()
    recipes: tuple[tuple[str, str], ...] = ()
    repeated: tuple[str, ...] = ()
    tacet: tuple[str, ...] = ()
    controls: Mapping[str, BarControls] | None = None
    if not resting:
        repeated, tacet = score.repeated(scene_bar), score.tacet(scene_bar)
        controls = _controls(score, scene_bar)
        recipes = tuple(score.recipes(scene_bar))
        for _, rows in groupby(score.notes(scene_bar), key=lambda row: row[0].name):
            pairs = tuple(rows)
            part, own = pairs[0][0], [note for _, note in pairs]
            notes[part.name] += len(own)
            for note, (begin, end) in zip(own, strokes(own, metre, warp), strict=True):
                pitch = part.drum_map.get(note.pitch, note.pitch)
                start = Start(part, part.channel - 1, pitch, note.velocity, end - begin, note.tied)
                written.setdefault(part.slot, []).append(entry(tick + begin, Rank.START, start))
    entries = {slot: tuple(sorted(rows)) for slot, rows in written.items()}
    return BarEvents(score, scene_bar, tick, resting, entries, recipes, notes, repeated, tacet, controls)


def _controls(score: SceneScore, scene_bar: int) -> Mapping[str, BarControls]:
    """By slot, what the plan of a bar sets on its channels."""
    found: dict[str, BarControls] = {}
    for part, number, value in score.controls(scene_bar):
        one = found.get(part.slot, BarControls())
        found[part.slot] = replace(one, controls=(*one.controls, PlannedControl(part, number, value)))
    for part, program in score.programs(scene_bar):
        one = found.get(part.slot, BarControls())
        found[part.slot] = replace(one, programs=(*one.programs, PlannedProgram(part, program)))
    return found
