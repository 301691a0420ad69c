"""The figures that Prometheus collects, in a registry of their own.

Names of scenes and voices come from files that people write, so every label takes a bounded number of values: an
installation that runs for years must not fill a distant disk.
"""

from __future__ import annotations

import platform
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import get_args

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,  # pyright: ignore[reportUnknownVariableType]
    generate_latest,
)

from reverie.bus import Bus
from reverie.clock import Clock, SystemClock
from reverie.compose.novelty_bands import Novelty
from reverie.foreign import plain
from reverie.play.messages import SELF, BarPlayed, SlotState, SyncState
from reverie.processes.worker_life import Reason
from reverie.watch.care_metrics import CareMetrics
from reverie.watch.faults import Fault
from reverie.watch.happenings import (
    BankReady,
    BankRendered,
    BarSounded,
    ControlUsed,
    DreamBegun,
    DreamsLeft,
    LoopAnswered,
    LoopFailed,
    RoomLooked,
    SlotChanged,
    SlotsGiven,
    SlotsLost,
    SyncChanged,
    WorkerDied,
)
from reverie.watch.hours_metrics import HoursMetrics
from reverie.watch.machine_metrics import MachineMetrics
from reverie.watch.room_view import RoomMetrics
from reverie.watch.silence import BarSound, SilenceJudge
from reverie.watch.sound_metrics import SoundGauges
from reverie.watch.telling_metrics import TellingMetrics

LATENESS_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5)
COMPOSE_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
MAX_LABELS = 64
ROLES, REASONS = ("player", "composer"), get_args(Reason)
OTHER = "other"


