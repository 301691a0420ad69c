"""What FluidSynth's shell answers, and how it is asked: each question stands after a line that names it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

CHANNELS = "channels"
QUESTIONS = {
    "gain": "get synth.gain",
    "driver": "get audio.driver",
    "polyphony": "get synth.polyphony",
    "fonts": "fonts",
    CHANNELS: "channels -verbose",
}
"""What is asked once it is up, by the names of the answers; the channels are asked last each time."""
SETTINGS = "settings"
_END = "end"

_MARK = re.compile(r"(?:^|> )reverie:(\w+)$")
_FONT = re.compile(r"\s*(\d+)  (.*)$")
_CHANNEL = re.compile(r"chan (\d+), (?:no preset|sfont (\d+), bank (\d+), preset (\d+), (.*))$")


@dataclass(frozen=True, slots=True)
class Preset:
    """What a channel plays: the number of the soundfont in FluidSynth, and which of its presets."""

    font: int
    bank: int
    program: int
    name: str


def question(*names: str, settings: Iterable[str] = ()) -> bytes:
    """The lines that ask for some of :data:`QUESTIONS`, and before them for settings, whose answer is ``SETTINGS``."""
    asked = {SETTINGS: "\n".join(f"get {name}" for name in settings)} | {name: QUESTIONS[name] for name in names}
    lines = "".join(f"echo reverie:{name}\n{asks}\n" for name, asks in asked.items() if asks)
    return f"{lines}echo reverie:{_END}\n".encode()


class Answers:
    """Takes answers apart from what is said unasked."""

    def __init__(self) -> None:
        self._name: str | None = None
        self._lines: list[str] = []

    def take(self, line: str) -> tuple[str, list[str]] | None:
        """Take one line; the name and the lines of the answer that it closes, or no name and a line said unasked."""
        match = _MARK.search(line)
        if match is None and self._name is None:
            return "", [line]
        if match is None:
            self._lines.append(line)
            return None
        name, lines = self._name, self._lines
        self._name, self._lines = (None if match[1] == _END else match[1]), []
        return (name, lines) if name is not None else None


def read_fonts(lines: Iterable[str]) -> dict[int, str]:
    """The soundfonts that are loaded, by number."""
    return {int(match[1]): match[2] for line in lines if (match := _FONT.match(line))}


def read_channels(lines: Iterable[str]) -> dict[int, Preset | None]:
    """What each channel plays, counted from 0; None where it has no sound."""
    found: dict[int, Preset | None] = {}
    for line in lines:
        if match := _CHANNEL.match(line):
            font, bank, program, name = match[2], match[3], match[4], match[5]
            found[int(match[1])] = Preset(int(font), int(bank), int(program), name) if font else None
    return found


def read_number(lines: Iterable[str]) -> float | None:
    """A number that was asked for; None if the answer is none."""
    try:
        return float("".join(lines).strip())
    except ValueError:
        return None
