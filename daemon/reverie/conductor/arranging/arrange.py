"""A scene as artists write it, made ready to be composed and played."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reverie.compose.arrangement import Arrangement
from reverie.compose.course import Course
from reverie.compose.latent_settings import InterpolationSettings, TogetherSettings, WalkSettings
from reverie.compose.mood_course import MoodHarmony
from reverie.compose.novelty_bands import NoveltyBands
from reverie.compose.operators.groove import DRUMIFIED, GROOVED
from reverie.compose.operators.latent_steps import LATENT_WAYS
from reverie.compose.operators.latent_walks import INTERPOLATED, WALKED
from reverie.compose.operators.part_steps import PART_WAYS
from reverie.compose.recipe import LoopLimits
from reverie.compose.relations import Relation
from reverie.compose.scene_form import SceneForm
from reverie.compose.scene_harmony import ToldHarmony
from reverie.compose.seeds import derive_seed
from reverie.compose.settings_plan import SettingsPlan
from reverie.compose.tempo_settings import TempoSettings
from reverie.compose.voice_plan import VoicePlan
from reverie.conductor.arranging.arrange_asked import asked_players
from reverie.conductor.arranging.arrange_form import NOON, arrange_form
from reverie.conductor.arranging.arrange_harmony import arrange_harmony, for_voice, own_harmony
from reverie.conductor.arranging.arrange_mix import arrange_mix
from reverie.conductor.arranging.arrange_moods import arrange_moods, mood_harmonies, mood_plans
from reverie.models.library.index import ModelFile
from reverie.music.drums import DRUMS
from reverie.music.notes import MAX_MIDI
from reverie.music.order import composing_order
from reverie.music.time import Metre
from reverie.music.touch import Touch
from reverie.play.messages import Part
from reverie.scenes.evolve_steps import HELD
from reverie.scenes.fields import Evolve
from reverie.scenes.listening import ListenSection
from reverie.scenes.schema import Scene, Voice
from reverie.scenes.voice_models import guest_lacks


def arrange(
    scene: Scene,
    bundles: Mapping[str, ModelFile],
    *,
    take: int = 0,
    seed: int | None = None,
    begins_at: float = NOON,
    goes_on: tuple[SceneForm | None, int] = (None, 0),
) -> Arrangement:
    """Plans and parts of a scene.

    Args:
        scene: as it was read.
        bundles: the models there are, by name; a model that is not among them cannot compose, and its voice plays
            from the reserve.
        take: how often the scene was begun before. Take 0 is the scene's own seed; every other is other music of the
            same scene, so that an installation does not begin each day with the same loops.
        seed: instead of the scene's own.
        begins_at: the time of day of its first bar, in seconds, for what changes over the day.
        goes_on: its form as it was, and the bar that sounds, where it was changed while it plays.
    """
    first = scene.seed if seed is None else seed
    begun = derive_seed(first, "take", take) if take else first
    form = arrange_form(scene, begun, begins_at, goes_on)
    harmony, moods = arrange_harmony(scene, begun, form), mood_harmonies(scene, begun, form)
    course = arrange_moods(scene, arrange_mix(scene, form))
    order = _order(scene)
    return Arrangement(
        name=scene.name,
        metre=scene.metre,
        tempo=scene.tempo,
        swing=scene.swing,
        lead=scene.lead,
        harmony=harmony,
        plans={
            name: _moody(scene, voice, _plan(scene, name, voice, bundles, begun, harmony, order, course), moods)
            for name, voice in scene.voices.items()
        },
        parts={name: _part(scene, name, voice) for name, voice in scene.voices.items()},
        order=scene.order,
        course=course,
        moods=moods,
    )


def _plan(
    scene: Scene,
    name: str,
    voice: Voice,
    bundles: Mapping[str, ModelFile],
    seed: int,
    harmony: ToldHarmony | None,
    order: Sequence[str],
    course: Course | None,
) -> VoicePlan:
    bundle = bundles.get(voice.model or "")
    guests = {
        operator: (model, bundles[model].sha256)
        for operator, model in voice.guests.items()
        if not guest_lacks(operator, model, bundles, scene.metre)
    }
    missing = voice.guests.keys() - guests.keys()
    programme = voice.evolve.programme
    strictness = scene.harmony.strictness if scene.harmony else 0.0
    if voice.strictness is not None:
        strictness = voice.strictness
    if voice.own_chords:
        harmony = own_harmony(scene, voice.own_chords)
    follows = harmony is not None and voice.harmony == "follow"
    primer, steps = voice.primer.notes, voice.primer.steps
    if voice.written:
        primer = voice.written.notes_in(scene.metre)
        steps = voice.written.bars_in(scene.metre) * scene.metre.bar_steps
    return VoicePlan(
        scene=scene.name,
        scene_hash=scene.hash,
        seed=seed,
        metre=scene.metre,
        voice=name,
        kind=voice.kind,
        model=voice.model or "",
        model_hash=bundle.sha256 if bundle else "",
        primer=primer,
        primer_steps=steps,
        span=bundle.counting.span(scene.metre.bar_steps) if bundle else 0,
        chords=bundle.chords if bundle else "",
        ways=_ways(voice, bundle),
        operator_settings=_latent_settings(scene, name, voice, bundle, seed),
        guests={
            **_at_hand(voice, bundles, scene.metre),
            **guests,
            **asked_players(voice, bundle, bundles, scene.metre),
        },
        bars=voice.loop_bars(scene.metre),
        hold=voice.evolve.times,
        longest=voice.evolve.longest,
        drum_map=scene.drum_map(voice),
        then=tuple(HELD if one in missing else one for one in voice.evolve.operators),
        programme=programme and programme.without(missing),
        temperature=voice.temperature,
        limits=_limits(scene, voice),
        candidates=voice.evolve.candidates,
        novelty=voice.evolve.novelty,
        bands=NoveltyBands(*voice.evolve.bands) if voice.evolve.bands else None,
        touch=_touch(scene, name, voice, seed),
        first=voice.opens_with,
        turns=voice.evolve.turns,
        settings=_together(scene, bundle, seed, _settings(scene, name, voice)),
        harmony=for_voice(harmony, voice.strictness) if harmony and follows else None,
        strictness=strictness if follows else 0.0,
        relations=(*_relations(scene, voice), *(_suited(scene, name, voice, order) if follows else ())),
        course=course,
    )


def _settings(scene: Scene, name: str, voice: Voice) -> SettingsPlan | None:
    """What the voice tells its operators and engines; one whose models hear seconds tells the tempo, too."""
    told = voice.settings(with_bass=_has_bass(scene, name))
    return TempoSettings(scene.tempo, told) if voice.traits.hears_seconds else told


def _ways(voice: Voice, bundle: ModelFile | None) -> Mapping[str, str]:
    """By which operators the voice's model does what others mean by the same names."""
    if voice.kind == "harmonize":
        return PART_WAYS
    return LATENT_WAYS if bundle and bundle.latent else {}


