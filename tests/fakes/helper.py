"""A helper that does as it is told: ``python -m fakes.helper --fd N``."""

from __future__ import annotations

import ctypes
import os
import select
import sys

from reverie.processes import helper as apart


def main() -> None:
    """Say back what is said, until told otherwise."""
    apart.HANGS = 0.8
    owner = apart.HelperEnd(int(sys.argv[2]))
    owner.tell({"settings": owner.settings})
    while not owner.gone:
        apart.still_here()
        for said in owner.receive():
            if said == "hang":
                ctypes.PyDLL(None).pause()  # PyDLL keeps Python's lock, as a library in trouble does
            elif said == "die":
                os._exit(1)
            elif isinstance(said, int):
                all(owner.tell({"filler": "x" * 1000}) for _ in range(said))
            else:
                owner.tell(said)
        select.select([owner], [], [], 0.05)


if __name__ == "__main__":
    main()
