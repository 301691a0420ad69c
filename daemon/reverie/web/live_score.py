"""A mirror of the player's score: what it is told is told here too, so pages know every bar without asking it.

The player says with each bar how many messages it had heard when that began. So the mirror's bars come of the same
messages, by the same code, and no message that was on its way at the bar line makes a difference. Pure: no clock, and
nothing of the web.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from reverie.music.time import TICKS_PER_QUARTER
from reverie.play.cursor import ScoreCursor
from reverie.play.messages import (
    SELF,
    BarBegun,
    Panic,
    Place,
    Rest,
    SetOverrides,
    SetScene,
    SyncState,
    TellBars,
    TellChords,
    ToPlayer,
)
from reverie.play.score import SceneScore
from reverie.web.live_bar import LiveBar, LiveNote, PacePiece, held_notes, notes_of, programs_of

AHEAD = 4
"""Bars to come that are foretold."""
MOST_UNHEARD = 4096
"""Messages that are kept for a player that begins no bar: of those that came before, it has heard each by then."""


class LiveScore:
    """What one life of the player plays, and will play as far as that is known."""

    def __init__(self) -> None:
        self._cursor = ScoreCursor()
        self._unheard: deque[tuple[float, ToPlayer]] = deque()
        self._heard = 0
        self._overrides = SetOverrides()
        self._rest = False
        self._section = ""
        self._notes: tuple[LiveNote, ...] = ()
        self._following = False
        self._ahead: tuple[LiveBar, ...] | None = None
        self._written: dict[tuple[int, int, bool, float | None], LiveBar] = {}
        """Bars by epoch, scene bar, rest and the swing that is set, as all that was told has them."""
        self.bar: LiveBar | None = None
        """The bar that sounds; None before the first, and where what is told does not fit what is played."""

    def told(self, message: ToPlayer, at: float) -> None:
        """The player was sent a message, after its :class:`Setup`, at that monotonic moment."""
        if len(self._unheard) >= MOST_UNHEARD:
            self._hear_next()
        self._unheard.append((at, message))
        self._ahead = None
        self._forget_written(message)
        if isinstance(message, SetOverrides | Panic) and self.bar is not None:
            self._hold_at_once(message, at)

    def synced(self, state: SyncState) -> None:
        """The player has said whose tempo it goes by."""
        self._following, self._ahead = state.following, None

    def begun(self, said: BarBegun) -> LiveBar | None:
        """A bar has begun; None where the mirror does not know it."""
        self._ahead = None
        while self._unheard and self._heard < said.heard:
            self._hear_next()
        self._cursor.turn(said.bar, first=self.bar is None)
        score = self._cursor.score
        if score is None or (score.scene.epoch, self._cursor.scene_bar(said.bar)) != (said.epoch, said.scene_bar):
            self.bar = None
            return None
        self._begin(score, said)
        for at, message in self._unheard:
            if isinstance(message, SetOverrides | Panic):
                self._hold_at_once(message, at)
        return self.bar

    def ahead(self) -> tuple[LiveBar, ...]:
        """The bars that follow the one that sounds, by all that the player has been told up to now."""
        if self._ahead is None:
            self._ahead = () if self.bar is None else self._look_ahead(self.bar)
        return self._ahead

    def _look_ahead(self, now: LiveBar) -> tuple[LiveBar, ...]:
        cursor, rest, overrides, section = self._cursor.fork(), self._rest, self._overrides, self._section
        for _, message in self._unheard:
            match message:
                case Rest():
                    rest = message.on
                case SetOverrides():
                    overrides = message
                case _:
                    self._hear(cursor, message)
        led_to_rest = now.resting and not self._rest
        bars: list[LiveBar] = []
        begins, epoch, pace = now.end, now.epoch, now.pace[-1].seconds
        for number in range(now.bar + 1, now.bar + 1 + AHEAD):
            cursor.turn(number, first=False)
            score = cursor.score
            if score is None:
                break
            section = score.section(cursor.scene_bar(number)) or (section if score.scene.epoch == epoch else "")
            epoch = score.scene.epoch
            resting = rest or (led_to_rest and score.scene.lead != SELF)
            bar = self._write(score, cursor.scene_bar(number), resting=resting, swing=overrides.swing)
            bar = replace(bar, bar=number, section=section)
            seconds = pace if self._is_led(score) else _pace(score, bar.scene_bar, overrides)
            known = (note for note in bar.notes if note.voice not in bar.repeated)
            foretold = replace(bar, notes=tuple(held_notes(known, overrides)), exact=False)
            foretold = replace(foretold, open=bar.repeated, repeated=(), muted=tuple(sorted(overrides.muted)))
            bars.append(replace(foretold, pace=(PacePiece(0, begins, seconds),)))
            begins = bars[-1].end
        return tuple(bars)

    def _begin(self, score: SceneScore, said: BarBegun) -> None:
        before = self.bar
        section = score.section(said.scene_bar) or (self._section if before and before.epoch == said.epoch else "")
        score.begin(said.scene_bar)
        if self._unheard:  # what is written has these in it, and the player has not
            bar = _bar(score, said.scene_bar, resting=said.resting, swing=self._overrides.swing)
        else:
            bar = self._write(score, said.scene_bar, resting=said.resting, swing=self._overrides.swing)
        self._written = {key: one for key, one in self._written.items() if key[:2] > (said.epoch, said.scene_bar)}
        bar = replace(bar, bar=said.bar, section=section)
        score.take_chords(said.scene_bar)
        score.depths(said.scene_bar)
        self._section, self._notes = section, bar.notes
        self.bar = replace(
            bar,
            pace=(PacePiece(0, said.begins, said.seconds / bar.ticks),),
            notes=tuple(held_notes(bar.notes, self._overrides)),
            muted=tuple(sorted(self._overrides.muted)),
        )

    def _write(self, score: SceneScore, scene_bar: int, *, resting: bool, swing: float | None) -> LiveBar:
        """A bar as all that was told has it; it is written once."""
        key = score.scene.epoch, scene_bar, resting, swing
        if key not in self._written:
            self._written[key] = _bar(score, scene_bar, resting=resting, swing=swing)
        return self._written[key]

    def _forget_written(self, message: ToPlayer) -> None:
        """Bars that a message may change have to be written again: from the first that it is about on."""
        match message:
            case Place():
                first = message.start_bar
            case TellBars():
                first = message.first_bar
            case TellChords():
                first = min((mark.bar for mark in message.chords), default=0)
                first = first if message.first_bar is None else min(first, message.first_bar)
            case _:
                return
        self._written = {key: bar for key, bar in self._written.items() if key[0] != message.epoch or key[1] < first}

    def _hear_next(self) -> None:
        """The player has heard the oldest message."""
        self._hear(self._cursor, self._unheard.popleft()[1])
        self._heard += 1

    def _hear(self, cursor: ScoreCursor, message: ToPlayer) -> None:
        match message:
            case SetScene():
                cursor.set_scene(message)
            case Place() | TellBars() | TellChords():
                cursor.hear(message)
            case Rest():
                self._rest = message.on
            case SetOverrides():
                self._overrides = message
            case _:  # of sounds and devices: no note is another by it
                pass

    def _hold_at_once(self, message: SetOverrides | Panic, at: float) -> None:
        bar, score = self.bar, self._cursor.score
        if bar is None or score is None:
            return
        tick = bar.tick_at(at)
        if isinstance(message, Panic):
            self._notes = tuple(note for note in self._notes if note.tick < tick)
            self.bar = bar.silenced(tick)
            return
        before = self._overrides_before(message)
        if (set(message.muted), message.levels) != (set(before.muted), before.levels):
            self.bar = bar = bar.held(message, tick, self._notes)
        if not self._is_led(score) and message.qpm != before.qpm:
            self.bar = bar.bent(at, _pace(score, bar.scene_bar, message))

    def _overrides_before(self, message: SetOverrides) -> SetOverrides:
        """What held before a message that is not heard yet."""
        before = self._overrides
        for _, other in self._unheard:
            if other is message:
                break
            before = other if isinstance(other, SetOverrides) else before
        return before

    def _is_led(self, score: SceneScore) -> bool:
        return score.scene.lead != SELF and self._following


def _bar(score: SceneScore, scene_bar: int, *, resting: bool, swing: float | None) -> LiveBar:
    """A bar of a score, with all notes that it has; its chords are those that begin in it.

    Its number and the section in which it is are not known of it alone.
    """
    chords = tuple((mark.tick, mark.symbol) for mark in score.chords(scene_bar))
    return LiveBar(
        epoch=score.scene.epoch,
        scene=score.scene.name,
        bar=-1,
        scene_bar=scene_bar,
        ticks=score.scene.metre.bar_ticks,
        pace=(PacePiece(0, 0.0, score.seconds_per_tick(scene_bar)),),
        resting=resting,
        section="",
        chords=chords,
        notes=notes_of(score, scene_bar, resting=resting, swing=swing),
        controls=tuple((part.name, number, value) for part, number, value in score.controls(scene_bar)),
        programs=programs_of(score, scene_bar),
        tacet=() if resting else score.tacet(scene_bar),
        repeated=() if resting else score.repeated(scene_bar),
    )


def _pace(score: SceneScore, scene_bar: int, overrides: SetOverrides) -> float:
    """Seconds for a tick, where nobody leads."""
    return 60 / (overrides.qpm * TICKS_PER_QUARTER) if overrides.qpm else score.seconds_per_tick(scene_bar)
