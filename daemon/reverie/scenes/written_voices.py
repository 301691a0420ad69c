"""Voices that play for ever what is written, note for note: no model composes for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Generic, Literal, TypeVar

from pydantic import Field

from reverie.documents import Written
from reverie.music.notes import MAX_MIDI
from reverie.scenes.fields import OutputSection
from reverie.scenes.listening import ListenSection
from reverie.scenes.pattern import NotesOrFile, Pattern, WrittenSettings, drum_pattern, settings_of, tune_pattern
from reverie.scenes.primer import Primer
from reverie.scenes.temperature import Temperature
from reverie.scenes.timbre import VoiceTimbre
from reverie.scenes.voices import CommonVoice, DrumLines, KitOfVoice, timbre_itself

KindT = TypeVar("KindT", bound=str)
WRITTEN = "written"
_FOR_MODELS = "no model varies this pattern, so it is of no use; leave it out, or write 'evolve' and 'model' as well"


@dataclass(frozen=True, slots=True)
class ForEver:
    """How a line goes on that never changes."""

    first: str = WRITTEN
    operators: tuple[str, ...] = ("loop",)
    programme: None = None
    times: int = 4
    turns: int = 1
    longest: None = None
    candidates: int = 1
    novelty: tuple[float, float] = (0.0, 1.0)
    bands: None = None


class LiteralVoice(CommonVoice[KindT], Generic[KindT]):
    """What plays its pattern for ever."""

    bars: int = Field(
        default=0, ge=1, le=16, description="Length of the loop in bars, which the pattern fills over and over."
    )

    hints: ClassVar[Mapping[str, str]] = {
        "model": _FOR_MODELS,
        "primer": _FOR_MODELS,
        "temperature": _FOR_MODELS,
        "density": _FOR_MODELS,
        "listen": _FOR_MODELS,
        "strictness": "what is written is not bent to the harmony; leave it out",
        "harmony": "what is written is not bent to the harmony; leave it out",
        "register": "what is written is in its register; leave it out, or write 'evolve' and 'model' as well",
    }
    model: ClassVar[None] = None
    evolve: ClassVar[ForEver] = ForEver()
    temperature: ClassVar[Temperature] = Temperature()
    primer: ClassVar[Primer] = Primer()
    primer_steps: ClassVar[int] = 0
    harmony: ClassVar[Literal["free"]] = "free"
    strictness: ClassVar[None] = None
    low: ClassVar[int] = 0
    high: ClassVar[int] = MAX_MIDI
    least: ClassVar[float] = 0.0
    rhythm_drum: ClassVar[None] = None
    opens_with: ClassVar[str] = WRITTEN

    @property
    def listen(self) -> tuple[ListenSection, ...]:
        """It hears nobody."""
        return ()

    @property
    def taken_from(self) -> str:
        """No voice gives it its rhythm."""
        return ""

    @property
    def literal(self) -> bool:
        """It plays what is written for ever."""
        return True

    @property
    def most(self) -> float:
        """Most notes a bar, about: as if all were in one."""
        return float(len(self.written.passage.notes)) if self.written else 0.0

    def settings(self, *, with_bass: bool) -> WrittenSettings:
        """Whose velocities are meant as they are."""
        del with_bass
        return settings_of(self.written)


class LiteralDrums(LiteralVoice[Literal["drums"]]):
    """Drums that play their pattern for ever."""

    pattern: Annotated[Pattern, NotesOrFile(DrumLines, drum_pattern)] = Field(
        description="For each drum a line, as of a primer, or {file, track, channel, bars} of a MIDI file.",
        examples=[{"bass": "x... x..."}],
    )
    timbre: KitOfVoice = None

    @property
    def written(self) -> Pattern:
        """Its pattern."""
        return self.pattern


class LiteralTune(LiteralVoice[Literal["melody", "bass"]]):
    """A tune, or chords, played for ever."""

    output: OutputSection = Field(
        description="Where the notes go.", json_schema_extra={"not": {"required": ["drum_map"]}}
    )
    pattern: Annotated[Pattern, NotesOrFile(str, tune_pattern)] = Field(
        description="Notes, as of a primer, chords too, or {file, track, channel, bars} of a MIDI file.",
        examples=["D3:4 D3 D3 F3:2 | G3:8"],
    )
    timbre: Annotated[VoiceTimbre, Written(VoiceTimbre, timbre_itself, short=("bank",))] | None = Field(
        default=None,
        description="One of the scene's timbres, by name, or {bank, swap}; absent: the sounds of the slot.",
        examples=["creature"],
    )

    @property
    def written(self) -> Pattern:
        """Its pattern."""
        return self.pattern
