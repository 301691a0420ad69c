"""A form that is changed while it is played goes on in the section, and in its bar, where it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reverie.compose.drawn_walk import DrawnWalk, Stay
from reverie.compose.scene_form import SceneForm

NEAR = 64
"""Sections to either side among which is looked for the one that sounds."""


def going_on(form: SceneForm, before: SceneForm | None, bar: int) -> SceneForm:
    """The form, moved so that scene bar ``bar`` is in the section in which it was before, as far into it.

    Args:
        form: as it is from now on.
        before: as it was; None where there was none.
        bar: the bar that sounds.

    Returns:
        The form as it is, where it has no such section any more.
    """
    spot, walk = before.spot(bar) if before else None, form.walk
    if before is None or spot is None or walk is None:
        return form
    place, expected = bar - spot.first_bar, bar + before.moved
    found = (
        stay.first_bar + min(place, stay.bars - 1)
        for stay in _around(walk, expected)
        if form.sections[stay.state].name == spot.name
    )
    there = min(found, key=lambda one: (abs(one - expected), -one), default=None)
    return form if there is None else replace(form, moved=there - bar)


def _around(walk: DrawnWalk, bar: int) -> Iterator[Stay]:
    """The stay in which a bar lies, and those near it."""
    ahead = back = walk.at(bar)
    yield ahead
    for _ in range(NEAR):
        ahead = walk.at(ahead.end_bar)
        yield ahead
        if back.number:
            back = walk.at(back.first_bar - 1)
            yield back
