"""Moods: what a dream may make of a scene, by which words it is known, and the limits that no dream crosses."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from reverie.documents import Keys, Section, Written, did_you_mean
from reverie.documents.instrument_fields import Program
from reverie.music.harmony import SCALES, parse_pitch_class
from reverie.music.notes import MAX_MIDI
from reverie.scenes.form_fields import is_number
from reverie.scenes.harmony import HarmonySettings, Span, itself
from reverie.scenes.timbre import Name
from reverie.scenes.touch_section import WrittenTouch

WIDEST = 36
"""Semitones by which a register can be moved."""
LONGEST_BLEND = 64
DREAMS_AT_MOST = 16
MOST_VOICES = 16
"""As the most voices of guards: all that a scene has."""
STEM = "*"
_SLOWEST, _FASTEST = 20, 300

_Data = Annotated[int, Field(ge=0, le=MAX_MIDI)]
LEAST_FACTOR, MOST_FACTOR = 0.1, 4


def _factor(written: Any) -> Any:
    """A number that is meant as a tempo or a velocity is answered by what it is here."""
    if is_number(written) and not LEAST_FACTOR <= written <= MOST_FACTOR:
        raise ValueError(f"a factor of what the scene has is {LEAST_FACTOR} to {MOST_FACTOR}, not {written:g}")
    return written


Factor = Annotated[float, Field(ge=LEAST_FACTOR, le=MOST_FACTOR), BeforeValidator(_factor)]
Limits = Annotated[tuple[float, float], Field(strict=False)]


def _point(written: Any) -> Any:
    if is_number(written) and not 0 <= written <= 1:
        raise ValueError(f"a point of a timbre's path is 0 (its begin) to 1 (its end), not {written:g}")
    return written


def spelt(text: str) -> str:
    """A text as words are compared: small letters, whatever way they are encoded."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def words_of(text: str) -> Iterator[str]:
    """The words of a text, spelt to be compared; letters, marks and digits make words."""
    word = ""
    for character in spelt(text):
        if unicodedata.category(character)[0] in "LMN":
            word += character
        elif word:
            yield word
            word = ""
    if word:
        yield word


def _word(written: str) -> str:
    stem = written.removesuffix(STEM)
    if [*words_of(stem)] != [spelt(stem)]:
        raise ValueError(f"a word is letters or digits, or their beginning with a star, such as fly*, not {written!r}")
    return written


def _controller(written: str) -> int:
    if not (written.isascii() and written.isdecimal() and int(written) <= 119):  # noqa: PLR2004 - then come modes
        raise ValueError(f"a controller is a number from 0 to 119, not {written!r}")
    return int(written)


class ControlValue(Section):
    """Where a mood moves a controller."""

    to: _Data = Field(description="Its value while the mood is whole, 0 to 127.")
    start: _Data | None = Field(
        default=None,
        alias="from",
        description="Its value without the mood; absent: what the scene says, or what synthesizers begin with.",
    )

    def value(self) -> ControlValue:
        """It is read as it is."""
        return self


Controls = dict[
    Annotated[int, Written(str, _controller)],
    Annotated[ControlValue, Written(ControlValue, ControlValue.value, short=("to",))],
]


class _Changes(Section):
    """What a mood can change of all voices, and of one."""

    density: Factor = Field(default=1.0, description="A factor of how many notes are played, 0.1 to 4.")
    register_: float = Field(
        default=0.0, ge=-WIDEST, le=WIDEST, alias="register", description="Semitones up or down, -36 to 36."
    )
    temperature: Factor = Field(default=1.0, description="A factor of the temperature, 0.1 to 4.")
    dynamics: Factor = Field(default=1.0, description="A factor of all velocities, 0.1 to 4.")


class MoodVoiceSection(_Changes):
    """What a mood changes of one voice, on top of what it changes of all."""

    sounds: Literal["in", "out"] | None = Field(
        default=None, description="Whether the voice sounds while the mood rules; absent: as without it."
    )
    controls: Controls = Field(
        default_factory=dict[int, ControlValue],
        description="Controllers of its channel by number: a value, or {from, to}.",
        examples=[{"74": 40}],
    )
    program: Program | None = Field(
        default=None,
        description=(
            "Its program (sound) while the mood rules: a number from 0 or a name of General MIDI, for drums on channel "
            "10 a kit's number; absent: as without it."
        ),
        examples=["cello", 42],
    )

    def value(self) -> MoodVoiceSection:
        """It is read as it is."""
        return self


