"""Where in its form a scene is, for those who ask for the status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reverie.compose.ensemble import Ensemble

SECTIONS = 6
"""Sections to come that are told."""


def sections_ahead(ensemble: Ensemble, count: int = SECTIONS) -> Iterator[Mapping[str, Any]]:
    """The sections that follow the one that sounds, as form and moods have them now; none if the scene has none."""
    course, bar = ensemble.course, max(ensemble.bar + 1, 0)
    section = course.at(bar).section if course else None
    for _ in range(count):
        section = course.at(section.end_bar).section if course and section else None
        if section is None:
            return
        yield {
            "section": section.name,
            "chapter": section.chapter or None,
            "in_bars": section.first_bar - bar,
            "bars": section.bars,
        }


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
