"""The root of every error that Reverie raises on purpose, and how errors are told; each layer derives its own."""

from __future__ import annotations

import errno
import os
import re

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BYTES = 0xDC00
"""What Python adds to a byte of a file's name that is no UTF-8."""


class ReverieError(Exception):
    """Something a person can mend.

    Its text is one plain sentence that says what is wrong and what to do; it is printed without a traceback.
    """


class WordError(ValueError):
    """A word of a text that is wrong: ``place`` is that of its first character in the text, from 0."""

    def __init__(self, sentence: str, place: int) -> None:
        super().__init__(sentence)
        self.place = place


def reason_of(error: OSError) -> str:
    """Why the system refuses: its own words, in which libraries wrap theirs."""
    number = error.errno or 0
    return os.strerror(number) if number in errno.errorcode else error.strerror or str(error)


def ended(sentence: str) -> str:
    """The sentence with one mark at its end."""
    return sentence if sentence.endswith(("?", "!")) else f"{sentence.rstrip('.')}."


def capital(sentence: str) -> str:
    """The sentence with a capital at its beginning."""
    return sentence[:1].upper() + sentence[1:]


def printable(text: str) -> str:
    """The text as UTF-8 can have it: bytes of a file's name that are no text stand in it as escapes."""
    return _SURROGATE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    byte = code - _BYTES
    return f"\\x{byte:02x}" if byte in range(0x80, 0x100) else f"\\u{code:04x}"
