"""How seldom the disk is written to, and how much room the history may take, changed while it plays."""

from __future__ import annotations

from reverie.conductor.conductor import Conductor
from reverie.history.history_store import HistoryStore
from reverie.history.standing import StandingStore
from reverie.site.schema import Site


def take_storage(conductor: Conductor, history: HistoryStore, standing: StandingStore) -> None:
    """Have what a site says of its storage hold as soon as it is changed."""

    def taken(site: Site) -> None:
        storage = site.storage
        conductor.flush_every(storage.flush)
        standing.flush_every(storage.flush)
        history.take(quota=storage.history_bytes, flush=storage.flush)

    conductor.site_watch.taking.on("storage", taken)
