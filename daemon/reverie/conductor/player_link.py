"""What the player is told, in one life of it after the other, and what it says that it did."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.compose.ensemble import Ensemble
from reverie.conductor.hired_worker import HireWorker, log_death
from reverie.conductor.rooms.voices_here import VoicesHere
from reverie.conductor.scene.bar_plans_told import BarPlansTold
from reverie.conductor.scene.chord_marks import ChordsTold
from reverie.music.time import Tempo
from reverie.play.messages import (
    BankTaken,
    BarBegun,
    BarPlayed,
    FromPlayer,
    Panic,
    Place,
    PlayerReady,
    PlayTone,
    Reopen,
    Rest,
    SetOverrides,
    Setup,
    SlotState,
    SyncState,
    ToPlayer,
)
from reverie.processes.codec import from_message, to_message
from reverie.processes.supervisor import Backoff, ProcessInfo
from reverie.processes.wire import Message
from reverie.processes.worker_life import Death, Role
from reverie.watch.happenings import (
    BankAnswered,
    BarEntered,
    BarSounded,
    BarsPlanned,
    Moment,
    PlayerTold,
    SceneGiven,
    SlotChanged,
    SlotsGiven,
    SlotsLost,
    SyncChanged,
    WorkerDied,
    WorkerStarted,
)

log = logging.getLogger(__name__)

PLAYER = Role("player", "reverie.play.worker", patience=5.0, startup=20.0)


class PlayerLink:
    """Remembers all that a new life must be told, and publishes all that the player says.

    Args:
        setup: The first message of each life.
        overrides: What control has set at the start.
        hire: Makes the worker.
        bus: Where it is published.
        clock: By which it is dated.
        known: What is known of a slot by its name.
    """

    def __init__(
        self,
        setup: Setup,
        overrides: SetOverrides,
        hire: HireWorker,
        bus: Bus,
        clock: Clock,
        known: Callable[[str], SlotState | None],
    ) -> None:
        # While no player lives, notes hang and nothing sounds: it is never waited for as long as a composer.
        fade = max((slot.get("fade", 0.0) for slot in setup.slots.values()), default=0.0)
        role = replace(PLAYER, grace=PLAYER.grace + fade)
        self.worker = hire(role, self, Backoff(first=1.0, longest=5.0))
        self._setup = setup
        self._overrides = overrides
        self._bus = bus
        self._clock = clock
        self._known = known
        self._silent = False
        self.voices = VoicesHere(())
        """Which voices sound on this box."""
        self._ensemble: Ensemble | None = None
        self._chords, self._plans = ChordsTold(), BarPlansTold()

    def send(self, message: Message) -> bool:
        """Hand on a message to the present life; False if there is none."""
        told: ToPlayer = from_message(ToPlayer, message)
        return self._tell(told)

    @property
    def info(self) -> ProcessInfo:
        """Its process now."""
        return self.worker.info

    def perform(self, ensemble: Ensemble) -> None:
        """Have the player go over to a performance with its next bar line."""
        opening = ensemble.opening()
        self._ensemble = ensemble
        self._give_scene(ensemble)
        self.place(opening)

    def place(self, places: Iterable[Place]) -> None:
        """Have loops played."""
        for place in places:
            self._tell(place)

    def tell_ahead(self) -> None:
        """Tell how the bars to come are to be played, and the chords in them to those who follow along.

        Both are told once for some bars; plans are told anew once the course of the scene has changed.
        """
        if self._ensemble is None:
            return
        if plans := self._plans.due(self._ensemble):
            self._tell(plans)
            slowest = min(plan.tempo for plan in plans.plans)
            self._bus.publish(BarsPlanned(Moment.of(self._clock), plans.epoch, slowest))
        if chords := self._chords.due(self._ensemble):
            self._tell(chords)

    def be_silent(self, *, on: bool) -> None:
        """Silence that is intended from the next bar line on, or music."""
        self._silent = on
        self._tell(Rest(on))

    def override(self, overrides: SetOverrides) -> None:
        """Have what control has set hold at once."""
        before, self._overrides = self._overrides, overrides
        self._tell(overrides)
        if self._ensemble is not None and overrides.qpm != before.qpm:
            self._publish_scene(self._ensemble)

    def sound(self, tone: PlayTone) -> bool:
        """Have a test tone sound; False if no player lives."""
        return self._tell(tone)

    def tell_anew(self) -> None:
        """Give the player the scene once more, with all that is placed."""
        if self._ensemble is not None:
            self._give_scene(self._ensemble)
            self.place(self._ensemble.queued())

    def reopen(self, slots: Iterable[str]) -> None:
        """Have the devices of slots let go and looked for anew."""
        for slot in slots:
            self._tell(Reopen(slot))

    def panic(self) -> None:
        """End every note now."""
        self._tell(Panic())

    def started(self, role: str) -> None:
        """A new life knows nothing yet."""
        stand_ins = {name: str(slot["absent"]) for name, slot in self._setup.slots.items() if "absent" in slot}
        self._bus.publish(SlotsGiven(Moment.of(self._clock), tuple(self._setup.slots), stand_ins))
        self._tell(self._setup)
        self._tell(Rest(self._silent))
        self._tell(self._overrides)
        self.tell_anew()
        self._bus.publish(WorkerStarted(Moment.of(self._clock), role))

    def received(self, role: str, message: Message) -> None:
        """The player says something.

        Raises:
            WireError: if it says nonsense.
        """
        del role
        said: FromPlayer = from_message(FromPlayer, message)
        at = Moment.of(self._clock)
        match said:
            case BarBegun():
                self._bus.publish(BarEntered(at, said))
            case BarPlayed():
                self._bus.publish(BarSounded(at, said))
            case SlotState():
                self._bus.publish(SlotChanged(at, said, self._known(said.name)))
            case SyncState():
                self._bus.publish(SyncChanged(at, said))
                log.info("Tempo: %s; %s.", said.detail, "followed" if said.following else "the scene has its own")
            case BankTaken():
                self._bus.publish(BankAnswered(at, said))
            case PlayerReady():
                log.info("The player is up%s.", "" if said.realtime else "; it has no real-time priority here")

    def died(self, role: str, death: Death, delay: float) -> None:
        """The player is dead, and all slots are down; the supervisor starts the next."""
        at = Moment.of(self._clock)
        self._bus.publish(WorkerDied(at, role, death.reason, death.sentence, delay, death.crash))
        log_death(death, delay)
        self._bus.publish(SlotsLost(at, tuple(self._setup.slots)))

    def _give_scene(self, ensemble: Ensemble) -> None:
        self._publish_scene(ensemble)
        self._tell(ensemble.scene())
        self._chords, self._plans = ChordsTold(), BarPlansTold()
        self.tell_ahead()

    def _publish_scene(self, ensemble: Ensemble) -> None:
        """Tell what plays here: at a tempo that control has set, its bars may last longer than its own."""
        scene, qpm = self.voices.scene_here(ensemble.scene()), self._overrides.qpm
        self._bus.publish(
            SceneGiven(Moment.of(self._clock), scene if qpm is None else replace(scene, tempo=Tempo(qpm)))
        )

    def _tell(self, value: ToPlayer) -> bool:
        here = self.voices.sifted(value)
        if here is None:
            return True
        sent = self.worker.send(to_message(here))
        if sent:
            self._bus.publish(PlayerTold(Moment.of(self._clock), here))
        return sent
