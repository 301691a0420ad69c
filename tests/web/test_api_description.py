"""The interface is as it is described, whoever asks what of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import CHECKS, load_all_checks

from fakes.conductors import Theatre
from fakes.daemon import free_port
from fakes.patience import PATIENCE
from fakes.quiet_daemon import QuietDaemon
from fakes.scenes import TEXT
from reverie.conductor.conductor import Conductor
from reverie.play.messages import BarBegun
from reverie.watch.faults import Faults
from reverie.web import server
from reverie.web.api_description import PATH, describe
from reverie.web.api_routes import DESCRIBED
from reverie.web.live_api import BAR, NOW
from reverie.web.page_parts import PageParts

STREAM = "/api/v1/events"
UNHURRIED = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
CHECKED = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")


def app_of(conductor: Conductor) -> Any:
    parts = PageParts(
        live=conductor.page.live,
        play=conductor.page.visits,
        sounds=conductor.page.sounds,
        pictures=conductor.page.pictures,
        artist=conductor.page.artist,
        desk=conductor.page.desk,
        moments=conductor.page.visits.moments.store,
    )
    return server.application(QuietDaemon(), "127.0.0.1", parts)


def described(port: int) -> Mapping[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{PATH}", timeout=PATIENCE) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Theatre:
    theatre = Theatre(tmp_path_factory.mktemp("theatre"), {"study": TEXT})
    theatre.begin()
    theatre.answer()
    theatre.player.starts()
    theatre.play(3)
    theatre.player.starts()
    setup = max(n for n, one in enumerate(theatre.player.sent) if one["type"] == "setup")
    heard = len(theatre.player.sent) - setup - 1
    theatre.player.says(BarBegun(1, "study", 0, theatre.bar + 1, 5.0, 2.0, resting=False, heard=heard))
    return theatre


@pytest.fixture(scope="module")
def port(theatre: Theatre) -> Iterator[int]:
    """The web server in a thread of its own, that knows no limit of requests: they are judged by what they say."""
    where, stopped = free_port(), threading.Event()
    allowed = server.REQUESTS, server.AT_FIRST
    server.REQUESTS = server.AT_FIRST = 1e9

    async def serve() -> None:
        serving = asyncio.create_task(server.serve(app_of(theatre.conductor), "127.0.0.1", where, Faults()))
        await asyncio.to_thread(stopped.wait)
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            described(where)
            break
        except OSError:
            assert time.monotonic() < limit
    yield where
    stopped.set()
    thread.join()
    server.REQUESTS, server.AT_FIRST = allowed


def test_every_route_of_the_interface_is_described_and_nothing_else_is(theatre: Theatre) -> None:
    routes = {
        (route.resource.canonical, route.method.lower())
        for route in app_of(theatre.conductor).router.routes()
        if route.resource is not None and route.resource.canonical.startswith("/api/") and route.method != "HEAD"
    }
    told = {(path, method) for path, item in describe(DESCRIBED)["paths"].items() for method in item}
    assert routes == told


def test_no_path_is_described_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        describe([{"/api/v1/x": {}}, {"/api/v1/x": {}}])


def test_what_is_told_of_the_music_is_as_it_is_described(theatre: Theatre) -> None:
    jsonschema_rs.validate(NOW, theatre.conductor.page.live.now())
    bar = theatre.conductor.page.live.bar()
    assert bar is not None
    jsonschema_rs.validate(BAR, bar)
    assert bar["ahead"]
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(BAR, {**bar, "begins": None})


def operations() -> list[Any]:
    schema: Any = schemathesis.openapi.from_dict(describe(DESCRIBED))
    return [found.ok() for found in schema.get_all_operations() if found.ok().path != STREAM]


@pytest.mark.parametrize("operation", operations(), ids=lambda one: f"{one.method} {one.path}")
def test_whoever_asks_what_is_answered_as_described(operation: Any, port: int) -> None:
    load_all_checks()
    checks = [CHECKS.get_one(name) for name in CHECKED]

    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=UNHURRIED)
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        case.call_and_validate(base_url=f"http://127.0.0.1:{port}", checks=checks, timeout=PATIENCE)

    ask()


def test_the_description_is_served(port: int) -> None:
    served = described(port)
    assert served == describe(DESCRIBED)
    assert served["info"]["version"] == "1", "not the daemon's: that is nobody's business"
    assert Path(PATH).name == "openapi.json"
