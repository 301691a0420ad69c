"""A performance without a clock: the daemon's own way from scene to notes, as fast as the models compose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reverie.compose.composer import Composed, compose
from reverie.compose.engines.engine import Engine
from reverie.compose.ensemble import Arrangement, Ensemble
from reverie.compose.recipe import Recipe
from reverie.compose.scene_harmony import SceneHarmony
from reverie.compose.stalled import Stall
from reverie.compose.state_cache import Memories
from reverie.conductor.arrange import arrange
from reverie.conductor.chord_marks import chord_marks
from reverie.conductor.offline.jumping_player import play_offline
from reverie.errors import ReverieError
from reverie.files import write_atomically
from reverie.models.library.index import ModelFile
from reverie.music.midi_file import NOTE_ON, ConductorTrack, Track, midi_bytes
from reverie.play.messages import Place, SetScene
from reverie.play.slot_settings import SlotSettings
from reverie.scenes.schema import Scene

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
    """A performance on paper: the scene as the player is told of it, and by bar the loops that are placed for it."""

    scene: SetScene
    places: Sequence[Sequence[Place]]
    harmony: SceneHarmony | None = None


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
) -> Composition:
    """Compose ``bars`` bars of a scene; see :func:`perform`.

    ``answered`` is told of every answer of a model, and ``ties`` may change what voices have to do with each other.
    """
    performance = Ensemble(ties(arrange(scene, bundles, seed=seed)), epoch=1, reserves={})
    memories = Memories()
    places: list[Sequence[Place]] = []
    told: set[Stall] = set()
    for bar in range(bars):
        places.append(_fill(performance, engine, memories, answered))
        for stall in performance.stalls.values():
            if stall and stall not in told:
                told.add(stall)
                stalled(stall)
        performance.played(bar)
        progress(bar + 1)
    return Composition(
        Ensemble(performance.arrangement, epoch=1, reserves={}).scene(), places, performance.arrangement.harmony
    )


def write_midi(
    scene: Scene, composition: Composition, path: Path, slots: Mapping[str, SlotSettings] | None = None
) -> int:
    """Write a composition as a Standard MIDI File; returns how many notes it has.

    Its channels are the scene's; by ``slots`` it knows which of them are one channel of a device.

    Raises:
        OSError: if the file cannot be written.
    """
    events = play_offline(composition.scene, composition.places, slots).parts
    ports = {name: number for number, name in enumerate(dict.fromkeys(part.slot for part in composition.scene.parts))}
    tracks = [
        Track(part.name, tuple(events.get(part.name, ())), device=part.slot, port=ports[part.slot])
        for part in composition.scene.parts
    ]
    bars, ticks = len(composition.places), scene.metre.bar_ticks
    tempos: list[tuple[int, float]] = []
    for bar in range(bars):
        qpm = scene.tempo.at(bar)
        if not tempos or tempos[-1][1] != qpm:
            tempos.append((bar * ticks, qpm))
    marks = chord_marks(composition.harmony, 0, bars) if composition.harmony else ()
    chords = ((mark.bar * ticks + mark.tick, mark.symbol) for mark in marks)
    conductor = ConductorTrack(tuple(tempos), ((0, scene.metre),), ((0, scene.title), *chords))
    write_atomically(path, midi_bytes(tracks, conductor, bars * ticks))
    return sum(message[0] & 0xF0 == NOTE_ON for track in tracks for _, message in track.events)


def _fill(
    performance: Ensemble, engine: Engine, memories: Memories, answered: Callable[[Composed], None]
) -> list[Place]:
    placed: list[Place] = []
    fruitless: Counter[str] = Counter()
    while True:
        places, recipes = performance.fill()
        for recipe in recipes:
            answer = compose(engine, recipe, memories)
            answered(answer)
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
