"""In which order the voices of a scene are composed: a voice can hear those before it."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence


class CircleError(ValueError):
    """Voices that wait for each other; ``circle`` has each that waits for the next, and the first at its end again."""

    def __init__(self, circle: Sequence[str]) -> None:
        super().__init__(f"these wait for each other: {', '.join(circle)}")
        self.circle = tuple(circle)


def composing_order(
    kinds: Mapping[str, int], listens: Mapping[str, Collection[str]], wanted: Sequence[str] = ()
) -> list[str]:
    """All voices in the order in which they are composed.

    A voice comes after all to which it listens; then those of ``wanted`` come first, in its order; then the order of
    their kinds counts, and at last that in which the scene names them.

    Args:
        kinds: of each voice the order of its kind, in the scene's own order.
        listens: to whom each voice listens; names that are no voices do not count.
        wanted: the scene's own order, which may leave voices out.

    Raises:
        CircleError: if voices listen to each other in a circle, or to a voice that is wanted after them.
    """
    after = {name: {one for one in listens.get(name, ()) if one in kinds} for name in kinds}
    named = [name for name in dict.fromkeys(wanted) if name in kinds]
    for earlier, later in itertools.pairwise(named):
        after[later].add(earlier)
    rank = {name: (1, kind, number) for number, (name, kind) in enumerate(kinds.items())}
    rank |= {name: (0, 0, number) for number, name in enumerate(named)}
    ordered: list[str] = []
    ready = [(rank[name], name) for name in kinds if not after[name]]
    heapq.heapify(ready)
    while ready:
        _, first = heapq.heappop(ready)
        ordered.append(first)
        for name, others in after.items():
            if first in others:
                others.discard(first)
                if not others:
                    heapq.heappush(ready, (rank[name], name))
    if len(ordered) < len(kinds):
        raise CircleError(next(circles({name: others for name, others in after.items() if others})))
    return ordered


def circles(listens: Mapping[str, Collection[str]]) -> Iterator[tuple[str, ...]]:
    """Circles of voices that listen to each other, none of which shares a voice with another.

    Each is the first, whom it hears, and so on, up to the first again.
    """
    seen: set[str] = set()
    for name in listens:
        if name not in seen and (way := way_between(name, name, listens)):
            seen.update(way)
            yield way


def way_between(listener: str, heard: str, listens: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """The shortest way by which ``listener`` hears ``heard``, both ends included; () if there is none."""
    ways: list[tuple[str, ...]] = [(listener,)]
    seen: set[str] = set()
    for way in ways:
        for other in listens.get(way[-1], ()):
            if other == heard:
                return (*way, other)
            if other not in seen:
                seen.add(other)
                ways.append((*way, other))
    return ()
