"""Says what banks will cost."""

from __future__ import annotations

from collections.abc import Iterator

from reverie.timbre.meter import lasting
from reverie.timbre.render.cost import BankCosts

_MEGABYTE = 1_000_000


def lines(costs: BankCosts, found: int) -> Iterator[str]:
    """The costs for people; so many banks are ``found`` and cost nothing."""
    if found:
        yield f"Banks that are there already: {found}."
    if not costs.banks:
        yield "Nothing is to be rendered."
        return
    parts = {
        "searching latents": costs.searching,
        "encoding": costs.encoding,
        "notes": costs.rendering,
        "samples": costs.finishing,
    }
    told = ", ".join(f"{name} {lasting(seconds)}" for name, seconds in parts.items() if seconds)
    yield f"Banks to be rendered: {costs.banks}, of {costs.notes} notes, {lasting(costs.sounding)} of sound."
    yield f"Time on this machine: about {lasting(costs.seconds)} if nothing else runs ({told})."
    yield "The daemon takes as much longer as its share and its hours are less (timbre.share, timbre.render_hours)."
    yield f"Memory: {costs.memory / _MEGABYTE:,.0f} MB. Disk: {costs.disk / _MEGABYTE:,.0f} MB."
