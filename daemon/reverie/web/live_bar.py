"""A bar as pages see and hear it: what really goes to the ports, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reverie.play.bar_events import write_bar_events
from reverie.play.events import Start
from reverie.play.messages import SetOverrides, at_level
from reverie.play.score import SceneScore


@dataclass(frozen=True, slots=True)
class LiveNote:
    """A note of a voice in a bar: ``tick`` counts from the bar line, with swing; ``pitch`` is what the port is sent.

    A ``tied`` one goes on from a note of its voice and pitch that ends at its tick, and is struck only if none does.
    """

    voice: str
    tick: int
    pitch: int
    velocity: int
    length: int
    tied: bool = False

    def as_json(self) -> list[str | int]:
        """Voice, tick, pitch, velocity and length in ticks; a tied one has a 1 behind them."""
        return [self.voice, self.tick, self.pitch, self.velocity, self.length, *([1] if self.tied else [])]


@dataclass(frozen=True, slots=True)
class PacePiece:
    """From ``tick`` of a bar on, which comes at the monotonic moment ``at``, a tick lasts ``seconds``."""

    tick: float
    at: float
    seconds: float

    def moment(self, tick: float) -> float:
        """When a tick comes, if it is of this piece."""
        return self.at + (tick - self.tick) * self.seconds

    def tick_at(self, moment: float) -> float:
        """The tick of a moment."""
        return self.tick + (moment - self.at) / self.seconds


@dataclass(frozen=True, slots=True)
class LiveBar:
    """One bar. ``bar`` counts from the player's first, ``scene_bar`` from the scene's, both from 0.

    ``exact`` says that it has begun at the moment where ``pace`` has its bar line; one to come is a prediction. Of the
    voices ``open`` it is not known yet what they play in it. ``repeated`` are those that had nothing new. ``controls``
    are the controllers that hold in it: voice, number and value, and ``programs`` those that a mood gives to voices.
    """

    epoch: int
    scene: str
    bar: int
    scene_bar: int
    ticks: int
    pace: tuple[PacePiece, ...]
    resting: bool
    section: str
    chords: tuple[tuple[int, str], ...] = ()
    notes: tuple[LiveNote, ...] = ()
    muted: tuple[str, ...] = ()
    tacet: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    exact: bool = True
    controls: tuple[tuple[str, int, int], ...] = ()
    programs: tuple[tuple[str, int], ...] = ()

    @property
    def begins(self) -> float:
        """The monotonic moment of its bar line."""
        return self.pace[0].at

    @property
    def end(self) -> float:
        """The monotonic moment of the bar line after it, as far as that is known."""
        return self.pace[-1].moment(self.ticks)

    def tick_at(self, moment: float) -> float:
        """The tick of a moment within the bar."""
        piece = next((one for one in reversed(self.pace) if moment >= one.at), self.pace[0])
        return min(max(piece.tick_at(moment), 0.0), float(self.ticks))

    def bent(self, moment: float, seconds_per_tick: float) -> LiveBar:
        """The same, going at another tempo from a moment on."""
        piece = PacePiece(self.tick_at(moment), moment, seconds_per_tick)
        return replace(self, pace=(*(one for one in self.pace if one.tick < piece.tick), piece))

    def held(self, overrides: SetOverrides, tick: float, written: Iterable[LiveNote]) -> LiveBar:
        """The same, if from ``tick`` on people hold its voices so; ``written`` are its notes if nobody held them."""
        muted = overrides.muted
        begun = (_cut(one, tick) if one.voice in muted else one for one in self.notes if one.tick < tick)
        later = held_notes((one for one in written if one.tick >= tick), overrides)
        return replace(self, notes=(*begun, *later), muted=tuple(sorted(muted)))

    def silenced(self, tick: float) -> LiveBar:
        """The same, if at ``tick`` everything is ended, and nothing more begins in it."""
        return replace(self, notes=tuple(_cut(one, tick) for one in self.notes if one.tick < tick))

    def as_json(self) -> dict[str, Any]:
        """Plain data for pages; ``pace`` is there where the tempo changes within the bar."""
        return {
            "epoch": self.epoch,
            "scene": self.scene,
            "bar": self.bar,
            "scene_bar": self.scene_bar,
            "begins": round(self.begins, 6),
            "seconds": round(self.end - self.begins, 6),
            "ticks": self.ticks,
            "resting": self.resting,
            "exact": self.exact,
            "section": self.section or None,
            "chords": [{"tick": tick, "symbol": symbol} for tick, symbol in self.chords],
            "muted": [*self.muted],
            "tacet": [*self.tacet],
            "repeated": [*self.repeated],
            "open": [*self.open],
            "controls": [list(one) for one in self.controls],
            "programs": [list(one) for one in self.programs],
            "notes": [note.as_json() for note in self.notes],
            **({"pace": [[one.tick, one.at, one.seconds] for one in self.pace]} if len(self.pace) > 1 else {}),
        }


def held_notes(written: Iterable[LiveNote], overrides: SetOverrides) -> Iterator[LiveNote]:
    """Notes as people hold their voices: without those that are muted, and as loud as each is wanted."""
    for note in written:
        if note.voice not in overrides.muted:
            level = overrides.levels.get(note.voice)
            yield note if level is None else replace(note, velocity=at_level(note.velocity, level))


def notes_of(score: SceneScore, scene_bar: int, *, resting: bool, swing: float | None = None) -> tuple[LiveNote, ...]:
    """The notes of a bar as the player writes them out, in the order in which they begin; without any mute."""
    written = write_bar_events(score, scene_bar, 0, resting=resting, clocked=(), swing=swing)
    notes = [
        LiveNote(start.part.name, tick, start.pitch, start.velocity, start.length, start.tied)
        for tick, start in _starts(written.entries)
    ]
    return tuple(sorted(notes, key=lambda note: (note.tick, note.voice, note.pitch)))


def programs_of(score: SceneScore, scene_bar: int) -> tuple[tuple[str, int], ...]:
    """The programs that voices have in a bar in place of their own: all of a channel that of the first which asks."""
    chosen: dict[tuple[str, int], int] = {}
    for part, program in score.programs(scene_bar):
        chosen.setdefault((part.slot, part.channel), program)
    ways = ((part.name, chosen.get((part.slot, part.channel))) for part in score.scene.parts)
    return tuple((name, program) for name, program in ways if program is not None)


def _starts(entries: Mapping[str, Iterable[tuple[int, Any, int, Any]]]) -> Iterable[tuple[int, Start]]:
    for rows in entries.values():
        for tick, _, _, content in rows:
            if isinstance(content, Start):
                yield tick, content


def _cut(note: LiveNote, tick: float) -> LiveNote:
    """The note, ended at a tick after its begin if it lasts longer."""
    return replace(note, length=max(int(tick) - note.tick, 1)) if note.tick + note.length > tick else note
