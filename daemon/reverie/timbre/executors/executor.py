"""Who renders the batches of a bank: this process, one after the other."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

from reverie.timbre.bank.unfinished import Unfinished
from reverie.timbre.errors import TimbreError
from reverie.timbre.render.batches import Batch, as_tensors
from reverie.timbre.render.progress_interval import Pace, part
from reverie.timbre.render.renderer import Renderer, Rendering

KEEP_EVERY = 0.5
"""Seconds of rendering that may be lost; where keeping takes long, it is done more seldom."""
_KEEPING_SHARE = 0.05


class Executor(Protocol):
    """A way to have batches rendered."""

    def render(self, batches: Sequence[Batch], renderer: Renderer, kept: Unfinished, pace: Pace) -> None:
        """Render what is not kept yet, and keep it under :func:`name_of` each batch.

        Raises:
            TimbreError: if that cannot be done.
        """
        ...


def name_of(batch: Batch) -> str:
    """Under which name the sounds of a batch are kept."""
    return f"batch-{batch.number}"


class Here:
    """Renders in this process; what is under way is kept now and then, and gone on with."""

    def render(self, batches: Sequence[Batch], renderer: Renderer, kept: Unfinished, pace: Pace) -> None:
        """Render one batch after the other."""
        total = sum(len(batch.notes) for batch in batches)
        before = 0
        for batch in batches:
            if kept.get(name_of(batch)) is None:
                after = before + len(batch.notes)
                self._render(batch, renderer, kept, part(pace, before / total, after / total))
            before += len(batch.notes)
            pace(before / total)

    def _render(self, batch: Batch, renderer: Renderer, kept: Unfinished, pace: Pace) -> None:
        frozen = f"{name_of(batch)}-frozen"
        rendering = _begun(batch, renderer, kept.get_bytes(frozen))
        keep_at = time.monotonic() + KEEP_EVERY
        while not rendering.advance():
            now = time.monotonic()
            if now >= keep_at:
                kept.keep_bytes(frozen, rendering.freeze())
                took = time.monotonic() - now
                keep_at = now + max(KEEP_EVERY, took / _KEEPING_SHARE)
            pace(rendering.done)
        kept.keep(name_of(batch), as_tensors(rendering.sounds()))
        kept.drop(frozen)


def _begun(batch: Batch, renderer: Renderer, frozen: bytes | None) -> Rendering:
    """What was frozen, to go on with; or the batch from its beginning."""
    if frozen is not None:
        try:
            return renderer.thaw(frozen)
        except TimbreError:
            pass  # damaged: it is rendered again
    return renderer.begin(batch.codes, batch.notes, batch.seed)
