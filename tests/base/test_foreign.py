"""Text that others have chosen does nothing to a log, a terminal or a page."""

from __future__ import annotations

import contextlib
import io
from typing import TextIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.foreign import Printable, plain, quoted


@pytest.mark.parametrize("text", ["iPad", "Flügel (Büro)", "小さな箱", "🎹", ""])
def test_a_name_in_any_language_is_left_as_it_is(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b[1;31mALARM", r"\x1b[2J\x1b[1;31mALARM"),
        ("one\nWARNING two\r", r"one\nWARNING two\r"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u202eb", r"a\u202eb"),
        ("a\u2028b", r"a\u2028b"),
        ("\x00\x07", r"\x00\x07"),
        ("caf\udce9.yaml", r"caf\xe9.yaml"),
        ("iPad\N{NO-BREAK SPACE}Pro", "iPad Pro"),
    ],
)
def test_what_moves_a_cursor_or_begins_a_line_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_name_without_end_is_cut() -> None:
    assert plain("x" * 1_000_000, 20) == "x" * 19 + "…"
    assert len(plain("\x1b" * 1_000_000, 20)) <= 20


def test_it_is_seen_where_a_quoted_name_ends() -> None:
    assert quoted("iPad, and all is well") == "'iPad, and all is well'"
    assert quoted("Ann's iPad") == '"Ann\'s iPad"'
    assert quoted("' has left; \"") == "'_ has left; \"'"


@given(st.text(max_size=300), st.integers(2, 100))
def test_whatever_is_written_is_one_printable_line_that_is_not_too_long(text: str, longest: int) -> None:
    shown = plain(text, longest)
    assert shown.isprintable()
    assert len(shown) <= longest
    assert quoted(text, longest).isprintable()
    shown.encode()


def test_what_a_command_prints_keeps_its_lines_and_loses_its_escapes() -> None:
    stream = io.StringIO()
    with contextlib.redirect_stdout(cast("TextIO", Printable(stream))):
        print("alsa: \x1b]0;owned\x07 keys")
        print("second\udce9")
    assert stream.getvalue() == "alsa: \\x1b]0;owned\\x07 keys\nsecond\\xe9\n"
