"""Renders the batches of a bank on a Dask cluster, with the same bytes as here.

Each batch is one task. The model's file is sent once, and goes from worker to worker. What workers have done is kept
here as it comes, so that a render which broke off goes on, here or there; a batch whose worker is lost is rendered by
another one.
"""

from __future__ import annotations

import contextlib
import importlib
import queue
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import CancelledError
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from reverie.errors import ReverieError, reason_of
from reverie.models.archive import unpacked
from reverie.timbre.bank.unfinished import Unfinished
from reverie.timbre.errors import TimbreError
from reverie.timbre.executors.dask_worker import PACKAGES, BatchTask, Opener, difference, render_batch, versions
from reverie.timbre.executors.executor import name_of
from reverie.timbre.render.batches import Batch
from reverie.timbre.render.progress_interval import Pace
from reverie.timbre.render.renderer import Renderer
from reverie.timbre.timbre_models import open_timbre_model

PORT = 8786
"""Where Dask's scheduler listens unless it is told otherwise."""
PATIENCE = 15.0
"""Seconds for a scheduler to answer, and for a first worker to be there."""
ABSENCE = 120.0
"""Seconds without any worker after which a render is given up."""
BEAT = 0.5
"""Seconds between two looks at what workers said, and whether there are any."""
MOST_LOSSES = 5
"""How often one batch may be lost, with every worker that had the model's file, before that is held for a fault."""
_FINISHED, _FAILED, _RUNNING = "finished", "error", "running"
"""What Dask says of futures, and of clients."""
_GO_ON = "what was done is kept, and the same command goes on from there"
_SCHEMES = {"dask": "tcp", "tcp": "tcp", "tls": "tls", "ws": "ws", "wss": "wss"}


class DaskCluster:
    """An executor over the cluster at an ``address`` such as ``dask://HOST:PORT``, for the model in ``bundle``.

    It is connected within its ``with``. Where ``resource`` is given, only workers that offer it are used. TLS is as
    Dask's own configuration has it.
    """

    def __init__(
        self,
        address: str,
        bundle: Path,
        resource: str = "",
        *,
        opener: Opener = open_timbre_model,
        patience: float = PATIENCE,
        absence: float = ABSENCE,
    ) -> None:
        """Know a cluster.

        Raises:
            TimbreError: if the address is none.
        """
        self.address = address_of(address)
        self._path = bundle
        self._resource = resource
        self._opener = opener
        self._patience = patience
        self.absence = absence
        self.client: Any = None
        self._bundle: Any = None

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            TimbreError: if there is no such cluster, or none that can render what would be rendered here.
        """
        distributed = _distributed()
        try:
            self.client = distributed.Client(self.address, timeout=self._patience, set_as_default=False)
        except OSError as error:
            raise TimbreError(
                f"no Dask scheduler answers at {self.address}; start one with `dask scheduler`, or name where it is"
            ) from error
        try:
            self._expect_workers()
        except BaseException:
            self.client.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bundle = None
        self.client.close()

    def render(self, batches: Sequence[Batch], renderer: Renderer, kept: Unfinished, pace: Pace) -> None:
        """Have each batch rendered that is not kept yet, and keep it.

        Raises:
            TimbreError: if the cluster is lost, or a worker cannot render; what was done until then is kept.
        """
        total = sum(len(batch.notes) for batch in batches)
        due = [batch for batch in batches if kept.get(name_of(batch)) is None]
        work = _Work(self, renderer.model, kept)
        try:
            for batch in due:
                work.give_out(batch)
            while work.waiting:
                work.take_in()
                pace(1.0 - work.notes_left / total)
        finally:
            work.abandon()
        pace(1.0)

    def _expect_workers(self) -> None:
        try:
            self.client.wait_for_workers(1, timeout=self._patience)
        except TimeoutError as error:
            raise TimbreError(
                f"the Dask scheduler at {self.address} has no workers; start some with `dask worker {self.address}`"
            ) from error
        if not self.able():
            raise TimbreError(
                f"no worker of {self.address} offers {self._resource}; start some with"
                f" `dask worker {self.address} --resources {self._resource}=1`"
            )
        told = {name: self.client.run(version, name, on_error="return") for name in PACKAGES}
        here = versions()
        for worker in sorted(told[PACKAGES[0]]):
            there = {name: found if isinstance(found := told[name].get(worker), str) else "" for name in PACKAGES}
            if fault := difference(there, here):
                raise TimbreError(f"the worker {worker} has {fault}; install the same there")

    def able(self) -> int:
        """How many workers there are that can be used; none where the scheduler does not answer."""
        try:
            workers = self.client.scheduler_info()["workers"].values()
        except OSError:
            return 0
        return sum(not self._resource or self._resource in worker["resources"] for worker in workers)

    def submit(self, batch: Batch, model: str, topic: str) -> Any:
        """Have a batch rendered; the future is of its packed sounds.

        Raises:
            TimbreError: if the model's file cannot be read, or there is nobody to have it.
        """
        if self._bundle is None or self._bundle.status != _FINISHED:
            self._bundle = self._sent()
        return self.client.submit(
            render_batch,
            self._bundle,
            BatchTask(batch, model, self._opener, versions(), topic),
            key=f"{topic}-{batch.number}-{uuid.uuid4().hex}",
            resources={self._resource: 1} if self._resource else None,
        )

    def _sent(self) -> Any:
        """The model's file, held by a worker; those that need it have it from there."""
        try:
            content = self._path.read_bytes()
        except OSError as error:
            raise TimbreError(f"{self._path} cannot be read ({reason_of(error)}); the cluster needs it") from error
        try:
            return self.client.scatter(content, hash=False, timeout=self.absence)
        except TimeoutError as error:
            raise TimbreError(f"all workers of {self.address} are gone; {_GO_ON}") from error
        except OSError as error:
            raise TimbreError(f"the Dask scheduler at {self.address} is gone; {_GO_ON}") from error


