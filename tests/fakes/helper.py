"""A helper that does as it is told: ``python -m fakes.helper --fd N``."""

from __future__ import annotations

import ctypes
import os
import select
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from reverie.processes import helper as apart
from reverie.processes.worker_main import end_of_socket


@dataclass(frozen=True, slots=True)
class Said:
    """Anything, which is said back; ``hang`` and ``die`` are done, and a number asks for so many fillers."""

    type: ClassVar[str] = "said"
    value: Any


@dataclass(frozen=True, slots=True)
class Settings:
    """The first that it says."""

    type: ClassVar[str] = "settings"
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Filler:
    """As long as a helper likes."""

    type: ClassVar[str] = "filler"
    text: str


SAYS = Said | Settings | Filler


def main() -> None:
    """Say back what is said, until told otherwise."""
    apart.HANGS = 0.8
    owner = apart.HelperEnd(end_of_socket("fakes.helper", "Does as it is told."), Said)
    owner.tell(Settings(owner.settings))
    while not owner.gone:
        apart.still_here()
        for said in owner.receive():
            if said.value == "hang":
                ctypes.PyDLL(None).pause()  # PyDLL keeps Python's lock, as a library in trouble does
            elif said.value == "die":
                os._exit(1)
            elif isinstance(said.value, int):
                all(owner.tell(Filler("x" * 1000)) for _ in range(said.value))
            else:
                owner.tell(said)
        select.select([owner], [], [], 0.05)


if __name__ == "__main__":
    main()
