"""What is sent to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Mood = Literal["bad", "doubtful", "good", "plain"]
"""How bad the news is, for channels that have a colour for it."""


@dataclass(frozen=True, slots=True)
class FarMessage:
    """A message as it is sent: a title of one line, and the text, of which channels that can show ``html`` instead.

    ``at`` is the Unix time at which it was written.
    """

    title: str
    text: str
    mood: Mood
    at: float
    html: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain data for a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FarMessage:
        """Read :meth:`as_json`'s data, of another version too: what is missing is empty, what is not known left out.

        Raises:
            KeyError, TypeError, ValueError: if it has no title or no text.
        """
        texts: list[Any] = [data["title"], data["text"], data.get("html", "")]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("a message has a title and a text")
        mood: Mood = data["mood"] if data.get("mood") in get_args(Mood) else "plain"
        return cls(texts[0], texts[1], mood, float(data.get("at", 0.0)), texts[2])
