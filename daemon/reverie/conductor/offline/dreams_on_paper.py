"""Dreams of an offline performance: known before it begins, and dreamt as live."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from reverie.compose.arrangement import Arrangement
from reverie.compose.dream_course import dreaming
from reverie.compose.mood_stack import Dream, MoodStack, effective_blend
from reverie.conductor.scene.dreams import mood_of
from reverie.errors import ReverieError
from reverie.foreign import quoted
from reverie.scenes.harmony import in_bars
from reverie.scenes.schema import Scene
from reverie.site.actions import DreamWish

_DREAM = re.compile(r"([^@+]+)(?:@([1-9][0-9]{0,6}))?(?:\+([1-9][0-9]{0,6}))?")


class DreamOnPaperError(ReverieError):
    """A dream of an offline performance is none."""


def dreams_on_paper(scene: Scene, written: Sequence[str]) -> MoodStack:
    """The dreams, each written as ``MOOD``, ``MOOD@BAR`` (from 1) or ``MOOD@BAR+BARS``.

    Raises:
        ReverieError: if one is written otherwise, or of a mood that the scene does not have.
    """
    dreams: list[Dream] = []
    for number, text in enumerate(written, start=1):
        match = _DREAM.fullmatch(text)
        if match is None:
            raise DreamOnPaperError(f"a dream is MOOD, MOOD@BAR or MOOD@BAR+BARS, not {quoted(text)}")
        mood = mood_of(DreamWish(match[1]), scene)
        usual = in_bars(scene.metre, scene.tempo, scene.dreams.length)
        bars = int(match[3]) if match[3] else usual
        first = int(match[2] or 1) - 1
        dreams.append(Dream(mood, 1.0, first, bars, effective_blend(scene.dreams.blend, bars), number))
    return MoodStack(tuple(dreams))


def with_dreams(arrangement: Arrangement, stack: MoodStack) -> Arrangement:
    """The same scene under dreams."""
    course = dreaming(arrangement.course, stack)
    if not stack.dreams or course is None:
        return arrangement
    plans = {name: replace(plan, course=course) for name, plan in arrangement.plans.items()}
    return replace(arrangement, course=course, plans=plans)
