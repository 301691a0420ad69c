"""A performance without a clock: the daemon's own way from scene to notes, as fast as the models compose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reverie.compose.arrangement import Arrangement
from reverie.compose.bar_plans import bar_plan, is_alike
from reverie.compose.composer import Composed, compose
from reverie.compose.course import Course
from reverie.compose.engines.engine import Engine
from reverie.compose.ensemble import Ensemble
from reverie.compose.mood_course import MoodHarmony
from reverie.compose.recipe import Recipe
from reverie.compose.scene_harmony import ToldHarmony
from reverie.compose.stalled import Stall
from reverie.compose.state_cache import Memories
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.arranging.arrange_form import NOON
from reverie.conductor.offline.jumping_player import play_offline
from reverie.conductor.scene.chord_marks import chord_marks
from reverie.errors import ReverieError
from reverie.files import write_atomically
from reverie.models.library.index import ModelFile
from reverie.music.midi_file import NOTE_ON, ConductorTrack, Track, midi_bytes
from reverie.music.time import TICKS_PER_QUARTER
from reverie.play.messages import BarPlan, ChordMark, Place, SetScene
from reverie.play.slot_settings import SlotSettings
from reverie.play.told_plans import ToldPlans
from reverie.scenes.schema import Scene

if TYPE_CHECKING:
    from reverie.compose.novelty import NoveltyMemory

STUBBORN = 20
"""Recipes in a row that may come to nothing before a voice counts as impossible."""


class ImpossibleVoiceError(ReverieError):
    """A voice's limits leave its model nothing to play."""


def perform(
    scene: Scene,
    bundles: Mapping[str, ModelFile],
    engine: Engine,
    *,
    bars: int,
    seed: int | None,
    path: Path,
    progress: Callable[[int], None],
    stalled: Callable[[Stall], None] = lambda _stall: None,
) -> int:
    """Play ``bars`` bars of ``scene`` into a Standard MIDI File; the same seed gives the same bytes.

    Args:
        scene: what to play.
        bundles: the models by name; ``engine`` has loaded those that the scene needs.
        engine: what runs them.
        bars: how many bars.
        seed: instead of the scene's own.
        path: the file, written wholly or not at all.
        progress: told after every bar how many are done.
        stalled: told once of each voice that gets no new loop for a while, and repeats what it has.

    Returns:
        How many notes the file has.

    Raises:
        ModelError: if a model cannot run.
        ImpossibleVoiceError: if the guards refuse whatever a voice's model composes.
        OSError: if the file cannot be written.
    """
    composition = composed(scene, bundles, engine, bars=bars, seed=seed, progress=progress, stalled=stalled)
    return write_midi(scene, composition, path)


@dataclass(frozen=True, slots=True)
class Composition:
    """A performance on paper: the scene as the player is told of it, and by bar the loops that are placed for it.

    ``plans`` say how its bars are played, where that is otherwise than the scene says, and ``course`` what its form
    makes of them.
    """

    scene: SetScene
    places: Sequence[Sequence[Place]]
    harmony: ToldHarmony | None = None
    plans: Sequence[BarPlan] = ()
    course: Course | None = None
    moods: Mapping[str, MoodHarmony[ToldHarmony]] = field(default_factory=dict[str, "MoodHarmony[ToldHarmony]"])

    def of(self, voices: Collection[str]) -> Composition:
        """The same, of which only these voices sound; they are mixed as among all."""
        parts = tuple(part for part in self.scene.parts if part.name in voices)
        places = [[place for place in bar if place.part in voices] for bar in self.places]
        return replace(self, scene=replace(self.scene, parts=parts), places=places)

    def tempos(self) -> list[tuple[int, float]]:
        """Every tempo in quarters per minute, with the bar in which it begins."""
        told, found = ToldPlans(self.plans), list[tuple[int, float]]()
        for bar in range(len(self.places)):
            qpm = self.scene.tempo.at(bar) * told.at(bar).tempo
            if not found or found[-1][1] != qpm:
                found.append((bar, qpm))
        return found