class MoodSection(_Changes):
    """What a mood makes of the scene. What it does not name stays as the scene says."""

    words: Annotated[tuple[Annotated[str, AfterValidator(_word)], ...], Field(strict=False)] = Field(
        default=(),
        max_length=1000,
        description="Words of a dream's text by which the mood is chosen; with a star, all that begin so.",
        examples=[["dark", "fall*", "chase"]],
    )
    tempo: Factor = Field(default=1.0, description="A factor of the tempo, 0.1 to 4.")
    harmony: Annotated[HarmonySettings, Written(HarmonySettings, itself, short=("chords",))] | None = Field(
        default=None,
        description="The chords while the mood rules, written as the scene's; absent: the scene's go on.",
        examples=["Dm9 | Ebmaj7#11"],
    )
    tonic: Annotated[int, Written(str, parse_pitch_class)] | None = Field(
        default=None, alias="key", description="The tonic while the mood rules; absent: the scene's.", examples=["D"]
    )
    scale: str | None = Field(
        default=None,
        description=f"The scale while the mood rules; absent: the scene's: {', '.join(SCALES)}.",
        examples=["phrygian"],
    )
    strictness: float | None = Field(
        default=None, ge=0, le=1, description="How much chords bind while the mood rules; absent: as the scene says."
    )
    touch: WrittenTouch | None = Field(
        default=None, description="How voices are played while the mood rules, 0 to 2; absent: as the scene says."
    )
    voices: dict[
        Name, Annotated[MoodVoiceSection, Written(MoodVoiceSection, MoodVoiceSection.value, short=("sounds",))]
    ] = Field(
        default_factory=dict[str, MoodVoiceSection],
        description="What it makes of single voices: in, out, or a mapping.",
        examples=[{"bell": "out"}],
    )

    timbre: dict[Name, Annotated[float, BeforeValidator(_point)]] = Field(
        default_factory=dict[str, float],
        description=(
            "The points of timbres' paths that it wants, 0 (the begin) to 1 (the end); the nearest step whose bank is "
            "rendered is played."
        ),
        examples=[{"creature": 0.9}],
    )

    hints: ClassVar[Mapping[str, str]] = {
        "timbres": "a mood wants points of the scene's timbres, as 'timbre: {creature: 0.9}'",
        "controls": "controllers belong to a voice, as 'voices: {bass: {controls: {74: 40}}}'",
        "program": "a program belongs to a voice, as 'voices: {bass: {program: cello}}'",
    }

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """A scale is one that there is."""
        if self.scale is not None and self.scale not in SCALES:
            yield ("scale",), f"there is no scale {self.scale!r}{did_you_mean(self.scale, SCALES)}"

    def suits(self, word: str) -> bool:
        """Whether a word, as :func:`words_of` gives it, is one of the mood's."""
        for own in self.words:
            stem = spelt(own.removesuffix(STEM))
            if word == stem or (own.endswith(STEM) and word.startswith(stem)):
                return True
        return False


def _voices(written: Any) -> Any:
    """A number of voices stands for the fewest."""
    if isinstance(written, int) and not isinstance(written, bool):
        return (written, MOST_VOICES)
    return written


class GuardsSection(Section):
    """Limits that no mood and no stack of moods crosses. They hold back moods only, not what the scene itself says."""

    tempo: Limits | None = Field(
        default=None,
        description="Slowest and fastest tempo, quarters a minute; absent: 0.5 to 1.5 times the scene's own.",
        examples=[[50, 120]],
    )
    density: Limits = Field(default=(0.25, 2.0), description="Least and most density, as factors, 0.1 to 4.")
    register_: Limits = Field(
        default=(-12.0, 12.0), alias="register", description="Lowest and highest move of the register, in semitones."
    )
    temperature: Limits = Field(default=(0.5, 1.5), description="Lowest and highest temperature, as factors.")
    dynamics: Limits = Field(default=(0.3, 1.2), description="Softest and loudest dynamics, as factors.")
    voices: Annotated[
        tuple[int, int],
        BeforeValidator(_voices),
        Field(strict=False),
        WithJsonSchema(
            {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}, "minItems": 2}]}
        ),
    ] = Field(
        default=(1, MOST_VOICES),
        description="The fewest voices that sound in a bar, of those that would without a mood; or fewest and most.",
        examples=[2],
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """Limits are in order, and within reason."""
        limits: tuple[tuple[str, Limits | None, float, float], ...] = (
            ("tempo", self.tempo, _SLOWEST, _FASTEST),
            ("density", self.density, 0.1, 4),
            ("register", self.register_, -WIDEST, WIDEST),
            ("temperature", self.temperature, 0.1, 4),
            ("dynamics", self.dynamics, 0.1, 4),
            ("voices", self.voices, 1, MOST_VOICES),
        )
        for name, pair, least, most in limits:
            if pair is not None and not least <= pair[0] <= pair[1] <= most:
                sentence = f"the limits of {name} are two numbers from {least:g} to {most:g}, the lower first"
                yield (name,), f"{sentence}, not [{pair[0]:g}, {pair[1]:g}]"


class DreamsSection(Section):
    """How dreams come and go, where they do not say it themselves."""

    length: Span = Field(
        default=120.0, description="How long a dream lasts: bars, or a time such as 2m.", examples=[32, "2m"]
    )
    blend: int = Field(
        default=4,
        ge=1,
        le=LONGEST_BLEND,
        description="Bars over which a dream rises to its weight, and falls.",
    )
    most: int = Field(
        default=4, ge=1, le=DREAMS_AT_MOST, description="Dreams at a time; one more ends the oldest, 1 to 16."
    )
    default: str | None = Field(
        default=None, description="The mood of a text in which no mood finds a word; absent: it is refused."
    )


def mood_misfits(
    moods: Mapping[str, MoodSection], dreams: DreamsSection, voices: Collection[str], *, harmony: bool
) -> Iterator[tuple[Keys, str]]:
    """What moods cannot know alone: the voices of the scene, and whether it has a harmony."""
    for name, mood in moods.items():
        for voice in mood.voices:
            if voice not in voices:
                yield ("moods", name, "voices", voice), f"there is no voice {voice!r}{did_you_mean(voice, voices)}"
        if mood.harmony is not None and not harmony:
            sentence = "a mood's harmony takes the place of the scene's, and there is none; write one for the scene"
            yield ("moods", name, "harmony"), sentence
    if dreams.default is not None and dreams.default not in moods:
        yield ("dreams", "default"), f"there is no mood {dreams.default!r}{did_you_mean(dreams.default, moods)}"
