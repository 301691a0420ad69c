"""The score: which loop each part plays in which bar of a scene. Pure: no clock, no output."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reverie.music.notes import MAX_MIDI, Loop, Note
from reverie.play.messages import ChordMark, Part, Place, SetScene, TellBars, TellChords
from reverie.play.told_plans import ToldPlans


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

    def fork(self) -> PartScore:
        """One that has the same passages; what it is given and forgets, this one does not."""
        forked = PartScore(self.part)
        forked._passages = [*self._passages]
        return forked

    def add(self, passage: PlacedLoop, *, anew: bool = False) -> None:
        """Queue a passage in place of one that starts in the same bar or, with ``anew``, of all that start later."""
        kept = (one for one in self._passages if one.start < passage.start or (one.start > passage.start and not anew))
        self._passages = [*kept]
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
        self._plans = ToldPlans()

    @property
    def ready(self) -> bool:
        """Whether every part has a loop to begin with: what comes during the first bar is too late for that bar."""
        return all(self._parts.values())

    def fork(self) -> SceneScore:
        """One that knows the same, by which to look ahead: what it is told and forgets, this one does not."""
        forked = SceneScore(self.scene)
        forked._parts = {name: part.fork() for name, part in self._parts.items()}
        forked._chords = {bar: [*marks] for bar, marks in self._chords.items()}
        forked._plans = self._plans.fork()
        return forked

    def hear(self, told: Place | TellChords | TellBars) -> None:
        """Keep what is told; what is of another epoch is not meant for this scene."""
        match told:
            case Place():
                self.place(told)
            case TellChords():
                self.tell_chords(told)
            case TellBars():
                self.tell_bars(told)

    def place(self, place: Place) -> None:
        """Queue a loop; one for another epoch, an unknown part or another metre is not meant for this scene."""
        part = self._parts.get(place.part)
        if part is None or place.epoch != self.scene.epoch or place.loop.metre != self.scene.metre:
            return
        end = place.start_bar + place.times * place.loop.bars
        part.add(PlacedLoop(place.start_bar, end, place.loop, place.recipe), anew=place.anew)

    def tell_chords(self, told: TellChords) -> None:
        """Keep the chords of bars to come; those of another epoch are not meant for this scene."""
        if told.epoch == self.scene.epoch:
            if told.first_bar is not None:
                self._chords = {bar: chords for bar, chords in self._chords.items() if bar < told.first_bar}
            for chord in told.chords:
                self._chords.setdefault(chord.bar, []).append(chord)

    def section(self, bar: int) -> str:
        """The name of the section that begins with scene bar ``bar``; empty if none does."""
        plan = self._plans.at(bar)
        return plan.section if plan.bar == bar else ""

    def chords(self, bar: int) -> tuple[ChordMark, ...]:
        """The chords that begin in scene bar ``bar``."""
        return tuple(self._chords.get(bar, ()))

    def take_chords(self, bar: int) -> tuple[ChordMark, ...]:
        """The chords that begin in scene bar ``bar``, forgetting them and all before."""
        chords = self.chords(bar)
        self._chords = {later: marks for later, marks in self._chords.items() if later > bar}
        return chords

    def tell_bars(self, told: TellBars) -> None:
        """Keep the plans of bars to come; those of another epoch are not meant for this scene."""
        if told.epoch == self.scene.epoch:
            self._plans.tell(told)

    def begin(self, bar: int) -> None:
        """Scene bar ``bar`` begins: nobody asks any more how the bars before it were planned."""
        self._plans.forget(bar)

    def seconds_per_tick(self, bar: int) -> float:
        """The scene's own tempo in scene bar ``bar``, as its plan has it."""
        return self.scene.tempo.seconds_per_tick(bar) / self._plans.at(bar).tempo

    def controls(self, bar: int) -> Iterator[tuple[Part, int, int]]:
        """The controllers that the plan of scene bar ``bar`` sets: the part, number and value of each."""
        for name, part in self._parts.items():
            for number, value in self._plans.part(name, bar).controls:
                yield part.part, number, value

    def programs(self, bar: int) -> Iterator[tuple[Part, int]]:
        """The programs that the plan of scene bar ``bar`` puts in place of the parts' own."""
        for name, part in self._parts.items():
            if (program := self._plans.part(name, bar).program) is not None:
                yield part.part, program

    def tacet(self, bar: int) -> tuple[str, ...]:
        """The parts that would play in scene bar ``bar`` by their schedules, and which its plan wants silent."""
        return tuple(
            name
            for name, part in self._parts.items()
            if part.part.schedule.plays(bar) and not self._plans.part(name, bar).sounds
        )

    def notes(self, bar: int) -> Iterator[tuple[Part, Note]]:
        """Every note that starts in scene bar ``bar``, in ticks from the bar's start, as loud as its plan has it."""
        for name, part in self._parts.items():
            passage = part.passage(bar)
            if passage is not None and self._plays(part.part, bar):
                dynamics = self._plans.part(name, bar).dynamics
                for note in passage.notes(bar):
                    yield part.part, note if dynamics == 1 else _louder(note, dynamics)

    def recipes(self, bar: int) -> Iterator[tuple[str, str]]:
        """The parts that play in scene bar ``bar``, each with the recipe of its loop."""
        for name, part in self._parts.items():
            passage = part.passage(bar)
            if passage is not None and self._plays(part.part, bar):
                yield name, passage.recipe

    def repeated(self, bar: int) -> tuple[str, ...]:
        """The parts that play in scene bar ``bar`` and have nothing new for it."""
        return tuple(
            name
            for name, part in self._parts.items()
            if self._plays(part.part, bar) and (passage := part.passage(bar)) is not None and bar >= passage.end
        )

    def depths(self, bar: int) -> dict[str, int]:
        """By part, how many passages wait beyond the one that sounds in scene bar ``bar``."""
        return {name: part.depth(bar) for name, part in self._parts.items()}

    def _plays(self, part: Part, bar: int) -> bool:
        return part.schedule.plays(bar) and self._plans.part(part.name, bar).sounds


def _louder(note: Note, dynamics: float) -> Note:
    return replace(note, velocity=min(max(round(note.velocity * dynamics), 1), MAX_MIDI))
