"""The player: what is due is sent, bar after bar. It does not wait itself; it says until when one may.

Everything hangs on absolute moments: an event on its tick, a tick on the timeline, a bar on the end of the bar before.
What comes late moves nothing that comes after.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from functools import partial

from reverie.clock import PreciseClock
from reverie.play.banks import Banks
from reverie.play.bar_events import BarEvents
from reverie.play.bar_report import BarLog
from reverie.play.bars import AT_ITS_MOMENT, Bar, Early
from reverie.play.cursor import ScoreCursor
from reverie.play.events import Rank
from reverie.play.laid_bar import Laid
from reverie.play.messages import (
    TONE,
    BankTaken,
    BarBegun,
    BarPlayed,
    BlendBanks,
    Instruction,
    Panic,
    Place,
    PlayTone,
    Reopen,
    Rest,
    SetOverrides,
    SetScene,
    SyncState,
    TakeBank,
    TellBars,
    TellChords,
)
from reverie.play.pace import HURRIED, Pace
from reverie.play.queues import SlotQueues
from reverie.play.recording.recorder import Recorder
from reverie.play.score import SceneScore
from reverie.play.slot_group import SlotGroup
from reverie.play.slot_tone import tone_start
from reverie.play.slots import Slot
from reverie.play.sync.leader import Leader

WRITE_AHEAD = 0.25  # seconds before a bar line from which the next bar is written out
WRITING_TAKES = 0.004  # seconds until the next note that it may use up
PATIENCE = 1.0  # seconds of lateness (or a bar, if that is shorter) after which catching up would be a burst
SOON = 0.005  # seconds from laying out a step of a balance between two banks to its moment
TURN = 0.3  # seconds in which a volume that people have set is reached


class Player:
    """Plays scenes on slots; every method is called from one thread, and none of them blocks.

    Args:
        slots: The slots by name; a part on a slot that does not exist sounds on the tape only.
        tape: Where everything is written that is sent.
        clock: The time.
        report: Told of every bar that begins and that went out, and of who leads.
        leaders: Clocks of others that a scene may follow, by the name that scenes have for them.
        early: How long before its moment what is due is made ready.
    """

    def __init__(
        self,
        slots: Mapping[str, Slot],
        tape: Recorder,
        clock: PreciseClock,
        report: Callable[[BarBegun | BarPlayed | SyncState | BankTaken], None],
        leaders: Mapping[str, Leader] | None = None,
        early: Early = AT_ITS_MOMENT,
    ) -> None:
        self._early = early
        self._slots = SlotGroup(slots)
        self._tape = tape
        self._clock = clock
        self._report = report
        self._queues = SlotQueues(slots, tape)
        self._pace = Pace({} if leaders is None else leaders)
        self._following, self._timeline = self._pace.following, self._pace.timeline
        self._cursor = ScoreCursor()
        self._bar: Bar | None = None
        self._laid: Laid | None = None
        self._rest, self._overrides = False, SetOverrides()
        self._log = BarLog()
        self._over: list[Callable[[], BarPlayed]] = []
        self._news: list[BarBegun | BarPlayed | SyncState | BankTaken] = []
        self._heard = 0
        self._banks = Banks(slots, self._news.append)

    def handle(self, message: Instruction) -> None:
        """Do what the conductor says; what concerns the music waits for its bar line."""
        if self._clock.now() >= self._entry:
            self._enter_bar()
        self._heard += 1
        match message:
            case SetScene():
                self._banks.expect(message.parts)
                self._change(partial(self._cursor.set_scene, message))
            case Place() | TellBars() if self._bar is not None and self._cursor.concerns(message, self._bar.number):
                self._change(partial(self._cursor.hear, message))
            case Place() | TellBars() | TellChords():
                self._cursor.hear(message)
            case Rest():
                self._rest = message.on
                self._change(self._cursor.tear)
            case SetOverrides():
                self._turn_to(message)
            case TakeBank() | BlendBanks():
                self._banks.want(message, self._clock.now())
            case PlayTone() | Reopen():
                self._at_slot(message)
            case Panic():
                self._silence(clock=False)
                self._slots.hush()

    def leave_out(self) -> None:
        """A message was told that cannot be understood: it counts all the same, so that both sides count alike."""
        self._heard += 1

    def deadline(self) -> float | None:
        """The monotonic moment of what is due next; None as long as there is nothing to play."""
        if self._bar is None:
            return self._clock.now() if self._cursor.next_is_ready else None
        line = self._timeline.time_of(self._bar.end) - self._early.lay
        return min(
            line,
            self._entry - self._early.ready,
            *(at - self._early.ready for at, _ in self._queues.heads(self._timeline.time_of)),
        )

    def advance(self) -> None:
        """Send everything that is due."""
        self._follow()
        deadline = self.deadline()
        if deadline is None:
            return
        now = self._clock.now()
        if self._bar is None:
            self._begin_bar(0, 0, now)
        elif now - deadline > self._patience(self._bar):
            self._break(self._bar, now)
        muted = frozenset(self._overrides.muted)
        while (bar := self._bar) is not None:
            line, heads = self._timeline.time_of(bar.end), self._queues.heads(self._timeline.time_of)
            moment = min((moment for moment, _ in heads), default=float("inf"))
            lay, enter, ready = line - self._early.lay, self._entry - self._early.ready, moment - self._early.ready
            if self._clock.now() < min(lay, enter, ready):
                break
            if enter <= min(lay, ready):
                self._enter_bar()
            elif lay <= ready:
                self._end_bar(bar, line)
            else:
                for _, queue in filter(lambda head: head[0] <= moment, heads):
                    queue.play_next(moment, self._clock.now, muted, self._log, self._overrides.levels)
                self._release(moment)
        self._slots.flush()
        self._news += [report() for report in self._over]
        self._over.clear()
        self._tape.flush()
        for news in self._news:
            self._report(news)
        self._news.clear()

    def tend(self) -> None:
        """Look after slots and volumes, and write the next bar out, in the time that is left until the next note."""
        deadline = self.deadline()
        if self._writes_at <= self._clock.now() and deadline is not None:
            self._write_ahead(deadline - self._clock.now())
        bar_over = self._bar is None or self._timeline.time_of(self._bar.end) - self._clock.now() <= WRITE_AHEAD
        self._slots.exchange_stand_ins(give_back=bar_over)
        for slot in self._slots:
            now = self._clock.now()
            if slot.tend(now, float("inf") if deadline is None else deadline - now):
                self._queues.came_up(slot, now)
            slot.volume.tend(now)
        for name in self._queues.heard_anew(self._cursor.parts, self._now_tick(), self._clock.now()):
            self._banks.begin_anew(name)
        slack = float("inf") if deadline is None else deadline - self._clock.now()
        self._banks.tend(self._clock.now(), slack, self._bar.tick if self._bar is not None else 0)
        self._move_balances()
        self._slots.flush()

    def _move_balances(self) -> None:
        """Let the balance between two banks go on: what is laid out a moment ahead is not late."""
        now = self._clock.now()
        if self._bar is not None and now >= self._banks.due:
            tick = max(round(self._timeline.tick_at(now + SOON)), self._now_tick() + 1)
            for name, content in self._banks.levels(now):
                self._queues.to(name).add(tick, Rank.CONTROL, content)

    def _release(self, moment: float) -> None:
        """Let every device have what is ready, at its moment, and note how late that was."""
        self._slots.hold(moment)
        self._clock.wait_until(moment)
        self._slots.flush()
        late = self._clock.now() - moment
        self._log.sent_late(late)
        self._tape.sent_late(late)

    @property
    def opening(self) -> bool:
        """Whether a slot will be up soon."""
        return self._slots.opening

    @property
    def due(self) -> float:
        """The monotonic moment at which the player wants to be called again, for music or for its slots."""
        now, deadline = self._clock.now(), self.deadline()
        limit = float("inf") if deadline is None else deadline
        balances = float("inf") if self._bar is None else self._banks.due
        writes = self._writes_at if self._writes_at > now else float("inf")  # else after the next note
        return min(limit, self._slots.due(now, limit), writes, self._following.due(now), balances)

    def waits_for(self) -> dict[int, Callable[[], None]]:
        """Descriptors whose readability is news, each with what to do then before the player is called again."""
        return self._slots.waits_for() | dict.fromkeys(self._following.waits_for(), self._following.poll_now)

    def fade_out(self) -> float:
        """Let every volume that fades fall; the monotonic moment at which it has."""
        return self._queues.fade_out(self._clock.now())

    def close(self) -> None:
        """End every note and let go of every slot: the last thing on every way out.

        All are silenced before the first is let go, and nothing that goes wrong with one keeps another from its turn.
        """
        with contextlib.ExitStack() as last_things:  # the last that is pushed is done first
            last_things.callback(self._tape.close)
            last_things.callback(self._following.close)
            last_things.callback(self._slots.close)
            for stop in self._queues.stop_clocks():
                last_things.callback(stop)
            last_things.callback(self._slots.hush)
            last_things.callback(lambda: self._queues.put_programs_back(self._now_tick(), self._clock.now()))
            last_things.callback(self._silence)

    def _at_slot(self, told: PlayTone | Reopen) -> None:
        """Let a test tone sound a moment from now, or a slot look for its device anew."""
        if isinstance(told, Reopen):
            self._slots.reopen(told.slot, self._clock.now())
        elif self._bar is not None:
            tick, start = tone_start(told, self._timeline, self._clock.now() + SOON, self._now_tick() + 1)
            self._tape.slot(tick, told.slot, TONE)
            self._queues.to(told.slot).add(tick, Rank.START, start)

    def _turn_to(self, overrides: SetOverrides) -> None:
        """Do at once what people have set at the controls."""
        now = self._clock.now()
        muted = frozenset(overrides.muted) - frozenset(self._overrides.muted)
        tempo_set, self._overrides = self._pace.set(overrides.qpm), overrides
        self._queues.aim(overrides.volume, now, TURN)
        for queue in self._queues if muted else ():
            queue.silence(self._now_tick(), frozenset(overrides.muted))
        if tempo_set and self._bar is not None:
            self._change(self._set_tempo)
        if overrides.swing != self._cursor.swing:
            self._change(partial(self._cursor.set_swing, overrides.swing))

    def _set_tempo(self) -> None:
        """Go at another tempo from now on."""
        if self._bar is not None and self._cursor.score is not None:
            self._pace.change(self._cursor.score, self._cursor.scene_bar(self._bar.number), self._clock.now())

    def _follow(self) -> None:
        """Keep pace with whoever leads, and let those know who follow us."""
        bar, now = self._bar, self._clock.now()
        if bar is None or self._cursor.score is None:
            self._following.poll(now)
            return
        state = self._following.keep_pace(self._cursor.score.scene.lead, self._timeline, now)
        self._following.announce(self._timeline, now, bar.tick, playing=not self._log.resting)
        if state is not None:
            self._news.append(state)
        if self._laid is not None and self._rests(self._cursor.score) != self._log.resting:
            self._change()

    def _patience(self, bar: Bar) -> float:
        return min(PATIENCE, bar.ticks * self._timeline.seconds_per_tick)

    def _end_bar(self, bar: Bar, line: float) -> None:
        """Go on with the bar after ``bar``, whose end is due at ``line``."""
        now = self._clock.now()
        if now - line > self._patience(bar):
            self._break(bar, now)
        else:
            self._finish(bar)
            self._begin_bar(bar.number + 1, bar.end, line)

    def _break(self, bar: Bar, now: float) -> None:
        """Give up a bar in which the process was stopped: no burst of what is late, but a fresh bar from now on."""
        self._silence(bar.end)
        for queue in self._queues:
            queue.in_place = False
        self._following.lose()
        self._log.dropped = 1
        self._finish(bar)
        self._begin_bar(bar.number + 1, bar.end, now)

    def _change(self, what: Callable[[], None] | None = None) -> None:
        """Do what concerns the next bar that begins; where that is laid out already, it is taken back and laid anew."""
        laid, bar, self._laid = self._laid, self._bar, None
        if laid is None or bar is None:
            if what is not None:
                what()
            return
        counted, self._log, self._bar = self._log, laid.log, laid.before
        laid.take_back()
        if what is not None:
            what()
        # The first bar of all, which may wait for a leader, has no bar before it that says when it begins.
        moment = self._clock.now() if laid.before is None else self._timeline.time_of(bar.tick)
        self._begin_bar(bar.number, bar.tick, moment)
        self._log.go_on(counted)

    def _begin_bar(self, number: int, tick: int, moment: float) -> None:
        """Lay out the bar that begins at ``moment``: of the next scene, if its time has come, or of this one."""
        self._enter_bar()
        marks = [self._cursor.mark(), self._pace.mark(), self._queues.mark(tick)]
        before, log = self._bar, self._log
        changes, score = self._cursor.turn(number, first=self._bar is None), self._cursor.score
        if score is None:
            return
        scene, scene_bar, resting = score.scene, self._cursor.scene_bar(number), self._rests(score)
        if changes or (resting and not self._log.resting):
            for queue in self._queues:
                queue.cut(tick, rest=not changes)
        self._bar = bar = Bar(number, tick, scene.metre.bar_ticks)
        entered = self._pace.lay(bar, score, scene_bar, moment, self._clock.now())
        self._log = BarLog.begin((part.name for part in scene.parts), resting=resting)
        for queue in self._queues:
            if queue.clocked:
                queue.lay_transport(bar, resting=resting, entered=entered)
        if changes:
            self._queues.lay_programs(scene.parts, tick)
        bar_events = self._lay_events(score, scene_bar, tick)
        if entered:
            self._queues.drop_before(self._clock.now() - HURRIED, self._timeline.time_of)
        self._laid = Laid(score, scene_bar, bar_events, changes, marks, before, log)
        if self._clock.now() >= self._entry:
            self._enter_bar()

    @property
    def _entry(self) -> float:
        """The monotonic moment at which a bar begins that is laid out; infinity where none waits."""
        if self._laid is None or self._bar is None:
            return float("inf")
        return self._timeline.time_of(self._bar.tick)

    def _enter_bar(self) -> None:
        """Begin the bar that is laid out, if one is: from now on it stays as it is."""
        laid, bar, self._laid = self._laid, self._bar, None
        if laid is None or bar is None:
            return
        laid.write_down(self._tape, self._queues, self._clock.wall(), bar.tick, self._pace.qpm)
        self._lay_banks(laid.score, bar, changes=laid.changes)
        self._log.repeated, self._log.tacet = laid.bar_events.repeated, laid.bar_events.tacet
        self._log.due = sum(count for part, count in laid.bar_events.notes.items() if part not in self._overrides.muted)
        self._news.append(laid.begun(bar, self._timeline, self._heard))

    @property
    def _writes_at(self) -> float:
        """The monotonic moment from which the next bar can be written out; infinity where that is done."""
        if self._bar is None or self._cursor.is_written:
            return float("inf")
        return self._timeline.time_of(self._bar.end) - WRITE_AHEAD

    def _write_ahead(self, slack: float) -> None:
        """Write the next bar out, unless something is due too soon: it will be after that."""
        if self._bar is not None and slack >= WRITING_TAKES:
            self._cursor.write_ahead(self._bar.number + 1, self._bar.end, self._queues.clocked, self._rests)

    def _rests(self, score: SceneScore) -> bool:
        return self._rest or self._following.stops(score.scene.lead)

    def _lay_banks(self, score: SceneScore, bar: Bar, *, changes: bool) -> None:
        """Lay out what voices go over to; another scene begins with the channels that it names."""
        scene = score.scene
        back = self._banks.begin_scene(scene.epoch, scene.parts, bar.tick, self._clock.now()) if changes else ()
        for name, tick, content in (*back, *self._banks.turn(bar, self._clock.now())):
            self._queues.to(name).add(tick, Rank.CONTROL, content)

    def _lay_events(self, score: SceneScore, scene_bar: int, tick: int) -> BarEvents:
        """Lay the bar's notes and clock."""
        bar_events = self._cursor.take(score, scene_bar, tick, self._queues.clocked, resting=self._rests(score))
        for name, entries in bar_events.entries.items():
            self._queues.to(name).lay(entries)
        if bar_events.controls is not None:
            self._queues.lay_controls(bar_events.controls, tick)
        return bar_events

    def _silence(self, tick: int | None = None, *, clock: bool = True) -> None:
        """End every note at ``tick``, else now, and forget what was to come; without ``clock`` that goes on.

        What stands in a bar that has not begun stays: it is the next one.
        """
        until = float("inf") if self._bar is None or self._laid is None else self._bar.tick
        self._queues.silence(self._now_tick() if tick is None else tick, until, clock=clock)

    def _now_tick(self) -> int:
        """The tick of this moment, within the bar that is being played."""
        if self._bar is None:
            return 0
        tick = round(self._timeline.tick_at(self._clock.now()))
        return min(tick if self._laid is not None else max(tick, self._bar.tick), self._bar.end)

    def _finish(self, bar: Bar) -> None:
        """Say what went out of ``bar``, once what is due now is sent."""
        if self._cursor.score is not None:
            scene_bar, seconds = self._cursor.scene_bar(bar.number), bar.ticks * self._timeline.seconds_per_tick
            report, muted = self._log.report, self._overrides.muted
            self._over.append(partial(report, self._cursor.score, bar.number, scene_bar, seconds=seconds, muted=muted))