def composed(
    scene: Scene,
    bundles: Mapping[str, ModelFile],
    engine: Engine,
    *,
    bars: int,
    seed: int | None,
    progress: Callable[[int], None],
    stalled: Callable[[Stall], None] = lambda _stall: None,
    answered: Callable[[Composed], None] = lambda _answer: None,
    ties: Callable[[Arrangement], Arrangement] = lambda arrangement: arrangement,
    begins_at: float = NOON,
) -> Composition:
    """Compose ``bars`` bars of a scene; see :func:`perform`.

    ``answered`` is told of every answer of a model, and ``ties`` may change what voices have to do with each other.
    ``begins_at`` is the time of day of the first bar, in seconds.
    """
    performance = Ensemble(ties(arrange(scene, bundles, seed=seed, begins_at=begins_at)), epoch=1, reserves={})
    from reverie.compose.novelty import NoveltyMemory  # NumPy, which the engine has to import first

    memories, novelty, seconds = Memories(), NoveltyMemory(), 0.0
    places: list[Sequence[Place]] = []
    plans: list[BarPlan] = []
    told: set[Stall] = set()
    for bar in range(bars):
        places.append(_fill(performance, engine, memories, answered, novelty, seconds))
        plan = bar_plan(performance.course, performance.arrangement.parts, bar)
        if not is_alike(plan, plans[-1] if plans else BarPlan(0)):
            plans.append(plan)
        for stall in performance.stalls.values():
            if stall and stall not in told:
                told.add(stall)
                stalled(stall)
        performance.played(bar)
        seconds += scene.metre.bar_ticks / TICKS_PER_QUARTER * 60 / (scene.tempo.at(bar) * plan.tempo)
        progress(bar + 1)
    beginning = Ensemble(performance.arrangement, epoch=1, reserves={}).scene()
    return Composition(
        beginning, places, performance.arrangement.harmony, plans, performance.course, performance.arrangement.moods
    )


def write_midi(
    scene: Scene, composition: Composition, path: Path, slots: Mapping[str, SlotSettings] | None = None
) -> int:
    """Write a composition as a Standard MIDI File; returns how many notes it has.

    Its channels are the scene's; by ``slots`` it knows which of them are one channel of a device.

    Raises:
        OSError: if the file cannot be written.
    """
    events = play_offline(composition.scene, composition.places, slots, plans=composition.plans).parts
    ports = {name: number for number, name in enumerate(dict.fromkeys(part.slot for part in composition.scene.parts))}
    tracks = [
        Track(part.name, tuple(events.get(part.name, ())), device=part.slot, port=ports[part.slot])
        for part in composition.scene.parts
    ]
    bars, ticks = len(composition.places), scene.metre.bar_ticks
    tempos = [(bar * ticks, qpm) for bar, qpm in composition.tempos()]
    marks = _marks(composition, bars)
    chords = ((mark.bar * ticks + mark.tick, mark.symbol) for mark in marks)
    sections = ((plan.bar * ticks, plan.section) for plan in composition.plans if plan.section)
    markers = ((0, scene.title), *sorted([*sections, *chords], key=lambda marker: marker[0]))
    conductor = ConductorTrack(tuple(tempos), ((0, scene.metre),), markers)
    write_atomically(path, midi_bytes(tracks, conductor, bars * ticks))
    return sum(message[0] & 0xF0 == NOTE_ON for track in tracks for _, message in track.events)


def _marks(composition: Composition, bars: int) -> Iterable[ChordMark]:
    harmony = composition.harmony
    return chord_marks(harmony, 0, bars, course=composition.course, moods=composition.moods) if harmony else ()


def _fill(
    performance: Ensemble,
    engine: Engine,
    memories: Memories,
    answered: Callable[[Composed], None],
    novelty: NoveltyMemory,
    seconds: float,
) -> list[Place]:
    placed: list[Place] = []
    fruitless: Counter[str] = Counter()
    while True:
        places, recipes = performance.fill()
        for recipe in recipes:
            played = novelty.up_to(seconds, performance.bands(recipe.voice))
            answer = compose(engine, recipe, memories, played)
            answered(answer)
            if answer.loop:
                played.remember(answer.recipe, answer.loop)
            places += performance.composed(answer)
            if answer.loop is None:
                fruitless[recipe.voice] += 1
                if fruitless[recipe.voice] >= STUBBORN:
                    raise ImpossibleVoiceError(_impossible(recipe, performance.stalls[recipe.voice], answer.refused))
        placed += places
        if not recipes:
            return placed


def _impossible(recipe: Recipe, stall: Stall | None, refused: Mapping[str, int]) -> str:
    """That a voice cannot be composed, and what an artist can do."""
    sentence = f"{recipe.scene}: the voice {recipe.voice} refuses all that {recipe.model} composes"
    reasons = ", ".join(sorted(refused))
    return f"{sentence} ({reasons}): widen its density, or choose another temperature or primer. {stall or ''}".rstrip()
