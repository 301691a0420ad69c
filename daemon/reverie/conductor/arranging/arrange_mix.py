"""The mix that an artist writes, laid over the course of the scene."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reverie.compose.course import Course
from reverie.compose.mix_course import MixCourse, VoiceMix
from reverie.compose.mix_roles import role_mixes
from reverie.music.time import Schedule
from reverie.scenes.mix import MixSection
from reverie.scenes.schema import Scene


def arrange_mix(scene: Scene, course: Course | None) -> Course | None:
    """The course with the scene's mix; as it was where the scene says nothing of one, so that nothing is sent.

    Args:
        scene: as it was read.
        course: what form and moods make of it.
    """
    mix = scene.mix or MixSection()
    voices = _mixes(scene, mix)
    if scene.mix is None and all(one == VoiceMix() for one in voices.values()):
        return course
    schedules = {name: voice.schedule for name, voice in scene.voices.items() if voice.schedule != Schedule()}
    return MixCourse(voices, course, schedules, mix.balanced, mix.trim)


def _mixes(scene: Scene, mix: MixSection) -> Mapping[str, VoiceMix]:
    """The mix of each voice: what it says, what another says that has the same channel, and what suits its role."""
    channels: dict[tuple[str, int], VoiceMix] = {}
    for key, one in (*_said(scene), *(_of_roles(scene) if mix.by == "roles" else ())):
        channels[key] = channels.get(key, VoiceMix()).over(one)
    return {name: channels[voice.output.slot, voice.output.channel] for name, voice in scene.voices.items()}


def _said(scene: Scene) -> Iterator[tuple[tuple[str, int], VoiceMix]]:
    for voice in scene.voices.values():
        output = voice.output
        yield (output.slot, output.channel), VoiceMix(output.level, output.pan, output.reverb, output.chorus)


def _of_roles(scene: Scene) -> Iterator[tuple[tuple[str, int], VoiceMix]]:
    roles = role_mixes({name: voice.kind for name, voice in scene.voices.items()})
    for name, voice in scene.voices.items():
        yield (voice.output.slot, voice.output.channel), roles[name]
