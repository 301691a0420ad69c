"""Text that others have chosen: names of devices, machines and files, what is sent over the network.

It goes into logs, terminals, pages and sentences. There it must not move the cursor, begin a line that looks like one
of Reverie's own, turn the direction of writing round, or fill the screen.
"""

from __future__ import annotations

import re
from typing import Any, TextIO

from reverie.errors import ReverieError, printable, reason_of

LONGEST = 120
"""Characters that are shown of a text."""
LONGEST_NAME = 64
"""Characters that are shown of a name."""
LONGEST_LINE = 2000
"""Characters that are shown of a line."""
_NAME = re.compile(rf"(?! )[\w .()+-]{{1,{LONGEST_NAME}}}(?<![ .])")
_CUT = "…"
_WIDEST = len("\\U0010ffff")


def plain(text: str, longest: int = LONGEST) -> str:
    r"""The text on one line: what is not printable is written as an escape, such as ``\x1b``, and its end is cut off.

    Text without such characters that is short enough is left as it is.
    """
    if len(text) <= longest and text.isprintable():
        return text
    shown: list[str] = []
    room = longest
    for character in text[: longest + 1]:
        piece = character if character.isprintable() else _escape(character)
        if len(piece) > room:
            break
        shown.append(piece)
        room -= len(piece)
    whole = len(shown) == len(text)
    return "".join(shown) if whole else "".join(shown)[: longest - 1] + _CUT


def called(text: str) -> str:
    """A name within a sentence: as it is, if it can be taken for nothing but a name; else in quotes."""
    return text if _NAME.fullmatch(text) else quoted(text)


def quoted(text: str, longest: int = LONGEST_NAME) -> str:
    """The same in quotes, as a name within a sentence: it is seen where the name ends and the sentence goes on."""
    shown = plain(text, longest)
    quote = '"' if "'" in shown and '"' not in shown else "'"
    return f"{quote}{shown.replace(quote, '_')}{quote}"


class OutputError(ReverieError):
    """What is printed cannot be written: the disk is full, or the device is gone."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"the answer cannot be written ({reason_of(error)}); make room there, or print it elsewhere")


class Printable:
    """Standard output, for people at a terminal: each line that is written there is printable.

    To be put in its place by :func:`contextlib.redirect_stdout`.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text, all of it, with escapes in place of what is not printable.

        Raises:
            BrokenPipeError: if the reader has seen enough.
            OutputError: if it cannot be written for another reason.
        """
        try:
            self._stream.write("\n".join(plain(line, _WIDEST * len(line)) for line in text.split("\n")))
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(error) from error
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _escape(character: str) -> str:
    if character == "\N{NO-BREAK SPACE}":
        return " "
    escaped = printable(character)
    return escaped if escaped != character else character.encode("unicode_escape").decode()
