"""Whether the installation sounds, judged by what the player really sent.

A thread that ticks proves that a thread ticks. Here alive means that bars went out, on time and with notes in them,
or that their silence was intended. Restarting the daemon can mend what :meth:`Evidence.alive` complains of; what it
cannot mend, such as a synthesizer without power, is for :meth:`Evidence.ready`.

All moments are monotonic seconds and handed in, so that a judgement depends on nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reverie.bus import Bus
from reverie.errors import ended
from reverie.music.time import TICKS_PER_QUARTER
from reverie.play.messages import BarBegun, BarPlayed, SetScene, SlotState, SyncState
from reverie.watch.happenings import (
    BarEntered,
    BarSounded,
    BarsPlanned,
    LoopAnswered,
    RoomLooked,
    SceneGiven,
    SelfTested,
    SlotChanged,
    SlotsGiven,
    SlotsLost,
    SoundMeasured,
    SyncChanged,
    WorkerDied,
    WorkerStarted,
)
from reverie.watch.room_view import RoomView
from reverie.watch.silence import EMPTY_BARS, should_sound
from reverie.watch.sound_evidence import SoundState
from reverie.watch.verdict import Verdict

LATE_BARS = 3
LATE_SECONDS = 10.0
"""The next bar is overdue after this many bars' time, and never sooner than this many seconds."""
SILENT_BARS = 8
SILENT_SECONDS = 60.0
"""Notes may be due and yet not go out for fewer bars, and for less time, than this."""
MUSICIANS = ("player", "composer")
"""Workers without which the music is not what it should be; all others come and go as they are needed."""


