"""The score: which loop each part plays in which bar of a scene. Pure: no clock, no output."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass

from reverie.music.notes import Loop, Note
from reverie.play.messages import ChordMark, Part, Place, SetScene, TellChords


@dataclass(frozen=True, slots=True)
class PlacedLoop:
    """A loop that stands in the score from scene bar ``start`` on, up to and without bar ``end``, and its recipe."""

    start: int
    end: int
    loop: Loop
    recipe: str

    def notes(self, bar: int) -> tuple[Note, ...]:
        """The notes that start in scene bar ``bar``; after ``end`` the loop goes round and round."""
        return self.loop.bar((bar - self.start) % self.loop.bars)


class PartScore:
    """The passages of one part.

    In any bar the passage sounds that began last, also one that came too late (it is then in its midst, as if it had
    been there in time) and one that is over (it is then repeated, because nothing followed).
    """

    def __init__(self, part: Part) -> None:
        self.part = part
        self._passages: list[PlacedLoop] = []

    def __bool__(self) -> bool:
        return bool(self._passages)

    @property
    def end(self) -> int:
        """The scene bar at which what is queued ends."""
        return self._passages[-1].end if self._passages else 0

    def add(self, passage: PlacedLoop) -> None:
        """Queue a passage; one that starts in the same bar as an older one takes its place."""
        self._passages = [other for other in self._passages if other.start != passage.start]
        insort(self._passages, passage, key=lambda other: other.start)

    def passage(self, bar: int) -> PlacedLoop | None:
        """What sounds in scene bar ``bar``, forgetting all before it; None before the first passage."""
        current = None
        for passage in self._passages:
            if passage.start > bar:
                break
            current = passage
        if current is not None:
            del self._passages[: self._passages.index(current)]
        return current

    def depth(self, bar: int) -> int:
        """How many passages wait beyond the one that sounds in scene bar ``bar``, forgetting all before it.

        A part that rests is asked nothing else, and must not pile up what it is given meanwhile.
        """
        self.passage(bar)
        return sum(passage.start > bar for passage in self._passages)


class SceneScore:
    """The score of one scene that was set: of one epoch."""

    def __init__(self, scene: SetScene) -> None:
        self.scene = scene
        self._parts = {part.name: PartScore(part) for part in scene.parts}
        self._chords: dict[int, list[ChordMark]] = {}

    @property
    def ready(self) -> bool:
        """Whether every part has a loop to begin with: what comes during the first bar is too late for that bar."""
        return all(self._parts.values())

    def place(self, place: Place) -> None:
        """Queue a loop; one for another epoch, an unknown part or another metre is not meant for this scene."""
        part = self._parts.get(place.part)
        if part is None or place.epoch != self.scene.epoch or place.loop.metre != self.scene.metre:
            return
        end = place.start_bar + place.times * place.loop.bars
        part.add(PlacedLoop(place.start_bar, end, place.loop, place.recipe))

    def tell_chords(self, told: TellChords) -> None:
        """Keep the chords of bars to come; those of another epoch are not meant for this scene."""
        if told.epoch == self.scene.epoch:
            for chord in told.chords:
                self._chords.setdefault(chord.bar, []).append(chord)

    def take_chords(self, bar: int) -> tuple[ChordMark, ...]:
        """The chords that begin in scene bar ``bar``, forgetting them and all before."""
        chords = tuple(self._chords.get(bar, ()))
        self._chords = {later: marks for later, marks in self._chords.items() if later > bar}
        return chords

    def notes(self, bar: int) -> Iterator[tuple[Part, Note]]:
        """Every note that starts in scene bar ``bar``, in ticks from the bar's start."""
        for part in self._parts.values():
            passage = part.passage(bar)
            if passage is not None and part.part.schedule.plays(bar):
                for note in passage.notes(bar):
                    yield part.part, note

    def recipes(self, bar: int) -> Iterator[tuple[str, str]]:
        """The parts that play in scene bar ``bar``, each with the recipe of its loop."""
        for name, part in self._parts.items():
            passage = part.passage(bar)
            if passage is not None and part.part.schedule.plays(bar):
                yield name, passage.recipe

    def repeated(self, bar: int) -> tuple[str, ...]:
        """The parts that play in scene bar ``bar`` and have nothing new for it."""
        return tuple(
            name
            for name, part in self._parts.items()
            if part.part.schedule.plays(bar) and (passage := part.passage(bar)) is not None and bar >= passage.end
        )

    def depths(self, bar: int) -> dict[str, int]:
        """By part, how many passages wait beyond the one that sounds in scene bar ``bar``."""
        return {name: part.depth(bar) for name, part in self._parts.items()}
