"""The voices of a scene."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, ClassVar, Generic, Literal, Protocol, TypeVar

from pydantic import AfterValidator, Field, JsonValue

from reverie.documents import Keys, Section, Written
from reverie.documents.instrument_fields import DRUM_KEYS, ByDrum
from reverie.music.harmony import OCTAVE, parse_pitch, pitch_name
from reverie.music.notation import WrittenPassage, read_tune
from reverie.music.notes import MAX_MIDI, Note
from reverie.music.time import Metre, Schedule
from reverie.music.voice_kinds import VOICE_KINDS, VoiceTraits
from reverie.scenes.fields import Evolve, OutputSection, ScheduleSection, TemperatureSection
from reverie.scenes.form import CycleSection
from reverie.scenes.harmony import OwnChords
from reverie.scenes.listening import Listen
from reverie.scenes.operators import NAMED
from reverie.scenes.pattern import NotesOrFile, Pattern, drum_pattern, settings_of, tune_pattern
from reverie.scenes.primer import Primer, drum_primer, parse_pattern, tune_primer
from reverie.scenes.temperature import Temperature
from reverie.scenes.timbre import VoiceTimbre
from reverie.scenes.touch_section import WrittenTouch
from reverie.scenes.voice_models import fitting_model, models_of

KindT = TypeVar("KindT", bound=str)
MODEL = "The model that composes: the name of a bundle."
Pitch = Annotated[int, Written(str, parse_pitch)]


def timbre_itself(timbre: VoiceTimbre) -> VoiceTimbre:
    """What a voice says of its timbre is read as it is."""
    return timbre


KitOfVoice = Annotated[
    Annotated[VoiceTimbre, Written(VoiceTimbre, timbre_itself, short=("bank",))] | None,
    Field(
        description="One of the scene's timbres that are kits, by name, or {bank, swap}; absent: those of the slot.",
        examples=["creature"],
    ),
]
DrumLines = ByDrum[Annotated[str, AfterValidator(parse_pattern)]]
_PATTERN = (
    "What is played note for note: for ever, and without a model, or with 'evolve' as the first loop, which is then "
    "varied; or {file, track, channel, bars} of a MIDI file."
)


_CYCLE: dict[str, JsonValue] = {"on": [3, 5], "off": [2, 7]}


class ToldSettings(Protocol):
    """What a voice tells its operators and engines, over the bars of its scene."""

    def at(self, bar: int) -> Mapping[str, float | str]:
        """The settings of a loop that starts in scene bar ``bar``."""
        ...


class CommonVoice(Section, Generic[KindT]):
    """What every voice has; the kind stands first, since a model is checked against it."""

    kind: KindT = Field(description="What the voice is.")
    bars: int = Field(default=2, ge=1, le=16, description="Length of a loop in bars.")
    schedule: Annotated[Schedule, Written(ScheduleSection, ScheduleSection.schedule)] = Field(
        default_factory=Schedule, description="The bars in which the voice plays; absent: all."
    )
    cycle: CycleSection | None = Field(
        default=None, description="How the voice comes and goes by itself; absent: it does not.", examples=[_CYCLE]
    )
    output: OutputSection = Field(description="Where the notes go.")
    touch: WrittenTouch | None = Field(
        default=None, description="How the voice is played; absent: as the scene says.", examples=["off", 1.0]
    )

    @property
    def traits(self) -> VoiceTraits:
        """What sets this kind of voice apart."""
        return VOICE_KINDS[self.kind]

    @property
    def written(self) -> Pattern | None:
        """What is written for it to be played note for note, first or for ever."""
        return None

    @property
    def literal(self) -> bool:
        """Whether it plays that for ever."""
        return False

    @property
    def guests(self) -> Mapping[str, str]:
        """By operator the models that play for it, in place of its own."""
        return {}

    @property
    def repeated(self) -> Mapping[str, WrittenPassage]:
        """What its model is given over and over, by key: a line, or a contour."""
        return {}

    @property
    def barred(self) -> Mapping[Keys, WrittenPassage]:
        """What is written for it in bars beside primer and pattern, by keys."""
        return {(key,): passage for key, passage in self.repeated.items()}

    @property
    def own_chords(self) -> OwnChords | None:
        """The chords that it plays in place of the scene's."""
        return None

    @property
    def at_once(self) -> int:
        """How many notes it may have at a time."""
        return self.traits.polyphony

    def loop_bars(self, metre: Metre) -> int:
        """Length of a loop in bars; that of a pattern, line or contour, where nothing else is said."""
        if "bars" in self.model_fields_set:
            return self.bars
        if self.written:
            return self.written.bars_in(metre)
        return max((passage.bars_in(metre) for passage in self.repeated.values()), default=self.bars)


