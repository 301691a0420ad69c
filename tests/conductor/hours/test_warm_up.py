"""What is to be ready before it opens."""

from __future__ import annotations

from fakes.scenes import TEXT, scene
from reverie.compose.ensemble import Ensemble
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.hours.warm_up import awaited


def test_voices_that_come_in_later_are_not_awaited() -> None:
    later = TEXT.replace('schedule: {every: 4, bars: ["1-3"]}', 'schedule: {every: 16, bars: ["9-16"]}')
    assert awaited(Ensemble(arrange(scene(), {}), 1, {})) == ["beat", "lead"]
    assert awaited(Ensemble(arrange(scene(later), {}), 1, {})) == ["beat"]
    assert awaited(None) == []