class _Work:
    """The batches of one render that are under way: ``waiting`` has their futures."""

    def __init__(self, cluster: DaskCluster, model: str, kept: Unfinished) -> None:
        self.waiting: dict[Any, Batch] = {}
        self._cluster = cluster
        self._model = model
        self._kept = kept
        self._topic = f"reverie-{uuid.uuid4().hex}"
        self._done: dict[int, float] = {}
        self._ready: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._losses = Counter[int]()
        self._able_at = time.monotonic()
        cluster.client.subscribe_topic(self._topic, self._hear)

    @property
    def notes_left(self) -> float:
        """How many notes are still to be rendered, in part too."""
        return sum(len(batch.notes) * (1 - self._done.get(batch.number, 0.0)) for batch in self.waiting.values())

    def give_out(self, batch: Batch) -> None:
        """Have a batch rendered."""
        future = self._cluster.submit(batch, self._model, self._topic)
        self.waiting[future] = batch
        future.add_done_callback(self._ready.put)

    def take_in(self) -> None:
        """Wait a little for a batch, and keep it.

        Raises:
            TimbreError: if it, or the whole cluster, has failed.
        """
        try:
            future = self._ready.get(timeout=BEAT)
        except queue.Empty:
            self._expect_workers()
            return
        batch = self.waiting.pop(future)
        packed = self._fetched(future)
        if packed is not None:
            self._kept.keep(name_of(batch), unpacked(packed))
        elif future.status == _FAILED:
            raise self._reason(future.exception())
        else:
            self._lost(batch)
            self.give_out(batch)

    def _fetched(self, future: Any) -> bytes | None:
        """What a worker has done, if it has and was not lost before all of it was here.

        Raises:
            TimbreError: if another worker was to do it again, and could not.
        """
        if future.status != _FINISHED:
            return None
        try:
            return future.result(timeout=self._cluster.absence)
        except (CancelledError, OSError):
            return None
        except Exception as error:
            raise self._reason(error) from error

    def abandon(self) -> None:
        """Take back what is not done."""
        client = self._cluster.client
        if client.status == _RUNNING:
            with contextlib.suppress(OSError):  # it has just gone, and with it what it was to do
                client.unsubscribe_topic(self._topic)
                client.cancel(list(self.waiting), reason="abandoned")

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        said = event[1]
        self._done[said["batch"]] = said["done"]

    def _lost(self, batch: Batch) -> None:
        """The model's file went with the workers that had it, or the scheduler went."""
        address = self._cluster.address
        if self._cluster.client.status != _RUNNING:
            raise TimbreError(f"the Dask scheduler at {address} is gone; {_GO_ON}")
        self._losses[batch.number] += 1
        if self._losses[batch.number] > MOST_LOSSES:
            raise TimbreError(f"all workers of {address} are lost time and again; see why they die; {_GO_ON}")

    def _expect_workers(self) -> None:
        if self._cluster.client.status == _RUNNING and self._cluster.able():
            self._able_at = time.monotonic()
        elif time.monotonic() - self._able_at > self._cluster.absence:
            raise TimbreError(f"all workers of {self._cluster.address} are gone; {_GO_ON}")

    def _reason(self, error: BaseException) -> ReverieError:
        if isinstance(error, ReverieError):
            return error
        if isinstance(error, _distributed().KilledWorker):
            return TimbreError(
                f"several workers died one after the other of the same notes; see to their memory; {_GO_ON}"
            )
        return TimbreError(f"a worker of {self._cluster.address} failed ({error!r}); {_GO_ON}")


def address_of(written: str) -> str:
    """The address as Dask writes it, of one such as ``dask://HOST:PORT``.

    Raises:
        TimbreError: if it is none.
    """
    try:
        parts = urlsplit(written)
        port = parts.port or PORT
    except ValueError:
        parts, port = urlsplit(""), PORT
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.path or parts.query:
        raise TimbreError(f"{written!r} is no address of a Dask scheduler; write it as dask://HOST:PORT")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{_SCHEMES[parts.scheme]}://{host}:{port}"


def _distributed() -> Any:
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise TimbreError(
            "a Dask cluster needs Dask, which is not installed; `pip install 'reverie-daemon[dask]'` installs it"
        ) from error