class ComposedVoice(CommonVoice[KindT], Generic[KindT]):
    """What every voice has for which a model composes."""

    model: Annotated[str, AfterValidator(fitting_model)] = Field(description=MODEL)
    evolve: Evolve = Field(default_factory=Evolve, description="How the loop changes.")
    temperature: Annotated[
        Temperature, Written(TemperatureSection, TemperatureSection.temperature, short=("from", "to"))
    ] = Field(
        default_factory=Temperature,
        description="How boldly the model composes, 0.1 to 3; or {from, to, over, after} to move over the bars.",
        examples=[1.0],
    )
    density: Annotated[tuple[float, float], Field(strict=False)] = Field(
        default=(0.5, 16.0),
        description="Least and most notes a bar, on average; with a least of 1 or more no bar is empty.",
        examples=[[2, 12]],
    )
    listen: Listen = ()
    primer: Primer = Field(default_factory=Primer, description="What the model hears before it composes.")

    @property
    def guests(self) -> Mapping[str, str]:
        """Those of the operators that its evolution names."""
        played = {"groove": self.evolve.groove, "drumify": self.evolve.drumify}
        return {operator: model for operator, model in played.items() if operator in self.evolve.operators}

    @property
    def barred(self) -> Mapping[Keys, WrittenPassage]:
        """The tunes of its walk, too."""
        tunes = enumerate(self.evolve.walk.tunes or ())
        walked: dict[Keys, WrittenPassage] = {("evolve", "walk", "tunes", at): read_tune(tune) for at, tune in tunes}
        return {**super().barred, **walked}

    @property
    def taken_from(self) -> str:
        """No voice gives it its rhythm."""
        return ""

    @property
    def rhythm_drum(self) -> int | None:
        """No drum gives it its rhythm."""
        return None

    def settings(self, *, with_bass: bool) -> ToldSettings | None:
        """Operators of a voice with a pattern are told whether its velocities are meant."""
        del with_bass
        return settings_of(self.written) if self.written else None

    @property
    def primer_notes(self) -> tuple[Note, ...]:
        """The primer's notes, in ticks from 0."""
        return self.primer.notes

    @property
    def primer_steps(self) -> int:
        """The primer's length in sixteenths, 0 for none."""
        return self.primer.steps

    @property
    def least(self) -> float:
        """Fewest notes a bar."""
        return self.density[0]

    @property
    def most(self) -> float:
        """Most notes a bar."""
        return self.density[1]

    @property
    def opens_with(self) -> str:
        """The operator with which its line begins."""
        return "written" if self.written else self.evolve.first

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """The density is possible, and what is to be played as it is written is there."""
        if self.written and self.primer.steps:
            yield ("primer",), "the pattern is the primer, too; leave one of both out"
        elif not self.written and not self.primer.notes:
            if self.evolve.first == "written":
                yield ("evolve", "first"), "there is no primer that could be played; write one"
            elif "written" in self.evolve.operators:
                yield ("evolve", "then"), "there is neither primer nor pattern that 'written' could play; write one"
        unfit = [
            (number, name) for number, name in enumerate(self.evolve.operators) if not NAMED[name].fits(self.traits)
        ]
        for number, name in unfit:
            others = ", ".join(one for one, traits in NAMED.items() if traits.fits(self.traits))
            yield (
                ("evolve", "then", number),
                f"{name!r} is nothing for voices of kind {self.kind!r}; these are: {others}",
            )
        if "drumify" in self.guests and not self.listen:
            sentence = "'drumify' makes a beat of another voice's rhythm; say of whose, such as"
            yield ("evolve", "then"), f"{sentence} listen: [{{lock: bass}}]"
        if self.evolve.walk.tunes and self.traits.drums:
            yield (
                ("evolve", "walk", "tunes"),
                "drums have no tunes; leave them out, and the places are the scene's chance",
            )
        least, most = self.density
        if not 0 <= least <= most or most == 0:
            yield ("density",), f"a density is the least and the most notes a bar, not [{least:g}, {most:g}]"


