"""The queue of a slot: what is to be sent to it, in the order of ticks.

Every slot has its own queue, since each plays a little later than the score says: by as much as the slowest
instrument of all is slower than its own, so that all of them sound together.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from reverie.midi.bytes import CONTROL, EXPRESSION, NOTE_OFF, NOTE_ON, PROGRAM
from reverie.music.overlaps import together
from reverie.play.bar_report import TOO_LATE, BarLog
from reverie.play.bars import Bar
from reverie.play.events import (
    BankChoice,
    BarControls,
    Content,
    ControlChange,
    Entry,
    PlannedProgram,
    Rank,
    Sounding,
    Start,
    entry,
    entry_number,
)
from reverie.play.messages import Part, at_level
from reverie.play.outputs.output import BarLine, ChordLine, SectionLine
from reverie.play.planned_controls import PlannedControls
from reverie.play.planned_programs import PlannedPrograms, ProgramChoice
from reverie.play.recording.recorder import Recorder
from reverie.play.slots import Slot
from reverie.play.sync.clock_out import locate, stop


class SlotQueue:
    """What one slot has before it, and what sounds on it. ``slot`` is None where a scene names one that is not there.

    ``delay`` is in seconds. What is played stands on ``tape`` at the tick where the score has it.
    """

    def __init__(self, slot: Slot | None, tape: Recorder, delay: float = 0.0) -> None:
        self.slot = slot
        self.delay = delay
        self.in_place = False
        """Whether those who follow the slot's MIDI clock know where the music is, and that it plays."""
        self._tape = tape
        self._laid: deque[Entry] = deque()
        self._added: list[Entry] = []
        self._moved: dict[str, tuple[int, ...]] = {}
        self._sounding: dict[tuple[int, int], Sounding] = {}
        self._held: dict[tuple[int, int], Sounding] = {}
        """What ends at the tick that is being played, and may go on with a tied note."""
        self._fences: list[int] = []
        self._heard_by: tuple[Slot, int] | None = None
        self._controls = PlannedControls(tape)
        self._programs = PlannedPrograms()

    @property
    def clocked(self) -> bool:
        """Whether MIDI clock goes there."""
        return self.slot is not None and self.slot.settings.clock

    @property
    def next_tick(self) -> int | None:
        """The tick of what comes next."""
        source = self._source()
        return source[0][0] if source else None

    def lay(self, entries: Iterable[Entry]) -> None:
        """Take what was written out for a bar, in order, and behind all that was laid before."""
        self._laid.extend(entries)

    def add(self, tick: int, rank: Rank, content: Content) -> None:
        """Take something that was not written out ahead."""
        heapq.heappush(self._added, entry(tick, rank, content))

    def play_next(
        self,
        moment: float,
        clock: Callable[[], float],
        muted: frozenset[str],
        log: BarLog,
        levels: Mapping[str, float],
    ) -> None:
        """Send all that comes next on one tick, due at ``moment``, but for notes that are muted or much too late.

        Velocities of a part that has one of the ``levels`` are multiplied by it.
        """
        tick = self._source()[0][0]
        tied = self._tied(tick, muted)
        struck: list[Start] = []
        while (source := self._source()) and source[0][0] == tick:
            content = (self._laid.popleft() if source is self._laid else heapq.heappop(self._added))[3]
            if isinstance(content, Sounding) and self._may_go_on(content, tied):
                self._held[self._key(content.channel, content.pitch)] = content
            elif not isinstance(content, Start):
                self._play(tick, content, clock(), log)
            elif content.part.name not in muted:
                struck.append(_at_level(content, levels.get(content.part.name)))
        now = clock()
        if now - moment > TOO_LATE:
            begun = [
                start
                for start in struck
                if any(_is_tied_to(self._held.get(key), [start]) for key, _ in self._keys(start))
            ]
            log.skipped += len(struck) - len(begun)
            struck = begun
        if struck or self._held:
            self._start_all(tick, struck, now, log)

    def _tied(self, tick: int, muted: frozenset[str]) -> frozenset[tuple[str, int]]:
        """By part and pitch, the tied notes that come at ``tick``; none where other music begins there."""
        if tick in self._fences:
            return frozenset()
        coming = (one[3] for one in takewhile(lambda one: one[0] == tick, self._laid))
        starts = (one for one in coming if isinstance(one, Start) and one.tied and one.part.name not in muted)
        return frozenset((start.part.name, start.pitch) for start in starts)

    def _may_go_on(self, sounding: Sounding, tied: frozenset[tuple[str, int]]) -> bool:
        """Whether a note whose end has come may be what a tied note goes on from."""
        if not tied or self._sounding.get(self._key(sounding.channel, sounding.pitch)) is not sounding:
            return False
        heard = self.slot.heard if self.slot is not None else None
        return sounding.is_heard_by(heard) and any((part, sounding.pitch) in tied for part in sounding.parts)

    def _play(self, tick: int, content: Content, now: float, log: BarLog) -> None:
        match content:
            case Sounding() if self._sounding.get(self._key(content.channel, content.pitch)) is content:
                self._end(content, tick)
                log.sending()
            case ControlChange(part=part, message=message):
                self._use(message[0] & 0x0F, now)
                if message[0] & 0xF0 == PROGRAM:
                    self._programs.forget(message[0] & 0x0F)
                self._send(lambda slot: slot.control(message))
                self._tape.event(tick, message, part.name)
                log.sending()
            case BankChoice():
                self._choose(content, tick, now)
            case BarControls():
                self._controls.turn_to(content.controls)
                for _ in range(self.tell_controls(tick, now) + self._turn_programs(content.programs, tick, now)):
                    log.sending()
            case BarLine() | ChordLine() | SectionLine() if (
                self.slot is not None
            ):  # one that stands in is told by its own queue
                self.slot.tell(content)
            case bytes():
                self._send(lambda slot: slot.clock(content), clock=True)
                log.sending(clock=True)
            case _:  # the end of a note that has ended already
                pass

    def _choose(self, choice: BankChoice, tick: int, now: float) -> None:
        if choice.part is None:
            self._moved.clear()  # the controllers of what begins now follow
            return
        before = self._channels(choice.part)
        if choice.font is not None or choice.channels == before:
            self._let_go(choice.part.name, choice.channels[-1], tick)
        self._moved[choice.part.name] = choice.channels
        for channel in choice.channels:
            self._use(channel, now)
        if choice.font is not None:
            channel, font, part = choice.channels[-1], choice.font, choice.part
            program = self._programs.of(part) if font == part.font and part.program is not None else choice.program
            self._send(lambda slot: slot.choose(channel, font, program))
        self.tell_controls(tick, now)

    def _let_go(self, part: str, channel: int, tick: int) -> None:
        """Let no note of a part go on where its channel's sound changes: one that is tied is struck with the new."""
        for key, sounding in tuple(self._held.items()):
            if part in sounding.parts and sounding.channel == channel:
                self._end(self._held.pop(key), tick)

    def cut(self, tick: int, *, rest: bool) -> None:
        """At ``tick`` other music begins, or a rest: what has begun before ends there, and no note begins then.

        What fades comes to its end in a rest; another scene begins with what it says itself.
        """
        self._fences.append(tick)
        over = Start if rest else Start | ControlChange | BarControls | BankChoice
        self._keep(lambda one: one[0] < tick or not isinstance(one[3], over))
        if not rest:
            self.add(tick, Rank.CONTROL, BankChoice(None))
        self._added = [
            (tick, *one[1:]) if isinstance(one[3], Sounding) and one[0] > tick else one for one in self._added
        ]
        heapq.heapify(self._added)

    def lay_transport(self, bar: Bar, *, resting: bool, entered: bool) -> None:
        """Tell those who follow the slot's MIDI clock where the music is, or that it rests.

        Where a bar was ``entered`` in its midst its clock ticks have passed, and are not sent: they are told the place
        at the next bar line.
        """
        if entered:
            self.in_place = self.in_place and resting
        if resting and self.in_place:
            self.add(bar.tick, Rank.TRANSPORT, stop())
            self.in_place = False
        elif not (resting or self.in_place or entered):
            for message in locate(bar.tick, bar.ticks):
                self.add(bar.tick, Rank.TRANSPORT, message)
            self.in_place = True

    def drop(self, passed: Callable[[int], bool]) -> None:
        """Forget the notes and clock ticks whose time has passed already, where a bar is entered in its midst."""
        self._keep(lambda one: one[1] not in {Rank.START, Rank.CLOCK} or not passed(one[0]))

    def clear(self, *, until: float = float("inf"), clock: bool = True) -> None:
        """Forget the notes before tick ``until``, and with ``clock`` MIDI clock, transport and lines too."""
        self._keep(
            lambda one: (
                one[0] >= until
                or isinstance(one[3], ControlChange | BarControls | BankChoice)
                or (not clock and isinstance(one[3], bytes | BarLine | ChordLine | SectionLine))
            )
        )
        self._fences = [fence for fence in self._fences if fence >= until]

    def mark(self, tick: int) -> Callable[[], None]:
        """What puts back all from ``tick`` on, of which nothing is played yet, to what it is now."""
        number, in_place = entry_number(), self.in_place
        added, fences = tuple(self._added), tuple(self._fences)

        def put_back() -> None:
            began_since = (one for one in self._added if isinstance(one[3], Sounding) and one[2] > number)
            before = (one for one in self._added if one[0] < tick)
            after = (one for one in added if one[0] >= tick)
            self._added = [*{one[2]: one for one in (*before, *began_since, *after)}.values()]
            heapq.heapify(self._added)
            self._laid = deque(one for one in self._laid if one[0] < tick)
            self._fences, self.in_place = list(fences), in_place

        return put_back

    def _keep(self, wanted: Callable[[Entry], bool]) -> None:
        self._laid = deque(filter(wanted, self._laid))
        self._added = list(filter(wanted, self._added))
        heapq.heapify(self._added)

    def _source(self) -> deque[Entry] | list[Entry]:
        """Where what comes next stands."""
        if not self._added or (self._laid and self._laid[0] < self._added[0]):
            return self._laid
        return self._added

    def silence(self, tick: int, parts: frozenset[str] | None = None) -> None:
        """End every note now, or those that none but ``parts`` have struck; ``tick`` is now."""
        for sounding in tuple(self._sounding.values()):
            if parts is None or sounding.parts <= parts:
                self._end(sounding, tick)

    def go_home(self) -> None:
        """What hears the parts now knows nothing of other channels, nor of a fade between them."""
        self._moved.clear()
        self._keep(lambda one: not isinstance(one[3], BankChoice) and not _is_fade(one[3]))

    def is_new_to(self, heard: Slot) -> bool:
        """Whether a slot's device has just begun to be what this queue is heard by; asked once, it is not new again."""
        news = self._heard_by != (heard, heard.lives)
        self._heard_by = heard, heard.lives
        return news

    def tell_controls(self, tick: int, now: float) -> int:
        """Have controllers as plans want them, at whoever is heard; how many messages that took. ``tick`` is now."""
        controls = self._controls.on_channels(self._channels, tick)
        heard = self.slot.heard if self.slot is not None else None
        if self.slot is None or heard is None:
            return 0
        for channel in dict.fromkeys(channel for channel, _ in controls):
            self._use(channel, now)
        return heard.controls.want(self.slot.name, controls, now)

    def program_of(self, part: Part) -> int | None:
        """The program that a part has now: its own, or the one that plans want of its channel."""
        return self._programs.of(part)

    def put_programs_back(self, tick: int, now: float) -> None:
        """Nobody wants other programs than the parts' own any more."""
        self._turn_programs((), tick, now)

    def _turn_programs(self, programs: Sequence[PlannedProgram], tick: int, now: float) -> int:
        """Have programs as plans want them, at whoever is heard; how many messages that took."""
        count = 0
        for count, choice in enumerate(self._programs.turn_to(programs), start=1):  # noqa: B007 - it is counted
            message = bytes((PROGRAM | choice.channel, choice.program))
            self._let_go(choice.part.name, choice.channel, tick)
            self._use(choice.channel, now)
            self._send(lambda slot, one=choice, said=message: _choose_program(slot, one, said))
            self._tape.event(tick, message, choice.part.name)
        return count

    def came_up(self) -> None:
        """The device is there anew: it knows neither sounds nor the place in the music."""
        self.in_place = False
        if self.slot is not None:
            self.slot.set_sounds()

    def _use(self, channel: int, now: float) -> None:
        """Something comes on a channel, whose volume goes before it."""
        heard = self.slot.heard if self.slot is not None else None
        if self.slot is not None and heard is not None:
            heard.volume.use(channel, self.slot.name, self.slot.settings.volume, now)

    def _send(self, how: Callable[[Slot], None], *, clock: bool = False) -> None:
        """Send to the slot or, while its device is away, to the one that stands in.

        One that stands in and has a ``clock`` of its own is not sent another's.
        """
        slot = self.slot.heard if self.slot is not None else None
        if slot is not None and not (clock and slot is not self.slot and slot.settings.clock):
            how(slot)

    def _start_all(self, tick: int, struck: Iterable[Start], now: float, log: BarLog) -> None:
        """Start notes on each channel that their parts have now; those that are one key of the device are one note.

        What was held for a tied note goes on with it, or else ends.
        """
        self._fences = [fence for fence in self._fences if fence > tick]
        keys: dict[tuple[int, int], list[Start]] = {}
        for start in struck:
            for key, channel in self._keys(start):
                one = start if channel == start.channel else replace(start, channel=channel)  # which takes its time
                keys.setdefault(key, []).append(one)
        held, self._held = self._held, {}
        going_on = {key: held.pop(key) for key, alike in keys.items() if _is_tied_to(held.get(key), alike)}
        for sounding in held.values():
            self._end(sounding, tick)
            log.sending()
        taken: dict[str, bool] = {}
        for key, alike in keys.items():
            parts = frozenset(start.part.name for start in alike)
            if key in going_on:
                took = self._go_on(tick, going_on[key], together(alike).length, parts)
            else:
                took = self._start(tick, together(alike), parts, now)
                log.sending()
            taken |= {name: taken.get(name, False) or took for name in parts}
        for start in struck:
            log.started(start.part.name, sent=taken[start.part.name])

    def _keys(self, start: Start) -> list[tuple[tuple[int, int], int]]:
        """The keys that a note is on the channels that its part has now, each with that channel."""
        return [(self._key(channel, start.pitch), channel) for channel in self._channels(start.part)]

    def _channels(self, part: Part) -> tuple[int, ...]:
        """The channels that a part has now, from 0."""
        return self._moved.get(part.name, (part.channel - 1,))

    def _key(self, channel: int, pitch: int) -> tuple[int, int]:
        """The key of the slot's own device that a note is: its channel there, and its pitch."""
        return (channel if self.slot is None else self.slot.channel_of(channel)), pitch

    def _start(self, tick: int, start: Start, parts: frozenset[str], now: float) -> bool:
        """Start a note, ending what sounds of its key first; whether a device took it."""
        channel, key = start.channel, self._key(start.channel, start.pitch)
        self._use(channel, now)
        if key in self._sounding:
            self._end(self._sounding[key], tick)
        heard = self.slot.heard if self.slot is not None else None
        sounding = Sounding(start.part, channel, start.pitch, heard, parts)
        end = min([tick + start.length, *self._fences])
        self._sounding[key] = sounding
        self.add(end, Rank.END, sounding)
        taken = heard is not None and heard.start(channel, start.pitch, start.velocity, sounding)
        self._tape.event(tick, bytes((NOTE_ON | channel, start.pitch, start.velocity)), start.part.name)
        return taken

    def _go_on(self, tick: int, sounding: Sounding, length: int, parts: frozenset[str]) -> bool:
        """Let a note that would end now sound for ``length`` ticks more; whether a device has it."""
        sounding.parts = parts
        self.add(min([tick + length, *self._fences]), Rank.END, sounding)
        return sounding.heard is not None

    def _end(self, sounding: Sounding, tick: int) -> None:
        del self._sounding[self._key(sounding.channel, sounding.pitch)]
        sounding.end()
        self._tape.event(tick, bytes((NOTE_OFF | sounding.channel, sounding.pitch, 0)), sounding.part.name)


def _at_level(start: Start, level: float | None) -> Start:
    """A note as loud as its part is wanted."""
    return start if level is None else replace(start, velocity=at_level(start.velocity, level))


def _is_tied_to(sounding: Sounding | None, alike: Sequence[Start]) -> bool:
    """Whether notes of one key go on from what sounds there: each is tied, and its part has struck that."""
    return sounding is not None and all(start.tied and start.part.name in sounding.parts for start in alike)


def _is_fade(content: Content) -> bool:
    return isinstance(content, ControlChange) and (content.message[0] & 0xF0, content.message[1]) == (
        CONTROL,
        EXPRESSION,
    )


def _choose_program(slot: Slot, choice: ProgramChoice, message: bytes) -> None:
    """Choose a program; of the soundfont that the part has of its own, where the slot has loaded that."""
    if choice.part.font and slot.loaded(choice.part.font):
        slot.choose(choice.channel, choice.part.font, choice.program)
    else:
        slot.control(message)
