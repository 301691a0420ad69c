"""Where in its form a scene is, for those who ask for the status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverie.compose.ensemble import Ensemble


def describe_form(ensemble: Ensemble) -> Mapping[str, Any] | None:
    """The section of the bar that sounds, how far it has come, and what follows.

    None if the scene has no sections. ``times`` counts how often the section has come up, this time among them, and
    ``voices`` are those that sound.
    """
    course, bar = ensemble.course, max(ensemble.bar + 1, 0)
    state = course.at(bar) if course else None
    if course is None or state is None or state.section is None:
        return None
    section, after = state.section, course.at(state.section.end_bar).section
    return {
        "chapter": section.chapter or None,
        "section": section.name,
        "number": section.number + 1,
        "times": section.times + 1,
        "bar": bar - section.first_bar + 1,
        "bars": section.bars,
        "next": after.name if after else None,
        "bars_until_next": section.end_bar - bar,
        "voices": [part.name for part in ensemble.parts if part.schedule.plays(bar) and state.voice(part.name).sounds],
    }
