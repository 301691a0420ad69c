"""What conductor and player say to each other.

The conductor says what to play and from which bar on; the player says what really went out. Bars are counted from the
player's first bar, and never run backwards in one life of a player. A *part* is what the player knows of a voice.
:mod:`reverie.processes.codec` writes and reads all of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from reverie.music.notes import MAX_MIDI, Loop
from reverie.music.time import Metre, Schedule, Swing, Tempo
from reverie.processes.wire import Stop

SELF = "self"
"""The leader of a scene that follows nobody."""
MOST_NOTES = 8192
"""Notes of a loop that the player takes: more than any cable carries in 16 bars, and as many as it reads in time."""


@dataclass(frozen=True, slots=True)
class Part:
    """A voice as the player sees it: where its notes go and in which bars they sound.

    ``channel`` is 1 to 16, as musicians count; ``program`` 0 to 127 or None to leave the synth as it is;
    ``drum_map`` replaces pitches on their way out. ``font`` is the soundfont that it has in place of its slot's.
    """

    name: str
    slot: str
    channel: int
    program: int | None = None
    drum_map: Mapping[int, int] = field(default_factory=dict[int, int])
    schedule: Schedule = field(default_factory=Schedule)
    font: str = ""


@dataclass(frozen=True, slots=True)
class Setup:
    """The first message of a player's life: its slots by name, as plain data of the site's configuration.

    ``ledger`` is the folder of the ledgers of open notes, ``tape`` the folder to which the tape is written, ``sync``
    the section of that name of the site's configuration.
    """

    type: ClassVar[str] = "setup"
    slots: Mapping[str, Mapping[str, Any]]
    ledger: str
    tape: str
    sync: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class SetScene:
    """From the start of bar ``at_bar`` on these parts play, at this tempo; all others end there.

    A bar that has already begun means the next bar line, and no scene begins before each of its parts has a loop.
    ``epoch`` grows with every scene that is set, and a :class:`Place` of another epoch is not meant for it. Bars of
    schedule and tempo count from the bar at which the scene really began, which is scene bar ``first_bar``: 0, or more
    where a new life of the player goes on with a scene. ``lead`` says whose tempo it is: ``self``, or the leader of
    that name (``clock``, ``link``), which the player follows while it is there.
    """

    type: ClassVar[str] = "scene"
    epoch: int
    at_bar: int
    name: str
    metre: Metre
    tempo: Tempo
    parts: tuple[Part, ...]
    first_bar: int = 0
    swing: Swing = field(default_factory=Swing)
    lead: str = SELF


@dataclass(frozen=True, slots=True)
class Place:
    """Play ``loop`` from scene bar ``start_bar`` (0 is the scene's first), ``times`` times over.

    Queued behind what the part already has; where queued loops end and nothing follows, the last is repeated. A place
    that begins in the past is entered in its midst, as if it had been there in time. With ``anew``, what the part has
    queued for later is forgotten.
    """

    type: ClassVar[str] = "place"
    epoch: int
    part: str
    recipe: str
    start_bar: int
    times: int
    loop: Loop
    anew: bool = False


@dataclass(frozen=True, slots=True)
class ChordMark:
    """A chord begins in scene bar ``bar``, ``tick`` ticks after its bar line.

    ``root``, ``bass`` and ``tones`` are pitch classes, 0 being C.
    """

    bar: int
    tick: int
    symbol: str
    root: int
    bass: int
    tones: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TellChords:
    """The chords of some bars of a scene, for the tape and for those who follow along: nothing sounds otherwise.

    They are told a few bars ahead, and once; what comes too late is told to nobody. Chords that were told before of
    bars from ``first_bar`` on are forgotten (None: there are none).
    """

    type: ClassVar[str] = "chords"
    epoch: int
    chords: tuple[ChordMark, ...]
    first_bar: int | None = None


@dataclass(frozen=True, slots=True)
class PartPlan:
    """What is otherwise with a part than its scene says: whether it sounds at all, and a factor of its velocities.

    ``controls`` are all controllers of its channel that the plan sets (number and value, 0 to 127): what one plan names
    and the next does not goes back to where it is by itself (:mod:`reverie.play.device_controls`). ``program`` (0 to
    127) takes the place of the part's own, which comes back with the next plan that names none.
    """

    sounds: bool = True
    dynamics: float = 1.0
    controls: tuple[tuple[int, int], ...] = ()
    program: int | None = None


@dataclass(frozen=True, slots=True)
class BarPlan:
    """How scene bar ``bar`` and all after it are played, up to the next bar that has a plan of its own.

    ``tempo`` is a factor of the scene's own. A part that ``parts`` does not name is as its scene says. ``section`` is
    the name of the section of the scene that begins with this very bar, for the tape; empty if none does.
    """

    bar: int
    tempo: float = 1.0
    parts: Mapping[str, PartPlan] = field(default_factory=dict[str, PartPlan])
    section: str = ""


@dataclass(frozen=True, slots=True)
class TellBars:
    """Plans of bars to come, in order; those of bars from ``first_bar`` on that were told before are forgotten.

    They are told some bars ahead. The bar that sounds stays as it is.
    """

    type: ClassVar[str] = "bars"
    epoch: int
    first_bar: int
    plans: tuple[BarPlan, ...]


@dataclass(frozen=True, slots=True)
class Rest:
    """From the next bar line on, silence (``on``) that is intended, or music again."""

    type: ClassVar[str] = "rest"
    on: bool


@dataclass(frozen=True, slots=True)
class SetOverrides:
    """All that people have set at the controls: each message replaces the one before; a new player is told again.

    ``qpm`` is a tempo in place of the scene's own (None), ``volume`` a share (0 to 1) of every slot's volume, ``muted``
    are parts that do not sound, ``levels`` factors of the velocities of some, and ``swing`` is the share of a pair that
    its first step takes, in place of the scene's own (None). All holds at once but for swing, which begins with the
    next bar line, as a bar is written out as one.
    """

    type: ClassVar[str] = "steer"
    qpm: float | None = None
    volume: float = 1.0
    muted: tuple[str, ...] = ()
    levels: Mapping[str, float] = field(default_factory=dict[str, float])
    swing: float | None = None


def at_level(velocity: int, level: float) -> int:
    """A velocity as loud as its part is wanted, by a factor; the softest still sounds."""
    return min(max(round(velocity * level), 1), MAX_MIDI)


@dataclass(frozen=True, slots=True)
class BlendBanks:
    """A part plays between banks, the files of which are ``fonts``: one, or two that are next to each other.

    The first is the nearer one; ``share`` is the second's of the power, 0 to 0.5. They sound on the part's own channel
    and its ``other_channel`` (1 to 16). A balance moves at once, a bank is chosen on the next bar line after it is
    loaded. Each message replaces the one before for its part, as :class:`TakeBank` does, which ends it.
    """

    type: ClassVar[str] = "blend_banks"
    epoch: int
    part: str
    banks: tuple[str, ...]
    fonts: tuple[str, ...]
    share: float
    other_channel: int


@dataclass(frozen=True, slots=True)
class TakeBank:
    """From the next bar line on after it is loaded, a part plays the soundfont ``font``, the file of ``bank``.

    With ``fade_bars`` the part goes over to its ``other_channel`` (1 to 16) there, and back with the next bank: what
    sounds there fades in, and what the other has fades out, within so many bars. Without, notes that begin after the
    line have the new sound, and those before keep theirs. Each message replaces the one before for its part.

    ``program`` (0 to 127) is one of the soundfont's, None its first. Without a ``font`` the device itself has loaded
    the bank, and plays it by ``program``, if that is one.
    """

    type: ClassVar[str] = "take_bank"
    epoch: int
    part: str
    bank: str
    font: str
    other_channel: int | None = None
    fade_bars: int = 0
    program: int | None = None


@dataclass(frozen=True, slots=True)
class PlayTone:
    """Sound one note on a slot at once, beside the music: by it people hear whether the slot sounds.

    ``channel`` is 1 to 16, ``pitch`` and ``velocity`` are MIDI's, ``seconds`` how long it sounds. It goes the way of
    all notes, onto the tape too, as part :data:`TONE`. Before the first bar there is nothing yet to play it.
    """

    type: ClassVar[str] = "tone"
    slot: str
    channel: int
    pitch: int
    velocity: int
    seconds: float


TONE = "test-tone"
"""The part that a test tone is of."""


@dataclass(frozen=True, slots=True)
class Panic:
    """End every note on every slot now; play on from the next bar."""

    type: ClassVar[str] = "panic"


@dataclass(frozen=True, slots=True)
class Reopen:
    """Let a slot's device go and look for it anew, in a new output process where it has one: it takes no notes."""

    type: ClassVar[str] = "reopen"
    slot: str


@dataclass(frozen=True, slots=True)
class PlayerReady:
    """The player is up; ``realtime`` where the system granted SCHED_FIFO."""

    type: ClassVar[str] = "ready"
    realtime: bool


@dataclass(frozen=True, slots=True)
class BarBegun:
    """A bar has begun, and stays as it is but for what holds at once: what shows the music goes by it.

    ``begins`` is the monotonic moment of its bar line, the same in every process of a machine, and ``seconds`` how long
    it lasts at its first tempo. ``heard`` is how many messages after its :class:`Setup` the player had been told by
    then: whoever tells it can work out from these what the bar is, notes and all.
    """

    type: ClassVar[str] = "bar_begun"
    epoch: int
    scene: str
    bar: int
    scene_bar: int
    begins: float
    seconds: float
    resting: bool
    heard: int


@dataclass(frozen=True, slots=True)
class BarPlayed:
    """A bar went out: the evidence on which health and watchdog rest.

    ``bar`` counts from the player's first, ``scene_bar`` from the scene's. ``notes`` are note-ons sent by part,
    ``sent`` those that a slot with a device took, ``due`` how many notes the score has for the bar: a bar may be empty
    without anything being wrong. ``repeated`` are the parts that had nothing new and repeated their last loop,
    ``muted`` those that people have muted, ``tacet`` those that the bar's plan wants silent, ``depth`` the loops each
    part has queued beyond the one it is playing.
    ``seconds`` is how long the bar lasts, at the tempo that it ended with.

    ``lateness`` has, in seconds, how long after its moment every note, its end and every controller was sent,
    ``clock_lateness`` the same of MIDI clock. What is late beyond :data:`~reverie.play.bar_report.LATE` is counted in
    ``late``; notes so late that they were not begun in ``skipped``; ``dropped`` is 1 where the player was stopped for
    so long that it gave the bar up and began the next one afresh.
    """

    type: ClassVar[str] = "bar"
    epoch: int
    scene: str
    bar: int
    scene_bar: int
    resting: bool
    notes: Mapping[str, int]
    sent: int
    lateness: tuple[float, ...]
    repeated: tuple[str, ...]
    depth: Mapping[str, int]
    due: int = 0
    clock_lateness: tuple[float, ...] = ()
    late: int = 0
    skipped: int = 0
    dropped: int = 0
    seconds: float = 0.0
    muted: tuple[str, ...] = ()
    tacet: tuple[str, ...] = ()

    @property
    def is_late(self) -> bool:
        """Whether anything of it came late, or not at all."""
        return bool(self.late or self.skipped or self.dropped)


@dataclass(frozen=True, slots=True)
class SlotState:
    """A slot found or lost its device; ``detail`` is one plain sentence.

    A device that takes notes may be at fault all the same: ``fault`` says how, ``advice`` what to do, and ``silent``
    how much of what it plays cannot be heard: nothing that is known of (empty), a ``part`` or ``all``. A slot of which
    nothing is heard is not ``up``.
    """

    type: ClassVar[str] = "slot"
    name: str
    up: bool
    detail: str
    fault: str = ""
    advice: str = ""
    silent: str = ""


@dataclass(frozen=True, slots=True)
class SyncState:
    """Who leads the tempo now, and whether it is followed; ``detail`` is one plain sentence."""

    type: ClassVar[str] = "sync"
    leader: str
    following: bool
    detail: str


@dataclass(frozen=True, slots=True)
class BankTaken:
    """A part plays another bank, or with ``refused`` cannot; then it keeps what it has."""

    type: ClassVar[str] = "bank_taken"
    part: str
    bank: str
    refused: bool = False


Instruction = (
    SetScene | Place | TellChords | TellBars | Rest | SetOverrides | TakeBank | BlendBanks | PlayTone | Panic | Reopen
)
"""What changes what is played."""
ToPlayer = Setup | Instruction | Stop
FromPlayer = PlayerReady | BarBegun | BarPlayed | SlotState | SyncState | BankTaken
