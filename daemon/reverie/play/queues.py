"""The queues of all slots: what is due first, what is ended, and how loud it all is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from reverie.midi.bytes import PROGRAM
from reverie.play.events import BarControls, ControlChange, Rank
from reverie.play.messages import Part
from reverie.play.queue import SlotQueue
from reverie.play.recording.recorder import Recorder
from reverie.play.slots import Slot
from reverie.play.sync.clock_out import stop


class SlotQueues:
    """A queue for each slot, and one for each slot name that the site lacks: its notes go to the tape alone."""

    def __init__(self, slots: Mapping[str, Slot], tape: Recorder) -> None:
        self._slots = slots
        self._tape = tape
        slowest = max((slot.settings.latency for slot in slots.values()), default=0.0)
        self._queues = {name: SlotQueue(slot, tape, slowest - slot.settings.latency) for name, slot in slots.items()}
        self.clocked = tuple(name for name, queue in self._queues.items() if queue.clocked)
        """The slots to which MIDI clock goes."""

    def __iter__(self) -> Iterator[SlotQueue]:
        """Every queue."""
        return iter(self._queues.values())

    def to(self, name: str) -> SlotQueue:
        """The queue of a slot."""
        return self._queues.setdefault(name, SlotQueue(None, self._tape))

    def heads(self, time_of: Callable[[float], float]) -> list[tuple[float, SlotQueue]]:
        """Every queue that is not empty, and when that is due."""
        return [(time_of(tick) + queue.delay, queue) for queue in self if (tick := queue.next_tick) is not None]

    def mark(self, tick: int) -> Callable[[], None]:
        """What puts back all from ``tick`` on, of which nothing is played yet, to what it is now."""
        queues = dict(self._queues)
        marks = [queue.mark(tick) for queue in self]

        def put_back() -> None:
            self._queues = dict(queues)
            for one in marks:
                one()

        return put_back

    def lay_programs(self, parts: Iterable[Part], tick: int) -> None:
        """Lay out the programs of parts whose scene begins at ``tick``."""
        for part in parts:
            if part.program is not None:
                message = bytes((PROGRAM | part.channel - 1, part.program))
                self.to(part.slot).add(tick, Rank.CONTROL, ControlChange(part, message))

    def lay_controls(self, controls: Mapping[str, BarControls], tick: int) -> None:
        """Lay out what plans want of every slot's channels from ``tick`` on."""
        for name in dict.fromkeys((*self._queues, *controls)):
            self.to(name).add(tick, Rank.CONTROL, controls.get(name, BarControls()))

    def heard_anew(self, parts: Sequence[Part], tick: int, now: float) -> Iterator[str]:
        """Choose the sounds of a slot's parts wherever these are heard anew: on its own device or on a stand-in.

        So are the controllers set there that plans want, and put back wherever the parts were heard before.

        Yields:
            The names of those slots.
        """
        for slot in self._slots.values():
            queue, heard = self.to(slot.name), slot.heard
            if heard is None or not queue.is_new_to(heard):
                continue
            yield slot.name
            queue.go_home()
            for part in parts:
                if part.slot == slot.name:
                    heard.unfade(part.channel - 1)
                    if (program := queue.program_of(part)) is not None:
                        heard.control(bytes((PROGRAM | part.channel - 1, program)))
            for other in self._slots.values():
                if other is not heard:
                    other.controls.leave(slot.name, now)
            queue.tell_controls(tick, now)

    def drop_before(self, begin: float, time_of: Callable[[float], float]) -> None:
        """Forget the notes and clock ticks that were due before the monotonic moment ``begin``."""
        for queue in self:
            queue.drop(lambda tick, delay=queue.delay: time_of(tick) + delay < begin)

    def silence(self, tick: int, until: float, *, clock: bool) -> None:
        """End every note at ``tick``, and forget what was to come before ``until``; without ``clock`` that goes on."""
        for queue in self:
            queue.silence(tick)
            queue.clear(until=until, clock=clock)

    def put_programs_back(self, tick: int, now: float) -> None:
        """The music is over: every channel has the program that its part has of its own."""
        for queue in self:
            queue.put_programs_back(tick, now)

    def stop_clocks(self) -> Iterator[Callable[[], None]]:
        """What tells those who follow a slot's MIDI clock that the music is over, for each of them."""
        for queue in self:
            if queue.slot is not None and queue.clocked and queue.in_place:
                yield lambda slot=queue.slot: slot.clock(stop())

    def came_up(self, slot: Slot, now: float) -> None:
        """The device of a slot is there anew: it needs its sounds and its volume, and nobody stands in for it."""
        self._queues[slot.name].came_up()
        for other in self._slots.values():
            if other is not slot:
                other.volume.leave(slot.name)
        slot.volume.came_up(now, self._fade(slot))
        slot.controls.came_up(now)

    def aim(self, share: float, now: float, seconds: float) -> None:
        """Bring every volume to a share of what the settings say."""
        for slot in self._slots.values():
            slot.volume.aim(share, now, seconds)

    def fade_out(self, now: float) -> float:
        """Let every volume that fades fall; the monotonic moment at which it has."""
        fades = {slot.name: self._fade(slot) for slot in self._slots.values() if slot.up}
        for name, seconds in fades.items():
            if seconds:
                self._slots[name].volume.aim(0.0, now, seconds)
        return now + max(fades.values(), default=0.0)

    def _fade(self, slot: Slot) -> float:
        """Seconds of a device's rise and fall: its own or, where it has none, those of a slot that it stands in for."""
        others = (other.settings.fade for other in self._slots.values() if other.heard is slot)
        return slot.settings.fade or max(others, default=0.0)
