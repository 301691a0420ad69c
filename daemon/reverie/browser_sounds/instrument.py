"""An instrument for browsers: one audio file of all its samples, and a page of JSON that says where each lies.

The file is FLAC of 16 bits, which every browser decodes (Ogg does not play in Safari before 18.4), and which keeps
loops exact to the sample, as no lossy format does. All samples lie in one file, so that a telephone asks once.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, cast

VERSION = 1
AUDIO, PAGE = "flac", "json"
"""What the names of both files end with."""


@dataclass(frozen=True, slots=True)
class SoundZone:
    """One sample within the file, and which notes play it.

    ``at`` and ``seconds`` are its place. It plays as it is at the key ``root``; ``keys`` and ``velocities`` are the
    first and the last that play it. ``loop`` is what is repeated while the key is held, in seconds from the sample's
    beginning. A sample that is looped though its instrument is struck falls by itself: to 1/e in ``decay`` seconds (0
    is never). A ``drum`` rings out whether its key is held or not, and ends others of its ``choke`` group (0 is none).
    Of several ``variations``, this is that of the number ``variation``; they come in turn.
    """

    at: float
    seconds: float
    root: float
    keys: tuple[int, int]
    velocities: tuple[int, int] = (1, 127)
    loop: tuple[float, float] | None = None
    decay: float = 0.0
    drum: bool = False
    choke: int = 0
    variation: int = 0
    variations: int = 1


@dataclass(frozen=True, slots=True)
class Instrument:
    """What a voice sounds with in browsers.

    ``audio`` is the hash of its audio file, which lasts ``seconds`` and takes ``size`` bytes. ``gain`` is by what its
    samples are multiplied at the highest velocity, ``release`` in how many seconds a note that ends falls by 60 dB.
    """

    title: str
    audio: str
    seconds: float
    size: int
    zones: tuple[SoundZone, ...]
    gain: float = 1.0
    release: float = 0.3

    def as_json(self) -> dict[str, Any]:
        """As browsers read it; what a zone has by default is left out."""
        plain = {name: value for name, value in asdict(self).items() if name not in {"audio", "zones", "size"}}
        audio = {"file": f"{self.audio}.{AUDIO}", "bytes": self.size}
        return {"version": VERSION, **plain, "audio": audio, "zones": [_zone_json(zone) for zone in self.zones]}

    @property
    def page(self) -> bytes:
        """The JSON's text: equal instruments have equal bytes."""
        return json.dumps(self.as_json(), separators=(",", ":"), ensure_ascii=False, sort_keys=True).encode()


def _zone_json(zone: SoundZone) -> dict[str, Any]:
    usual, always = SoundZone(0.0, 0.0, 0.0, (0, 127)), {"at", "seconds", "root", "keys"}
    said = {name: value for name, value in asdict(zone).items() if name in always or value != getattr(usual, name)}
    return {name: _rounded(value) for name, value in said.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_rounded(one) for one in cast("tuple[Any, ...]", value)]
    return round(value, 6) if isinstance(value, float) else value
