"""What people have set, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from reverie.control.overrides import Overrides, held_at, set_to
from reverie.site.control import EVEN
from reverie.site.loop_wishes import BlendWish, LoopWish, SeedWish


def sentences(overrides: Overrides, now: float, voices: Collection[str] = ()) -> Iterator[str]:
    """What is otherwise than the scene says, for people; ``voices`` are all that the scene has."""
    if overrides.paused_until is not None:
        yield f"Paused; plays on by itself in {max(overrides.paused_until - now, 0):.0f} s."
    if overrides.volume != 1.0:
        yield f"The volume is {overrides.volume:.0%}."
    if overrides.tempo is not None:
        yield f"The tempo is {overrides.tempo:.4g} quarters a minute."
    if overrides.swing is not None:
        yield f"{swings(overrides.swing).capitalize()}."
    yield from _of_voices(overrides)
    for timbre, point in sorted(overrides.timbres.items()):
        yield f"{held_at(timbre, point)}."
    if overrides.looping and overrides.looping.issuperset(voices):
        yield "The present loops are held."
        return
    for voice in sorted(overrides.looping):
        yield f"{voice} repeats the loop that it plays."


def _of_voices(overrides: Overrides) -> Iterator[str]:
    if overrides.solo is not None:
        yield f"{overrides.solo} sounds alone."
    for voice in sorted(overrides.muted) if overrides.solo is None else ():
        yield f"{voice} is muted."
    for voice, temperature in sorted(overrides.temperatures.items()):
        yield f"{set_to('temperature', voice, temperature)}."
    for level, values in overrides.voices.items():
        for voice, value in sorted(values.items()):
            yield f"{set_to(level, voice, value)}."
    for voice, contour in sorted(overrides.contours.items()):
        yield f"{voice} is played by the buttons {contour}."
    for voice, wish in sorted(overrides.asked.items()):
        yield f"{voice} {plays(wish)}."


def swings(share: float) -> str:
    """How much the music swings, in words, without a full stop."""
    return f"the first of two steps takes {share:.0%} of their time" if share > EVEN else "nothing swings"


def plays(wish: LoopWish | None) -> str:
    """What becomes of a voice of which that is asked, in words, without a full stop."""
    match wish:
        case SeedWish():
            return f"goes on from {len(wish.strokes)} strokes that were set"
        case BlendWish():
            return "plays a tune that was chosen" if wish.alone else "plays between tunes that were chosen"
        case None:
            return "goes its own way again"
