"""The root of every error that Reverie raises on purpose, and how errors are told; each layer derives its own."""

from __future__ import annotations

import errno
import os


class ReverieError(Exception):
    """Something a person can mend.

    Its text is one plain sentence that says what is wrong and what to do; it is printed without a traceback.
    """


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
