"""Who may what, from where, and by which means: each rule beside somebody who tries to get round it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request

from fakes.patience import PATIENCE
from fakes.quiet_daemon import DETAIL, QuietDaemon
from reverie.control import visitors
from reverie.site.page_section import PageSection
from reverie.watch.fault_kinds import PAGE_TOKEN
from reverie.watch.faults import Faults
from reverie.web import gate as gates
from reverie.web import session_routes
from reverie.web.gate import PageGate
from reverie.web.roles import PageRole, needs, role_of
from reverie.web.server import application

ARTIST, TECHNICIAN = "an artist's long token", "a technician's long token"
AWAY = {"X-Forwarded-For": "192.0.2.7"}
"""From elsewhere, as the proxy of this site says."""
CHANGE = {"X-Reverie": "page"}

Client = TestClient[web.Request, web.Application]


class Stage:
    """A site that is served, its daemon, and the files of its tokens."""

    def __init__(self, client: Client, daemon: QuietDaemon, gate: PageGate, faults: Faults, folder: Path) -> None:
        self.client, self.daemon, self.gate, self.faults, self.folder = client, daemon, gate, faults, folder

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, str]:
        """Somebody elsewhere asks, unless the headers say otherwise."""
        headers = {**AWAY, **more.pop("headers", {})}
        response = await self.client.request(method, path, headers=headers, **more)
        return response.status, await response.text()

    async def log_in(self, token: object, headers: Mapping[str, str] | None = None) -> int:
        status, _ = await self.ask(
            "POST", "/api/v1/session", json={"token": token}, headers={**CHANGE, **(headers or {})}
        )
        return status

    async def role(self) -> str:
        status, text = await self.ask("GET", "/api/v1/session")
        assert status == 200
        return str(json.loads(text)["role"])

    async def logged_out(self) -> None:
        """Wait until the daemon has seen for itself that the session counts no more."""
        async with asyncio.timeout(PATIENCE):
            while await self.role() != "visitor":  # noqa: ASYNC110 - it looks at its files by itself
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def served(folder: Path, address: str = "0.0.0.0", **page: Any) -> AsyncGenerator[Stage]:  # noqa: S104
    (folder / "artist").write_text(f"{ARTIST}\n")
    (folder / "technician").write_text(f"{TECHNICIAN}\n")
    for name in ("artist", "technician"):
        (folder / name).chmod(0o600)
    said = {
        "artist_token_file": str(folder / "artist"),
        "technician_token_file": str(folder / "technician"),
        "proxies": ["127.0.0.1"],
        **page,
    }
    daemon, faults = QuietDaemon(), Faults()
    gate = PageGate(PageSection.model_validate(said), faults, address)
    app = application(daemon, address, gate=gate)
    for role in PageRole:
        app.router.add_get(f"/only/{role}", needs(role)(_say_role))
    app.router.add_post("/api/v1/change", _say_role)
    async with TestClient(TestServer(app), cookie_jar=CookieJar(unsafe=True)) as client:
        yield Stage(client, daemon, gate, faults, folder)


async def _say_role(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(text=role_of(request))


async def statuses(stage: Stage) -> list[int]:
    return [(await stage.ask("GET", f"/only/{role}"))[0] for role in PageRole]


async def test_each_role_may_what_those_before_it_may(tmp_path: Path) -> None:
    async with served(tmp_path) as stage:
        assert await statuses(stage) == [200, 401, 401]
        assert await stage.log_in(ARTIST) == 200
        assert (await stage.role(), await statuses(stage)) == ("artist", [200, 200, 403])
        assert await stage.log_in(f" {TECHNICIAN}\n") == 200
        assert (await stage.role(), await statuses(stage)) == ("technician", [200, 200, 200])
        assert len(stage.gate.sessions) == 1, "the session of before is over"
        assert (await stage.ask("DELETE", "/api/v1/session", headers=CHANGE))[0] == 200
        assert (await stage.role(), await statuses(stage)) == ("visitor", [200, 401, 401])


async def test_a_wrong_token_is_nobodys(tmp_path: Path) -> None:
    async with served(tmp_path) as stage:
        for wrong in ("", ARTIST[:-1], ARTIST.upper(), ARTIST + TECHNICIAN):
            assert await stage.log_in(wrong) == 403
        assert await stage.role() == "visitor"
        assert not stage.client.session.cookie_jar


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"token": 1}', b'{"token": null}', b"[" * 5000])
async def test_a_login_that_is_none_is_refused(tmp_path: Path, body: bytes) -> None:
    async with served(tmp_path) as stage:
        headers = {**CHANGE, "Content-Type": "application/json"}
        assert (await stage.ask("POST", "/api/v1/session", data=body, headers=headers))[0] in {400, 415}


async def test_without_tokens_nobody_elsewhere_gets_a_role(tmp_path: Path) -> None:
    async with served(tmp_path, artist_token_file=None, technician_token_file=None, proxies=[]) as stage:
        for token in ("", "None", "\0" * 32, "0" * 32):
            assert await stage.log_in(token) == 403
        assert (await stage.client.get("/only/technician")).status == 200, "at the machine nobody needs one"


async def test_the_cookie_is_for_this_page_alone(tmp_path: Path) -> None:
    async with served(tmp_path) as stage:
        for https, name in ((False, "reverie"), (True, "__Host-reverie")):
            response = await stage.client.post(
                "/api/v1/session",
                json={"token": ARTIST},
                headers={**AWAY, **CHANGE, "X-Forwarded-Proto": "https" if https else "http"},
            )
            cookie = response.headers["Set-Cookie"]
            assert cookie.startswith(f"{name}=")
            assert "HttpOnly" in cookie
            assert "SameSite=Strict" in cookie
            assert "Path=/" in cookie
            assert ("Secure" in cookie) is https
            assert "Domain" not in cookie


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "reverie=technician"},
        {"Cookie": "reverie=" + "A" * 43},
        {"X-Reverie-Role": "technician"},
        {"X-Role": "technician"},
        {"Authorization": f"Bearer {TECHNICIAN}"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-For": "127.0.0.1, 127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"X-Real-IP": "127.0.0.1"},
        {"Host": "localhost"},
    ],
)
async def test_no_forged_header_gives_a_role(tmp_path: Path, headers: dict[str, str]) -> None:
    async with served(tmp_path) as stage:
        assert (await stage.ask("GET", "/only/artist", headers=headers))[0] == 401
        assert (await stage.ask("GET", f"/only/artist?token={TECHNICIAN}", headers=headers))[0] == 401


async def test_a_role_in_a_header_is_believed_of_proxies_alone(tmp_path: Path) -> None:
    technician = {"X-Reverie-Role": "Technician"}
    async with served(tmp_path, role_header="X-Reverie-Role") as stage:
        assert (await stage.ask("GET", "/only/technician", headers=technician))[0] == 200
        assert (await stage.ask("GET", "/only/artist", headers={"X-Reverie-Role": "boss"}))[0] == 401
        twice = [*AWAY.items(), ("X-Reverie-Role", "visitor"), ("X-Reverie-Role", "technician")]
        assert (await stage.client.get("/only/artist", headers=twice)).status == 401, "one of them is the asker's own"
    async with served(tmp_path, role_header="X-Reverie-Role", proxies=["192.0.2.0/24"]) as stage:
        assert (await stage.ask("GET", "/only/artist", headers=technician))[0] == 401


async def test_at_the_machine_itself_everybody_is_technician(tmp_path: Path) -> None:
    async with served(tmp_path, proxies=[]) as stage:
        assert (await stage.client.get("/only/technician")).status == 200
        told = await (await stage.client.get("/api/v1/session")).json()
        assert told == {"role": "technician", "here": True, "logged_in": False, "tokens": ["artist", "technician"]}


async def post(stage: Stage, path: str, word: str, body: object) -> int:
    """Somebody at the machine asks for something by POST."""
    return (await stage.client.post(path, headers={"X-Reverie": word}, json=body)).status


async def test_whoever_touches_a_screen_of_the_hall_at_the_machine_is_no_technician(tmp_path: Path) -> None:
    async with served(tmp_path, "127.0.0.1", proxies=[], here="visitor", visitors={"allow": ["mood"]}) as stage:
        assert [(await stage.client.get(f"/only/{role}")).status for role in PageRole] == [200, 401, 401]
        for path in ("/status", "/metrics"):
            assert (await stage.client.get(path)).status == 401
        for path in ("/healthz", "/readyz"):
            assert await (await stage.client.get(path)).text() == "ok\n"
        assert await post(stage, "/panic", "panic", None) == 401
        assert await post(stage, "/dream", "dream", {"mood": "fear"}) == 401
        assert await post(stage, "/control", "control", {"action": "next"}) == 403
        assert (stage.daemon.panics, stage.daemon.wanted) == (0, [])
        assert await post(stage, "/api/v1/session", "page", {"token": TECHNICIAN}) == 200
        assert (await stage.client.get("/only/technician")).status == 200
        assert await post(stage, "/control", "control", {"action": "next"}) == 200
        told = await (await stage.client.get("/api/v1/session")).json()
        assert (told["role"], told["here"], told["logged_in"]) == ("technician", True, True)


async def test_at_the_machine_the_site_may_have_artists(tmp_path: Path) -> None:
    async with served(tmp_path, "127.0.0.1", proxies=[], here="artist") as stage:
        assert [(await stage.client.get(f"/only/{role}")).status for role in PageRole] == [200, 200, 403]
        assert await post(stage, "/panic", "panic", None) == 200
        assert await post(stage, "/control", "control", {"action": "next"}) == 200


async def test_tokens_cannot_be_guessed_at_a_screen_of_the_hall_nor_others_keep_it_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_routes, "ALL_AT_FIRST", 1.0)
    monkeypatch.setattr(session_routes, "ALL_TRIES", 0.001)
    async with served(tmp_path, proxies=["192.0.2.1"], here="visitor") as stage:
        assert [await stage.log_in("guess") for _ in range(2)] == [403, 429], "elsewhere all tries are used up"
        tries = [await post(stage, "/api/v1/session", "page", {"token": "guess"}) for _ in range(6)]
        assert tries == [403] * 3 + [429] * 3, "together five of the same address"


async def test_who_comes_through_a_bare_proxy_of_the_machine_is_no_technician(tmp_path: Path) -> None:
    """It sends no header of those that proxies send, and writes 127.0.0.1 where the name was."""
    for proxy in ("127.0.0.1", "127.0.0.0/8", "::1", "0.0.0.0/0"):
        async with served(tmp_path, "127.0.0.1", proxies=[proxy]) as stage:
            assert [(await stage.client.get(f"/only/{role}")).status for role in PageRole] == [200, 401, 401]
            assert (await stage.client.get("/status")).status == 401
            assert await post(stage, "/control", "control", {"action": "next"}) == 403
            assert await post(stage, "/api/v1/session", "page", {"token": TECHNICIAN}) == 200
            assert (await stage.client.get("/only/technician")).status == 200
    async with served(tmp_path, "127.0.0.1", proxies=["192.0.2.0/24"]) as stage:
        assert (await stage.client.get("/only/technician")).status == 200, "the proxy is another machine"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1.nip.io", "192.0.2.2"])
async def test_a_name_that_is_made_to_lead_here_makes_nobody_technician(tmp_path: Path, host: str) -> None:
    """DNS rebinding: a browser at the machine shows a foreign page, whose name leads to 127.0.0.1 now."""
    async with served(tmp_path) as stage:
        assert (await stage.client.get("/only/artist", headers={"Host": host})).status == 401
        assert (await stage.client.get("/status", headers={"Host": host})).status == 401


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("music.example.org", 200),
        ("MUSIC.example.org.:8765", 200),
        ("192.0.2.2:8765", 200),
        ("[2001:db8::1]", 200),
        ("localhost", 200),
        ("evil.example", 403),
        ("evil.music.example.org", 403),
        ("", 403),
    ],
)
@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1"])  # noqa: S104
async def test_with_names_of_its_own_the_page_answers_to_no_other(
    tmp_path: Path, host: str, status: int, address: str
) -> None:
    if address == "127.0.0.1" and host[:1] in {"1", "["}:
        status = 403  # nobody reaches the page by such an address
    async with served(tmp_path, address, hosts=["music.example.org"]) as stage:
        assert (await stage.ask("GET", "/healthz", headers={"Host": host}))[0] == status


@pytest.mark.parametrize(
    ("peer", "own", "host", "here"),
    [
        ("127.0.0.1", "127.0.0.1", "localhost:8765", True),
        ("::1", "::1", "[::1]:8765", True),
        ("192.0.2.2", "192.0.2.2", "192.0.2.2:8765", True),
        ("192.0.2.2", "192.0.2.2", "evil.example:8765", False),
        ("192.0.2.3", "192.0.2.2", "192.0.2.2:8765", False),
        ("192.0.2.3", "192.0.2.2", "192.0.2.3", False),
        ("192.0.2.3", "192.0.2.2", "localhost", False),
    ],
)
def test_the_machine_itself_is_known_by_asking_from_where_it_is_asked(
    peer: str, own: str, host: str, here: bool
) -> None:
    addresses = {"peername": (peer, 40000), "sockname": (own, 8765)}
    transport = Mock(get_extra_info=lambda name, default=None: addresses.get(name, default))
    request = make_mocked_request("GET", "/", headers={"Host": host}, transport=transport)
    asker = PageGate(PageSection(), Faults(), "0.0.0.0").asker(request)  # noqa: S104
    assert (asker.here, asker.may("technician")) == (here, here)


async def test_strangers_are_told_nothing_of_the_machine(tmp_path: Path) -> None:
    async with served(tmp_path) as stage:
        assert await stage.ask("GET", "/healthz") == (200, "ok\n")
        assert await stage.ask("GET", "/readyz") == (200, "ok\n")
        stage.daemon.well = False
        assert await stage.ask("GET", "/healthz") == (503, "failed\n")
        assert await stage.ask("GET", "/readyz") == (503, "failed\n")
        for path in ("/status", "/metrics"):
            status, text = await stage.ask("GET", path)
            assert (status, DETAIL in text) == (401, False)
        assert await stage.log_in(ARTIST) == 200
        for path in ("/status", "/metrics"):
            assert (await stage.ask("GET", path))[0] == 403
        assert (await stage.ask("GET", "/healthz"))[1] == "failed\n"
        assert await stage.log_in(TECHNICIAN) == 200
        for path in ("/status", "/metrics", "/healthz", "/readyz"):
            assert DETAIL in (await stage.ask("GET", path))[1]


async def test_monitoring_reads_without_a_token_and_does_nothing_else(tmp_path: Path) -> None:
    async with served(tmp_path, monitoring=["192.0.2.0/28"]) as stage:
        for path in ("/status", "/metrics", "/healthz"):
            assert DETAIL in (await stage.ask("GET", path))[1]
        assert (await stage.ask("GET", "/only/artist"))[0] == 401
        assert (await stage.ask("POST", "/panic", headers={"X-Reverie": "panic"}))[0] == 401
        assert (await stage.ask("GET", "/metrics", headers={"X-Forwarded-For": "192.0.2.16"}))[0] == 401
        both = {"X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.1"}
        assert (await stage.ask("GET", "/metrics", headers=both))[0] == 401


async def test_a_panic_from_elsewhere_needs_a_role(tmp_path: Path) -> None:
    panic = {"X-Reverie": "panic"}
    async with served(tmp_path) as stage:
        assert (await stage.ask("POST", "/panic", headers=panic))[0] == 401
        assert stage.daemon.panics == 0
        assert await stage.log_in(ARTIST) == 200
        assert (await stage.ask("POST", "/panic", headers=panic))[0] == 200
        assert stage.daemon.panics == 1


async def test_a_proxy_of_this_machine_lets_nobody_elsewhere_control_the_music(tmp_path: Path) -> None:
    control = {"X-Reverie": "control"}
    async with served(tmp_path, "127.0.0.1", hosts=["music.example.org"]) as stage:
        asked: dict[str, Any] = {"json": {"action": "next"}, "headers": {**control, "Host": "music.example.org"}}
        assert (await stage.ask("POST", "/control", **asked))[0] == 403
        assert stage.daemon.wanted == []
    async with served(tmp_path, "127.0.0.1", proxies=[]) as stage:
        assert (await stage.ask("POST", "/control", json={"action": "next"}, headers=control))[0] == 403
        assert stage.daemon.wanted == []
        assert (await stage.client.post("/control", json={"action": "next"}, headers=control)).status == 200


async def test_a_dream_of_a_stranger_is_none_where_the_site_lets_visitors_have_no_dreams(tmp_path: Path) -> None:
    dream: dict[str, Any] = {"data": b'{"mood": "fear"}', "headers": {"X-Reverie": "dream"}}
    async with served(tmp_path, visitors={"allow": ["mood"]}) as stage:
        assert (await stage.ask("POST", "/dream", **dream))[0] == 401
        assert await stage.log_in(ARTIST) == 200
        assert (await stage.ask("POST", "/dream", **dream))[0] == 200
    async with served(tmp_path) as stage:
        assert (await stage.ask("POST", "/dream", **dream))[0] == 200


def test_buttons_that_are_played_are_not_too_many_changes_for_the_gate() -> None:
    rate, at_once = gates.CHANGES[PageRole.VISITOR]
    assert (rate > visitors.PRESSED, at_once > visitors.PRESSED_AT_ONCE) == (True, True)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (CHANGE, 200),
        ({**CHANGE, "Origin": "http://music.example"}, 200),
        ({**CHANGE, "Origin": "https://music.example", "Sec-Fetch-Site": "same-origin"}, 200),
        ({**CHANGE, "Sec-Fetch-Site": "same-origin"}, 200),
        ({}, 403),
        ({"X-Reverie": "panic"}, 403),
        ({**CHANGE, "Sec-Fetch-Site": "cross-site"}, 403),
        ({**CHANGE, "Sec-Fetch-Site": "same-site", "Origin": "http://music.example"}, 403),
        ({**CHANGE, "Origin": "http://evil.example"}, 403),
        ({**CHANGE, "Origin": "http://music.example:81"}, 403),
        ({**CHANGE, "Origin": "null"}, 403),
        ({**CHANGE, "Sec-Fetch-Site": "none", "Origin": "http://evil.example"}, 403),
        ({**CHANGE, "Content-Type": "text/plain"}, 415),
        ({**CHANGE, "Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
async def test_a_change_comes_from_our_own_page(tmp_path: Path, headers: dict[str, str], status: int) -> None:
    more = {"Host": "music.example", "Content-Type": "application/json", **headers}
    async with served(tmp_path) as stage:
        assert (await stage.ask("POST", "/api/v1/change", data=b"{}", headers=more))[0] == status


async def test_over_https_the_page_of_http_is_another(tmp_path: Path) -> None:
    headers = {**CHANGE, "Host": "music.example", "X-Forwarded-Proto": "https"}
    async with served(tmp_path) as stage:
        for origin, status in (("https://music.example", 200), ("http://music.example", 403)):
            assert (await stage.ask("POST", "/api/v1/change", headers={**headers, "Origin": origin}))[0] == status


async def test_how_much_a_change_may_say_depends_on_the_role(tmp_path: Path) -> None:
    headers = {**CHANGE, "Content-Type": "application/json"}

    async def send(stage: Stage, size: int) -> int:
        return (await stage.ask("POST", "/api/v1/change", data=b" " * size, headers=headers))[0]

    async with served(tmp_path) as stage:
        assert await send(stage, gates.BODY[PageRole.VISITOR]) == 200
        assert await send(stage, gates.BODY[PageRole.VISITOR] + 1) == 413
        assert await stage.log_in(ARTIST) == 200
        assert await send(stage, gates.BODY[PageRole.VISITOR] + 1) == 200
        assert await send(stage, gates.BODY[PageRole.ARTIST] + 1) == 413

        async def chunks() -> AsyncGenerator[bytes]:
            yield b"{}"

        assert (await stage.ask("POST", "/api/v1/change", data=chunks(), headers=headers))[0] == 411


async def test_changes_without_end_are_refused_to_whoever_makes_them(tmp_path: Path) -> None:
    async with served(tmp_path) as stage:
        changes = [(await stage.ask("POST", "/api/v1/change", headers=CHANGE))[0] for _ in range(100)]
        assert changes[:60] == [200] * 60
        assert changes.count(429) >= 10
        other = {**CHANGE, "X-Forwarded-For": "192.0.2.8"}
        assert (await stage.ask("POST", "/api/v1/change", headers=other))[0] == 200
    async with served(tmp_path, proxies=[]) as stage:
        changes = [(await stage.ask("POST", "/api/v1/change", headers=CHANGE))[0] for _ in range(100)]
        assert changes.count(429) >= 10
        assert (await stage.client.post("/api/v1/change", headers=CHANGE)).status == 200, "at the machine itself"


async def test_whoever_tries_tokens_waits_and_nobody_else(tmp_path: Path) -> None:
    async with served(tmp_path) as stage:
        tries = [await stage.log_in("guess number 0000000") for _ in range(8)]
        assert tries == [403] * 5 + [429] * 3
        assert await stage.log_in(TECHNICIAN) == 429, "not even with the right one"
        assert await stage.log_in(TECHNICIAN, {"X-Forwarded-For": "192.0.2.8"}) == 200


async def test_tries_from_everywhere_never_lock_the_machine_itself_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_routes, "ALL_AT_FIRST", 10.0)
    monkeypatch.setattr(session_routes, "ALL_TRIES", 0.001)
    async with served(tmp_path) as stage:
        tries = [await stage.log_in("guess", {"X-Forwarded-For": f"198.51.100.{one}"}) for one in range(15)]
        assert tries == [403] * 10 + [429] * 5
    async with served(tmp_path, proxies=[]) as stage:
        assert [await stage.log_in("guess") for _ in range(6)] == [403] * 5 + [429]
        for _ in range(20):
            here = await stage.client.post("/api/v1/session", json={"token": ARTIST}, headers=CHANGE)
            assert here.status == 200


async def test_no_token_gets_into_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with served(tmp_path) as stage:
            await stage.log_in("a guess of a token")
            await stage.log_in(ARTIST)
            await stage.ask("GET", "/nowhere")
    assert "A login as artist from 192.0.2.7." in caplog.text
    for secret in (ARTIST, TECHNICIAN, "a guess"):
        assert secret not in caplog.text


async def test_a_token_that_is_changed_counts_at_once_and_ends_what_the_old_one_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gates, "LOOK", 0.02)
    async with served(tmp_path) as stage:
        assert await stage.log_in(ARTIST) == 200
        (tmp_path / "artist").write_text("quite another token\n")
        await stage.logged_out()
        assert await stage.log_in(ARTIST) == 403
        assert await stage.log_in("quite another token") == 200
        (tmp_path / "artist").unlink()
        await stage.logged_out()
        [fault] = stage.faults.of(PAGE_TOKEN)
        assert "No such file" in fault.sentence


async def test_a_token_that_anybody_could_guess_or_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "short").write_text("1234")
    (tmp_path / "open").write_text("a long enough token")
    (tmp_path / "open").chmod(0o644)
    files = {"artist_token_file": str(tmp_path / "short"), "technician_token_file": str(tmp_path / "open")}
    async with served(tmp_path, **files) as stage:
        assert await stage.log_in("1234") == 403
        told = {fault.subject: fault.sentence for fault in stage.faults.of(PAGE_TOKEN)}
        assert "16 to 256 characters, and has 4" in told[str(tmp_path / "short")]
        assert "chmod o-r" in told[str(tmp_path / "open")]
        assert "1234" not in str(told)
        assert await stage.log_in("a long enough token") == 200


async def test_the_services_credentials_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "technician-token").write_text("a credential of systemd\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    async with served(tmp_path, artist_token_file=None, technician_token_file=None) as stage:
        assert stage.gate.tokens.roles == ("technician",)
        assert await stage.log_in("a credential of systemd") == 200
        assert await stage.role() == "technician"
