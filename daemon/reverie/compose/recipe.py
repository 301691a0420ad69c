"""The recipe of a loop: everything needed to make it again to the byte.

Recipes are kept, and their ids are names of loops on tapes: neither may change with the next version. So whatever was
added since the first version is written down, and takes part in the id, only where it says something (ADR 15).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, TypeVar, cast

from reverie.compose.relations import Relation
from reverie.compose.told_chords import ToldChord, part
from reverie.music.harmony import BarHarmony, ChordSpan
from reverie.music.notes import Loop, Note, notes_as_json, notes_from_json, short_hash
from reverie.music.time import Metre
from reverie.music.touch import Touch
from reverie.music.voice_kinds import VOICE_KINDS, VoiceTraits
from reverie.scenes.operators import OPERATOR_TRAITS

T = TypeVar("T")


class LaterRecipeError(ValueError):
    """A later version has made the recipe, and this one would misunderstand it."""


VERSION = 1
"""How recipes are understood; it grows when an old one would be understood as other music."""
_SPAN_BARS = 2
"""Bars of a span at least: one that the model is told, one that it draws."""


@dataclass(frozen=True, slots=True)
class LoopLimits:
    """What a voice allows, which the guards enforce.

    ``low`` and ``high`` are MIDI pitches, ``least`` and ``most`` notes a bar on
    average (with a least of 1 or more no bar is empty), ``polyphony`` notes at a time.
    ``scale`` is a name in :data:`reverie.music.harmony.SCALES` on ``tonic``; drums ignore pitch and scale.
    """

    low: int = 0
    high: int = 127
    least: float = 0.5
    most: float = 16.0
    polyphony: int = 1
    tonic: int = 0
    scale: str = "chromatic"
    velocity_low: int = 80
    velocity_high: int = 100


@dataclass(frozen=True, slots=True)
class ContinuedPast:
    """What has to be drawn again to remember a loop that is continued: which of how many, and how long.

    Where the drawing was steered, and so would need the harmony and all that was heard then, ``events`` has what was
    drawn, in the numbers of the engine. ``chords`` are those over what was drawn, which the model was told.
    """

    seed: int
    temperature: float
    candidates: int
    choice: int
    steps: int
    events: tuple[int, ...] = ()
    chords: tuple[ToldChord, ...] = ()

    def __post_init__(self) -> None:
        """Let lists be equal to what they were written from."""
        object.__setattr__(self, "events", tuple(self.events))
        object.__setattr__(self, "chords", tuple(ToldChord(*chord) for chord in self.chords))


@dataclass(frozen=True, slots=True)
class HeardLoop:
    """What another voice plays in bars of the loop to make: from its bar ``start`` on, for ``bars`` bars.

    ``loop`` is the content hash of the loop that sounds there, and ``loop_bar`` the bar of it that sounds first; at its
    end it begins anew. A ``start`` below 0 is of bars before the loop.
    """

    voice: str
    loop: str
    start: int
    bars: int
    loop_bar: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """One request for a loop; what of it counts depends on the operator (:mod:`reverie.compose.operators`).

    ``primer`` is what the model hears before it composes: notes in ticks from 0, ``primer_steps`` sixteenths long (0
    for none). ``bars`` is the length of the loop to make. Where the operator keeps the primer, it is the loop's first
    part and the model composes the rest; otherwise the loop is wholly new. A loop that continues others has the first
    one's primer, and those others, oldest first, as its ``past``: what the model remembers of them can be drawn again.

    ``primer_key`` is the major key in which the primer is (its tonic, 0 is C), where that is not the one of the limits,
    as the harmony may move.

    ``candidates`` loops are composed at once. ``before`` is the loop that came before, from which the one that is kept
    shall differ by a share within ``novelty``. ``choice``, ``score`` and ``engine`` are there once one was kept: its
    number, why it was it (:mod:`reverie.compose.selection`), and what composed it.

    ``heard`` is what other voices play in its bars; those loops travel with the recipe in ``loops``, by content hash,
    which say nothing that the hashes do not. ``relations`` say what they are to the loop. ``harmony`` is that of each
    bar and of the bar after, where there is one, ``strictness`` how much it binds, from 0 to 1, and ``harmony_before``
    that of the loop before where it counts. ``touch`` says how the loop is played, and ``settings`` are numbers and
    words of the operator's own. ``events`` are what a model drew for the loop that was kept, where it was steered.
    ``density`` is how many times as dense it is to be as the voice is by itself, and ``register`` how many semitones
    higher than its primer, as far as a course has moved the voice since. ``version`` is that of :data:`VERSION` by
    which it was made.

    ``span`` is for how many sixteenths from a bar line on the model may be told and draw; 0 for any number. Where that
    is not enough, it begins anew at a bar line, with its last bars as the primer. A loop that continues such a one is
    told of it by its notes, and by no past.

    ``chords`` are those that the model is told, where it composes over chords: over the primer, and then over the
    sixteenths that it composes.
    """

    scene: str
    scene_hash: str
    voice: str
    kind: str
    model: str
    model_hash: str
    operator: str
    seed: int
    temperature: float
    bars: int
    metre: Metre
    primer: tuple[Note, ...]
    primer_steps: int
    limits: LoopLimits
    past: tuple[ContinuedPast, ...] = ()
    candidates: int = 1
    before: tuple[Note, ...] = ()
    novelty: tuple[float, float] = (0.0, 1.0)
    choice: int | None = None
    score: Mapping[str, float] = field(default_factory=dict[str, float])
    engine: str = ""
    heard: tuple[HeardLoop, ...] = ()
    harmony: tuple[BarHarmony, ...] = ()
    settings: Mapping[str, float | str] = field(default_factory=dict[str, "float | str"])
    version: int = 1
    relations: tuple[Relation, ...] = ()
    strictness: float = 0.0
    touch: Touch | None = None
    events: tuple[int, ...] = ()
    harmony_before: tuple[BarHarmony, ...] = ()
    primer_key: int | None = None
    density: float = 1.0
    register: int = 0
    span: int = 0
    chords: tuple[ToldChord, ...] = ()
    loops: Mapping[str, Loop] = field(default_factory=dict[str, Loop], compare=False)
    later: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What a later version has added: carried along unread, so that the recipe keeps its id."""

    def __post_init__(self) -> None:
        """Refuse what this version would misunderstand.

        Raises:
            ValueError: if it was made by a later version, has harmony or chords for some of its bars only, or has a
                span that is no two whole bars.
        """
        if self.version > VERSION:
            raise LaterRecipeError(f"a recipe of version {self.version} cannot be read, as this one knows {VERSION}")
        if self.span and (self.span % self.metre.bar_steps or self.span < _SPAN_BARS * self.metre.bar_steps):
            raise ValueError(f"a span has whole bars, two at least; {self.span} sixteenths are none in {self.metre}")
        if self.harmony and len(self.harmony) != self.bars + 1:
            raise ValueError(f"a loop of {self.bars} bars has harmony for each and one more, not {len(self.harmony)}")
        told = sum(chord.steps for chord in self.chords)
        if self.chords and told != self.primer_steps + self.steps:
            raise ValueError(f"a model is told the chords over all that it hears and draws, not over {told} sixteenths")

    @property
    def traits(self) -> VoiceTraits:
        """What sets its kind of voice apart.

        Raises:
            KeyError: if there is no such kind: what was kept may have been made by another version.
        """
        return VOICE_KINDS[self.kind]

    @property
    def keeps_primer(self) -> bool:
        """Whether its primer is the first part of the loop."""
        return OPERATOR_TRAITS[self.operator].keeps_primer

    @property
    def drawn(self) -> bool:
        """Whether a model composes it."""
        return OPERATOR_TRAITS[self.operator].source == "model"

    @property
    def by_a_model(self) -> bool:
        """Whether any model has a part in it: the voice's own, or one that plays for it."""
        return OPERATOR_TRAITS[self.operator].source in {"model", "guest"}

    @property
    def steps(self) -> int:
        """How many sixteenths the model has to compose."""
        whole = self.bars * self.metre.bar_steps
        return whole - self.primer_steps if self.keeps_primer else whole

    @property
    def id(self) -> str:
        """A short hash of all of it but the score, which is a measurement: equal ids mean equal music."""
        return short_hash({name: value for name, value in self.as_json().items() if name != "score"})

    @property
    def memory(self) -> str | None:
        """The name of what the model remembers before it composes this; None where that is the primer alone."""
        return self._memory(self.past) if self.past else None

    @property
    def remembered(self) -> tuple[ContinuedPast, ...]:
        """The past of a loop that continues the one which was made by this.

        Nothing where no model drew it, or one that begins anew at bar lines, or for a person.
        """
        if self.choice is None or not self.drawn or self.span or not OPERATOR_TRAITS[self.operator].remembered:
            return ()
        chords = part(self.chords, self.primer_steps, self.primer_steps + self.steps)
        drawn = ContinuedPast(
            self.seed, self.temperature, self.candidates, self.choice, self.steps, self.events, chords
        )
        return (*self.past, drawn)

    @property
    def memory_after(self) -> str:
        """The name of what the model remembers after it has composed this."""
        return self._memory(self.remembered)

    def _memory(self, past: Sequence[ContinuedPast]) -> str:
        told = {name: value for name, value in self.as_json().items() if name in _TOLD}
        if self.chords:
            told["chords"] = part(self.chords, 0, self.primer_steps)
        # Where a course moves density and register from loop to loop, what is remembered stays the same.
        limits = {**told["limits"], "low": self.limits.low - self.register, "high": self.limits.high - self.register}
        told["limits"] = limits if self.density == 1.0 else {**limits, "least": 0.0, "most": 0.0}
        return short_hash({**told, "past": [_row(one) for one in past]})

    def as_json(self) -> dict[str, Any]:
        """Plain data for a message or a file, without the ``loops``, which :attr:`heard` names."""
        data = {**self.later, **_said(self, _FIRST, leave_out={"loops", "later"})}
        data["metre"] = str(self.metre)
        data["limits"] = _said(self.limits, _FIRST_LIMITS)
        for name in {"primer", "before"} & data.keys():
            data[name] = notes_as_json(data[name])
        for name in {"past", "heard"} & data.keys():
            data[name] = [_row(one) for one in data[name]]
        for name in {"harmony", "harmony_before"} & data.keys():
            data[name] = [[_row(chord) for chord in bar.spans] for bar in data[name]]
        if self.relations:
            data["relations"] = [_row(one) for one in self.relations]
        if self.chords:
            data["chords"] = [list(chord) for chord in self.chords]
        if self.touch:
            data["touch"] = _said(self.touch, ())
        data["novelty"] = list(self.novelty)
        return data | {name: dict(data[name]) for name in {"score", "settings"} & data.keys()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], loops: Mapping[str, Loop] | None = None) -> Recipe:
        """Read :meth:`as_json`'s data; ``loops`` are those that came with it.

        Raises:
            LaterRecipeError: if only a later version understands it.
            ValueError, KeyError, TypeError: if it is no recipe.
        """
        own = {one.name for one in fields(cls)} - {"loops", "later"}
        read = {name: value for name, value in data.items() if name in own}
        later = {name: value for name, value in data.items() if name not in own}
        read["metre"] = Metre.parse(read["metre"])
        read["primer"] = notes_from_json(read["primer"])
        read["limits"] = LoopLimits(**_of_ours(LoopLimits, read["limits"]))
        read["before"] = notes_from_json(read.get("before", ()))
        low, high = read.get("novelty", (0.0, 1.0))
        read["novelty"] = (float(low), float(high))
        read["past"] = tuple(_from_row(ContinuedPast, one) for one in read.get("past", ()))
        read["heard"] = tuple(_from_row(HeardLoop, one) for one in read.get("heard", ()))
        for name in ("harmony", "harmony_before"):
            read[name] = tuple(
                BarHarmony(tuple(_from_row(ChordSpan, chord) for chord in bar)) for bar in read.get(name, ())
            )
        read["events"] = tuple(map(int, read.get("events", ())))
        read["chords"] = tuple(ToldChord(*chord) for chord in read.get("chords", ()))
        read["relations"] = tuple(_from_row(Relation, one) for one in read.get("relations", ()))
        read["touch"] = None if (touch := read.get("touch")) is None else Touch(**_of_ours(Touch, touch))
        return cls(**read, loops=dict(loops or {}), later=later)