def _together(scene: Scene, bundle: ModelFile | None, seed: int, told: SettingsPlan | None) -> SettingsPlan | None:
    """What a voice is told, and what all are told besides that play a part of the same model."""
    if bundle is None or not bundle.parts:
        return told
    return TogetherSettings(derive_seed(scene.name, bundle.name, "together", seed), told)


def _latent_settings(
    scene: Scene, name: str, voice: Voice, bundle: ModelFile | None, seed: int
) -> Mapping[str, SettingsPlan]:
    """What `interpolate` and `walk` are told, where the voice's evolution names them, or a person may want the first.

    Voices that play parts of one model have one walk.
    """
    found: dict[str, SettingsPlan] = {}
    evolve = voice.evolve
    if isinstance(evolve, Evolve) and (INTERPOLATED in evolve.operators or (bundle and bundle.latent)):
        found[INTERPOLATED] = InterpolationSettings(evolve.interpolate)
    if isinstance(evolve, Evolve) and WALKED in evolve.operators:
        every, whose = voice.loop_bars(scene.metre) * evolve.times, bundle.name if bundle and bundle.parts else name
        found[WALKED] = WalkSettings(evolve.walk, every, derive_seed(scene.name, whose, "walk", seed))
    return found


def _at_hand(voice: Voice, bundles: Mapping[str, ModelFile], metre: Metre) -> Mapping[str, tuple[str, str]]:
    """By operator the models that could play it for the voice, though its scene names none: a person may want it."""
    evolve = voice.evolve
    if not isinstance(evolve, Evolve) or not voice.traits.drums:
        return {}
    wanted = {GROOVED: evolve.groove, DRUMIFIED: evolve.drumify}
    return {
        operator: (model, bundles[model].sha256)
        for operator, first in wanted.items()
        for model in [next((one for one in (first, *bundles) if not guest_lacks(operator, one, bundles, metre)), "")]
        if model
    }


