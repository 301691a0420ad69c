import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from fakes.patience import PATIENCE
from reverie.site.actions import ControlError
from reverie.watch.faults import Fault, Faults
from reverie.watch.summary import BAD, Summary
from reverie.watch.verdict import Verdict
from reverie.web.page_parts import PageParts
from reverie.web.server import application, is_loopback, serve

Client = TestClient[Request, Application]


class House:
    def __init__(self) -> None:
        self.panics = 0
        self.dreams: list[tuple[bytes, str]] = []
        self.wanted: list[tuple[object, str]] = []
        self.done = Verdict(ok=True, sentence="It is done: mutate lead.")
        self.sounding = Verdict(ok=True, sentence="Playing first-light, bar 12.")
        self.told = Summary(BAD, "Nothing can be heard: main: unplugged. The music goes on to its tape alone.")
        self.slots = Verdict(ok=True, sentence="Every slot has its device.")
        self.loops: dict[str, dict[str, Any]] = {}

    def alive(self) -> Verdict:
        return self.sounding

    def summary(self) -> Summary:
        return self.told

    def ready(self) -> Verdict:
        return self.slots

    def status(self) -> Mapping[str, Any]:
        told = {"scene": "<script>alert(1)</script>", "resting": False, "voices": [{"name": "lead", "bars": 1}]}
        return {**told, "loops": self.loops} if self.loops else told

    def metrics(self) -> tuple[bytes, str]:
        return b"reverie_resting 0.0\n", "text/plain; version=1.0.0; charset=utf-8"

    def panic(self) -> None:
        self.panics += 1

    def dream_of(self, written: bytes, source: str) -> Verdict:
        self.dreams.append((written, source))
        return Verdict(ok=b"fear" in written, sentence="A dream of fear begins with the next bar line.")

    def control(self, wanted: object, source: str) -> Verdict:
        self.wanted.append((wanted, source))
        if wanted == {"action": "nonsense"}:
            raise ControlError("'action' is none")
        return self.done


@pytest.fixture
def house() -> House:
    return House()


@pytest_asyncio.fixture
async def client(house: House) -> AsyncGenerator[Client]:
    async with TestClient(TestServer(application(house, "127.0.0.1"))) as client:
        yield client


async def test_health_is_a_status_and_one_sentence(client: Client, house: House) -> None:
    response = await client.get("/healthz")
    assert (response.status, await response.text()) == (200, f"{house.told.sentence}\n"), (
        "no new start would plug it in"
    )
    house.sounding = Verdict(ok=False, sentence="The player has sent no bar for 22 s.")
    house.told = Summary(BAD, "The player has sent no bar for 22 s.")
    response = await client.get("/healthz")
    assert (response.status, await response.text()) == (503, "The player has sent no bar for 22 s.\n")
    assert (await client.get("/readyz")).status == 200
    house.slots = Verdict(ok=False, sentence="Without a device: main: unplugged.")
    response = await client.get("/readyz")
    assert (response.status, await response.text()) == (503, "Without a device: main: unplugged.\n")


async def test_metrics_come_as_prometheus_wants_them(client: Client) -> None:
    response = await client.get("/metrics")
    assert response.headers["Content-Type"] == "text/plain; version=1.0.0; charset=utf-8"
    assert await response.read() == b"reverie_resting 0.0\n"


async def test_status_is_json(client: Client, house: House) -> None:
    response = await client.get("/status")
    assert response.content_type == "application/json"
    assert json.loads(await response.text()) == house.status()


async def test_the_page_is_there_and_says_where_to_look_without_scripts(client: Client) -> None:
    response = await client.get("/")
    text = await response.text()
    assert response.content_type == "text/html"
    assert text.index("<noscript>") < text.index('href="/healthz"') < text.index("</noscript>")
    assert response.headers["Content-Security-Policy"].count("'self'") > 3


