"""The self-test: a quiet figure on each slot, beside the music or before opening, and which of them was heard.

It plays by the player, as test tones do, and listens by what measures the sound anyway. It is what
:class:`~reverie.conductor.hours.warm_up.WarmUp` has the slots tested by.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.errors import capital, ended
from reverie.music.general_midi import DRUM_CHANNEL
from reverie.play.messages import PlayTone
from reverie.watch.evidence import Evidence
from reverie.watch.fault_kinds import SELF_TEST_FAILED
from reverie.watch.faults import Faults
from reverie.watch.happenings import Moment, SelfTested, SlotChanged, SoundMeasured
from reverie.watch.self_test_result import ABSENT, UNHEARD, SlotTested, judge_figure
from reverie.watch.verdict import Verdict

log = logging.getLogger(__name__)

FIGURE = (72, 76, 79)
"""A broken chord, of pitches that every instrument has."""
DRUMS = (76, 77, 76)
"""The same on wood blocks, where the channel is that of the drums."""
VELOCITY = 48
"""Quiet, and louder than the noise of a hall."""
STROKE, LENGTH = 0.5, 0.4
"""Seconds from note to note, and of each."""
BEFORE, AFTER = 1.0, 1.0
"""Seconds of listening before the figure, and after its last note."""
LOOK = 0.25
AMISS = frozenset({UNHEARD, ABSENT})


class SlotsTest:
    """Tests every slot, one after the other, when it is asked to.

    Args:
        sound: Has the player sound a tone; False if there is none.
        evidence: What is known of the slots, and what is heard.
        channel: The channel of a slot on which it has a sound.
        bus: Where the result is told.
        faults: The register of faults.
        clock: By which all of it goes.
    """

    def __init__(
        self,
        sound: Callable[[PlayTone], bool],
        evidence: Evidence,
        channel: Callable[[str], int],
        bus: Bus,
        faults: Faults,
        clock: Clock,
    ) -> None:
        self._sound = sound
        self._evidence = evidence
        self._channel = channel
        self._bus = bus
        self._faults = faults
        self._clock = clock
        self._task: asyncio.Task[Sequence[SlotTested]] | None = None
        self._absent: set[str] = set()
        bus.subscribe(SlotChanged, self._slot_changed)
        bus.subscribe(SoundMeasured, self._measured)

    @property
    def runs(self) -> bool:
        """Whether it is at it."""
        return self._task is not None and not self._task.done()

    def begin(self) -> None:
        """Begin, unless it is at it already; :meth:`verdict` has what comes of it."""
        if not self.runs:
            self._task = asyncio.create_task(self.run())

    def verdict(self) -> Verdict | None:
        """What came of the last test that was begun, in a sentence; None while it is not over."""
        if self._task is None or not self._task.done() or self._task.cancelled() or self._task.exception():
            return None
        tested = self._task.result()
        amiss = [one for one in tested if one.outcome in AMISS]
        sentence = "; ".join(one.sentence.rstrip(".") for one in amiss or tested) or "there is no slot"
        return Verdict(ok=not amiss, sentence=ended(capital(sentence)))

    async def run(self) -> Sequence[SlotTested]:
        """Play the figure on each slot; what was heard of it. The bus, the log and the faults are told."""
        self._absent.clear()
        tested = [await self._test(slot.name) for slot in self._evidence.slots]
        amiss = {one.slot for one in tested if one.outcome == UNHEARD} | self._absent
        self._faults.only(SELF_TEST_FAILED, amiss)
        for one in tested:
            log.info("Self-test: %s", one.sentence)
            if one.slot in amiss:
                self._faults.tell(SELF_TEST_FAILED, one.slot, f"In the self-test, {one.sentence.rstrip('.')}")
        self._bus.publish(SelfTested(Moment.of(self._clock), tuple(tested)))
        return tested

    async def _test(self, slot: str) -> SlotTested:
        state = self._evidence.slot(slot)
        if state is None or not state.up:
            why = f": {state.detail.rstrip('.')}" if state else ""
            return self._is_absent(slot, f"slot {slot} has no device{why}.")
        before = await self._listen(BEFORE)
        channel, during = self._channel(slot), dict[str, float]()
        for pitch in DRUMS if channel == DRUM_CHANNEL else FIGURE:
            if not self._sound(PlayTone(slot, channel, pitch, VELOCITY, LENGTH)):
                return self._is_absent(slot, f"slot {slot} could not be tried: there is no player just now.")
            _raise(during, await self._listen(STROKE))
        _raise(during, await self._listen(AFTER))
        return judge_figure(slot, self._evidence.sounds.values(), before, during)

    def _is_absent(self, slot: str, sentence: str) -> SlotTested:
        self._absent.add(slot)
        return SlotTested(slot, ABSENT, sentence)

    async def _listen(self, seconds: float) -> dict[str, float]:
        """The loudest level of each listener meanwhile."""
        loudest: dict[str, float] = {}
        until = self._clock.now() + seconds
        while self._clock.now() < until:
            await asyncio.sleep(LOOK)
            levels = {name: one.dbfs for name, one in self._evidence.sounds.items() if one.up}
            _raise(loudest, {name: level for name, level in levels.items() if level is not None})
        return loudest

    def _slot_changed(self, said: SlotChanged) -> None:
        """A device that was absent and is there now is no fault, whether or not anybody hears it."""
        if said.slot.up and said.slot.name in self._absent:
            self._absent.discard(said.slot.name)
            self._faults.clear(SELF_TEST_FAILED, said.slot.name)

    def _measured(self, said: SoundMeasured) -> None:
        """Music that is heard again is more than a test."""
        for fault in self._faults.of(SELF_TEST_FAILED):
            ears = [one for one in said.sounds.values() if one.hears(fault.subject)]
            if ears and all(one.heard for one in ears):
                self._faults.clear(SELF_TEST_FAILED, fault.subject)


def _raise(highest: dict[str, float], levels: dict[str, float]) -> None:
    for name, level in levels.items():
        highest[name] = max(level, highest.get(name, level))
