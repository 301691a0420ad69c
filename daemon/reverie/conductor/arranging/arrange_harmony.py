"""The harmony that an artist writes, made ready to be asked for bar by bar."""

from __future__ import annotations

from dataclasses import replace

from reverie.compose.chord_colours import Colours
from reverie.compose.chord_walk import ChordWalk
from reverie.compose.form_curves import Curve
from reverie.compose.form_harmony import FormHarmony, SectionHarmony
from reverie.compose.key_tour import KeyTour
from reverie.compose.scene_form import HOUR_SECONDS, FormSection, SceneForm
from reverie.compose.scene_harmony import HarmonyPart, SceneHarmony, ToldHarmony
from reverie.scenes.harmony import HarmonySection, HarmonySettings, OwnChords, in_bars
from reverie.scenes.schema import Scene


def arrange_harmony(scene: Scene, seed: int, form: SceneForm | None = None) -> ToldHarmony | None:
    """The scene's harmony, for voices that follow it; None if it has none.

    Args:
        scene: as it was read.
        seed: what its chance begins with.
        form: the scene's form, whose sections may say what is played in them.
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
    key_bars = in_bars(scene.metre, scene.tempo, settings.modulate.every) if settings.modulate else 1
    walk = form.walk if form else None
    pace = scene.form.hour.chords if scene.form else {}
    if form is not None and walk is not None and (pace or any(one.harmony or one.every for one in form.sections)):
        return FormHarmony(
            walk,
            tuple(_in_section(harmony, one) for one in form.sections),
            tour=KeyTour(settings.modulate.by, 1, seed) if settings.modulate else None,
            key_bars=key_bars,
            pace=Curve(tuple(sorted(pace.items())), closed=True) if pace else None,
            pace_bars=HOUR_SECONDS / form.bar_seconds,
        )
    if settings.modulate is None:
        return harmony
    return replace(harmony, tour=KeyTour(settings.modulate.by, max(round(key_bars / harmony.round_bars), 1), seed))


def _in_section(harmony: SceneHarmony, section: FormSection) -> SectionHarmony:
    """What is played of a harmony in a section of the form."""
    named = tuple(replace(part, weight=1) for part in harmony.parts if part.name and part.name == section.harmony)
    parts = named or harmony.parts
    if section.every is not None:
        parts = tuple(replace(part, stretch=section.every) for part in parts)
    return SectionHarmony(replace(harmony, parts=parts), anew=bool(section.harmony))


def own_harmony(scene: Scene, chords: OwnChords) -> SceneHarmony:
    """The chords that one voice plays over and over, whatever the scene's harmony does."""
    part = HarmonyPart(chords.chords, in_bars(scene.metre, scene.tempo, chords.every))
    return SceneHarmony((part,), scene.key, scene.metre)


def for_voice(harmony: ToldHarmony, strictness: float | None) -> ToldHarmony:
    """The harmony as a voice follows it: one that has a strictness of its own is not told that of sections."""
    return harmony if strictness is None else harmony.without_strictness()


def _part(scene: Scene, settings: HarmonySettings, section: HarmonySection) -> HarmonyPart:
    source, generate = section.chords, section.generate
    if generate is not None:
        source = ChordWalk(
            generate.bars,
            generate.rhythm,
            generate.tension,
            generate.kinds,
            different=generate.different,
            by=generate.by,
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
