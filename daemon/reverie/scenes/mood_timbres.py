"""The points that moods want on the paths of timbres."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reverie.documents import Keys, did_you_mean
from reverie.scenes.moods import MoodSection
from reverie.scenes.timbre import GridPath, RandomWalkPath, Timbre, TimbrePath


def timbre_misfits(moods: Mapping[str, MoodSection], timbres: Mapping[str, Timbre]) -> Iterator[tuple[Keys, str]]:
    """A mood wants points of timbres that the scene has, and whose paths have points."""
    for mood_name, mood in moods.items():
        for name in mood.timbre:
            way: Keys = ("moods", mood_name, "timbre", name)
            if not timbres:
                yield way, "the scene has no timbres; describe one under 'timbres'"
            elif name not in timbres:
                yield way, f"there is no timbre {name!r}{did_you_mean(name, timbres)}"
            elif _is_of_chance(timbres[name].path):
                sentence = f"the path of {name!r} is one of chance, which has no points from 0 to 1"
                yield way, f"{sentence}; write a path of kind line, there_and_back or grid"


def _is_of_chance(path: TimbrePath) -> bool:
    return isinstance(path, RandomWalkPath) or (isinstance(path, GridPath) and path.walk == "random")