class Metrics:
    """Counts what it is told; :meth:`render` is what a scrape gets."""

    def __init__(self, version: str, engine: str, clock: Clock | None = None) -> None:
        self._clock = clock = clock or SystemClock()
        disable_created_metrics()  # they would double the number of series and say little
        self._registry = registry = CollectorRegistry()
        self._known: defaultdict[str, set[str]] = defaultdict(set)
        self._bars = Counter("reverie_bars_played_total", "Bars that went out.", ["scene"], registry=registry)
        self._notes = Counter("reverie_notes_sent_total", "Notes that were started.", ["voice"], registry=registry)
        self._lateness = Histogram(
            "reverie_note_lateness_seconds",
            "How long after its moment a note, its end or a controller went out.",
            buckets=LATENESS_BUCKETS,
            registry=registry,
        )
        self._clock_lateness = Histogram(
            "reverie_clock_lateness_seconds",
            "How long after its moment MIDI clock went out.",
            buckets=LATENESS_BUCKETS,
            registry=registry,
        )
        self._late = Counter(
            "reverie_late_total",
            "What came late, by what was done about it.",
            ["severity"],
            registry=registry,
        )
        self._following = Gauge(
            "reverie_following", "Whether the tempo is that of a leader outside.", ["leader"], registry=registry
        )
        self._last_note = Gauge(
            "reverie_last_note_timestamp_seconds", "When a device last took a note, in Unix time.", registry=registry
        )
        self._depth = Gauge(
            "reverie_score_depth", "Loops queued behind the one that plays.", ["voice"], registry=registry
        )
        self._composed = Counter(
            "reverie_loops_composed_total",
            "Loops that were composed and passed the guards.",
            ["voice", "operator"],
            registry=registry,
        )
        self._last_loop = Gauge(
            "reverie_last_loop_timestamp_seconds", "When a loop was last composed, in Unix time.", registry=registry
        )
        self._refused = Counter(
            "reverie_loops_refused_total",
            "Candidates that a guard refused, and loops that no model could make.",
            ["voice", "reason"],
            registry=registry,
        )
        self._clipped = Counter(
            "reverie_notes_clipped_total",
            "Notes that a guard mended, by what was wrong with them.",
            ["voice", "reason"],
            registry=registry,
        )
        self._repeated = Counter(
            "reverie_loops_repeated_total",
            "Bars for which a voice had nothing new and repeated its last loop.",
            ["voice"],
            registry=registry,
        )
        self._held = Counter(
            "reverie_loops_held_total",
            "Requests for a loop that brought no new one, so that the voice held the loop before.",
            ["voice"],
            registry=registry,
        )
        self._novelty = Gauge(
            "reverie_loop_novelty",
            "How far the voice's last loop is from its loop before, and from the nearest of an hour and of a week: 0 "
            "is the same, 1 has nothing in common.",
            ["voice", "beside"],
            registry=registry,
        )
        self._outside = Counter(
            "reverie_loops_outside_total",
            "Loops outside their voice's bands of novelty, because none was inside.",
            ["voice", "how"],
            registry=registry,
        )
        self._compose_seconds = Histogram(
            "reverie_compose_seconds", "How long a loop took to compose.", buckets=COMPOSE_BUCKETS, registry=registry
        )
        self._restarts = Counter(
            "reverie_worker_restarts_total", "Workers that died unasked.", ["role", "reason"], registry=registry
        )
        self._slot_up = Gauge(
            "reverie_slot_up",
            "Whether the slot has its device, and all that it plays can be heard.",
            ["slot"],
            registry=registry,
        )
        self._scene = Gauge("reverie_scene_info", "The scene that plays.", ["scene"], registry=registry)
        self._section = Gauge(
            "reverie_section_info", "The section of the scene's form that plays.", ["section"], registry=registry
        )
        self._configuration_ok = Gauge(
            "reverie_configuration_ok", "Whether the configuration as it lies on disk is in force.", registry=registry
        )
        self._faults = Gauge(
            "reverie_fault",
            "What is wrong now; the status page has the sentence.",
            ["id", "subject"],
            registry=registry,
        )
        self._resting = Gauge("reverie_resting", "Whether the present silence is intended.", registry=registry)
        self._used = Counter(
            "reverie_control_actions_total",
            "What people did at the controls, by where it came from.",
            ["action", "source"],
            registry=registry,
        )
        self._dreams = Counter(
            "reverie_dreams_total",
            "Dreams that began, by mood and by who wanted them.",
            ["mood", "source"],
            registry=registry,
        )
        self._dreaming = Gauge("reverie_dreams_active", "Dreams that are dreamt now.", registry=registry)
        self._banks = Counter(
            "reverie_banks_total",
            "Sample banks that were wanted, by what came of them.",
            ["timbre", "outcome"],
            registry=registry,
        )
        self._bank_seconds = Counter(
            "reverie_bank_seconds_total", "Seconds that rendering banks took.", registry=registry
        )
        self._timbre_step = Gauge(
            "reverie_timbre_step", "The step of a timbre's path that plays.", ["timbre"], registry=registry
        )
        Gauge("reverie_start_time_seconds", "When the daemon was started, in Unix time.", registry=registry).set(
            clock.wall()
        )
        Gauge("reverie_clock_seconds", "The clock of this machine, in Unix time.", registry=registry).set_function(
            clock.wall
        )
        self._starts = Counter(
            "reverie_starts_total", "How often the daemon was started; kept over restarts.", registry=registry
        )
        self._crashes = Counter(
            "reverie_crashes_total", "How often it crashed; a power cut is none. Kept over restarts.", registry=registry
        )
        self._silence, self._well, self._looped = SilenceJudge(), clock.now(), clock.now()
        Gauge(
            "reverie_silence_seconds",
            "Seconds of silence that nobody intends: since a device last took a note, one was held, or silence was "
            "meant; no clock that is set changes it.",
            registry=registry,
        ).set_function(lambda: clock.now() - self._well)
        Gauge(
            "reverie_since_loop_seconds",
            "Seconds since a loop was last composed, or since the start; no clock that is set changes it.",
            registry=registry,
        ).set_function(lambda: clock.now() - self._looped)
        self._audible = Gauge(
            "reverie_audible", "Whether a slot of the scene, or one in its place, has its device.", registry=registry
        )
        self._listeners = Gauge("reverie_page_listeners", "Who listens to the page's events.", registry=registry)
        self._free = Gauge(
            "reverie_free_bytes", "Room that is left where a folder lies.", ["folder"], registry=registry
        )
        for role in ROLES:
            for reason in REASONS:  # or Prometheus would not see the first of them as an increase
                self._restarts.labels(role, reason)
        self.hours, self._sounds, self._care = HoursMetrics(registry), SoundGauges(registry), CareMetrics(registry)
        """When it is open."""
        self.machine, self.telling = MachineMetrics(registry), TellingMetrics(registry)
        build = Gauge("reverie_build_info", "What is running.", ["version", "python", "engine"], registry=registry)
        build.labels(version, platform.python_version(), engine).set(1)

    def subscribe_to(self, bus: Bus) -> None:
        """Count from now on what is told there."""
        room = RoomMetrics(self._registry)
        bus.subscribe(BarSounded, lambda said: self.bar_played(said.bar, said.at.wall))
        bus.subscribe(LoopAnswered, self._loop_answered)
        bus.subscribe(LoopFailed, lambda said: self.loop_refused(said.recipe.voice, said.reason))
        bus.subscribe(WorkerDied, lambda said: self.worker_died(said.role, said.reason))
        bus.subscribe(SlotChanged, lambda said: self.slot_changed(said.slot))
        bus.subscribe(SlotsLost, lambda said: self.slots_lost(said.slots))
        self._sounds.subscribe_to(bus)
        self._care.subscribe_to(bus)
        bus.subscribe(RoomLooked, lambda said: room.view_is(said.view))
        bus.subscribe(SyncChanged, lambda said: self.sync_changed(said.sync))
        bus.subscribe(SlotsGiven, lambda _: self._following.clear())  # another life of the player follows nobody yet
        self._silence.subscribe_to(bus)
        bus.subscribe(BankRendered, lambda said: self.bank_rendered(said.timbre, said.outcome, said.seconds))
        bus.subscribe(BankReady, lambda said: self.timbre_step(said.timbre, said.ready.step))
        bus.subscribe(DreamBegun, lambda said: self.dreamt(said.mood, said.source))
        bus.subscribe(DreamsLeft, lambda said: self._dreaming.set(said.active))
        bus.subscribe(ControlUsed, lambda said: self.used(said.action, said.source))

    def bar_played(self, bar: BarPlayed, wall: float) -> None:
        """The player sent a bar; ``wall`` is the Unix time, for ``reverie_last_note_timestamp_seconds``."""
        scene = self._bounded("scene", bar.scene)
        self._bars.labels(scene).inc()
        self._scene.clear()
        self._scene.labels(scene).set(1)
        self._resting.set(bar.resting)
        for voice, notes in bar.notes.items():
            self._notes.labels(self._bounded("voice", voice)).inc(notes)
        for seconds in bar.lateness:
            self._lateness.observe(seconds)
        for seconds in bar.clock_lateness:
            self._clock_lateness.observe(seconds)
        for severity, count in (("noted", bar.late), ("skipped", bar.skipped), ("dropped", bar.dropped)):
            self._late.labels(severity).inc(count)
        for voice in bar.repeated:
            self._repeated.labels(self._bounded("voice", voice)).inc()
        self._depth.clear()
        for voice, depth in bar.depth.items():
            self._depth.labels(self._bounded("voice", voice)).set(depth)
        if bar.sent:
            self._last_note.set(wall)
        if self._silence.judge(bar) is not BarSound.UNINTENDED:
            self._well = self._clock.now()

    def loop_composed(self, voice: str, operator: str, seconds: float, wall: float) -> None:
        """A loop was composed in so many seconds and passed the guards, at the Unix time ``wall``."""
        self._last_loop.set(wall)
        self._looped = self._clock.now()
        self._composed.labels(self._bounded("voice", voice), self._bounded("operator", operator)).inc()
        self._compose_seconds.observe(seconds)

    def loop_is_new(self, voice: str, novelty: Novelty) -> None:
        """How new the loop is that a voice got."""
        for beside, far in (("last", novelty.last), ("hour", novelty.hour), ("week", novelty.week)):
            if far is not None:
                self._novelty.labels(self._bounded("voice", voice), beside).set(far)
        if novelty.amiss:
            self._outside.labels(self._bounded("voice", voice), novelty.amiss).inc()

    def loop_refused(self, voice: str, reason: str, count: int = 1) -> None:
        """Loops came to nothing; ``reason`` is a word or two, not a sentence."""
        self._refused.labels(self._bounded("voice", voice), self._bounded("reason", reason)).inc(count)

    def loop_held(self, voice: str) -> None:
        """A voice asked for a loop and got no new one."""
        self._held.labels(self._bounded("voice", voice)).inc()

    def guarded(self, voice: str, refused: Mapping[str, int], clipped: Mapping[str, int]) -> None:
        """What a guard did with all that was composed for one loop: refusals and mended notes by reason."""
        for reason, count in refused.items():
            self.loop_refused(voice, reason, count)
        for reason, count in clipped.items():
            self._clipped.labels(self._bounded("voice", voice), self._bounded("clip", reason)).inc(count)

    def worker_died(self, role: str, reason: str) -> None:
        """A worker died unasked."""
        self._restarts.labels(role, reason).inc()

    def slot_changed(self, slot: SlotState) -> None:
        """A slot found or lost its device, or part of what it plays cannot be heard."""
        self._slot_up.labels(self._bounded("slot", slot.name)).set(slot.up and not slot.silent)

    def slots_lost(self, names: Iterable[str]) -> None:
        """With the player all slots are down."""
        for name in names:
            self.slot_changed(SlotState(name, up=False, detail=""))

    def sync_changed(self, sync: SyncState) -> None:
        """The player follows another leader, or none."""
        self._following.clear()
        if sync.leader != SELF:
            self._following.labels(sync.leader).set(sync.following)

    def bank_rendered(self, timbre: str, outcome: str, seconds: float) -> None:
        """A bank was rendered or found, or came to nothing, after so many seconds."""
        self._banks.labels(self._bounded("timbre", timbre), outcome).inc()
        self._bank_seconds.inc(seconds)

    def timbre_step(self, timbre: str, step: int) -> None:
        """A timbre has come to a step."""
        self._timbre_step.labels(self._bounded("timbre", timbre)).set(step)

    def dreamt(self, mood: str, source: str) -> None:
        """A dream began."""
        self._dreams.labels(self._bounded("mood", mood), self._bounded("source", source)).inc()

    def used(self, action: str, source: str) -> None:
        """Somebody used a control."""
        self._used.labels(self._bounded("action", action), self._bounded("source", source)).inc()

    def configuration(self, *, ok: bool) -> None:
        """Whether the files on disk could be put in force."""
        self._configuration_ok.set(ok)

    def faults_are(self, faults: Iterable[Fault]) -> None:
        """These faults and no others are there."""
        self._faults.clear()
        for fault in faults:
            self._faults.labels(fault.id, self._bounded("subject", fault.subject)).set(1)

    def lives_are(self, starts: int, crashes: int) -> None:
        """How often the daemon was started, and ended unasked, up to now."""
        self._starts.inc(starts)
        self._crashes.inc(crashes)

    def listeners_are(self, count: int) -> None:
        """So many listen to the page's events now."""
        self._listeners.set(count)

    def heard(self, *, audible: bool) -> None:
        """Whether anything can be heard."""
        self._audible.set(audible)

    def section_is(self, name: str | None) -> None:
        """Which section of its form the scene is in; None if it has none."""
        self._section.clear()
        if name is not None:
            self._section.labels(self._bounded("section", name)).set(1)

    def room_is(self, free: Mapping[str, float]) -> None:
        """How many bytes are free in each folder."""
        self._free.clear()
        for folder, bytes_free in free.items():
            self._free.labels(folder).set(bytes_free)

    def render(self) -> tuple[bytes, str]:
        """The text of all metrics and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST

    def _loop_answered(self, said: LoopAnswered) -> None:
        answer = said.answer
        voice = answer.recipe.voice
        self.guarded(voice, answer.refused, answer.clipped)
        if answer.loop:
            self.loop_composed(voice, answer.recipe.operator, said.seconds, said.at.wall)
            if answer.novelty:
                self.loop_is_new(voice, answer.novelty)
        if answer.loop is None or answer.is_the_loop_before:
            self.loop_held(voice)

    def _bounded(self, label: str, value: str) -> str:
        """``value``, or ``other`` when the label has taken all the values it may."""
        value = plain(value)  # a surrogate of a file's name would be the end of all metrics
        known = self._known[label]
        if value not in known and len(known) >= MAX_LABELS:
            return OTHER
        known.add(value)
        return value
