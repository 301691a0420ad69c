"""What conductor and timbre worker say to each other, besides ``ping``, ``pong`` and ``stop``.

To the worker: :class:`Render`, once in its life, and :class:`HoldRender`. From it: how far it is, and what came of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from reverie.processes.wire import Message
from reverie.timbre.request import BankRequest


@dataclass(frozen=True, slots=True)
class Render:
    """See to it that the cache has a bank.

    ``model`` is a bundle's file, ``cache`` the folder of banks, which is kept within ``quota`` bytes but for the banks
    in ``pinned``. ``share`` is how much of all cores together may be used, above 0 and up to 1, on so many ``threads``.
    """

    order: BankRequest
    model: str
    cache: str
    quota: int
    share: float = 0.5
    threads: int = 2
    pinned: tuple[str, ...] = ()

    def as_message(self) -> Message:
        """Plain data for the wire."""
        data = {name: getattr(self, name) for name in self.__slots__}
        return {"type": "render", **data, "order": self.order.as_json(), "pinned": list(self.pinned)}

    @classmethod
    def from_message(cls, message: Message) -> Render:
        """Read :meth:`as_message`.

        Raises:
            ValueError, KeyError, TypeError: if it is none.
        """
        fields = {name: message[name] for name in cls.__slots__}
        fields["order"] = BankRequest.from_json(message["order"])
        fields["pinned"] = tuple(message["pinned"])
        return cls(**fields)


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


@dataclass(frozen=True, slots=True)
class Rendered:
    """The bank is whole and in the cache, as ``folder``; ``soundfont`` is its file for synthesizers.

    ``seconds`` are what this life of the worker took for it; ``found`` says that nothing had to be rendered.
    """

    type: ClassVar[str] = "rendered"
    bank: str
    folder: str
    soundfont: str
    seconds: float
    found: bool = False
    warnings: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Refused:
    """The bank cannot be rendered; ``error`` says why, and trying again changes nothing."""

    type: ClassVar[str] = "refused"
    error: str


FromTimbre = RenderProgress | Rendered | Refused
_KINDS: Mapping[str, type[FromTimbre]] = {kind.type: kind for kind in (RenderProgress, Rendered, Refused)}


def to_message(value: HoldRender | FromTimbre) -> Message:
    """Plain data for the wire."""
    return {"type": value.type, **asdict(value)}


def from_timbre(message: Message) -> FromTimbre:
    """Read what a worker says.

    Raises:
        ValueError, KeyError, TypeError: if it is nothing that a worker says.
    """
    fields: dict[str, Any] = {key: value for key, value in message.items() if key != "type"}
    if "warnings" in fields:
        fields["warnings"] = tuple(fields["warnings"])
    return _KINDS[message["type"]](**fields)