_FIRST = frozenset({
    "scene", "scene_hash", "voice", "kind", "model", "model_hash", "operator", "seed", "temperature", "bars", "metre",
    "primer", "primer_steps", "limits", "past", "candidates", "before", "novelty", "choice", "score", "engine",
})  # fmt: skip
"""What the first version wrote into every recipe. Nothing is ever added here."""
_FIRST_LIMITS = frozenset({
    "low", "high", "least", "most", "polyphony", "tonic", "scale", "velocity_low", "velocity_high",
})  # fmt: skip
"""Likewise, of the limits."""
_TOLD = {"model_hash", "kind", "primer", "primer_steps", "limits", "primer_key"}
"""What a model's memory depends on, besides the past."""


def _said(record: Any, always: Collection[str], leave_out: Collection[str] = ()) -> dict[str, Any]:
    """The fields of a dataclass by name; of those that are not ``always`` there, the ones that are not at default."""
    said: dict[str, Any] = {}
    for one in fields(record):
        value = getattr(record, one.name)
        if one.name not in leave_out and (one.name in always or value != _default(one)):
            said[one.name] = value
    return said


def _row(record: Any) -> list[Any]:
    """A dataclass as a list of the fields that have no default, then by name the others that are not at theirs.

    Whatever is added to such a class has a default, and so changes nothing where it is not used.
    """
    needed = [one.name for one in fields(record) if _default(one) is MISSING]
    others = _said(record, (), leave_out=needed)
    return [*(getattr(record, name) for name in needed), *([others] if others else ())]


def _from_row(kind: Callable[..., T], row: Sequence[Any]) -> T:
    """Read :func:`_row`'s list."""
    *values, last = row
    return kind(*values, **_of_ours(kind, cast("dict[str, Any]", last))) if isinstance(last, dict) else kind(*row)


def _of_ours(kind: Any, named: Mapping[str, Any]) -> Mapping[str, Any]:
    """Fields of a dataclass by name.

    Raises:
        LaterRecipeError: if it has no such field yet.
    """
    if beyond := {*named} - {one.name for one in fields(kind)}:
        raise LaterRecipeError(f"a recipe of a later version, whose {kind.__name__} has {', '.join(sorted(beyond))}")
    return named


def _default(one: Field[Any]) -> Any:
    return cast("Any", one.default_factory)() if one.default_factory is not MISSING else one.default
