"""What a voice hears of others: which of their loops play in the bars for which it composes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reverie.compose.evolution import Placement
from reverie.compose.recipe import HeardLoop
from reverie.compose.voice_in_play import VoiceInPlay
from reverie.music.notes import Loop
from reverie.music.time import Schedule

Heard = tuple[tuple[HeardLoop, ...], dict[str, Loop]]
"""Which loops play in which bars, and these loops by their content hashes."""


def heard_loops(others: Iterable[tuple[str, VoiceInPlay, Schedule]], start: int, bars: int) -> Heard:
    """What ``others`` play in scene bars ``start`` up to and without ``start + bars``, as far as it is placed.

    Beyond what is placed a voice repeats its last loop, as the player does; in bars in which its schedule lets it rest
    nothing is heard of it.
    """
    heard: list[HeardLoop] = []
    loops: dict[str, Loop] = {}
    for name, voice, schedule in others:
        before: Placement | None = None
        for bar in range(bars):
            sounds = voice.will_sound(start + bar) if schedule.plays(start + bar) else None
            if sounds is not None and sounds is before:
                heard[-1] = _longer(heard[-1])
            elif sounds is not None:
                loops[sounds.loop.content_hash] = sounds.loop
                first = (start + bar - sounds.start_bar) % sounds.loop.bars
                heard.append(HeardLoop(name, sounds.loop.content_hash, bar, 1, first))
            before = sounds
    return tuple(heard), loops


def _longer(one: HeardLoop) -> HeardLoop:
    return replace(one, bars=one.bars + 1)
