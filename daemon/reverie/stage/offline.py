"""A performance without a clock: the daemon's own way from scene to notes, as fast as the models compose."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

from reverie.compose.composer import compose
from reverie.compose.engine import Engine
from reverie.compose.memories import Memories
from reverie.compose.recipe import Recipe
from reverie.errors import ReverieError
from reverie.files import write_atomically
from reverie.models.shelf import ModelFile
from reverie.music.midi_file import Conductor, Track, midi_bytes, note_events
from reverie.music.notes import Note
from reverie.play.score import SceneScore
from reverie.play.slots import PROGRAM
from reverie.scenes.schema import Scene
from reverie.stage.arrange import arrange
from reverie.stage.performance import Performance
from reverie.stage.stalled import Stall

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
    arrangement = arrange(scene, bundles, seed=seed)
    performance = Performance(arrangement, epoch=1, reserves={})
    score = SceneScore(performance.scene())
    memories = Memories()
    notes: defaultdict[str, list[Note]] = defaultdict(list)
    tempos: list[tuple[int, float]] = []
    ticks = scene.metre.bar_ticks
    told: set[Stall] = set()
    for bar in range(bars):
        _fill(performance, score, engine, memories)
        for stall in performance.stalls.values():
            if stall and stall not in told:
                told.add(stall)
                stalled(stall)
        start = bar * ticks
        qpm = scene.tempo.at(bar)
        if not tempos or tempos[-1][1] != qpm:
            tempos.append((start, qpm))
        for part, note in score.notes(bar):
            pitch = part.drum_map.get(note.pitch, note.pitch)
            begin, end = scene.swing.warp(note.start, ticks), scene.swing.warp(note.end, ticks)
            notes[part.name].append(Note(start + begin, max(end - begin, 1), pitch, note.velocity))
        performance.played(bar)
        progress(bar + 1)
    tracks: list[Track] = []
    for name, part in arrangement.parts.items():
        program = () if part.program is None else ((0, bytes((PROGRAM | part.channel - 1, part.program))),)
        tracks.append(Track(name, program + note_events(notes[name], part.channel)))
    conductor = Conductor(tuple(tempos), ((0, scene.metre),), ((0, scene.title),))
    write_atomically(path, midi_bytes(tracks, conductor, bars * ticks))
    return sum(map(len, notes.values()))


def _fill(performance: Performance, score: SceneScore, engine: Engine, memories: Memories) -> None:
    fruitless: Counter[str] = Counter()
    while True:
        places, recipes = performance.fill()
        for recipe in recipes:
            answer = compose(engine, recipe, memories)
            places += performance.composed(answer)
            if answer.loop is None:
                fruitless[recipe.voice] += 1
                if fruitless[recipe.voice] >= STUBBORN:
                    raise ImpossibleVoiceError(_impossible(recipe, performance.stalls[recipe.voice], answer.refused))
        for place in places:
            score.place(place)
        if not recipes:
            return


def _impossible(recipe: Recipe, stall: Stall | None, refused: Mapping[str, int]) -> str:
    """That a voice cannot be composed, and what an artist can do."""
    sentence = f"{recipe.scene}: the voice {recipe.voice} refuses all that {recipe.model} composes"
    reasons = ", ".join(sorted(refused))
    return f"{sentence} ({reasons}): widen its density, or choose another temperature or primer. {stall or ''}".rstrip()
