"""All routes under ``/api/v1``, and their description."""

from __future__ import annotations

from collections.abc import Iterator

from aiohttp import web

from reverie.web.api_description import description_route
from reverie.web.artist_routes import ARTIST_PATHS, artist_routes
from reverie.web.gate import PageGate
from reverie.web.listeners import ListenerPlaces
from reverie.web.live_api import LIVE_PATHS
from reverie.web.live_routes import live_routes
from reverie.web.moment_routes import MOMENT_PATHS, moment_routes
from reverie.web.page_parts import PageParts
from reverie.web.pictures import PICTURE_PATHS, picture_routes
from reverie.web.play_routes import PATHS, play_routes
from reverie.web.session_routes import SESSION_PATHS, session_routes
from reverie.web.sounds import SOUND_PATHS, sound_routes
from reverie.web.technician_routes import TECHNICIAN_PATHS, technician_routes

DESCRIBED = (LIVE_PATHS, PATHS, SOUND_PATHS, PICTURE_PATHS, SESSION_PATHS, ARTIST_PATHS, TECHNICIAN_PATHS, MOMENT_PATHS)
"""What modules of routes say of theirs."""


def api_routes(parts: PageParts, places: ListenerPlaces, gate: PageGate) -> Iterator[web.RouteDef]:
    """The routes of the parts that there are."""
    yield description_route(DESCRIBED)
    yield from session_routes(gate)
    if parts.live is not None:
        yield from live_routes(parts.live, places)
    if parts.play is not None:
        yield from play_routes(parts.play)
    if parts.sounds is not None:
        yield from sound_routes(parts.sounds)
    if parts.pictures is not None:
        yield from picture_routes(parts.pictures)
    if parts.artist is not None:
        yield from artist_routes(parts.artist)
    if parts.moments is not None:
        yield from moment_routes(parts.moments)
    if parts.desk is not None:
        yield from technician_routes(parts.desk, gate.page)