class Evidence:
    """What has been seen of player, slots and workers, and what follows from it."""

    def __init__(self) -> None:
        self._slots: dict[str, SlotState] = {}
        self._scenes: dict[int, SetScene] = {}
        self._workers_down: set[str] = set()
        self._bar: BarPlayed | None = None
        self._bar_at = 0.0
        self._begun: BarBegun | None = None
        self._composed_at: float | None = None
        self.silent_bars, self.silent_seconds = 0, 0.0
        """Bars, and their seconds, since notes last went out that were due."""
        self.empty_bars = 0
        """Bars since the score last had something for voices that should play."""
        self._sync: SyncState | None = None
        self.room: RoomView | None = None
        """How this box stands in its room; None where it is in none."""
        self._stand_ins: Mapping[str, str] = {}
        self._slowest: dict[int, float] = {}
        self.sounds: Mapping[str, SoundState] = {}
        """What is heard, by who hears it: a slot whose own output is listened to, or the monitor."""
        self.tested: SelfTested | None = None
        """The last self-test."""

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on of all that is judged here."""
        bus.subscribe(WorkerStarted, lambda said: self._worker_changed(said.role, up=True))
        bus.subscribe(WorkerDied, lambda said: self._worker_changed(said.role, up=False))
        bus.subscribe(SlotsGiven, lambda said: self.slots_set(said.slots, said.stand_ins))
        bus.subscribe(SlotChanged, lambda said: self.slot_changed(said.slot))
        bus.subscribe(SlotsLost, lambda said: self.slots_lost(said.slots))
        bus.subscribe(SyncChanged, lambda said: self.sync_changed(said.sync))
        bus.subscribe(RoomLooked, lambda said: setattr(self, "room", said.view))
        bus.subscribe(SoundMeasured, lambda said: setattr(self, "sounds", said.sounds))
        bus.subscribe(SelfTested, lambda said: setattr(self, "tested", said))
        bus.subscribe(SceneGiven, lambda said: self.scene_set(said.scene))
        bus.subscribe(BarsPlanned, lambda said: self.bars_planned(said.epoch, said.slowest))
        bus.subscribe(BarEntered, lambda said: self.bar_begun(said.bar))
        bus.subscribe(BarSounded, lambda said: self.bar_played(said.bar, said.at.now))
        bus.subscribe(LoopAnswered, lambda said: self.loop_composed(said.at.now) if said.answer.loop else None)

    @property
    def sync(self) -> SyncState | None:
        """Who leads the tempo, where anybody might."""
        return self._sync

    @property
    def bar(self) -> BarPlayed | None:
        """The last bar that went out."""
        return self._bar

    @property
    def sounding_bar(self) -> int | None:
        """The bar of its scene that sounds, counted from 1: the one after the last that went out, if no other began."""
        if self._bar is None:
            return None
        begun = self._begun_since
        return self._bar.scene_bar + 2 if begun is None else begun.scene_bar + 1

    @property
    def sounding_scene(self) -> str | None:
        """The name of the scene of which that is a bar."""
        begun = self._begun_since or self._bar
        return None if self._bar is None or begun is None else begun.scene

    @property
    def _begun_since(self) -> BarBegun | None:
        """The bar that has begun, if it is of another scene than the last that went out."""
        begun, out = self._begun, self._bar
        return begun if begun is not None and out is not None and begun.epoch > out.epoch else None

    @property
    def slots(self) -> tuple[SlotState, ...]:
        """What is known of every slot."""
        return tuple(self._slots.values())

    def slot(self, name: str) -> SlotState | None:
        """What is known of one slot."""
        return self._slots.get(name)

    @property
    def any_slot_up(self) -> bool:
        """Whether anything can be heard at all."""
        return any(slot.up for slot in self._slots.values())

    @property
    def audible(self) -> bool:
        """Whether any slot of the scene can be heard, or another in its place."""
        return any(self._heard(name) for name in self._used())

    @property
    def all_muted(self) -> bool:
        """Whether people have muted every voice of the scene."""
        parts = self._scenes[max(self._scenes)].parts if self._scenes else ()
        return self._bar is not None and bool(parts) and all(part.name in self._bar.muted for part in parts)

    def unheard(self) -> tuple[tuple[str, str], ...]:
        """Slots of the scene that cannot be heard and have no stand-in that can, each with a sentence why."""
        unknown = "the scene names it, and the configuration has no such slot"
        return tuple(
            (name, _why(self._slots[name]) if name in self._slots else unknown)
            for name in self._used()
            if not self._heard(name)
        )

    def slots_set(self, names: Iterable[str], stand_ins: Mapping[str, str] | None = None) -> None:
        """A new player was given these slots, and has found none of them yet, nor any leader.

        ``stand_ins`` are the slots that sound in place of others while these are away.
        """
        self._stand_ins = stand_ins or {}
        self._sync = None
        self._slots = {name: SlotState(name, up=False, detail="It has not been found yet.") for name in names}

    def scene_set(self, scene: SetScene) -> None:
        """The player was given a scene; its bars are judged by its metre, tempo and schedules."""
        self._scenes[scene.epoch] = scene

    def bars_planned(self, epoch: int, slowest: float) -> None:
        """Bars to come may be as slow as so much of their scene's own tempo."""
        self._slowest[epoch] = min(slowest, self._slowest.get(epoch, 1.0))

    def bar_begun(self, bar: BarBegun) -> None:
        """A bar has begun: where it is the first of a scene, that sounds before any bar of it has gone out."""
        self._begun = bar

    def bar_played(self, bar: BarPlayed, now: float) -> None:
        """The player sent a bar."""
        for epoch in [epoch for epoch in self._scenes if epoch < bar.epoch]:
            del self._scenes[epoch]
            self._slowest.pop(epoch, None)
        self._bar, self._bar_at = bar, now
        if bar.resting or self._sounded(bar):
            self.silent_bars, self.silent_seconds, self.empty_bars = 0, 0.0, 0
        elif bar.due:
            self.silent_bars += 1
            self.silent_seconds += self._seconds(bar)
        elif should_sound(self._scenes.get(bar.epoch), bar):
            self.empty_bars += 1

    def slot_changed(self, slot: SlotState) -> None:
        """A slot found or lost its device."""
        self._slots[slot.name] = slot

    def slots_lost(self, names: Iterable[str]) -> None:
        """With the player all slots are down."""
        for name in names:
            self.slot_changed(SlotState(name, up=False, detail="The player is down."))

    def sync_changed(self, sync: SyncState) -> None:
        """The player follows another leader, or has lost its own."""
        self._sync = sync

    def worker_changed(self, role: str, *, up: bool) -> None:
        """A worker began or ended a life."""
        if up:
            self._workers_down.discard(role)
        else:
            self._workers_down.add(role)

    def loop_composed(self, now: float) -> None:
        """The composer delivered a loop that passed the guards."""
        self._composed_at = now

    def bar_is_due(self, now: float) -> bool:
        """Whether the player should have sent another bar by now; False before its first."""
        if self._bar is None:
            return False
        bars = (_longest_bar(one) / self._slowest.get(epoch, 1.0) for epoch, one in self._scenes.items())
        longest = max(self._seconds(self._bar), *bars, 0.0)
        return now - self._bar_at > max(LATE_BARS * longest, LATE_SECONDS)

    def alive(self, now: float) -> Verdict:
        """Whether the watchdog may be fed."""
        if self._bar is None:
            return Verdict(ok=False, sentence="No bar has been played yet.")
        if self.bar_is_due(now):
            return Verdict(ok=False, sentence=f"The player has sent no bar for {now - self._bar_at:.0f} s.")
        if self.silent_bars >= SILENT_BARS or self.silent_seconds >= SILENT_SECONDS:
            return Verdict(
                ok=False,
                sentence=f"Notes are due, but {self.silent_bars} bars ({self.silent_seconds:.0f} s) went by without "
                "one.",
            )
        if self.empty_bars >= EMPTY_BARS:
            return Verdict(
                ok=False, sentence=f"Voices are scheduled, but the score was empty for {self.empty_bars} bars."
            )
        if self._bar.resting:
            return Verdict(ok=True, sentence="Resting, as intended.")
        return Verdict(ok=True, sentence=f"Playing {self.sounding_scene}, bar {self.sounding_bar}.")

    def ready(self) -> Verdict:
        """Whether every slot has its device, and all that it plays can be heard."""
        missing = [
            f"{name}: {slot.detail.rstrip('.')}" for name, slot in self._slots.items() if not (slot.up or slot.silent)
        ]
        missing += [f"{name}: the scene names it, and the configuration has no such slot" for name in self._unknown()]
        unheard = [f"{name}: {slot.fault}; {slot.advice}" for name, slot in self._slots.items() if slot.silent]
        told = (("Without a device", missing), ("Not heard", unheard))
        sentences = [f"{what}: {ended(' — '.join(which))}" for what, which in told if which]
        if sentences:
            return Verdict(ok=False, sentence=" ".join(sentences))
        return Verdict(ok=True, sentence="Every slot has its device.")

    def concerns(self, now: float) -> tuple[str, ...]:
        """What does not silence the music yet but should be known; a plain sentence each."""
        sentences = [f"The {role} is down." for role in sorted(self._workers_down)]
        if self._bar is not None and self._bar.repeated and not self._bar.resting:
            since = "ever" if self._composed_at is None else f"for {now - self._composed_at:.0f} s"
            voices = ", ".join(self._bar.repeated)
            sentences.append(f"No new loop has been composed {since}; repeating: {voices}.")
        return tuple(sentences)

    def _worker_changed(self, role: str, *, up: bool) -> None:
        if role in MUSICIANS:
            self.worker_changed(role, up=up)

    def _sounded(self, bar: BarPlayed) -> bool:
        """Notes count when a device took them, or when every voice that had some lacks its device."""
        if not any(bar.notes.values()):
            return False
        return bar.sent > 0 or not any(self._can_take(bar.epoch, part) for part, count in bar.notes.items() if count)

    def _can_take(self, epoch: int, part: str) -> bool:
        """Whether a part's slot has its device, or one that stands in; of an unknown part, whether any has."""
        scene = self._scenes.get(epoch)
        slots = [one.slot for one in scene.parts if one.name == part] if scene else []
        return any(map(self._heard, slots)) if slots else self.any_slot_up

    def _used(self) -> list[str]:
        """The slots to which the scene sends."""
        parts = self._scenes[max(self._scenes)].parts if self._scenes else ()
        return sorted({part.slot for part in parts})

    def _heard(self, name: str) -> bool:
        """Whether the slot sounds, or one that stands in for it."""
        for _ in range(len(self._slots) + 1):
            if name in self._slots and self._slots[name].up:
                return True
            name = self._stand_ins.get(name, "")
        return False

    def _unknown(self) -> list[str]:
        """Slots that the latest scene names and the site does not have."""
        parts = self._scenes[max(self._scenes)].parts if self._scenes else ()
        return sorted({part.slot for part in parts} - set(self._slots))

    def _seconds(self, bar: BarPlayed) -> float:
        """How long the bar lasts; 0 if nobody knows."""
        if bar.seconds:
            return bar.seconds
        scene = self._scenes.get(bar.epoch)
        return scene.metre.bar_ticks * scene.tempo.seconds_per_tick(bar.scene_bar) if scene else 0.0


def _longest_bar(scene: SetScene) -> float:
    """Seconds that a bar of the scene can last, at the slowest that its tempo swings."""
    slowest = max(scene.tempo.qpm - abs(scene.tempo.drift_qpm), 1.0)
    return scene.metre.bar_ticks * 60.0 / (slowest * TICKS_PER_QUARTER)


def _why(slot: SlotState) -> str:
    """Why a slot cannot be heard."""
    return f"{slot.fault}; {slot.advice}" if slot.silent else slot.detail
