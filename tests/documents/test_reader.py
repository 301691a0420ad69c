"""YAML text becomes plain data with places, or faults; nothing else, whatever the text."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reverie.documents import Document, DocumentError, parse_document, read_document
from reverie.documents.reader import MAX_BYTES, MAX_DEPTH, MAX_ENTRIES, FilePlace


def read_or_refuse(text: str | bytes) -> Document | DocumentError:
    try:
        return parse_document(text)
    except DocumentError as error:
        refused = error
    assert refused.faults
    assert all(fault.line >= 1 and fault.column >= 1 for fault in refused.faults)
    return refused


def test_every_key_and_value_has_its_place() -> None:
    document = parse_document("tempo: 84\nvoices:\n  low: [C2, C4]\n")
    assert document.data == {"tempo": 84, "voices": {"low": ["C2", "C4"]}}
    assert document.values["tempo",] == FilePlace(1, 8)
    assert document.keys["voices", "low"] == FilePlace(3, 3)
    assert document.values["voices", "low", 1] == FilePlace(3, 13)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("20:00", "20:00"),
        ("on", "on"),
        ("No", "No"),
        ("B", "B"),
        ("F#", "F#"),
        ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"),
        ("007", 7),
        ("0x1F", 31),
        ("0o17", 15),
        ("-3", -3),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("true", True),
        ("~", None),
        ("", None),
        ("'84'", "84"),
        ("!!str 84", "84"),
    ],
)
def test_plain_words_mean_what_people_mean(written: str, meant: Any) -> None:
    value = parse_document(f"x: {written}\n").data["x"]
    assert value == meant
    assert type(value) is type(meant)


def test_an_alias_stands_for_its_value_and_a_byte_order_mark_for_nothing() -> None:
    document = parse_document(b"\xef\xbb\xbfa: &one [1]\nb: *one\n")
    assert document.data == {"a": [1], "b": [1]}
    assert document.keys["a",] == FilePlace(1, 1)


def test_a_key_given_twice_is_a_fault_that_leaves_the_rest_readable() -> None:
    document = parse_document("a: 1\nb: {c: 1, c: 2}\n")
    assert [str(fault) for fault in document.faults] == ["<text>:2:11: the key 'c' has been given before, in line 2"]
    assert document.data == {"a": 1, "b": {"c": 1}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"a: 1\nb: \xff", "<text>:2:4: this is no UTF-8 text; save the file as UTF-8"),
        ("a: 1\nb: \x00", "<text>:2:4: the control character U+0000 stands here; take it out"),
        ("? [a]\n: 1\n", "<text>:1:3: a key is a word; lists and mappings can be values only"),
        ('a: "\\ud800"', "<text>:1:4: half of a surrogate pair is no character"),
        ("a: !!int x", "<text>:1:4: 'x' cannot be read as int"),
        ("a: " + "9" * 5000, "cannot be read as int"),
        ('a: "\\UFFFFFFFF"', "an escape in this text is no character"),
        ("just a word", "<text>:1:1: a file is a mapping, that is, lines of 'key: value'"),
        ("a: 1\n   b: 2\n", "<text>:2:5: a second colon on this line"),
        ("a: [", "<text>:1:5: a value is missing here"),
        ('a: "\\d+"', "<text>:1:6: in double quotes a backslash begins an escape, such as \\n; put a text with"),
        ('a: "\\xq"', "<text>:1:7: in double quotes a backslash begins an escape"),
        ("a: @home", "<text>:1:4: a text cannot begin with @ here; put it in quotes"),
        ("a: `x`", "<text>:1:4: a text cannot begin with ` here; put it in quotes"),
        ("a: %x", "<text>:1:4: a text cannot begin with % here; put it in quotes"),
        ("a: *", "a text cannot begin with & or * unless it is in quotes"),
        (
            "a: [::1]",
            "<text>:1:5: a value is missing here; a text that begins with a colon, such as ::1, stands in quotes",
        ),
        ("  a: 1\n b: 2\n", "<text>:2:2: this line does not fit those above it"),
        ("a: &x [*x]", "<text>:1:4: this contains an alias of itself"),
    ],
)
def test_faults_are_told_at_their_place(text: str | bytes, said: str) -> None:
    try:
        faults = parse_document(text).faults
    except DocumentError as error:
        faults = error.faults
    assert len(faults) == 1
    assert said in str(faults[0])


def test_what_is_too_much_is_refused_quickly() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    began = time.monotonic()
    for text, said in (
        (bomb, f"more than {MAX_ENTRIES} entries"),
        ("a: " + "[" * 100_000, f"deeper than {MAX_DEPTH} levels"),
        ("a: [" + "x," * 300_000 + "]", f"more than {MAX_ENTRIES} entries"),
        ("#" * (MAX_BYTES + 1), f"longer than {MAX_BYTES} bytes"),
    ):
        with pytest.raises(DocumentError, match=said):
            parse_document(text)
    assert time.monotonic() - began < 60, "the bomb alone has 2 to the power of 60 entries"


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"missing\.yaml:1:1: there is no such file"):
        read_document(tmp_path / "missing.yaml")
    with pytest.raises(DocumentError, match=r":1:1: this is no file"):
        read_document(tmp_path)
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(DocumentError, match=r"pipe\.yaml:1:1: this is no file"):
        read_document(tmp_path / "pipe.yaml")
    (tmp_path / "round.yaml").symlink_to(tmp_path / "round.yaml")
    with pytest.raises(DocumentError, match=r"round\.yaml:1:1: "):
        read_document(tmp_path / "round.yaml")


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    read_or_refuse(text)


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_or_refuse(data)


@given(st.text(alphabet=" \n\t-?:,[]{}&*!|>'\"%@`#~.<=ax01\\Uu\ufeff\u2028"))
def test_any_heap_of_yaml_signs_is_read_or_refused(text: str) -> None:
    read_or_refuse(text)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), PLAIN, max_size=4))
def test_what_was_written_is_read_as_it_was(data: dict[str, Any]) -> None:
    text = yaml.safe_dump(data, default_style='"', allow_unicode=False)  # every scalar is quoted and tagged
    result = read_or_refuse(text)
    assert isinstance(result, Document), result
    assert result.data == data


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{"title": "Gallery \\ud83d\\ude3a"}', {"title": "Gallery 😺"}),
        ('{"\\ud834\\udd1e clef": "\\ud834\\udd1e"}', {"𝄞 clef": "𝄞"}),
        ('{"a": "\\u00e9\\/\\ud83d\\ude00\\ud83d\\ude00"}', {"a": "é/😀😀"}),
        ('{\n\t"a":\t[1,\t2],\n\t"b": {\t}\n}', {"a": [1, 2], "b": {}}),
    ],
)
def test_json_as_its_libraries_write_it_is_read(text: str, data: dict[str, Any]) -> None:
    document = parse_document(text)
    assert (document.data, document.faults) == (data, ())


@pytest.mark.parametrize("half", ["\\ud83d", "\\ude3a", "\\ude3a\\ud83d", "\\ud83d \\ude3a", "\\ud83d\\ud83d\\ude3a"])
def test_half_a_pair_is_still_no_character(half: str) -> None:
    for text in (f'"a": "{half}"', f'"{half}": 1'):
        assert {fault.message for fault in parse_document(text).faults} == {"half of a surrogate pair is no character"}


@pytest.mark.parametrize("text", ["a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n", "a: {x: 1}\nb: {<<: [], y: 2}\n"])
def test_merge_keys_are_explained(text: str) -> None:
    (fault,) = parse_document(text).faults
    assert fault.message.startswith("merge keys (<<) are not known here: write the keys out in each place")
    assert parse_document('"<<": 1').data == {"<<": 1}


@pytest.mark.parametrize("style", ["|", ">", "|+", ">+", "|-", ">-"])
def test_a_block_does_not_end_in_the_line_break_after_it(style: str) -> None:
    assert parse_document(f"a: {style}\n  /srv/tape\n\n\nb: 1\n").data == {"a": "/srv/tape", "b": 1}
    assert parse_document(f"a: {style}\n  x\n\n  y\n").data["a"] in {"x\n\ny", "x\ny"}


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_file_is_parsed_again_only_where_its_text_is_another(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "scene.yaml"
    path.write_text(mark + "bars: 4\nname: Stücke", encoding="utf-8")
    first = read_document(path)
    assert read_document(path, known=first) is first
    path.write_text(mark + "bars: 5\nname: Stücke", encoding="utf-8")
    second = read_document(path, known=first)
    assert second.data["bars"] == 5
    (tmp_path / "other.yaml").write_bytes(path.read_bytes())
    assert read_document(tmp_path / "other.yaml", known=second).path.endswith("other.yaml")
    path.write_bytes(b"bars: \xff")
    with pytest.raises(DocumentError, match="UTF-8"):
        read_document(path, known=second)
