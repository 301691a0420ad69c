"""The harmony that an artist writes, made ready to be asked for bar by bar."""

from __future__ import annotations

from dataclasses import replace

from reverie.compose.chord_colours import Colours
from reverie.compose.chord_walk import ChordWalk
from reverie.compose.key_tour import KeyTour
from reverie.compose.scene_harmony import HarmonyPart, SceneHarmony
from reverie.scenes.harmony import HarmonySection, HarmonySettings, OwnChords, in_bars
from reverie.scenes.schema import Scene


def arrange_harmony(scene: Scene, seed: int) -> SceneHarmony | None:
    """The scene's harmony, for voices that follow it; None if it has none.

    Args:
        scene: as it was read.
        seed: what its chance begins with.
    """
    settings = scene.harmony
    if settings is None:
        return None
    harmony = SceneHarmony(
        parts=tuple(_part(scene, settings, section) for section in settings.parts),
        key=scene.key,
        metre=scene.metre,
        seed=seed,
        order=settings.order,
        cadence=settings.cadence,
        colours=Colours(in_bars(scene.metre, scene.tempo, settings.colour.every), settings.colour.kinds)
        if settings.colour
        else None,
    )
    if settings.modulate is None:
        return harmony
    rounds = max(round(in_bars(scene.metre, scene.tempo, settings.modulate.every) / harmony.round_bars), 1)
    return replace(harmony, tour=KeyTour(settings.modulate.by, rounds, seed))


def own_harmony(scene: Scene, chords: OwnChords) -> SceneHarmony:
    """The chords that one voice plays over and over, whatever the scene's harmony does."""
    part = HarmonyPart(chords.chords, in_bars(scene.metre, scene.tempo, chords.every))
    return SceneHarmony((part,), scene.key, scene.metre)


def for_voice(harmony: SceneHarmony, strictness: float | None) -> SceneHarmony:
    """The harmony as a voice follows it: one that has a strictness of its own is not told that of sections."""
    if strictness is None or all(part.strictness is None for part in harmony.parts):
        return harmony
    return replace(harmony, parts=tuple(replace(part, strictness=None) for part in harmony.parts))


def _part(scene: Scene, settings: HarmonySettings, section: HarmonySection) -> HarmonyPart:
    source, generate = section.chords, section.generate
    if generate is not None:
        source = ChordWalk(
            generate.bars, generate.rhythm, generate.tension, generate.kinds, different=generate.different
        )
    if source is None:
        raise AssertionError("the schema refuses a section without chords")
    return HarmonyPart(
        source=source,
        stretch=in_bars(scene.metre, scene.tempo, settings.every if section.every is None else section.every),
        times=section.times,
        weight=section.weight,
        name=section.name,
        strictness=section.strictness,
    )