@pytest.mark.parametrize("path", ["/", "/healthz", "/metrics", "/nowhere"])
async def test_every_answer_forbids_what_it_does_not_need(client: Client, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == ("no-cache" if path == "/" else "no-store")
    assert headers["Server"] == "reverie"


async def test_panic_needs_a_header_that_no_foreign_page_can_send(client: Client, house: House) -> None:
    assert (await client.post("/panic")).status == 403
    assert (await client.post("/panic", headers={"X-Reverie": "please"})).status == 403
    assert (await client.get("/panic", headers={"X-Reverie": "panic"})).status == 405
    assert house.panics == 0
    assert (await client.post("/panic", headers={"X-Reverie": "panic"})).status == 200
    assert house.panics == 1
    # A browser asks first whether a foreign page may send such a header, and is not told that it may.
    preflight = await client.options("/panic", headers={"Origin": "http://evil.example"})
    assert not any(name.startswith("Access-Control") for name in preflight.headers)


async def test_a_dream_needs_a_header_too_and_is_answered(client: Client, house: House) -> None:
    assert (await client.post("/dream", data=b'{"mood": "fear"}')).status == 403
    assert (await client.post("/dream", data=b"{}", headers={"X-Reverie": "panic"})).status == 403
    assert (await client.get("/dream", headers={"X-Reverie": "dream"})).status == 405
    assert house.dreams == []
    taken = await client.post("/dream", data=b'{"mood": "fear"}', headers={"X-Reverie": "dream"})
    said = await taken.json()
    assert (taken.status, said) == (200, {"ok": True, "said": "A dream of fear begins with the next bar line."})
    assert house.dreams == [(b'{"mood": "fear"}', "http")]
    assert (await client.post("/dream", data=b"{}", headers={"X-Reverie": "dream"})).status == 422
    long = await client.post("/dream", data=b" " * 9000, headers={"X-Reverie": "dream"})
    assert long.status == 413
    foreign = await client.post("/dream", data=b"{}", headers={"X-Reverie": "dream", "Host": "evil.example"})
    assert foreign.status == 403


ALLOWED = {"X-Reverie": "control", "Content-Type": "application/json"}


async def test_control_says_what_came_of_it(client: Client, house: House) -> None:
    response = await client.post("/control", data='{"action": "mutate", "voice": "lead"}', headers=ALLOWED)
    assert (response.status, await response.json()) == (200, {"ok": True, "said": "It is done: mutate lead."})
    assert house.wanted == [({"action": "mutate", "voice": "lead"}, "http")]
    house.done = Verdict(ok=False, sentence="It was refused: nothing plays yet.")
    response = await client.post("/control", data='{"action": "mutate"}', headers=ALLOWED)
    assert (response.status, (await response.json())["ok"]) == (409, False)
    response = await client.post("/control", data='{"action": "nonsense"}', headers=ALLOWED)
    assert (response.status, await response.text()) == (400, "'action' is none.\n")
    for data in ("", "{", "[" * 1000, "\x00", "NaN{"):
        response = await client.post("/control", data=data, headers=ALLOWED)
        assert (response.status, await response.text()) == (400, "This is no JSON.\n")
    assert len(house.wanted) == 3


async def test_no_foreign_page_controls_anything(client: Client, house: House) -> None:
    body = '{"action": "mutate"}'
    for headers in (
        {},
        {"X-Reverie": "control"},
        {"X-Reverie": "control", "Content-Type": "text/plain"},
        {"X-Reverie": "panic", "Content-Type": "application/json"},
        {"Content-Type": "application/json"},
        {**ALLOWED, "Host": "evil.example"},
    ):
        assert (await client.post("/control", data=body, headers=headers)).status in {403, 415}
    assert (await client.get("/control", headers=ALLOWED)).status == 405
    preflight = await client.options("/control", headers={"Origin": "http://evil.example"})
    assert not any(name.startswith("Access-Control") for name in preflight.headers)
    assert (await client.post("/control", data=f'"{"x" * 2000}"', headers=ALLOWED)).status == 413
    assert house.wanted == []


@pytest.mark.parametrize(
    ("address", "controls", "status"),
    [
        ("127.0.0.1", None, 200),
        ("127.0.0.1", False, 403),
        ("0.0.0.0", None, 403),  # noqa: S104
        ("0.0.0.0", True, 200),  # noqa: S104
    ],
)
async def test_whoever_is_elsewhere_controls_only_where_the_site_says_so(
    house: House, address: str, controls: bool | None, status: int
) -> None:
    async with TestClient(TestServer(application(house, address, PageParts(controls=controls)))) as client:
        response = await client.post("/control", data='{"action": "mutate"}', headers=ALLOWED)
        assert response.status == status
        assert len(house.wanted) == (status == 200)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8765", "127.0.0.1:8765", "[::1]", "[::1]:8765", "LOCALHOST:1"]
)
async def test_on_loopback_loopbacks_names_are_answered(client: Client, host: str) -> None:
    assert (await client.get("/healthz", headers={"Host": host})).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "localhost.evil.example", "127.0.0.1.nip.io", ""]
)
async def test_on_loopback_no_other_name_is_answered(client: Client, house: House, host: str) -> None:
    assert (await client.get("/healthz", headers={"Host": host})).status == 403
    assert (await client.post("/panic", headers={"Host": host, "X-Reverie": "panic"})).status == 403
    assert house.panics == 0


async def test_an_address_that_others_reach_has_names_we_cannot_know(house: House) -> None:
    async with TestClient(TestServer(application(house, "0.0.0.0"))) as client:  # noqa: S104
        assert (await client.get("/healthz", headers={"Host": "studio.local:8765"})).status == 200


@pytest.mark.parametrize(
    ("address", "loopback"),
    [("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("localhost", True), ("0.0.0.0", False)],  # noqa: S104
)
def test_loopback_is_known_by_its_address(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback


async def told(faults: Faults) -> Fault:
    """The fault, once there is one."""
    async with asyncio.timeout(PATIENCE):
        while not faults.active:  # noqa: ASYNC110 - the server looks again by itself
            await asyncio.sleep(0.01)
    [fault] = faults.active
    return fault


async def test_a_busy_port_is_told_of_once_and_tried_again(house: House, caplog: pytest.LogCaptureFixture) -> None:
    faults = Faults()
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        serving = asyncio.create_task(serve(application(house, "127.0.0.1"), "127.0.0.1", port, faults, retry=0.05))
        fault = await told(faults)
        await asyncio.sleep(0.3)
        assert len(caplog.messages) == 1
        assert f"127.0.0.1:{port} (Address already in use)" in fault.sentence
        assert fault.advice == "End the other program there, or mend `health.port`"
    async with asyncio.timeout(PATIENCE):
        while faults.active:  # noqa: ASYNC110 - the server looks again by itself
            await asyncio.sleep(0.01)
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as response:
        assert response.status == 200
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_an_address_that_is_not_ours_is_no_reason_to_fall_silent(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    faults = Faults()
    serving = asyncio.create_task(serve(application(house, "192.0.2.1"), "192.0.2.1", 8765, faults, retry=0.01))
    fault = await told(faults)
    await asyncio.sleep(0.2)  # for a second try to be told of, or to end it
    assert not serving.done()
    assert len(caplog.messages) == 1
    assert "at 192.0.2.1:8765 (Cannot assign requested address)" in fault.sentence
    assert fault.advice == "Mend `health`"
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
