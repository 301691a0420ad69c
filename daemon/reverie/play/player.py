"""The player: what is due is sent, bar after bar. It does not wait itself; it says until when one may.

Everything hangs on absolute moments: an event on its tick, a tick on its bar, a bar on the end of the bar before. What
comes late moves nothing that comes after.
"""

from __future__ import annotations

import contextlib
import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count

from reverie.play.bars import Bar, Clock
from reverie.play.messages import BarPlayed, Panic, Part, Place, Rest, SetScene
from reverie.play.score import SceneScore
from reverie.play.slots import NOTE_OFF, NOTE_ON, PROGRAM, Slot
from reverie.play.tape import Tape

PATIENCE = 1.0  # seconds of lateness (or a bar, if that is shorter) after which catching up would be a burst

_Key = tuple[str, int, int]  # slot, channel from 0, pitch


@dataclass(frozen=True, slots=True, order=True)
class _Event:
    """A note's start or, without ``length``, its end. At one tick ends come first, then in the score's order."""

    tick: int
    starts: bool
    number: int
    part: Part = field(compare=False)
    pitch: int = field(compare=False)
    velocity: int = field(compare=False, default=0)
    length: int = field(compare=False, default=0)

    @property
    def key(self) -> _Key:
        """What sounds: one pitch on one channel sounds once."""
        return self.part.slot, self.part.channel - 1, self.pitch


@dataclass(slots=True)
class _Evidence:
    """What has been sent of the bar that is being played."""

    notes: dict[str, int]
    resting: bool
    sent: int = 0
    due: int = 0
    lateness: list[float] = field(default_factory=list[float])


