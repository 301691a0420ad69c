"""Whatever bytes stand in a scene or a site's file: a value, or faults at their places; no traceback and no hang."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reverie.documents import DocumentError, DocumentFault, parse_document, validate
from reverie.scenes.folder import read_scene
from reverie.site.learned import Learned
from reverie.site.schema import Site

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FILES = [path.read_text() for path in (*sorted((ROOT / "scenes").glob("*.yaml")), ROOT / "config" / "reverie.yaml")]
JARGON = re.compile(r"Input should|validation error|type=|pydantic|Traceback|NoneType|<class|yaml\.")
PIECES = st.sampled_from(
    [
        *("\t", "\n", "\r\n", "\r", "\0", "\ufeff", "\u2028", "\x85", "\x1b[2J", "\u202e", "\U0001f63a", "\x7f"),
        *(
            "&a ",
            "*a",
            "<<: *a",
            "<<:",
            "!!python/object/apply:os.system ",
            "!!binary ",
            "!<x> ",
            "!!set ",
            "%YAML 9.9\n",
        ),
        *("---\n", "...\n", "- ", "? ", ": ", "| ", ">-\n", "[", "]", "{", "}", ",", "#", '"', "'", "\\ud83d", "\\x"),
        *("null", "~", "yes", "off", "1:30", "0777", "1e3", "1e999", ".inf", ".nan", "-0", "2024-01-01", "0o8", "0x"),
        *(
            "9" * 5000,
            "[" * 2000,
            "{a: " * 500,
            "- " * 500,
            "a" * 100_000,
            "&x [*x]",
            "-" * 3,
            "~somebody/x",
            "../" * 99,
        ),
    ]
)
SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
CUT = settings(max_examples=400, deadline=None, suppress_health_check=SLOW_IS_FINE)


def bomb(width: int, depth: int) -> str:
    rows = ["a0: &a0 [x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, depth)]
    return "\n".join(rows)


def read(data: bytes) -> None:
    """Read it as everything that it could be."""
    faults: list[DocumentFault] = []
    try:
        document = parse_document(data, "x.yaml")
    except DocumentError as error:
        faults += error.faults
        assert faults
    else:
        for model in (Site, Learned):
            try:
                validate(document, model, {"folder": Path("/srv")})
            except DocumentError as error:
                faults += error.faults
        try:
            read_scene(document, {"drum_kit": ["drums"], "attention_rnn": ["melody", "bass"]}, ["main"])
        except DocumentError as error:
            faults += error.faults
    tell(faults, data)


def tell(faults: Iterable[DocumentFault], data: bytes) -> None:
    """Every fault can be printed, and its place is in the file."""
    lines = len(re.findall(r"\r\n|[\r\n\x85\u2028\u2029]", data.decode(errors="replace"))) + 1
    for fault in faults:
        assert 1 <= fault.line <= lines + 1
        assert fault.column >= 1
        assert not JARGON.search(fault.message), fault
        io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace").write(str(fault))
        assert len(fault.message) < 2000, fault


@given(st.binary(max_size=400))
@CUT
def test_any_bytes(data: bytes) -> None:
    read(data)


@given(st.lists(PIECES | st.text(max_size=4), max_size=12))
@CUT
def test_any_pieces_of_yaml(pieces: list[str]) -> None:
    read("".join(pieces).encode(errors="surrogatepass"))


@given(st.data())
@settings(CUT, max_examples=800)
def test_shipped_files_with_something_put_in_taken_out_or_doubled(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(FILES))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        end = min(len(text), at + data.draw(st.sampled_from([0, 1, 2, 10, 200])))
        put = data.draw(PIECES | st.just(text[at:end] * 2) | st.sampled_from(text.split()) | st.text(max_size=3))
        text = text[:at] + put + text[end:]
    coding = data.draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    read(text.encode(coding, "replace"))


@given(st.data())
@settings(CUT, max_examples=400)
def test_shipped_files_with_other_values(data: st.DataObject) -> None:
    """The grammar holds, the values do not: each is put where another stood."""
    lines = data.draw(st.sampled_from(FILES)).splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        key, colon, _ = lines[at].partition(": ")
        if colon:
            lines[at] = f"{key}: {data.draw(PIECES)}"
    read(data.draw(st.sampled_from(["\n", "\r\n", "\r"])).join(lines).encode(errors="surrogatepass"))


@pytest.mark.parametrize(
    "text",
    [
        bomb(2, 60),
        bomb(9, 9),
        bomb(30, 4),
        "[" * 100_000,
        "{a: " * 100_000,
        "? " * 50_000,
        "- " * 100_000,
        "a: " + "9" * 900_000,
        "a: 0x" + "f" * 900_000,
        'a: "' + "\\ud83d" * 100_000 + '"',
        "a: &a {b: *a}",
        "&a [*a, *a]",
        "\n".join(f"k{n}: 1" for n in range(40_000)),
        "a: {" + "\t" * 900_000 + "}",
        "a: [" + "\t\n" * 400_000 + "]",
        "a:\n" + " " * 900_000 + "b",
        "# " * 400_000,
        "'" * 900_001,
        "a: |\n" + " x\n" * 300_000,
        "voices: {a: {kind: drums, primer: {bass: '" + "x " * 300_000 + "'}}}",
        "slots: {main: {kind: port, match: '" + "(a+)+" * 1000 + "$'}}",
        "programme: [" + "{at: 1, scene: 2}, " * 4000 + "]",
    ],
)
@pytest.mark.timeout(120)
def test_bombs_end(text: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    read(text.encode())
