"""A worker of a Dask cluster: it opens the model once, renders batches, and stops when nobody wants one any more."""

from __future__ import annotations

import importlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from reverie.models.archive import packed
from reverie.models.library.card import SUFFIX
from reverie.timbre.errors import TimbreError
from reverie.timbre.render.batches import Batch, as_tensors
from reverie.timbre.render.renderer import Renderer

PACKAGES = ("reverie-daemon", "numpy", "soxr")
"""What decides the bytes of a bank, besides the machine's own way to round."""
TELL_EVERY = 1.0
"""Seconds between words about progress."""

Opener = Callable[[Path, int], Renderer]
"""Opens a bundle's file with so many threads; workers must be able to import it."""
_opened = threading.local()


@dataclass(frozen=True, slots=True, eq=False)
class BatchTask:
    """A batch, the hash of its model, and how to go about it.

    ``versions`` are those of the machine that asks, and ``topic`` is where it listens.
    """

    batch: Batch
    model: str
    opener: Opener
    versions: Mapping[str, str]
    topic: str


def render_batch(bundle: bytes, task: BatchTask) -> bytes:
    """Render a batch with the model whose file's content is ``bundle``; its sounds come back packed.

    Raises:
        TimbreError: if this worker cannot render what would be rendered elsewhere.
        ModelError: if the bundle is damaged.
        AbandonedError: if nobody wants the batch any more.
    """
    worker: Any = importlib.import_module("distributed").get_worker()
    if fault := difference(versions(), task.versions):
        raise TimbreError(f"the worker {worker.address} has {fault}; install the same there")
    batch = task.batch
    rendering = _renderer(bundle, task, worker.state.nthreads).begin(batch.codes, batch.notes, batch.seed)
    told = time.monotonic()
    key = worker.get_current_task()
    while not rendering.advance():
        state = worker.state.tasks.get(key)
        if state is None or state.state == "cancelled":
            raise AbandonedError
        now = time.monotonic()
        if now - told >= TELL_EVERY:
            told = now
            worker.log_event(task.topic, {"batch": batch.number, "done": rendering.done})
    return packed(as_tensors(rendering.sounds()))


class AbandonedError(Exception):
    """Nobody wants this batch any more, and nobody will be told."""


def versions() -> dict[str, str]:
    """The versions of :data:`PACKAGES` on this machine."""
    return {name: installed(name) for name in PACKAGES}


def installed(name: str) -> str:
    """The version of a package, or nothing."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def difference(there: Mapping[str, str], here: Mapping[str, str]) -> str:
    """What another machine has that is not as it is here, in words; empty if all is the same."""
    return " and ".join(
        f"{name} {there[name] or 'not at all'} (here: {wanted})"
        for name, wanted in here.items()
        if there[name] != wanted
    )


def _renderer(bundle: bytes, task: BatchTask, neighbours: int) -> Renderer:
    """The model of a task, kept open by each thread of the worker until another is asked for.

    Raises:
        ModelError: if the bundle is damaged.
        TimbreError: if it is another model than the task's.
    """
    renderer: Renderer | None = getattr(_opened, "renderer", None)
    if renderer is None or renderer.model != task.model:
        _opened.renderer = None  # two would need room at once
        with tempfile.TemporaryDirectory(prefix="reverie-dask-") as folder:
            path = Path(folder) / f"timbre{SUFFIX}"
            path.write_bytes(bundle)
            renderer = task.opener(path, max(1, (os.cpu_count() or 1) // neighbours))
        if renderer.model != task.model:
            raise TimbreError("the model's file is not the one that was opened before; start the render again")
        _opened.renderer = renderer
    return renderer
