"""What conductor and timbre worker say to each other; :mod:`reverie.processes.codec` writes and reads it.

To the worker: :class:`Render`, one after the other, :class:`DropRender` and :class:`HoldRender`. From it: how far it
is, and what came of it, each with the ``number`` of the render that it is about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from reverie.models.nsynth.decoder_name import DecoderName
from reverie.timbre.request import BankRequest


@dataclass(frozen=True, slots=True)
class Render:
    """See to it that the cache has a bank.

    ``model`` is a bundle's file, ``cache`` the folder of banks, which is kept within ``quota`` bytes but for the banks
    in ``pinned``. ``share`` is how much of all cores together may be used, above 0 and up to 1, on so many ``threads``.
    ``number`` tells it from others. With ``hurried`` somebody waits for it, and it makes way for the player alone. With
    ``only_found`` it is not the hour for rendering: what the cache lacks is postponed.
    """

    type: ClassVar[str] = "render"
    request: BankRequest
    model: str
    cache: str
    quota: int
    share: float = 0.5
    threads: int = 2
    pinned: tuple[str, ...] = ()
    number: int = 0
    hurried: bool = False
    only_found: bool = False
    decoder: DecoderName = "numpy"


@dataclass(frozen=True, slots=True)
class DropRender:
    """Nobody wants that render any more: leave it, and keep what is done of it."""

    type: ClassVar[str] = "drop"
    number: int


@dataclass(frozen=True, slots=True)
class HoldRender:
    """Pause, or go on."""

    type: ClassVar[str] = "hold"
    on: bool


@dataclass(frozen=True, slots=True)
class RenderProgress:
    """How much of the bank is done, from 0 to 1."""

    type: ClassVar[str] = "progress"
    done: float
    number: int = 0


@dataclass(frozen=True, slots=True)
class Rendered:
    """The bank is whole and in the cache, as ``folder``; ``soundfont`` is its file for synthesizers.

    ``seconds`` are what the worker took for it; ``found`` says that nothing had to be rendered. ``size``
    is in bytes.
    """

    type: ClassVar[str] = "rendered"
    bank: str
    folder: str
    soundfont: str
    seconds: float
    found: bool = False
    warnings: tuple[str, ...] = field(default=())
    size: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """The bank cannot be rendered; ``error`` says why, and trying again changes nothing."""

    type: ClassVar[str] = "refused"
    error: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Postponed:
    """The cache lacks the bank, and it was only to be found (``only_found``)."""

    type: ClassVar[str] = "postponed"
    number: int = 0


ToTimbre = Render | DropRender | HoldRender
FromTimbre = RenderProgress | Rendered | Refused | Postponed
