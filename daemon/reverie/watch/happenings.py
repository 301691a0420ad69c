"""What happens while Reverie plays: values that the conductor publishes on its bus.

Evidence, metrics and the state that lasts subscribe to them; so may whatever shows or keeps them. A happening is a fact
of the past: nobody is asked anything by it, and nothing waits for whoever hears it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reverie.clock import Clock
from reverie.compose.composer import Composed
from reverie.compose.recipe import Recipe
from reverie.music.notes import Loop
from reverie.play.messages import BankTaken, BarBegun, BarPlayed, SetOverrides, SetScene, SlotState, SyncState, ToPlayer
from reverie.processes.worker_life import RECYCLED
from reverie.scenes.schema import Scene
from reverie.timbre.ready_bank import BlendedBanks, ReadyBank
from reverie.watch.faults import Fault
from reverie.watch.room_view import RoomView
from reverie.watch.self_test_result import SlotTested
from reverie.watch.sound_evidence import SoundState


@dataclass(frozen=True, slots=True)
class Moment:
    """When something happened: ``now`` in monotonic seconds, which count, and ``wall`` in Unix time, for people."""

    now: float
    wall: float

    @classmethod
    def of(cls, clock: Clock) -> Moment:
        """The present moment."""
        return cls(clock.now(), clock.wall())


@dataclass(frozen=True, slots=True)
class Happening:
    """What all of them have. Whoever subscribes to this class hears of everything."""

    at: Moment


@dataclass(frozen=True, slots=True)
class WorkerStarted(Happening):
    """A worker (``player``, ``composer``, ``timbre``) began a life and has been told all that it must know."""

    role: str


@dataclass(frozen=True, slots=True)
class WorkerDied(Happening):
    """A life of a worker ended unasked; ``reason`` is a word, ``delay`` the seconds until the next life begins.

    ``crash`` says that it ended by itself, and not by somebody's hand.
    """

    role: str
    reason: str
    sentence: str
    delay: float
    crash: bool = False

    @property
    def recycled(self) -> bool:
        """Whether it was ended to begin afresh, off the beat: that is care, and nothing that went wrong."""
        return self.reason == RECYCLED


@dataclass(frozen=True, slots=True)
class SlotsGiven(Happening):
    """A new player was given these slots and has found none yet; ``stand_ins`` sound in place of absent ones."""

    slots: tuple[str, ...]
    stand_ins: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SlotChanged(Happening):
    """A slot found or lost its device, or can be heard no more; ``before`` is what was known of it."""

    slot: SlotState
    before: SlotState | None


@dataclass(frozen=True, slots=True)
class SlotsLost(Happening):
    """The player died, and with it every slot is down."""

    slots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SoundMeasured(Happening):
    """So loud is what is listened to, twice a second: each listener's state, by its name."""

    sounds: Mapping[str, SoundState]


@dataclass(frozen=True, slots=True)
class SelfTested(Happening):
    """Each slot was tested by a quiet figure; what came of it."""

    slots: tuple[SlotTested, ...]


@dataclass(frozen=True, slots=True)
class SyncChanged(Happening):
    """The player follows another leader of the tempo, or none."""

    sync: SyncState


@dataclass(frozen=True, slots=True)
class RoomLooked(Happening):
    """So this box stands in its room, once a second."""

    view: RoomView


@dataclass(frozen=True, slots=True)
class SceneGiven(Happening):
    """The player was told to play this, at the tempo that control has set if it has."""

    scene: SetScene


@dataclass(frozen=True, slots=True)
class BarsPlanned(Happening):
    """The player was told how bars to come are to be played; at the slowest at so much of the scene's own tempo."""

    epoch: int
    slowest: float


@dataclass(frozen=True, slots=True)
class PlayerTold(Happening):
    """A life of the player was sent this: all that it knows it was told so, in this order."""

    message: ToPlayer


@dataclass(frozen=True, slots=True)
class BarEntered(Happening):
    """The player has begun a bar."""

    bar: BarBegun


@dataclass(frozen=True, slots=True)
class SceneBegun(Happening):
    """Another scene plays, from its first bar on. ``epoch`` numbers what the player is given to play."""

    scene: Scene
    epoch: int


@dataclass(frozen=True, slots=True)
class SceneChanged(Happening):
    """The file of the scene that plays was changed, and the scene goes on as it says now."""

    scene: Scene
    epoch: int


@dataclass(frozen=True, slots=True)
class BarSounded(Happening):
    """The player sent a bar: the only evidence that Reverie sounds."""

    bar: BarPlayed


