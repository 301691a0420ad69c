"""How the voices of a scene listen to each other, as artists write it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Protocol, cast

from pydantic import BeforeValidator, Field, JsonValue

from reverie.documents import Keys, Section, Written, did_you_mean
from reverie.music.drums import DRUMS, parse_drum
from reverie.music.order import circles, way_between
from reverie.music.voice_kinds import VoiceTraits

RelationName = Literal["lock", "answer", "imitate", "avoid", "double", "fill", "suit", "accompany", "follow"]
RELATIONS: Mapping[RelationName, str] = {
    "lock": "The notes of the voice begin where those of the other do; of drums, where its kick is struck.",
    "answer": "The notes of the voice begin where the other rests.",
    "imitate": "The voice plays what the other played some bars before, in rhythm and contour.",
    "avoid": "The voice keeps out of the other's register, of its onsets, or of its busy beats.",
    "double": "The voice plays the same notes as the other, an interval away.",
    "fill": "Of drums: they play more where the other voice rests.",
    "suit": "Over chords, the voice has on strong places what is smooth over what the other plays there: a bass.",
    "accompany": "Of polyphony and harmonize: the model finds what the other plays there as given, and adds notes.",
    "follow": "Of genie: its buttons are pressed when the other's notes begin, as these rise and fall.",
}
"""By name, in the order in which people read of them."""
_TOGETHER, _APART = frozenset({"lock", "double"}), frozenset({"answer", "onsets"})


def _voice(name: RelationName) -> Any:
    return Field(default=None, description=f"The name of the other voice. {RELATIONS[name]}")


class ListenSection(Section):
    """What a voice has to do with another, which is composed before it: one of the relations, and what goes with it."""

    lock: str | None = _voice("lock")
    answer: str | None = _voice("answer")
    imitate: str | None = _voice("imitate")
    avoid: str | None = _voice("avoid")
    double: str | None = _voice("double")
    fill: str | None = _voice("fill")
    suit: str | None = _voice("suit")
    accompany: str | None = _voice("accompany")
    follow: str | None = _voice("follow")
    drum: Annotated[int, Written(str, parse_drum)] | None = Field(
        default=None,
        description="Where the other voice is drums: the one drum that is meant; absent: all, for lock the kick.",
        examples=["snare"],
    )
    after: int | None = Field(
        default=None, ge=1, le=16, description="Of imitate: how many bars later, 1 to 16; absent: 1.", examples=[2]
    )
    up: int | None = Field(
        default=None,
        ge=-48,
        le=48,
        description="Of imitate and double: how many semitones higher, or lower with a number below 0; absent: 0.",
        examples=[12],
    )
    of: Literal["register", "onsets", "density"] | None = Field(
        default=None,
        alias="in",
        description=(
            "Of avoid: what is kept out of: register (pitches near the other's), onsets (its moments) or density (its "
            "busy beats); absent: register, and with drums onsets."
        ),
    )
    weight: float = Field(
        default=1.0,
        ge=0,
        le=4,
        description="How much the relation counts; likelihood and fit of a loop count 1 each.",
    )

    hints: ClassVar[Mapping[str, str]] = {
        "delay": "how many bars later is written 'after'",
        "down": "an interval down is written 'up' with a number below 0, such as up: -12",
        "of": "what is avoided is written 'in'",
        "to": "the other voice stands behind the relation, such as lock: drums",
        "voice": "the other voice stands behind the relation, such as lock: drums",
    }

    @property
    def kind(self) -> RelationName:
        """Which relation it is."""
        return next(iter(self.relations))

    @property
    def voice(self) -> str:
        """The name of the other voice."""
        return self.relations[self.kind]

    @property
    def relations(self) -> dict[RelationName, str]:
        """The relations that are given, by name: only one may be."""
        return {name: voice for name in RELATIONS if (voice := cast("str | None", getattr(self, name))) is not None}

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """It is one relation, with what belongs to it."""
        given = [*self.relations]
        if not given:
            yield (), f"an entry of 'listen' names a relation and a voice, such as lock: drums; {_all_relations()}"
            return
        for other in given[1:]:
            yield (other,), f"an entry of 'listen' is one relation; give {other!r} an entry of its own"
        kind = given[0]
        if self.after is not None and kind != "imitate":
            yield ("after",), f"only 'imitate' has 'after', not {kind!r}; leave it out"
        if self.up is not None and kind not in {"imitate", "double"}:
            yield ("up",), f"only 'imitate' and 'double' have 'up', not {kind!r}; leave it out"
        if self.of is not None and kind != "avoid":
            yield ("in",), f"only 'avoid' has 'in', not {kind!r}; leave it out"
        if self.drum is not None and kind in {"imitate", "double", "suit", "accompany", "follow"}:
            yield ("drum",), f"{kind!r} has no 'drum'; leave it out"


def _all_relations() -> str:
    return f"the relations are {', '.join(RELATIONS)}"


def _listed(written: Any) -> Any:
    """A single relation may stand without a list around it."""
    return [written] if isinstance(written, dict) else written


def _one_or_more(schema: dict[str, JsonValue]) -> None:
    """Tell editors so."""
    listed = {name: schema.pop(name) for name in ("type", "items") if name in schema}
    schema["anyOf"] = [listed, listed["items"]]


Listen = Annotated[
    tuple[ListenSection, ...],
    BeforeValidator(_listed),
    Field(
        strict=False,
        description=(
            "What the voice has to do with others, which are composed before it: relations such as lock: drums, or "
            "answer: melody, each with the other voice's name."
        ),
        examples=[[{"lock": "drums"}]],
        json_schema_extra=_one_or_more,
    ),
]


class ListeningVoice(Protocol):
    """A voice, as far as it listens."""

    @property
    def traits(self) -> VoiceTraits:
        """What sets its kind apart."""
        ...

    @property
    def listen(self) -> tuple[ListenSection, ...]:
        """What it has to do with others."""
        ...

    @property
    def taken_from(self) -> str:
        """The voice whose rhythm it has, which it hears as well; or nothing."""
        ...


class _Said(NamedTuple):
    """That a voice keeps together with another, or apart from it: with one of its drums, or with all (None)."""

    voice: str
    kind: str
    side: str
    drum: int | None

    def contradicts(self, other: _Said) -> bool:
        """Whether both cannot be."""
        alike = None in {self.drum, other.drum} or self.drum == other.drum
        return self.voice == other.voice and self.side != other.side and alike


def listening_misfits(voices: Mapping[str, ListeningVoice], order: Sequence[str]) -> Iterator[tuple[Keys, str]]:
    """What is wrong between voices: relations that cannot be, circles, and an order against them."""
    for name, voice in voices.items():
        there: list[_Said] = []
        for number, one in enumerate(voice.listen):
            way: Keys = ("voices", name, "listen", number)
            if one.voice == name:
                yield (*way, one.kind), f"{name!r} cannot listen to itself; name another voice"
            elif one.voice not in voices:
                yield (*way, one.kind), f"there is no voice {one.voice!r}{did_you_mean(one.voice, voices)}"
            else:
                yield from ((way + step, sentence) for step, sentence in _between(name, voices, one))
                drums = voices[one.voice].traits.drums
                yield from ((way + step, sentence) for step, sentence in _contrary(one, there, drums=drums))
    listens = {name: [one.voice for one in voice.listen if one.voice != name] for name, voice in voices.items()}
    taken = {name: [voice.taken_from] if voice.taken_from else [] for name, voice in voices.items()}
    for found in circles({name: [*listens[name], *taken[name]] for name in voices}):
        # Only drums are taken a rhythm from, so of voices in a circle one has a relation.
        first = next(number for number, name in enumerate(found[1:]) if name in listens[found[number]])
        circle = (*found[first:-1], *found[: first + 1])
        entry = [one.voice for one in voices[circle[0]].listen].index(circle[1])
        steps = [f"{one!r} to {other!r}" for one, other in pairwise(circle[1:])]
        said = f"{circle[0]!r} listens to {circle[1]!r}, and {', '.join(steps)}"
        sentence = f"this is a circle, of which no voice can be composed first: {said}"
        yield ("voices", circle[0], "listen", entry, voices[circle[0]].listen[entry].kind), sentence
    yield from _order_misfits(voices, order, listens)


def _between(name: str, voices: Mapping[str, ListeningVoice], one: ListenSection) -> Iterator[tuple[Keys, str]]:
    """What such voices cannot be to each other."""
    own, other = voices[name].traits, voices[one.voice].traits
    if one.drum is not None and not other.drums:
        yield ("drum",), f"{one.voice!r} has no drums; leave 'drum' out"
    if one.kind == "fill" and not own.drums:
        yield ("fill",), f"only drums fill; for {name!r} write answer: {one.voice}"
    if one.kind == "double" and (own.drums or other.drums):
        drums = name if own.drums else one.voice
        yield ("double",), f"{drums!r} has no pitches, so nothing can be doubled; write lock: {one.voice}"
    if one.kind == "suit" and (own.drums or other.drums):
        drums = name if own.drums else one.voice
        yield ("suit",), f"{drums!r} has no pitches, so nothing can suit it or be suited; leave it out"
    yield from _given_to_a_model(name, own, other, one)
    if one.kind == "imitate" and own.drums != other.drums:
        drums = name if own.drums else one.voice
        yield ("imitate",), f"{drums!r} has no pitches, and the other has; drums and tunes cannot imitate each other"
    if one.kind == "imitate" and own.drums and one.up:
        yield ("up",), "drums have no pitches that could be moved; leave 'up' out"
    if one.of == "register" and (own.drums or other.drums):
        drums = name if own.drums else one.voice
        yield ("in",), f"{drums!r} has no register; write in: onsets, or in: density"


def _given_to_a_model(
    name: str, own: VoiceTraits, other: VoiceTraits, one: ListenSection
) -> Iterator[tuple[Keys, str]]:
    """Some models find in what they hear more than a wish; others cannot."""
    if one.kind == "accompany" and other.drums:
        yield ("accompany",), f"{one.voice!r} has no pitches that could be accompanied; write lock: {one.voice}"
    elif one.kind == "accompany" and (own.in_a_row or own.free or own.buttons):
        kinds = "only a voice of kind 'polyphony' or 'harmonize' accompanies"
        yield ("accompany",), f"{kinds}; for {name!r} write answer: {one.voice}"
    if one.kind == "follow" and other.drums:
        yield ("follow",), f"{one.voice!r} has no pitches that rise and fall; write lock: {one.voice}"
    elif one.kind == "follow" and not own.buttons:
        yield ("follow",), f"only a voice of kind 'genie' follows; for {name!r} write imitate: {one.voice}"


def _contrary(one: ListenSection, there: list[_Said], *, drums: bool) -> Iterator[tuple[Keys, str]]:
    """A relation that asks for the opposite of one before it: of the same drum, or of all drums and of one."""
    said = one.of or one.kind
    side = "together" if said in _TOGETHER else "apart" if said in _APART else ""
    if not side:
        return
    kick = DRUMS["bass"] if drums and one.kind == "lock" else None
    meant = _Said(one.voice, one.kind, side, kick if one.drum is None else one.drum)
    first = next((other for other in there if meant.contradicts(other)), None)
    there.append(meant)
    if first:
        sentence = f"{one.kind!r} and {first.kind!r} with {one.voice!r} ask for opposite things; leave one out"
        yield (one.kind,), sentence


def _order_misfits(
    voices: Mapping[str, ListeningVoice], order: Sequence[str], listens: Mapping[str, Sequence[str]]
) -> Iterator[tuple[Keys, str]]:
    for number, name in enumerate(order):
        if name not in voices:
            yield ("order", number), f"there is no voice {name!r}{did_you_mean(name, voices)}"
        elif name in order[:number]:
            yield ("order", number), f"{name!r} stands twice in 'order'"
        else:
            later = (other for other in order[number + 1 :] if other in voices and other != name)
            ways = [way for other in later if (way := way_between(name, other, listens))]
            if ways:
                way = min(ways, key=len)
                over = f", by way of {' and '.join(map(repr, way[1:-1]))}," if way[1:-1] else ""
                yield ("order", number), f"{name!r} listens{over} to {way[-1]!r}, which must be composed before it"