class Player:
    """Plays scenes on slots; every method is called from one thread, and none of them blocks.

    Args:
        slots: The slots by name; a part on a slot that does not exist sounds on the tape only.
        tape: Where everything is written that is sent.
        clock: The time.
        report: Told of every bar that went out, between notes.
    """

    def __init__(
        self, slots: Mapping[str, Slot], tape: Tape, clock: Clock, report: Callable[[BarPlayed], None]
    ) -> None:
        self._slots = slots
        self._tape = tape
        self._clock = clock
        self._report = report
        self._next: tuple[int, SceneScore] | None = None
        self._score: SceneScore | None = None
        self._bar: Bar | None = None
        self._scene_start = 0
        self._rest = False
        self._breaks = 0
        self._events: list[_Event] = []
        self._sounding: dict[_Key, _Event] = {}
        self._numbers = count()
        self._evidence = _Evidence({}, resting=False)
        self._news: list[BarPlayed] = []

    def handle(self, message: SetScene | Place | Rest | Panic) -> None:
        """Do what the conductor says; what concerns the music waits for its bar line."""
        match message:
            case SetScene():
                self._next = (message.at_bar, SceneScore(message))
            case Place():
                for score in (self._score, self._next[1] if self._next else None):
                    if score is not None:
                        score.place(message)
            case Rest():
                self._rest = message.on
            case Panic():
                self._silence(self._now_tick())
                self._events.clear()
                for slot in self._slots.values():
                    slot.hush()

    def deadline(self) -> float | None:
        """The monotonic moment of what is due next; None as long as there is nothing to play."""
        if self._bar is None:
            return self._clock.now() if self._next is not None and self._next[1].ready else None
        if self._events and self._events[0].tick < self._bar.end_tick:
            return self._bar.time_of(self._events[0].tick)
        return self._bar.end

    def advance(self) -> None:
        """Send everything that is due."""
        deadline = self.deadline()
        if deadline is None:
            return
        now = self._clock.now()
        if self._bar is None:
            self._begin_bar(0, 0, now)
        elif now - deadline > min(PATIENCE, self._bar.end - self._bar.time):
            self._break(self._bar, now)
        while (bar := self._bar) is not None:
            event = self._events[0] if self._events and self._events[0].tick < bar.end_tick else None
            if self._clock.now() < (bar.time_of(event.tick) if event else bar.end):
                break
            if event:
                heapq.heappop(self._events)
                self._play(event, bar)
            else:
                self._finish(bar)
                self._begin_bar(bar.number + 1, bar.end_tick, bar.end)
        self._tape.flush()
        for news in self._news:
            self._report(news)
        self._news.clear()

    def tend(self) -> None:
        """Look after the slots, in the time that is left until the next note."""
        deadline = self.deadline()
        for slot in self._slots.values():
            now = self._clock.now()
            if slot.tend(now, float("inf") if deadline is None else deadline - now) and self._score is not None:
                self._send_programs(part for part in self._score.scene.parts if part.slot == slot.name)

    @property
    def opening(self) -> bool:
        """Whether a slot will be up soon."""
        return any(slot.opening for slot in self._slots.values())

    @property
    def due(self) -> float:
        """The monotonic moment at which the player wants to be called again, for music or for its slots."""
        now, deadline = self._clock.now(), self.deadline()
        limit = float("inf") if deadline is None else deadline
        return min([limit, *(slot.due(now, limit) for slot in self._slots.values())])

    def close(self) -> None:
        """End every note and let go of every slot: the last thing on every way out.

        All are silenced before the first is let go, and nothing that goes wrong with one keeps another from its turn.
        """
        with contextlib.ExitStack() as last_things:  # the last that is pushed is done first
            last_things.callback(self._tape.close)
            for slot in self._slots.values():
                last_things.callback(slot.close)
            for slot in self._slots.values():
                last_things.callback(slot.hush)
            last_things.callback(self._silence, self._now_tick())

    def _break(self, bar: Bar, now: float) -> None:
        """Give up a bar in which the process was stopped: no burst of what is late, but a fresh bar from now on."""
        self._breaks += 1
        self._silence(bar.end_tick)
        self._events.clear()
        self._finish(bar)
        self._begin_bar(bar.number + 1, bar.end_tick, now)

    def _begin_bar(self, number: int, tick: int, moment: float) -> None:
        """Lay out the bar that begins at ``moment``: of the next scene, if its time has come, or of this one."""
        changes = self._next is not None and self._next[1].ready and (self._bar is None or number >= self._next[0])
        if changes or (self._rest and not self._evidence.resting):
            self._silence(tick)
            self._events.clear()
        if changes and self._next is not None:
            self._score, self._next = self._next[1], None
            self._scene_start = number - self._score.scene.first_bar
        score = self._score
        if score is None:
            return
        scene, scene_bar = score.scene, number - self._scene_start
        self._bar = bar = Bar(number, tick, moment, scene.metre.bar_ticks, scene.tempo.seconds_per_tick(scene_bar))
        self._evidence = _Evidence({part.name: 0 for part in scene.parts}, self._rest)
        self._tape.bar(self._clock.wall(), tick, scene.tempo.at(scene_bar), scene.metre, scene.name)
        if changes:
            self._send_programs(scene.parts)
            for part in scene.parts:
                if part.program is not None:
                    self._tape.event(tick, bytes((PROGRAM | part.channel - 1, part.program)), part.name)
        if not self._rest:
            for name, recipe in score.recipes(scene_bar):
                self._tape.recipe(tick, recipe, name)
            for part, note in score.notes(scene_bar):
                self._evidence.due += 1
                pitch = part.drum_map.get(note.pitch, note.pitch)
                number = next(self._numbers)
                event = _Event(bar.tick + note.start, True, number, part, pitch, note.velocity, note.length)
                heapq.heappush(self._events, event)

    def _play(self, event: _Event, bar: Bar) -> None:
        """Start or end a note; one that sounds already is ended before it is struck again."""
        slot = self._slots.get(event.part.slot)
        sounding = self._sounding.get(event.key)
        if not event.starts:
            if sounding is event:
                self._end(event, event.tick)
            return
        if sounding is not None:
            self._end(sounding, event.tick)
        end = _Event(event.tick + event.length, False, next(self._numbers), event.part, event.pitch)
        self._sounding[event.key] = end
        heapq.heappush(self._events, end)
        self._evidence.lateness.append(self._clock.now() - bar.time_of(event.tick))
        channel = event.part.channel - 1
        if slot is not None and slot.note_on(channel, event.pitch, event.velocity):
            self._evidence.sent += 1
        self._evidence.notes[event.part.name] += 1
        self._tape.event(event.tick, bytes((NOTE_ON | channel, event.pitch, event.velocity)), event.part.name)

    def _end(self, end: _Event, tick: int) -> None:
        """End the note that ``end`` belongs to, at ``tick``."""
        name, channel, pitch = end.key
        del self._sounding[end.key]
        if name in self._slots:
            self._slots[name].note_off(channel, pitch)
        self._tape.event(tick, bytes((NOTE_OFF | channel, pitch, 0)), end.part.name)

    def _silence(self, tick: int) -> None:
        """End every note at ``tick``."""
        for end in tuple(self._sounding.values()):
            self._end(end, tick)

    def _send_programs(self, parts: Iterable[Part]) -> None:
        for part in parts:
            if part.program is not None and part.slot in self._slots:
                self._slots[part.slot].program(part.channel - 1, part.program)

    def _now_tick(self) -> int:
        """The tick of this moment, within the bar that is being played."""
        if self._bar is None:
            return 0
        ticks = round((self._clock.now() - self._bar.time) / self._bar.seconds_per_tick)
        return self._bar.tick + min(max(ticks, 0), self._bar.ticks)

    def _finish(self, bar: Bar) -> None:
        """Say what went out of ``bar``."""
        score = self._score
        if score is None:
            return
        scene_bar, evidence = bar.number - self._scene_start, self._evidence
        self._news.append(
            BarPlayed(
                epoch=score.scene.epoch,
                scene=score.scene.name,
                bar=bar.number,
                scene_bar=scene_bar,
                resting=evidence.resting,
                notes=evidence.notes,
                sent=evidence.sent,
                due=evidence.due,
                lateness=tuple(evidence.lateness),
                repeated=() if evidence.resting else score.repeated(scene_bar),
                depth=score.depths(scene_bar),
            )
        )