def _moody(scene: Scene, voice: Voice, plan: VoicePlan, moods: Mapping[str, MoodHarmony[ToldHarmony]]) -> VoicePlan:
    """The plan with what moods put in place of the scene's harmony and touch."""
    follows = plan.harmony is not None and not voice.own_chords
    return replace(plan, moods=mood_plans(scene, voice, moods if follows else {}, plan.touch))


def _has_bass(scene: Scene, name: str) -> bool:
    """Whether another voice of the scene plays the bass of its harmony."""
    others = (voice for other, voice in scene.voices.items() if other != name)
    return any(voice.traits.outermost == "lowest" and voice.harmony == "follow" for voice in others)


def _order(scene: Scene) -> list[str]:
    """In which order the voices are composed, as far as the artist says to whom they listen."""
    kinds = {name: voice.traits.order for name, voice in scene.voices.items()}
    listens = {name: [one.voice for one in _relations(scene, voice)] for name, voice in scene.voices.items()}
    return composing_order(kinds, listens, scene.order)


def _suited(scene: Scene, name: str, voice: Voice, order: Sequence[str]) -> Iterator[Relation]:
    """The basses that a voice over chords suits of itself: those before it that follow the chords as well.

    What names a voice that it suits, or doubles one, has said what it is to be.
    """
    traits = voice.traits
    if traits.drums or traits.harmonic or traits.outermost == "lowest":
        return
    if any(one.kind in {"suit", "double"} for one in voice.listen):
        return
    for other in order[: order.index(name)]:
        below = scene.voices[other]
        if below.traits.outermost == "lowest" and below.harmony == "follow":
            yield Relation("suit", other)


def _relations(scene: Scene, voice: Voice) -> tuple[Relation, ...]:
    """To whom the voice listens."""
    if voice.rhythm_drum is not None:
        return (Relation("lock", voice.taken_from, voice.rhythm_drum),)
    return tuple(_relation(scene, voice, one) for one in voice.listen)


def _relation(scene: Scene, voice: Voice, one: ListenSection) -> Relation:
    """A relation with what its scene leaves open: where kick and register are meant, and after how many bars."""
    other = scene.voices[one.voice].traits
    tuned = voice.traits.pitched and other.pitched
    drum = DRUMS["bass"] if one.kind == "lock" and one.drum is None and other.drums else one.drum
    of = (one.of or ("register" if tuned else "onsets")) if one.kind == "avoid" else ""
    delay = (one.after or 1) if one.kind == "imitate" else 0
    return Relation(one.kind, one.voice, drum, delay, one.up or 0, of, one.weight)


def _touch(scene: Scene, name: str, voice: Voice, seed: int) -> Touch | None:
    """How the voice is played: as it says itself, or the scene, or else as by a player; each take has another hand."""
    touch = voice.touch or scene.touch or Touch()
    return None if touch.mechanical else replace(touch, hand=derive_seed(scene.name, name, "hand", seed))


def _limits(scene: Scene, voice: Voice) -> LoopLimits:
    softest, loudest = voice.output.velocity
    return LoopLimits(
        low=voice.low,
        high=voice.high,
        least=voice.least,
        most=voice.most,
        polyphony=MAX_MIDI if voice.literal else voice.at_once,
        tonic=scene.tonic,
        scale="chromatic" if voice.literal else scene.scale,
        velocity_low=softest,
        velocity_high=loudest,
    )


def _part(scene: Scene, name: str, voice: Voice) -> Part:
    output = voice.output
    return Part(
        name=name,
        slot=output.slot,
        channel=output.channel,
        program=output.program,
        drum_map=scene.drum_map(voice),
        schedule=voice.schedule,
        font=output.soundfont.path if output.soundfont else "",
    )
