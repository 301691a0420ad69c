"""The form that an artist writes, made ready to be asked for bar by bar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverie.compose.drawn_walk import WalkChapter
from reverie.compose.form_curves import Aspect, Curve, Curves
from reverie.compose.form_goes_on import going_on
from reverie.compose.scene_form import FormChapter, FormSection, FormVoice, SceneForm, cycle_of
from reverie.compose.seeds import derive_seed
from reverie.music.time import TICKS_PER_QUARTER
from reverie.scenes.form import EVERY_VOICE, CurvesOverTime, FormSectionSettings, FormSettings
from reverie.scenes.form_chapters import ChapterSettings
from reverie.scenes.harmony import in_bars
from reverie.scenes.schema import Scene

NOON = 12 * 3600.0
_WRITTEN: Mapping[Aspect, str] = {
    "density": "density",
    "register": "shift",
    "temperature": "temperature",
    "dynamics": "dynamics",
    "tempo": "tempo",
    "at_most": "at_most",
}
"""For each aspect of a curve the field of a section in which it is written."""


def arrange_form(
    scene: Scene, seed: int, begins_at: float = NOON, goes_on: tuple[SceneForm | None, int] = (None, 0)
) -> SceneForm | None:
    """The scene's course by its form and the cycles of its voices; None if it has neither.

    Args:
        scene: as it was read.
        seed: what its chance begins with.
        begins_at: the time of day of its first bar, in seconds.
        goes_on: the form as it was, and the bar that sounds, where the scene was changed while it plays.
    """
    form = scene.form
    if form is None and all(voice.cycle is None for voice in scene.voices.values()):
        return None
    settings = form or FormSettings(opening=0)
    made = SceneForm(
        voices=tuple(_voice(scene, name, seed) for name in scene.voices),
        sections=tuple(_section(scene, settings, number) for number in range(len(settings.sections))),
        seed=derive_seed("form", seed),
        phrase=settings.phrase,
        opening=settings.opening,
        bar_seconds=scene.metre.bar_ticks / TICKS_PER_QUARTER * 60.0 / scene.tempo.qpm,
        begins_at=begins_at,
        rests=_rests(scene, settings.rests),
        hour=_over_time(settings.hour),
        day=_over_time(settings.day),
        chapters=tuple(_chapter(scene, settings, number) for number in range(len(settings.chapters))),
    )
    return going_on(made, *goes_on)


def _voice(scene: Scene, name: str, seed: int) -> FormVoice:
    voice = scene.voices[name]
    cycle = voice.cycle
    return FormVoice(
        name,
        drums=voice.traits.drums,
        schedule=voice.schedule,
        cycle=cycle_of(cycle.on, cycle.off, derive_seed("cycle", seed, name)) if cycle else None,
        after=cycle.after if cycle else 0,
    )


def _section(scene: Scene, settings: FormSettings, number: int) -> FormSection:
    section = settings.sections[number]
    return FormSection(
        name=section.name,
        bars=section.bars,
        voices=tuple(name for name in scene.voices if name not in section.maybe)
        if section.voices is None
        else section.voices,
        ways=tuple(settings.ways(number).items()),
        maybe=section.maybe,
        enter=section.enter,
        leave=section.leave,
        ends=section.ends,
        rests=_rests(scene, settings.rests if section.rests is None else section.rests),
        curves=_over_section(section),
        opens=section.opens,
        harmony=section.harmony or "",
        every=None if section.every is None else in_bars(scene.metre, scene.tempo, section.every),
    )


def _chapter(scene: Scene, settings: FormSettings, number: int) -> FormChapter:
    chapter = settings.chapters[number]
    numbers = {section.name: place for place, section in enumerate(settings.sections)}
    walk = WalkChapter(
        bars=tuple(in_bars(scene.metre, scene.tempo, span) for span in chapter.spans),
        states=tuple(numbers[name] for name in chapter.sections),
        ways=tuple(settings.chapter_ways(number).items()),
    )
    return FormChapter(chapter.name, walk, _over_section(chapter))


def _rests(scene: Scene, written: Mapping[str, float]) -> Mapping[str, float]:
    return {name: share for name in scene.voices if (share := written.get(name, written.get(EVERY_VOICE, 0.0)))}


def _over_section(section: FormSectionSettings | ChapterSettings) -> Curves:
    written: dict[Aspect, tuple[float, ...]] = {aspect: getattr(section, key) for aspect, key in _WRITTEN.items()}
    return {aspect: Curve.over(*values) for aspect, values in written.items() if values}


def _over_time(curves: CurvesOverTime[Any]) -> Curves:
    written: dict[Aspect, dict[float, float]] = {aspect: getattr(curves, key) for aspect, key in _WRITTEN.items()}
    return {aspect: Curve(tuple(sorted(values.items())), closed=True) for aspect, values in written.items() if values}
