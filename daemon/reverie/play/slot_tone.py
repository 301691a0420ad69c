"""A test tone: a note of no scene, by which technicians hear whether a slot sounds."""

from __future__ import annotations

from reverie.play.events import Start
from reverie.play.messages import TONE, Part, PlayTone
from reverie.play.timeline import Timeline


def tone_start(tone: PlayTone, timeline: Timeline, begin: float, soonest: int) -> tuple[int, Start]:
    """What to lay out for a tone.

    Args:
        tone: what shall sound, where and how long.
        timeline: by which its length becomes ticks.
        begin: the monotonic moment at which it shall begin.
        soonest: the first tick that can still be laid out.

    Returns:
        The tick at which it begins, and the note.
    """
    tick = max(round(timeline.tick_at(begin)), soonest)
    length = max(round(timeline.tick_at(begin + tone.seconds)) - tick, 1)
    part = Part(TONE, tone.slot, tone.channel)
    return tick, Start(part, tone.channel - 1, tone.pitch, tone.velocity, length)