class DrumVoice(ComposedVoice[Literal["drums"]]):
    """A drum set."""

    model: Annotated[str, AfterValidator(fitting_model)] = Field(
        description=MODEL, json_schema_extra=models_of("drums", "drum_kit")
    )
    primer: Annotated[
        Primer,
        Written(DrumLines, drum_primer),
    ] = Field(
        default_factory=Primer,
        description="What the model hears first: for each drum a line of x (hit), X, o and ., one a sixteenth.",
        examples=[{"bass": "x... x..."}],
        json_schema_extra=DRUM_KEYS,
    )

    pattern: Annotated[Pattern, NotesOrFile(DrumLines, drum_pattern)] | None = Field(
        default=None, description=f"{_PATTERN} Written like a primer.", examples=[{"bass": "x... x..."}]
    )
    timbre: KitOfVoice = None

    @property
    def written(self) -> Pattern | None:
        """Its pattern."""
        return self.pattern

    hints: ClassVar[Mapping[str, str]] = {
        "register": "drums have no register; leave it out",
        "harmony": "drums have no pitches; leave it out",
        "strictness": "drums have no pitches; leave it out",
    }

    @property
    def harmony(self) -> Literal["free"]:
        """Drums are free of it."""
        return "free"

    @property
    def strictness(self) -> None:
        """Drums have none."""
        return

    @property
    def low(self) -> int:
        """Lowest pitch: drums have no register."""
        return 0

    @property
    def high(self) -> int:
        """Highest pitch: drums have no register."""
        return MAX_MIDI


class PitchedVoice(ComposedVoice[KindT], Generic[KindT]):
    """A voice with a register, for which a model composes."""

    output: OutputSection = Field(
        description="Where the notes go.", json_schema_extra={"not": {"required": ["drum_map"]}}
    )
    primer: Annotated[Primer, Written(str, tune_primer)] = Field(
        default_factory=Primer,
        description="What the model hears first: for each sixteenth a pitch, - to hold it, or . for a rest.",
        examples=["D4 - - - F4 - A4 -"],
    )
    pattern: Annotated[Pattern, NotesOrFile(str, tune_pattern)] | None = Field(
        default=None, description=f"{_PATTERN} Written like a primer.", examples=["D3:4 D3 D3 F3:2 | G3:8"]
    )
    compass: Annotated[tuple[Pitch, Pitch], Field(strict=False)] = Field(
        alias="register", description="Lowest and highest pitch, an octave apart or more.", examples=[["C4", "C6"]]
    )
    timbre: Annotated[VoiceTimbre, Written(VoiceTimbre, timbre_itself, short=("bank",))] | None = Field(
        default=None,
        description="One of the scene's timbres, by name, or {bank, swap}; absent: the sounds of the slot.",
        examples=["creature"],
    )

    harmony: Literal["follow", "free"] = Field(
        default="follow", description="Whether the voice follows the scene's chords, or is free of them."
    )
    strictness: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="How much the scene's chords bind the voice, 0 to 1; absent: as the harmony says.",
    )

    @property
    def written(self) -> Pattern | None:
        """Its pattern."""
        return self.pattern

    @property
    def low(self) -> int:
        """Lowest pitch."""
        return self.compass[0]

    @property
    def high(self) -> int:
        """Highest pitch."""
        return self.compass[1]

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """The register holds every pitch class, and the primer."""
        yield from super().misfits()
        if self.output.drum_map:
            yield ("output", "drum_map"), "only voices of kind 'drums' have a drum_map"
        low, high = pitch_name(self.low), pitch_name(self.high)
        if self.low > self.high:
            yield ("register",), f"a register is the lowest pitch and the highest, not [{low}, {high}]"
        elif self.high - self.low < OCTAVE:
            yield (
                ("register",),
                f"a register is an octave wide or more; {low} to {high} is {self.high - self.low} semitones",
            )
        else:
            yield from self._tunes()

    def _tunes(self) -> Iterator[tuple[Keys, str]]:
        """What a model is to go on from is a tune in the register."""
        written = self.pattern.passage.notes if self.pattern else ()
        for key, notes in (("primer", self.primer.notes), ("pattern", written)):
            if self.traits.monophonic and len({note.start for note in notes}) < len(notes):
                yield (key,), f"a {self.kind} that a model composes has one note at a time, and its {key} no chords"
            yield from self.out_of_register(key, notes)

    def out_of_register(self, key: str, notes: Iterable[Note]) -> Iterator[tuple[Keys, str]]:
        """Which of the notes that stand under ``key`` are too low or too high."""
        outside = [pitch_name(note.pitch) for note in notes if not self.low <= note.pitch <= self.high]
        if outside:
            register = f"{pitch_name(self.low)} to {pitch_name(self.high)}"
            yield (key,), f"the {key} leaves the register {register}: {', '.join(dict.fromkeys(outside))}"


class TunedVoice(PitchedVoice[Literal["melody", "bass"]]):
    """A voice of one note at a time, high or low."""

    model: Annotated[str, AfterValidator(fitting_model)] = Field(
        description=MODEL, json_schema_extra=models_of("melody", "attention_rnn")
    )
