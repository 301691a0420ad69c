"""A voice while its scene plays: its line, what the player has of it, and what becomes of it when its scene changes."""

from __future__ import annotations

import logging
from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Literal

from reverie.compose.composer import Composed
from reverie.compose.course import FAR
from reverie.compose.evolution import Evolution
from reverie.compose.guard import adapt
from reverie.compose.operators.asked import ASKED
from reverie.compose.placement import Placement
from reverie.compose.played_loop import PlayedLoop
from reverie.compose.sameness import Sameness
from reverie.compose.stalled import Stalled
from reverie.compose.turns import Hears, hears_nothing, turns
from reverie.compose.varied_loops import bars_of, varied_turns, with_figure
from reverie.compose.voice_plan import VoicePlan
from reverie.compose.widening import Widening
from reverie.music.notes import Loop
from reverie.site.actions import Evolving

log = logging.getLogger(__name__)

Renewal = Evolving | PlayedLoop | Literal["next"]
"""From when on a voice's queue is renewed: in a wanted way or by a loop of before from the present loop's next turn on,
or after that loop."""
REMEMBERED = 32
"""Bars that have sounded and may still be heard: one that imitates them may be composed so much later."""


@dataclass(slots=True)
class VoiceInPlay:
    """A line, and what the player has of it.

    ``sent`` is all that the player has and may still play, in the order of the bars in which it begins: what begins in
    the same bar as another takes its place there. Of what waits from bar ``stale_from`` on, the line knows nothing any
    more; where it begins after all, it counts again. ``gone`` is what sounded in the bars that others may still hear.
    From bar ``changed_from`` on the scene's course is another than that by which it was composed, and from
    ``asked_from`` on a person wants something of it, or no more. It has played ``tired_of`` for ``tired`` turns as it
    is, and up to bar ``heard_to`` what ``heard`` knows of.
    """

    line: Evolution
    reserve: Iterator[tuple[str, Loop]]
    sent: list[Placement] = field(default_factory=list[Placement])
    gone: list[Placement] = field(default_factory=list[Placement])
    stale_from: int | None = None
    changed_from: int | None = None
    asked_from: int | None = None
    asked: bool = False
    held: bool = False
    renewal: Renewal | None = None
    stalled: Stalled = field(default_factory=Stalled)
    tired_of: Loop | None = None
    tired: int = 0
    heard: Sameness = field(default_factory=Sameness)
    heard_to: int = 0
    widening: Widening = field(default_factory=Widening)

    @property
    def placements(self) -> list[Placement]:
        """What the line goes on from: all that was sent and is not stale."""
        end = self.stale_from
        return self.sent if end is None else [one for one in self.sent if one.start_bar < end]

    @property
    def has_music(self) -> bool:
        """Whether it has anything that could be repeated: it may have been silent so far."""
        return bool(self.placements) and bool(self.placements[-1].loop.notes)

    def answered(self, answer: Composed) -> None:
        """A model, or the harmony, answered what the line asked."""
        if answer.recipe.operator in ASKED:
            return  # what a person wants says nothing of what the voice can do by itself
        self.stalled.answered(self.line.plan, answer, self.line.end_bar)
        if answer.recipe.drawn:
            plan, steps = self.line.plan, self.widening.steps
            self.widening.answered(plan, good=answer.good)
            if self.widening.steps != steps:
                log.info("The limits of %s in %s: %s.", plan.voice, plan.scene, self.widening.in_words(plan))

    @property
    def turns_held(self) -> int | None:
        """For how many turns a loop is held for which no other came: one, where the next may be another."""
        return 1 if self.widening.hurries(self.line.plan) else None

    def ahead(self, bar: int) -> int:
        """How many loops wait beyond the one that sounds in scene bar ``bar``; its turns over other chords are one."""
        return sum(placement.start_bar > bar and placement.leads for placement in self.placements)

    def present(self, bar: int) -> Placement | None:
        """What sounds in scene bar ``bar``: what began last, even if it is over and is repeated."""
        return next((one for one in reversed(self.sent) if one.start_bar <= bar), None)

    def will_sound(self, bar: int) -> Placement | None:
        """What is to sound in scene bar ``bar``, once what is stale has been placed anew; or what did sound in it."""
        return next((one for one in reversed([*self.gone, *self.placements]) if one.start_bar <= bar), None)

    @property
    def last_placed(self) -> Placement | None:
        """The first turn that is known of what was placed last."""
        found: Placement | None = None
        for one in reversed([*self.gone, *self.placements]):
            if found is not None and one.original[0] != found.original[0]:
                break
            found = one
        return found

    def place(self, placement: Placement, hears: Hears = hears_nothing) -> list[Placement]:
        """Give the player a loop, turn by turn where chords change, in place of whatever is stale.

        Args:
            placement: the loop.
            hears: what it has to suit.

        Returns:
            What the player has to be told.
        """
        plan, loop = self.line.plan, placement.loop

        def played(one: Placement) -> list[Placement]:
            return turns(plan, one, hears)

        before = self._heard_up_to(placement.start_bar)
        tired = self.tired if self.tired_of == loop else 0
        if self.held or self.line.asked is not None:
            told = played(placement)
        else:
            told, self.tired = varied_turns(plan, placement, tired, before, played)
            self.tired_of = loop
        end = told[-1].end_bar
        told = told if self.line.asked is not None else with_figure(plan, told)
        self.heard_to, self.heard = end, Sameness()
        if plan.longest_at(placement.start_bar) is not None:
            self.heard, _ = before.after(bars_of(plan, [one for one in told if one.start_bar < end]))
        if self.stale_from is not None:
            told[0] = replace(told[0], anew=True)
            self.sent = [one for one in self.sent if one.start_bar < told[0].start_bar]
            self.stale_from = None
        for one in told:
            self.send(one)
        return told

    def _heard_up_to(self, bar: int) -> Sameness:
        """What the voice has played up to scene bar ``bar``, as far as that counts for being the same."""
        known = [one for one in (*self.gone, *self.placements) if one.start_bar < bar]
        if self.heard_to > bar or not known:
            return Sameness().after(bars_of(self.line.plan, known, bar))[0]
        since = bars_of(self.line.plan, known[-1:], bar)
        return self.heard.after(islice(since, max(self.heard_to - known[-1].start_bar, 0), None))[0]

    def send(self, placement: Placement) -> None:
        """The player gets this as well."""
        self.sent = [one for one in self.sent if one.start_bar != placement.start_bar]
        insort(self.sent, placement, key=lambda one: one.start_bar)

    def go_on(self, bar: int) -> None:
        """Scene bar ``bar`` sounds: forget what the player has forgotten, which is all before what sounds in it."""
        present = self.present(bar)
        if present is not None:
            self.gone += [one for one in self.sent if one.start_bar < present.start_bar]
            self.sent = [one for one in self.sent if one.start_bar >= present.start_bar]
        last = next((one for one in reversed(self.gone) if one.start_bar <= bar - REMEMBERED), None)
        self.gone = self.gone if last is None else [one for one in self.gone if one.start_bar >= last.start_bar]
        if self.stale_from is not None:
            self.stale_from = max(self.stale_from, bar + 1)

    def renew(self, now: int, soonest: int) -> bool:
        """Let the line go on elsewhere, if that is wanted.

        Args:
            now: the scene bar that sounds.
            soonest: the first bar of which the player can still be told.

        Returns:
            Whether something is forgotten that was to be played.
        """
        renewal, self.renewal = self.renewal, None
        changed, self.changed_from = self.changed_from, None
        asked, self.asked_from = self.asked_from, None
        if isinstance(renewal, PlayedLoop):
            self.line.want_again(renewal)
        elif renewal is not None and renewal != "next":
            self.line.want(renewal)
        present = self.present(now)
        waiting = [one.start_bar for one in self.placements if one.start_bar > now and one.leads]
        bars: list[int] = []
        if renewal and present is not None and waiting:
            turn = present.start_bar + ((now - present.start_bar) // present.loop.bars + 1) * present.loop.bars
            bars.append(min(turn, waiting[0]) if renewal != "next" else waiting[0])
        if changed is not None:
            bars.append(self._changes(max(changed, soonest)))
        if asked is not None:
            bars.append(max(asked, soonest))
        return bool(bars) and self._forget(min(bars))

    def _changes(self, bar: int) -> int:
        """The first bar from ``bar`` on in which something else can begin: a turn, what waits, or the voice anew."""
        begins = self.line.plan.begins(bar - 1)
        ends = [self.line.placed_to, *([] if begins is None else [begins])]
        for one in self.placements:
            if one.start_bar >= bar:
                ends.append(one.start_bar)
            elif one.end_bar > bar:
                ends.append(one.start_bar - (one.start_bar - bar) // one.loop.bars * one.loop.bars)
        return max(min(ends), bar)

    def _forget(self, bar: int) -> bool:
        """Let the line go on in scene bar ``bar``; whether it had placed something for it already."""
        line = self.line
        if line.placed_to < bar:
            if line.waits and line.end_bar > bar:
                line.go_to(bar - 1)
            return False
        placed = line.placed_to > bar
        self.stale_from = bar
        line.resume(next((one for one in reversed(self.placements) if one.start_bar < bar), None), bar)
        return placed

    def change_plan(self, plan: VoicePlan, bar: int) -> None:
        """From scene bar ``bar`` on the scene's course is another one, by which the voice has this plan."""
        old, self.line.plan = self.line.plan, plan
        end = max(self.line.placed_to + (old.bars * old.hold if self.asked else 0), bar + 1)
        end = min(end, bar + FAR)
        otherwise = old.beginnings(bar, end) != plan.beginnings(bar, end)
        if self.line.waits or otherwise or any(old.wanted(one) != plan.wanted(one) for one in range(bar, end)):
            self.changed_from = bar if self.changed_from is None else min(self.changed_from, bar)

    def take_over(self, before: VoiceInPlay, bar: int, *, elsewhere: bool = False) -> None:
        """Go on, from scene bar ``bar`` on, where the same voice was before its scene was changed.

        A voice that is as it was goes on as if nothing had happened. Where only its evolution is another, its line
        goes on, and what waits is composed anew. Else what sounds is bent to what the voice is now, goes on to the end
        of its turn, and a new line follows, which begins with the primer, and remembers what it can still play. What is
        derived from the harmony is made for its very bars, so there the new line begins at once. Where the scene is
        only ``elsewhere`` in its form from ``bar`` on, every line goes on, by what that bar is to it now.
        """
        plan, old = self.line.plan, before.line.plan
        self.held = before.held
        self.gone = [one for one in (*before.gone, *before.sent) if one.start_bar < bar]
        if not elsewhere and _evolution_aside(plan, old) != old:
            self.line.temperature, self.line.contour = before.line.temperature, before.line.contour
            self.line.by_hand = before.line.by_hand
            self.line.steps_taken = before.line.steps_taken
            self.line.themes = before.line.themes.still(lambda one: one.fitted(plan, bar) == one)
            if not self.line.derives or self.line.writes:
                self._bend(before.present(bar), bar)
            return
        self.line = before.line
        self.line.plan = plan
        self.reserve = before.reserve
        self.sent, self.gone = before.sent, before.gone
        self.stale_from, self.changed_from = before.stale_from, before.changed_from
        self.asked_from = before.asked_from
        self.tired_of, self.tired = before.tired_of, before.tired
        self.heard, self.heard_to = before.heard, before.heard_to
        self.stalled, self.widening = before.stalled, before.widening
        self.renewal = before.renewal
        self.go_on(bar)
        if elsewhere:
            self.changed_from = bar
        elif replace(plan, scene_hash=old.scene_hash) != old:
            self.renewal = self.renewal or "next"

    def _bend(self, present: Placement | None, bar: int) -> None:
        """Play what sounded, as far as the voice may, to the end of its turn."""
        loop = present and adapt(present.loop, self.line.plan.recipe("reset", 0, bar))
        if present is None or loop is None:
            return
        start = bar
        if (loop.bars, loop.metre) == (present.loop.bars, present.loop.metre):
            start = bar - (bar - present.start_bar) % loop.bars
        placement = Placement(present.recipe, loop, start, 1)
        for one in turns(self.line.plan, placement):
            self.send(one)
        self.line.go_to(placement.end_bar)


def _evolution_aside(plan: VoicePlan, old: VoicePlan) -> VoicePlan:
    """The plan with the other's evolution: what a line can change on its way."""
    return replace(
        plan,
        scene_hash=old.scene_hash,
        hold=old.hold,
        then=old.then,
        programme=old.programme,
        guests=old.guests,
        operator_settings=old.operator_settings,
        temperature=old.temperature,
        candidates=old.candidates,
        strictness=old.strictness,
        relations=old.relations,
        touch=old.touch,
        first=old.first,
        novelty=old.novelty,
        bands=old.bands,
        settings=old.settings,
        turns=old.turns,
        longest=old.longest,
        drum_map=old.drum_map,
        course=old.course,
        moods=old.moods,
    )