@dataclass(frozen=True, slots=True)
class LoopAnswered(Happening):
    """The composer answered after so many ``seconds``: with a loop, or with what its guards refused."""

    answer: Composed
    seconds: float


@dataclass(frozen=True, slots=True)
class LoopDerived(Happening):
    """A loop was made from the harmony, without a composer."""

    answer: Composed


@dataclass(frozen=True, slots=True)
class LoopSounded(Happening):
    """A voice of a scene has begun to play a loop, and notes of it were sent: a new one, or one of before.

    ``kind`` is that of the voice, and ``recipe`` the id of what made the loop. A loop that is fitted to other chords
    while it is held is told as it was composed, and once.
    """

    scene: str
    voice: str
    kind: str
    recipe: str
    loop: Loop


@dataclass(frozen=True, slots=True)
class LoopFailed(Happening):
    """No loop came of a recipe: its model ``failed``, or it ``crashed`` the composer."""

    recipe: Recipe
    reason: str


@dataclass(frozen=True, slots=True)
class RestBegun(Happening):
    """The programme wants silence from the next bar line on."""


@dataclass(frozen=True, slots=True)
class RestEnded(Happening):
    """The programme wants music again."""


@dataclass(frozen=True, slots=True)
class DoorsClosed(Happening):
    """The installation has closed, and is silent from the next bar line on; ``until`` is Unix time, where known."""

    until: float | None


@dataclass(frozen=True, slots=True)
class DoorsOpened(Happening):
    """The installation has opened; ``until`` is Unix time, where known."""

    until: float | None


@dataclass(frozen=True, slots=True)
class PauseBegun(Happening):
    """A person wants silence from the next bar line on."""


@dataclass(frozen=True, slots=True)
class PauseEnded(Happening):
    """The pause is over, because a person said so or its time had passed."""


@dataclass(frozen=True, slots=True)
class OverridesSet(Happening):
    """Control has set these, all of them; they hold at once."""

    overrides: SetOverrides


@dataclass(frozen=True, slots=True)
class ControlUsed(Happening):
    """Somebody used a control, whether it was obeyed or refused; ``wanted`` says what, and why it was refused."""

    action: str
    source: str
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class DreamBegun(Happening):
    """Somebody wanted a dream, and it begins with this bar of the scene."""

    mood: str
    source: str
    weight: float
    scene_bar: int


@dataclass(frozen=True, slots=True)
class DreamsLeft(Happening):
    """So many dreams are dreamt now; another number than before."""

    active: int


@dataclass(frozen=True, slots=True)
class PanicCalled(Happening):
    """Every note was ended at once."""


@dataclass(frozen=True, slots=True)
class BankAnswered(Happening):
    """The player took a bank, or refused it."""

    taken: BankTaken


@dataclass(frozen=True, slots=True)
class BankRendered(Happening):
    """A render ended: ``rendered``, ``found`` in the cache, ``refused`` or ``given_up``, after so many ``seconds``."""

    timbre: str
    outcome: str
    seconds: float


@dataclass(frozen=True, slots=True)
class BankReady(Happening):
    """The voices of a scene that play this timbre are to take over a bank, at the next bar line.

    While it is ``held`` by a hand, those that can play between two banks are told by :class:`BanksBlended`.
    """

    scene: Scene
    timbre: str
    ready: ReadyBank
    held: bool = False


@dataclass(frozen=True, slots=True)
class BanksBlended(Happening):
    """The voices that can are to play this timbre between two banks, at once where they play these already."""

    scene: Scene
    timbre: str
    blended: BlendedBanks


@dataclass(frozen=True, slots=True)
class BankDamaged(Happening):
    """A voice cannot have the bank that is ready for it, which is no more as it was written."""

    voice: str


@dataclass(frozen=True, slots=True)
class SoundsChanged(Happening):
    """Browsers are to hear voices with other sounds from now on: by voice the name of its instrument's page."""

    voices: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RecycleWanted(Happening):
    """Somebody wants a worker to begin another life when nobody misses it; ``reason`` ends a sentence."""

    role: str
    reason: str


@dataclass(frozen=True, slots=True)
class WorkerRecycled(Happening):
    """A worker is let go although nothing is wrong with it, and another life takes its place."""

    role: str
    reason: str


@dataclass(frozen=True, slots=True)
class StageCured(Happening):
    """The heartbeat stayed out at a stage, and something was done about it, such as a new life of its worker."""

    stage: str
    sentence: str
    cure: str


@dataclass(frozen=True, slots=True)
class FaultRaised(Happening):
    """Something is wrong that was not, or is wrong in another way."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class FaultCleared(Happening):
    """Something is no longer wrong."""

    fault: Fault
