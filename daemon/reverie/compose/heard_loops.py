"""What a voice hears of others: which of their loops play in the bars for which it composes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reverie.compose.evolution import Evolution
from reverie.compose.placement import Placement
from reverie.compose.recipe import HeardLoop
from reverie.compose.voice_in_play import VoiceInPlay
from reverie.music.notes import Loop
from reverie.music.time import Schedule

MOST_HEARD = 32
"""Bars for which a voice that listens knows the others at most.

It is to fit them in all the turns for which its loop is held, but nobody is composed for hours ahead.
"""

Heard = tuple[tuple[HeardLoop, ...], dict[str, Loop]]
"""Which loops play in which bars, and these loops by their content hashes."""
Bars = tuple[int, int]
"""Bars that are to be heard, from the start of the loop to compose: the first, below 0 if it is before, and the end."""


def bars_to_hear(line: Evolution, before: Iterable[str]) -> dict[str, Bars]:
    """Which bars of which of the voices ``before`` it a line hears when it composes next.

    An operator that hears others hears all of them in the bars of the loop. A voice with relations hears the ones that
    these name, in all turns of the loop, and for an imitation so many bars earlier.
    """
    plan = line.plan
    bars: dict[str, Bars] = {name: (0, plan.bars) for name in before if line.operator_hears}
    if line.listens:
        turns = 1 if line.derives else max(1, min(line.hold, MOST_HEARD // plan.bars))
        there = set(before)
        for one in plan.relations:
            if one.voice in there:
                first, end = bars.get(one.voice, (-one.delay, 0))
                bars[one.voice] = min(first, -one.delay), max(end, turns * plan.bars - one.delay)
    return bars


def only_suited(line: Evolution) -> set[str]:
    """The voices of which a line needs to hear only what is certain, in the bars of its next loop.

    Each later turn of the loop is fitted to what it suits when it is placed; what is unknown is left to the harmony.
    """
    relations = line.plan.relations
    others = {one.voice for one in relations if one.kind != "suit"}
    return set() if line.operator_hears else {one.voice for one in relations} - others


def heard_loops(others: Mapping[str, tuple[VoiceInPlay, Schedule, Bars]], start: int) -> Heard:
    """What ``others`` play in their bars, counted from scene bar ``start``, as far as it is placed.

    Beyond what is placed a voice repeats its last loop, as the player does; in bars in which its schedule or the
    scene's course lets it rest nothing is heard of it, nor before the scene began.
    """
    heard: list[HeardLoop] = []
    loops: dict[str, Loop] = {}
    for name, (voice, schedule, (first, end)) in others.items():
        before: Placement | None = None
        for bar in range(max(first, -start), end):
            wanted = schedule.plays(start + bar) and voice.line.plan.sounds(start + bar)
            sounds = voice.will_sound(start + bar) if wanted else None
            if sounds is not None and sounds is before:
                heard[-1] = _longer(heard[-1])
            elif sounds is not None:
                loops[sounds.loop.content_hash] = sounds.loop
                loop_bar = (start + bar - sounds.start_bar) % sounds.loop.bars
                heard.append(HeardLoop(name, sounds.loop.content_hash, bar, 1, loop_bar))
            before = sounds
    return tuple(heard), loops


def _longer(one: HeardLoop) -> HeardLoop:
    return replace(one, bars=one.bars + 1)
