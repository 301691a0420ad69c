"""Outputs that live on sockets, looked after as their output processes do it."""

from __future__ import annotations

import select
import time
from collections.abc import Callable

from fakes.patience import PATIENCE
from reverie.play.outputs.output import Output


def until(condition: Callable[[], object], *outputs: Output, seconds: float = PATIENCE) -> None:
    """Look after outputs whenever they want it, until something is so."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, [output.description for output in outputs]
        waits = [output.waits_for() for output in outputs]
        descriptors = [descriptor for each, _ in waits for descriptor in each]
        select.select(descriptors, [], [], min(0.02, *(seconds for _, seconds in waits)))
        for output in outputs:
            output.poll()
