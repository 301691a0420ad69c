"""The moods that an artist writes, made ready to be dreamt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reverie.compose.course import Course
from reverie.compose.mood_course import Guards, Mood, MoodCourse, MoodHarmony, MoodPlan, VoiceMood
from reverie.compose.scene_form import SceneForm
from reverie.compose.scene_harmony import ToldHarmony
from reverie.compose.seeds import derive_seed
from reverie.conductor.arranging.arrange_harmony import arrange_harmony, for_voice
from reverie.music.harmony import Key
from reverie.music.touch import Touch
from reverie.scenes.moods import GuardsSection, MoodSection, MoodVoiceSection
from reverie.scenes.schema import Scene, Voice

RESTING = {7: 100, 10: 64, 11: 127, **dict.fromkeys(range(70, 80), 64), 91: 40}
"""Where controllers of a synthesizer stand at first, that do not stand at 0: volume, pan, expression, the sound
controllers and reverb (General MIDI 2, 3.3; MIDI RP-015 and RP-021)."""


def arrange_moods(scene: Scene, inner: Course | None) -> Course | None:
    """The scene's course with its moods, none of which is dreamt yet; ``inner`` where it has none.

    Args:
        scene: as it was read.
        inner: what form and hour want.
    """
    if not scene.moods:
        return inner
    return MoodCourse(
        inner,
        {name: _mood(scene, mood) for name, mood in scene.moods.items()},
        _guards(scene.guards),
        {name: voice.schedule for name, voice in scene.voices.items()},
        scene.tempo,
        {name: controls for name in scene.voices if (controls := _resting(scene, name))},
    )


def mood_harmonies(scene: Scene, seed: int, form: SceneForm | None = None) -> dict[str, MoodHarmony[ToldHarmony]]:
    """By mood, the harmony that holds while it rules, where that is not the scene's own.

    A mood's own chords begin anew with its rule. Where it has another key alone, the scene's go on in that.

    Args:
        scene: as it was read.
        seed: what its chance begins with.
        form: the scene's form, which the scene's own chords follow.
    """
    found: dict[str, MoodHarmony[ToldHarmony]] = {}
    for name, mood in scene.moods.items():
        settings = mood.harmony or scene.harmony
        if settings is None or (mood.harmony is None and _key(scene, mood) is None):
            continue
        key = _key(scene, mood) or scene.key
        moody = scene.model_copy(update={"harmony": settings, "tonic": key.tonic, "scale": key.scale})
        own = mood.harmony is not None
        chords = arrange_harmony(moody, derive_seed(seed, "mood", name) if own else seed, None if own else form)
        if chords is not None:
            found[name] = MoodHarmony(chords, anew=own)
    return found


def mood_plans(
    scene: Scene, voice: Voice, harmonies: Mapping[str, MoodHarmony[ToldHarmony]], touch: Touch | None
) -> dict[str, MoodPlan]:
    """What each mood that rules puts in place of what the scene says to a voice.

    Args:
        scene: as it was read.
        voice: the voice.
        harmonies: by mood; empty for a voice that follows no harmony.
        touch: how the voice is played without a mood.
    """
    plans: dict[str, MoodPlan] = {}
    for name, mood in scene.moods.items():
        harmony, own = harmonies.get(name), voice.strictness is not None
        moody = None if mood.touch is None or voice.touch or touch is None else replace(mood.touch, hand=touch.hand)
        plan = MoodPlan(
            harmony=replace(harmony, plan=for_voice(harmony.plan, voice.strictness)) if harmony else None,
            strictness=_strictness(mood) if harmonies and not own else None,
            key=None if voice.literal else _key(scene, mood),
            touch=moody,
        )
        if plan != MoodPlan():
            plans[name] = plan
    return plans


def _strictness(mood: MoodSection) -> float | None:
    if mood.strictness is None and mood.harmony is not None and "strictness" in mood.harmony.model_fields_set:
        return mood.harmony.strictness
    return mood.strictness


def _key(scene: Scene, mood: MoodSection) -> Key | None:
    """The key while the mood rules, if that is not the scene's."""
    key = Key(scene.tonic if mood.tonic is None else mood.tonic, mood.scale or scene.scale)
    return None if key == scene.key else key


def _mood(scene: Scene, mood: MoodSection) -> Mood:
    return Mood(mood.tempo, {name: _voice(mood, mood.voices.get(name, MoodVoiceSection())) for name in scene.voices})


def _voice(mood: MoodSection, voice: MoodVoiceSection) -> VoiceMood:
    return VoiceMood(
        sounds=None if voice.sounds is None else voice.sounds == "in",
        density=mood.density * voice.density,
        register=mood.register_ + voice.register_,
        temperature=mood.temperature * voice.temperature,
        dynamics=mood.dynamics * voice.dynamics,
        controls={number: control.to for number, control in voice.controls.items()},
        program=voice.program,
    )


def _resting(scene: Scene, name: str) -> dict[int, int]:
    """Where the controllers of a voice that moods move stand without a mood."""
    found: dict[int, int] = {}
    for mood in scene.moods.values():
        for number, control in (mood.voices[name].controls if name in mood.voices else {}).items():
            found[number] = found.get(number, RESTING.get(number, 0)) if control.start is None else control.start
    return found


def _guards(section: GuardsSection) -> Guards:
    fewest, most = section.voices
    return Guards(
        tempo=section.tempo,
        density=section.density,
        register=section.register_,
        temperature=section.temperature,
        dynamics=section.dynamics,
        fewest=fewest,
        most=most,
    )
