"""A scene as its file says it.

Fields hold values of music already (pitches are MIDI numbers, a tempo is a ``Tempo``); how they are written stands in
their descriptions, which also reach the artist's editor through :func:`scene_json_schema`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from reverie.documents import ByKind, Facts, Keys, Section, Written, did_you_mean
from reverie.music.harmony import SCALES, Key, parse_pitch_class
from reverie.music.progressions import Progression
from reverie.music.time import Metre, Swing, Tempo
from reverie.scenes.chord_voice import ChordVoice
from reverie.scenes.fields import SwingSection, TempoSection
from reverie.scenes.form import FormSettings
from reverie.scenes.form_timbres import form_timbre_misfits
from reverie.scenes.genie_voice import GenieVoice
from reverie.scenes.harmonize_voice import HarmonizeVoice
from reverie.scenes.harmony import HarmonySettings, itself
from reverie.scenes.listening import listening_misfits
from reverie.scenes.mix import MixSection, mix_itself, mix_misfits
from reverie.scenes.mood_programs import VoiceSound, program_misfits
from reverie.scenes.mood_timbres import timbre_misfits
from reverie.scenes.moods import DreamsSection, GuardsSection, MoodSection, mood_misfits
from reverie.scenes.passage_section import PassageSection, passage_itself
from reverie.scenes.pattern import LONGEST
from reverie.scenes.performance_voice import PerformanceVoice
from reverie.scenes.plain_voices import plain_ramp, plain_timbre, plain_voice
from reverie.scenes.polyphony_voice import PolyphonyVoice
from reverie.scenes.timbre import Timbre, plain_name
from reverie.scenes.touch_section import WrittenTouch
from reverie.scenes.voice_banks import bank_misfits, drum_map
from reverie.scenes.voice_models import with_able_models
from reverie.scenes.voices import DrumVoice, TunedVoice
from reverie.scenes.without_effect import turned_in_vain, without_effect
from reverie.scenes.written_voices import LiteralDrums, LiteralTune

MAX_PRIMER_BARS = 4
Voice = (
    DrumVoice
    | TunedVoice
    | ChordVoice
    | PolyphonyVoice
    | HarmonizeVoice
    | PerformanceVoice
    | GenieVoice
    | LiteralDrums
    | LiteralTune
)
_KINDS = {
    "drums": DrumVoice,
    "melody": TunedVoice,
    "bass": TunedVoice,
    "chords": ChordVoice,
    "polyphony": PolyphonyVoice,
    "harmonize": HarmonizeVoice,
    "performance": PerformanceVoice,
    "genie": GenieVoice,
}
_LITERAL = {"drums": LiteralDrums, "melody": LiteralTune, "bass": LiteralTune}


def _file_name(name: str, info: ValidationInfo) -> str:
    stem = Facts.get(info, "stem")
    if isinstance(stem, str) and name != stem and not stem.isprintable():
        raise ValueError(f"the name of this file is no text that can be written here; rename the file to {name}.yaml")
    if stem is not None and name != stem:
        raise ValueError(f"a scene is named as its file: {stem!r}, not {name!r}")
    return name


def _scale(name: str) -> str:
    if name not in SCALES:
        raise ValueError(f"there is no scale {name!r}{did_you_mean(name, SCALES)}")
    return name


class Scene(Section):
    """One state of the installation's music: its tempo and harmony, and the voices that play together."""

    name: Annotated[str, AfterValidator(plain_name), AfterValidator(_file_name)] = Field(
        description="The scene's name, the same as the file's without .yaml.", examples=["first-light"]
    )
    title: str = Field(description="The scene's title for people to read.", examples=["First light"])
    tempo: Annotated[Tempo, Written(TempoSection, TempoSection.tempo, short=("qpm",))] = Field(
        description="Quarter notes a minute, 20 to 300; or {qpm, drift, over} for a tempo that swings slowly.",
        examples=[84],
    )
    metre: Annotated[Metre, Written(str, Metre.parse)] = Field(
        default_factory=Metre,
        description="Metre of every bar; with groups, such as 2+2+3/8, accents and swing follow them.",
        examples=["4/4", "7/8", "2+2+3/8"],
    )
    swing: Annotated[Swing, Written(SwingSection, SwingSection.swing, short=("share",))] = Field(
        default_factory=Swing,
        description="How unevenly pairs of sixteenths are played, 0.5 (even) to 0.75; or {share, of} for eighths.",
        examples=[0.58],
    )
    lead: Literal["self", "clock", "link"] = Field(
        default="self",
        description=(
            "Whose tempo it is: 'self', the scene's own; or that of the MIDI clock or the Ableton Link session which "
            "the site's `sync` names, for as long as it is there."
        ),
    )
    tonic: Annotated[int, Written(str, parse_pitch_class)] = Field(
        alias="key", description="The tonic, a letter A to G, with # or b if need be.", examples=["D", "F#", "Bb"]
    )
    scale: Annotated[str, AfterValidator(_scale)] = Field(
        description=f"The scale on the tonic: {', '.join(SCALES)}.",
        examples=["dorian"],
        json_schema_extra={"enum": [*SCALES]},
    )
    harmony: Annotated[HarmonySettings, Written(HarmonySettings, itself, short=("chords",))] | None = Field(
        default=None,
        description="The chords to which voices play: a text of them, or a mapping; absent: there are none.",
        examples=["Dm9 | G13 | Cmaj7 | A7alt"],
    )
    form: FormSettings | None = Field(
        default=None,
        description="The sections of the scene, who sounds in them, and what changes over hour and day; absent: none.",
    )
    touch: WrittenTouch | None = Field(
        default=None,
        description="How voices are played: 0 or off (mechanical) to 2, 1 as by a player; or a mapping; absent: 1.",
        examples=["off", 1.0],
    )
    mix: Annotated[MixSection, Written(MixSection, mix_itself, short=("by",))] | None = Field(
        default=None,
        description="How the voices are mixed: 'roles', or a mapping; absent: as voices say, and else not at all.",
        examples=["roles"],
    )
    passage: Annotated[PassageSection, Written(PassageSection, passage_itself, short=("kind",))] | None = Field(
        default=None,
        description="How the scene gives way to the next: 'end', 'fade' or 'cut', or a mapping; absent: it is cut.",
        examples=["end", {"kind": "end", "bars": 12, "pause": 1}],
    )
    seed: int = Field(
        default=1, ge=0, lt=2**32, description="Where chance begins; another seed is another music of the same scene."
    )
    voices: Annotated[
        dict[
            Annotated[str, AfterValidator(plain_name)],
            Annotated[Voice, ByKind(_KINDS, others=_LITERAL, marked="pattern", unless="evolve")],
        ],
        AfterValidator(with_able_models),
    ] = Field(min_length=1, max_length=16, description="The voices by name, 1 to 16.")
    order: Annotated[tuple[str, ...], Field(strict=False)] = Field(
        default=(),
        description=(
            "The voices in the order in which they are composed, where that of their kinds is not meant; those that it "
            "leaves out come after it. A voice that listens to others always comes after them."
        ),
        examples=[["melody", "bass"]],
    )
    timbres: dict[Annotated[str, AfterValidator(plain_name)], Timbre] = Field(
        default_factory=dict[str, Timbre], description="Sounds that turn into one another, by name, for voices to play."
    )

    moods: dict[Annotated[str, AfterValidator(plain_name)], MoodSection] = Field(
        default_factory=dict[str, MoodSection],
        max_length=32,
        description="What dreams may make of the scene, by the names of the moods.",
        examples=[{"fear": {"words": ["dark", "fall*"], "tempo": 0.85, "register": -12}}],
    )
    guards: GuardsSection = Field(
        default_factory=GuardsSection,
        description="Limits that no mood and no stack of moods crosses.",
        examples=[{"tempo": [50, 120]}],
    )
    dreams: DreamsSection = Field(
        default_factory=DreamsSection, description="How dreams come and go.", examples=[{"blend": 4}]
    )

    hints: ClassVar[Mapping[str, str]] = {"bpm": "the tempo is written as 'tempo', in quarter notes a minute"}

    @property
    def key(self) -> Key:
        """Tonic and scale."""
        return Key(self.tonic, self.scale)

    def drum_map(self, voice: Voice) -> Mapping[int, int]:
        """What the drums of a voice of this scene are played as; those that are not in it are played as they are."""
        return drum_map(_sound_of(voice), self.timbres)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of what the file means; comments, spacing, the order of keys and defaults spelt out are no matter.

        The order of a timbre's sources is one, since its path leads along them.
        """
        said = self.model_dump(mode="json", by_alias=True)
        for name, timbre in self.timbres.items():
            said["timbres"][name]["way"] = timbre.way
            plain_timbre(said["timbres"][name])
        self._leave_out(said)
        if not self.metre.groups:
            del said["metre"]["groups"]
        for name, voice in said["voices"].items():
            plain_voice(voice)
            if isinstance(voice.get("voices"), dict):
                voice["voices"] = plain_ramp(voice["voices"])
            voice["bars"] = self.voices[name].loop_bars(self.metre)
            if self.voices[name].written:
                voice["literal"] = self.voices[name].literal
        canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def _leave_out(self, said: dict[str, Any]) -> None:
        """Leave out what says nothing: a scene without it has the hash that it had before there was any of it."""
        unsaid = [key for key in ("harmony", "touch", "form", "mix", "passage") if said[key] is None]
        unsaid += [key for key in ("timbres", "order") if not said[key]]
        unsaid += () if self.moods else ("moods", "guards", "dreams")
        for key in unsaid:
            del said[key]
        for mood in said.get("moods", {}).values():
            if not mood["timbre"]:
                del mood["timbre"]
            for voice in mood["voices"].values():
                if voice["program"] is None:
                    del voice["program"]
        if self.form:
            said["form"] = self.form.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """What a voice cannot know alone: the metre and the other voices."""
        longest = MAX_PRIMER_BARS * self.metre.bar_steps
        for name, voice in self.voices.items():
            for sentence in voice.primer.misplaced(self.metre):
                yield ("voices", name, "primer"), sentence
            for keys, passage in voice.barred.items():
                yield from ((("voices", name, *keys), sentence) for sentence in passage.misplaced(self.metre))
            yield from self._written(name, voice)
            if voice.primer_steps > longest:
                sentence = f"a primer is {MAX_PRIMER_BARS} bars at most, here {longest} sixteenths, not "
                yield ("voices", name, "primer"), f"{sentence}{voice.primer_steps}"
            places = self.metre.bar_ticks // voice.traits.grid
            if voice.traits.monophonic and voice.least > places:
                sentence = f"a bar of {self.metre} has {self.metre.bar_steps} sixteenths, too few for "
                yield ("voices", name, "density"), f"{sentence}{voice.least:g} notes one after the other"
        yield from self._chords()
        yield from self._crowded_bars()
        named = [part.name for part in self.harmony.parts if part.name] if self.harmony else None
        form = self.form
        faults = (*form.unknown(self.voices, named), *form.too_far(self.tempo)) if form else ()
        for keys, sentence in (*faults, *form_timbre_misfits(form, self.timbres)) if form else ():
            yield ("form", *keys), sentence
        for keys, sentence in self.harmony.too_colourful(self.metre, self.tempo) if self.harmony else ():
            yield ("harmony", *keys), sentence
        yield from listening_misfits(self.voices, self.order)
        for keys, harmony in self._mood_harmonies():
            for more, sentence in harmony.too_colourful(self.metre, self.tempo):
                yield (*keys, *more), sentence
        yield from mood_misfits(self.moods, self.dreams, self.voices, harmony=self.harmony is not None)
        sounds = {name: _sound_of(voice) for name, voice in self.voices.items()}
        yield from program_misfits(self.moods, sounds)
        yield from timbre_misfits(self.moods, self.timbres)
        yield from without_effect(self.form, self.guards, self.voices)
        bar = self.metre.bar_steps
        loops = {name: (one.evolve.programme, one.loop_bars(self.metre) * bar) for name, one in self.voices.items()}
        yield from ((("voices", *keys), sentence) for keys, sentence in turned_in_vain(loops))
        yield from self._shared_channels()
        yield from mix_misfits({name: voice.output for name, voice in self.voices.items()})
        yield from bank_misfits(sounds, self.timbres)

    def _written(self, name: str, voice: Voice) -> Iterator[tuple[Keys, str]]:
        """A pattern fits into the metre, and into the loop; a line or contour is no longer than that."""
        bars = voice.loop_bars(self.metre)
        for key, passage in voice.repeated.items():
            if (own := passage.bars_in(self.metre)) > LONGEST:
                yield ("voices", name, key), f"a {key} is {LONGEST} bars at most, not {own}"
            elif own > bars:
                yield ("voices", name, "bars"), f"a loop of {bars} bars cannot be filled by a {key} of {own}"
        if voice.written is None:
            steps = voice.primer_steps
            if voice.evolve.first == "written" and steps > bars * self.metre.bar_steps:
                yield ("voices", name, "bars"), f"a loop of {bars} bars has no room for all of the primer"
            return
        told = False
        for sentence in voice.written.misfits(self.metre):
            told = True
            yield ("voices", name, "pattern"), sentence
        own = voice.written.bars_in(self.metre)
        if not told and bars % own:
            yield ("voices", name, "bars"), f"a loop of {bars} bars cannot be filled by a pattern of {own}"

    def _chords(self) -> Iterator[tuple[Keys, str]]:
        """Voices of chords have chords to play, and a drum to strike them with where they take its rhythm."""
        drums = [name for name, voice in self.voices.items() if voice.traits.drums]
        for name, voice in self.voices.items():
            if voice.traits.harmonic and self.harmony is None and voice.own_chords is None:
                sentence = "a voice of chords plays the scene's harmony, and there is none; write one such as"
                example = 'harmony: "Dm9 | G13 | Cmaj7 | A7alt"'
                yield ("voices", name, "kind"), f"{sentence} {example}, or give the voice `chords`"
            for number, one in enumerate(voice.listen):
                way: Keys = ("voices", name, "listen", number, "suit")
                if one.kind != "suit" or not voice.traits.pitched:
                    continue
                if self.harmony is None:
                    sentence = "a voice suits another by the scene's harmony, and there is none; write one, or leave"
                    yield way, f"{sentence} 'suit' out"
                if self.harmony is not None and voice.harmony == "free":
                    yield way, f"{name!r} is free of the harmony, by which a voice suits another; leave one of them out"
            if voice.taken_from and voice.taken_from not in drums:
                near = did_you_mean(voice.taken_from, drums)
                yield ("voices", name, "rhythm", "from"), f"there is no drum voice {voice.taken_from!r}{near}"

    def _crowded_bars(self) -> Iterator[tuple[Keys, str]]:
        """Each chord of a bar has a place of its own in it."""
        room = self.metre.bar_steps
        for keys, progression in self._progressions():
            for bar, chords in enumerate(progression.bars, start=1):
                if len(chords) > room:
                    sentence = f"bar {bar} has {len(chords)} chords, and a bar of {self.metre} has {room} sixteenths"
                    yield (*keys, "chords"), f"{sentence}, one for each chord at most"
                    break

    def _progressions(self) -> Iterator[tuple[Keys, Progression]]:
        """All chords that are written, and where."""
        own: tuple[tuple[Keys, HarmonySettings], ...] = ((("harmony",), self.harmony),) if self.harmony else ()
        for keys, harmony in (*own, *self._mood_harmonies()):
            for number, section in enumerate(harmony.parts):
                if section.chords:
                    yield (*keys, "sections", number) if harmony.sections else keys, section.chords
        for name, voice in self.voices.items():
            if voice.own_chords:
                yield ("voices", name, "chords"), voice.own_chords.chords

    def _mood_harmonies(self) -> Iterator[tuple[Keys, HarmonySettings]]:
        """The harmonies of moods, and where."""
        for name, mood in self.moods.items():
            if mood.harmony is not None:
                yield ("moods", name, "harmony"), mood.harmony

    def _shared_channels(self) -> Iterator[tuple[Keys, str]]:
        programs: dict[tuple[str, int], tuple[str, int]] = {}
        for name, voice in self.voices.items():
            output = voice.output
            if output.program is None:
                continue
            first, program = programs.setdefault((output.slot, output.channel), (name, output.program))
            if program != output.program:
                sentence = f"{first!r} already has program {program} on channel {output.channel} of {output.slot!r}"
                yield ("voices", name, "output", "program"), f"{sentence}; one channel can have one program"


def _sound_of(voice: Voice) -> VoiceSound:
    return VoiceSound(voice.output, voice.timbre, voice.traits.drums)


def scene_json_schema() -> dict[str, Any]:
    """JSON Schema of a scene's file, by which editors complete and check."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Scene.model_json_schema()
