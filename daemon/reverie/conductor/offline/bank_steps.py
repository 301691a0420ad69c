"""The banks of a performance without a clock: the steps that its timbres have come to by each bar, rendered before.

Time is the music's own, and a night begins where the music does: so equal performances have equal banks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from reverie.compose.course import Course
from reverie.compose.mood_stack import MoodStack
from reverie.conductor.banks.points_of_form import points_in
from reverie.conductor.banks.timbre_turns import NO_STEP, TimbreTurns
from reverie.play.messages import TakeBank
from reverie.scenes.schema import Scene
from reverie.scenes.timbre import Timbre
from reverie.timbre import schedule as plan
from reverie.timbre.ready_bank import ReadyBank
from reverie.timbre.spots import Spot

if TYPE_CHECKING:
    from reverie.timbre.bank.bank import Bank

_A_DAY = dt.date(2001, 1, 1)


def steps(scene: Scene, timbre: Timbre, bars: int) -> Iterator[tuple[int, int]]:
    """The bars with which another step of a timbre's path begins, each with that step."""
    now = dt.datetime.combine(_A_DAY, timbre.pace.hours[0], tzinfo=dt.UTC)
    progress = plan.later(plan.PathProgress(), timbre, 0.0, now)
    yield 0, progress.step
    for bar in range(bars - 1):
        seconds = scene.metre.bar_ticks * scene.tempo.seconds_per_tick(bar)
        now += dt.timedelta(seconds=seconds)
        before, progress = progress, plan.later(progress, timbre, seconds, now)
        if progress.step != before.step:
            yield bar + 1, progress.step


def dreamt_steps(
    scene: Scene, name: str, bars: int, dreams: MoodStack, course: Course | None = None
) -> Iterator[tuple[int, int | Spot]]:
    """The same under dreams and by the form, which choose as live where all that is wanted is rendered.

    Where the form has a timbre there is the spot in place of a step.
    """
    one = TimbreTurns.of(scene, name, plan.PathProgress(), plan.PathProgress())
    due = dict(steps(scene, one.timbre, bars))
    places: dict[str, int | Spot] = {str(spot): spot for spot in one.of_form}
    for spot in one.of_form:
        one.keep_at(spot, ReadyBank(NO_STEP, str(spot), "", ""), 0)
    for bar in range(bars):
        one.progress = plan.PathProgress(due.get(bar, one.progress.step))
        one.form = points_in(scene, course, bar).get(name)
        for step in (*one.wanted, *one.of_moods):
            places[str(step)] = step
            one.keep(ReadyBank(step, str(step), "", ""), 0)
        found = one.turn(dreams.weights(bar), bar)
        if found is not None:
            yield bar, places[found.bank]


def takes(
    scene: Scene,
    epoch: int,
    bars: int,
    bank_of: Callable[[str, int | Spot], Bank | None],
    dreams: MoodStack | None = None,
    course: Course | None = None,
) -> dict[int, list[TakeBank]]:
    """By bar, the banks that voices take over there.

    ``bank_of`` gives the bank of a step or spot of a timbre, or None where there is none: a voice keeps the sound that
    it has, and in the beginning its program. ``dreams`` are those that are dreamt, ``course`` is what the form makes of
    the bars.
    """
    taken: dict[int, list[TakeBank]] = {}
    played = {voice.timbre.bank for voice in scene.voices.values() if voice.timbre is not None}
    for timbre in (name for name in scene.timbres if name in played):
        before: Bank | None = None
        for bar, step in dreamt_steps(scene, timbre, bars, dreams or MoodStack(), course):
            bank = bank_of(timbre, step)
            if bank is None or (before is not None and bank.id == before.id):
                continue
            for name, voice in scene.voices.items():
                wish = voice.timbre
                if wish is None or wish.bank != timbre:
                    continue
                fades = wish.swap == "crossfade" and before is not None
                other, over = (wish.channel, wish.bars or 1) if fades else (None, 0)
                take = TakeBank(epoch, name, bank.id, str(bank.soundfont), other, over)
                taken.setdefault(bar, []).append(take)
            before = bank
    return taken
