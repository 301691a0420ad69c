from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.compose.messages import FromComposer, ToComposer
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre, Swing, Tempo
from reverie.play.messages import FromPlayer, Part, SetScene, ToPlayer
from reverie.processes.codec import from_message, to_message
from reverie.processes.wire import Message, WireError, decode, encode
from reverie.timbre.messages import FromTimbre, ToTimbre


@dataclass(frozen=True, slots=True)
class Inner:
    number: int
    share: float = 0.5


@dataclass(frozen=True, slots=True)
class Whole:
    type: ClassVar[str] = "whole"
    text: str
    truth: bool
    number: int
    share: float
    perhaps: int | None
    data: bytes
    path: Path
    word: Literal["", "all"]
    inner: Inner
    perhaps_inner: Inner | None
    inners: tuple[Inner, ...]
    pair: tuple[int, str]
    pitches: Mapping[int, int]
    counts: Mapping[str, tuple[float, ...]]
    anything: Mapping[str, Any]
    loop: Loop
    late: tuple[str, ...] = ()
    more: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Other:
    type: ClassVar[str] = "other"


WHOLE = Whole(
    text="dusk\udcff",
    truth=True,
    number=3,
    share=0.25,
    perhaps=None,
    data=b"\x90\x3c\x40",
    path=Path("/tmp/a b"),  # noqa: S108 - never opened
    word="all",
    inner=Inner(1),
    perhaps_inner=Inner(2, 1.0),
    inners=(Inner(3), Inner(4)),
    pair=(5, "six"),
    pitches={36: 38},
    counts={"a": (1.0, 2.5)},
    anything={"kind": "port", "channels": {"1": [2, None]}},
    loop=Loop(1, Metre(7, 8), (Note(0, 120, 60),)),
)


def over_the_wire(kinds: Any, value: Any) -> Any:
    return from_message(kinds, decode(encode(to_message(value))[:-1]))


@pytest.mark.parametrize("value", [WHOLE, Other()])
def test_a_value_reads_back(value: Whole | Other) -> None:
    assert over_the_wire(Whole | Other, value) == value
    assert from_message(Whole | Other, to_message(value)) == value, "without JSON, too"


def test_a_whole_number_in_place_of_any_number_stays_one() -> None:
    """Banks are found by a hash of JSON, in which the one is written otherwise than the other."""
    assert json.dumps(to_message(over_the_wire(Whole, replace(WHOLE, share=1)))) == json.dumps(
        to_message(replace(WHOLE, share=1))
    )


small = st.integers(1, 16)


@given(
    st.builds(
        SetScene,
        epoch=st.integers(0, 9),
        at_bar=st.integers(0, 9),
        name=st.text(),
        metre=st.builds(Metre, st.integers(1, 4), st.sampled_from((1, 2, 4))),
        tempo=st.builds(Tempo, st.floats(20, 300), st.floats(0, 9), small),
        swing=st.builds(Swing, st.floats(0.5, 0.75), st.sampled_from((8, 16))),
        parts=st.lists(
            st.builds(Part, st.text(), st.text(), small, st.none() | small, st.dictionaries(small, small))
        ).map(tuple),
    )
)
def test_a_scene_reads_back_whatever_it_is(scene: SetScene) -> None:
    assert over_the_wire(ToPlayer, scene) == scene


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"type": "strange"}, "no message of type 'strange'"),
        ({"type": 3}, "no message of type 3"),
        ({"number": "3"}, "type whole cannot be read: number: a whole number was expected, not '3'"),
        ({"number": True}, "number: a whole number was expected, not True"),
        ({"number": 3.0}, "number: a whole number"),
        ({"number": None}, "number: a whole number"),
        ({"share": "1"}, "share: a number was expected"),
        ({"share": False}, "share: a number was expected"),
        ({"truth": 1}, "truth: true or false was expected"),
        ({"text": 1}, "text: text was expected"),
        ({"data": "9"}, "data: "),
        ({"path": None}, "path: text was expected"),
        ({"word": "some"}, "word: '' or 'all' was expected, not 'some'"),
        ({"inner": {}}, "inner: number: missing"),
        ({"inner": [1]}, "inner: an object was expected"),
        ({"inner": {"number": 1, "shard": 2}}, "inner: shard: unknown"),
        ({"inners": [{"number": "x"}]}, "inners: number: a whole number"),
        ({"inners": {}}, "inners: a list was expected"),
        ({"pair": [1]}, "pair: a list of 2 was expected"),
        ({"pair": [1, 2]}, "pair: text was expected"),
        ({"pitches": {"x": 1}}, "pitches: "),
        ({"pitches": {"1": "x"}}, "pitches: a whole number"),
        ({"counts": {"a": 1.0}}, "counts: a list was expected"),
        ({"anything": []}, "anything: an object was expected"),
        ({"loop": {"bars": 1}}, "loop: metre is missing"),
        ({"loop": {"bars": 1, "metre": "4/4", "notes": [[0, 1, 128, 1]]}}, "loop: pitch is 0 to 127"),
        ({"loop": None}, "loop: "),
        ({"strange": 1}, "strange: unknown"),
    ],
)
def test_a_message_that_is_none_says_what_is_wrong(change: Message, says: str) -> None:
    with pytest.raises(WireError) as refused:
        from_message(Whole | Other, to_message(WHOLE) | change)
    assert says in str(refused.value)


def test_what_is_missing_is_named_unless_it_has_a_default() -> None:
    message = to_message(WHOLE)
    del message["late"], message["more"]
    assert from_message(Whole, message) == WHOLE
    del message["text"], message["pair"]
    with pytest.raises(WireError, match="pair, text: missing"):
        from_message(Whole, message)


@pytest.mark.parametrize("message", [None, 3, [], "whole", {}])
def test_what_is_no_object_with_a_type_is_no_message(message: Any) -> None:
    with pytest.raises(WireError):
        from_message(Whole, message)


@pytest.mark.parametrize("kinds", [ToPlayer, FromPlayer, ToComposer, FromComposer, ToTimbre, FromTimbre])
def test_every_message_of_every_worker_has_a_type_that_can_be_read(kinds: Any) -> None:
    with pytest.raises(WireError, match="no message of type 'none of these'"):
        from_message(kinds, {"type": "none of these"})


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5), st.data())
def test_a_field_of_any_other_value_is_an_error_and_nothing_else(value: Any, data: st.DataObject) -> None:
    message = json.loads(json.dumps(to_message(WHOLE)))
    message[data.draw(st.sampled_from(sorted(message)))] = value
    try:
        read = from_message(Whole, message)
    except WireError:
        return
    assert isinstance(read, Whole)


LIGHT = ("reverie.play.worker", "reverie.play.output_process.process", "reverie.play.sync.link", "reverie.midi.input")
HEAVY = {"aiohttp", "asyncio", "hashlib", "logging", "numpy", "psutil", "pydantic", "yaml"}


@pytest.mark.parametrize("module", LIGHT)
def test_a_process_on_the_way_of_a_note_imports_nothing_heavy(module: str) -> None:
    """Neither for the codec nor for anything else: each is started while music plays, one for each slot."""
    program = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split()) == set()
