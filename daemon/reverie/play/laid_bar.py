"""A bar that is laid out a little ahead: it can be taken back until it begins, and is written down as it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from reverie.play.bar_events import BarEvents
from reverie.play.bar_report import BarLog
from reverie.play.bars import Bar
from reverie.play.events import Rank
from reverie.play.messages import BarBegun
from reverie.play.outputs.output import BarLine, ChordLine, SectionLine
from reverie.play.queue import SlotQueue
from reverie.play.recording.recorder import Recorder
from reverie.play.score import SceneScore
from reverie.play.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Laid:
    """A bar that is laid out and has not begun, and what puts all back to how it was before it was laid out."""

    score: SceneScore
    scene_bar: int
    bar_events: BarEvents
    changes: bool
    put_back: Sequence[Callable[[], None]]
    before: Bar | None
    log: BarLog

    def take_back(self) -> None:
        """Take all of it out of the queues again."""
        for put_back in self.put_back:
            put_back()

    def begun(self, bar: Bar, timeline: Timeline, heard: int) -> BarBegun:
        """The message that it has begun as ``bar``, after so many messages were ``heard``."""
        scene = self.score.scene
        return BarBegun(
            epoch=scene.epoch,
            scene=scene.name,
            bar=bar.number,
            scene_bar=self.scene_bar,
            begins=timeline.time_of(bar.tick),
            seconds=bar.ticks * timeline.seconds_per_tick,
            resting=self.bar_events.resting,
            heard=heard,
        )

    def write_down(self, tape: Recorder, queues: Iterable[SlotQueue], wall: float, tick: int, qpm: float) -> None:
        """Note on the tape that it begins, and lay its bar line before every device."""
        scene = self.score.scene
        tape.bar(wall, tick, qpm, scene.metre, scene.name)
        for part in scene.parts:
            tape.slot(tick, part.slot, part.name)
        for name, recipe in self.bar_events.recipes:
            tape.recipe(tick, recipe, name)
        section = self.score.section(self.scene_bar)
        if section:
            tape.section(tick, section)
        self.score.begin(self.scene_bar)
        chords = self.score.take_chords(self.scene_bar)
        for chord in chords:
            tape.chord(tick + chord.tick, chord.symbol)
        line = BarLine(scene.name, self.scene_bar, qpm, str(scene.metre))
        for queue in queues:
            queue.add(tick, Rank.TRANSPORT, line)
            if section:
                queue.add(tick, Rank.TRANSPORT, SectionLine(section))
            for chord in chords:
                begins = ChordLine(chord.symbol, chord.root, chord.bass, chord.tones)
                queue.add(tick + chord.tick, Rank.TRANSPORT, begins)
