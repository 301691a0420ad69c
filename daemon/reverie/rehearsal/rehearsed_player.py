"""A player without a sound: bar after bar of what it is given, by the score of the real one."""

from __future__ import annotations

import asyncio

from reverie.play.messages import (
    BankTaken,
    BarBegun,
    BarPlayed,
    BlendBanks,
    Panic,
    Place,
    PlayerReady,
    PlayTone,
    Reopen,
    Rest,
    SetOverrides,
    SetScene,
    Setup,
    SlotState,
    TakeBank,
    TellBars,
    TellChords,
    ToPlayer,
)
from reverie.play.score import SceneScore
from reverie.processes.codec import from_message
from reverie.processes.wire import Message
from reverie.rehearsal.rehearsed_worker import RehearsedWorker

GONE = "the MIDI port of the rehearsal is gone; switch the device on or plug it in again"
"""What is said of a slot whose device goes, in the words of a MIDI port."""


class RehearsedPlayer(RehearsedWorker):
    """Plays bar after bar of what it is given, and says so at the end of each. All its slots have their devices."""

    def begin(self) -> None:
        """Forget all of the life before."""
        self.bars = 0
        self.hangs = False
        """Whether it says nothing more from the end of its bar on."""
        self.deaf = False
        """Whether its slots take no notes, though they have their devices."""
        self.slots: dict[str, bool] = {}
        self._score: SceneScore | None = None
        self._next: SceneScore | None = None
        self._resting = False
        self._first = 0
        self._heard = 0
        self._ready = asyncio.Event()

    def hear(self, message: Message) -> None:
        """Take a message.

        Raises:
            TypeError: if it is one that no player knows.
        """
        self._heard += 1
        match from_message(ToPlayer, message):
            case Setup() as setup:
                self.slots = dict.fromkeys(setup.slots, False)
                self._heard = 0
            case SetScene() as scene:
                self._next = SceneScore(scene)
            case Place() | TellBars() as told:
                for score in (self._score, self._next):
                    if score is not None:
                        score.hear(told)
                if self._next is not None and self._next.ready:
                    self._ready.set()
            case Rest() as rest:
                self._resting = rest.on
            case TakeBank() | BlendBanks() | Reopen() as take:
                self._take(take)
            case SetOverrides() | TellChords() | PlayTone() | Panic():
                pass
            case other:
                raise TypeError(f"nobody told the player {other}")

    def plug(self, slot: str, *, up: bool) -> None:
        """A device comes, or goes."""
        self.slots[slot] = up
        self.say(SlotState(slot, up=up, detail="It plays." if up else GONE))

    async def work(self) -> None:
        """Find all devices, and play until the end."""
        self.say(PlayerReady(realtime=True))
        for slot in self.slots:
            self.plug(slot, up=True)
        await self._ready.wait()
        while True:
            await self._play_bar()

    def _take(self, take: TakeBank | BlendBanks | Reopen) -> None:
        if isinstance(take, Reopen):
            self.deaf = False
            return
        for bank in take.banks if isinstance(take, BlendBanks) else (take.bank,):
            self.say(BankTaken(take.part, bank))

    async def _play_bar(self) -> None:
        """One bar, from its line to the next."""
        if self._next is not None and self._next.ready:
            self._score, self._next = self._next, None
            self._first = self.bars - self._score.scene.first_bar
        score, resting = self._score, self._resting
        if score is None:
            raise RuntimeError("a bar begins, and no scene was told")
        scene, scene_bar = score.scene, self.bars - self._first
        seconds, heard = scene.metre.bar_ticks * score.seconds_per_tick(scene_bar), self._heard
        begun = self.clock.now()
        self.say(BarBegun(scene.epoch, scene.name, self.bars, scene_bar, begun, seconds, resting, heard))
        notes = dict.fromkeys((part.name for part in scene.parts), 0)
        sent = 0
        for part, _ in score.notes(scene_bar):
            notes[part.name] += 1
            sent += self.slots.get(part.slot, False) and not self.deaf
        due = sum(notes.values())
        if resting:
            notes, sent = dict.fromkeys(notes, 0), 0
        score.begin(scene_bar)
        tacet = score.tacet(scene_bar)
        await asyncio.sleep(seconds)
        if self.hangs:
            await asyncio.Event().wait()
        self.bars += 1
        self.say(
            BarPlayed(
                epoch=scene.epoch,
                scene=scene.name,
                bar=self.bars - 1,
                scene_bar=scene_bar,
                resting=resting,
                notes=notes,
                sent=sent,
                lateness=(),
                repeated=() if resting else score.repeated(scene_bar),
                depth=score.depths(scene_bar),
                due=0 if resting else due,
                seconds=seconds,
                tacet=() if resting else tacet,
            )
        )
