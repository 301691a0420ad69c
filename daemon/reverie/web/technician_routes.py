"""``/api/v1/technician``: how the installation is, and what can be done about it from afar."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

from aiohttp import web

from reverie.foreign import LONGEST_LINE, plain
from reverie.site.page_section import PageSection
from reverie.watch.verdict import Verdict
from reverie.web.fresh_answer import FreshAnswer
from reverie.web.qr_code import qr_rows
from reverie.web.refusals import refused
from reverie.web.roles import Handler, PageRole, needs

PREFIX = "/api/v1/technician"
SPANS = ("day", "month")
LONGEST_ADDRESS = 200
_ADDRESS = re.compile(r"https?://[\w.:\[\]-]+(?:/[\w./?=&%-]*)?", re.ASCII)


class TechnicianSource(Protocol):
    """What technicians ask of the daemon; none of it may wait, but for the bundle, which is made in a thread."""

    def state(self) -> Mapping[str, Any]:
        """How the installation is, as plain data."""
        ...

    def contact(self) -> Mapping[str, Any] | None:
        """Who helps, as the configuration has it now."""
        ...

    def curves(self, span: str) -> Mapping[str, Any]:
        """The vitals of a ``day`` or a ``month``."""
        ...

    def log(self) -> list[dict[str, Any]]:
        """The last lines of the log."""
        ...

    def tone(self, slot: str) -> Verdict:
        """Have a slot sound a test tone."""
        ...

    def test_slots(self) -> Verdict:
        """Have each slot sound a quiet figure."""
        ...

    def renew(self, worker: str) -> Verdict:
        """Have a worker begin another life."""
        ...

    def act(self, word: str, value: object = None) -> Verdict:
        """Do at the controls what a word says: ``panic``, ``next`` or ``pause``."""
        ...

    def report_text(self) -> str:
        """How the installation is, in sentences."""
        ...

    async def bundle(self) -> bytes:
        """The support bundle."""
        ...


def technician_routes(desk: TechnicianSource, page: PageSection) -> list[web.RouteDef]:
    """The routes, for technicians alone."""
    technician: Callable[[Handler], Handler] = needs(PageRole.TECHNICIAN)
    fresh = FreshAnswer(desk.state)
    questions = _questions(desk, page, fresh).items()
    return fresh.changing(
        [
            *(web.get(f"{PREFIX}/{word}", technician(handler)) for word, handler in questions),
            *(web.post(f"{PREFIX}/{word}", technician(handler)) for word, handler in _deeds(desk).items()),
        ]
    )


def _questions(desk: TechnicianSource, page: PageSection, fresh: FreshAnswer) -> Mapping[str, Handler]:
    async def state(_: web.Request) -> web.Response:
        return fresh.response()

    async def curves(request: web.Request) -> web.Response:
        span = request.query.get("span", SPANS[0])
        if span not in SPANS:
            raise refused(400, "refused.form", f"'span' is one of {', '.join(SPANS)}.")
        return web.json_response(desk.curves(span))

    async def log(_: web.Request) -> web.Response:
        return web.json_response({"lines": desk.log()})

    async def report(_: web.Request) -> web.Response:
        return _file(desk.report_text().encode("utf-8", "backslashreplace"), "reverie-report.txt", "text/plain")

    async def bundle(_: web.Request) -> web.Response:
        return _file(await desk.bundle(), "reverie-support.zip", "application/zip")

    async def card(request: web.Request) -> web.Response:
        address = request.query.get("address") or _own_address(request, page)
        if len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
            raise refused(400, "technician.card.wrong", "The address of a page begins with http:// or https://.")
        return web.json_response({"address": address, "rows": qr_rows(address), "contact": desk.contact()})

    return {"state": state, "vitals": curves, "log": log, "report": report, "bundle": bundle, "card": card}


def _deeds(desk: TechnicianSource) -> Mapping[str, Handler]:
    async def tone(request: web.Request) -> web.Response:
        return _answer(desk.tone(_word(await _read(request), "slot")))

    async def restart(request: web.Request) -> web.Response:
        return _answer(desk.renew(_word(await _read(request), "worker")))

    async def self_test(_: web.Request) -> web.Response:
        return _answer(desk.test_slots())

    async def panic(_: web.Request) -> web.Response:
        return _answer(desk.act("panic"))

    async def go_on(_: web.Request) -> web.Response:
        return _answer(desk.act("next"))

    async def pause(request: web.Request) -> web.Response:
        on = (await _read(request)).get("on")
        if not isinstance(on, bool):
            raise refused(400, "refused.form", "'on' is true or false.")
        return _answer(desk.act("pause", on))

    return {"tone": tone, "self-test": self_test, "restart": restart, "panic": panic, "next": go_on, "pause": pause}


def _own_address(request: web.Request, page: PageSection) -> str:
    """How others reach the page: by the first name that the site lists, else as this technician does."""
    if not page.hosts:
        return f"{request.scheme}://{request.host}/"
    port = "" if page.proxies else f":{request.url.port}"
    return f"{request.scheme}://{page.hosts[0]}{port}/"


def _answer(verdict: Verdict) -> web.Response:
    said = plain(verdict.sentence, LONGEST_LINE)
    return web.json_response({"ok": verdict.ok, "said": said}, status=200 if verdict.ok else 409)


def _file(body: bytes, name: str, content_type: str) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=body, content_type=content_type, headers=headers)


def _word(wanted: Mapping[str, Any], key: str) -> str:
    word = wanted.get(key)
    if not isinstance(word, str) or not word:
        raise refused(400, "refused.form", f"{key!r} is a name.")
    return word


async def _read(request: web.Request) -> Mapping[str, Any]:
    try:
        wanted: Any = json.loads(await request.read())
    except (ValueError, RecursionError):
        raise refused(400, "refused.form", "This is no JSON.") from None
    if not isinstance(wanted, dict):
        raise refused(400, "refused.form", "This is no JSON object.")
    return cast("Mapping[str, Any]", wanted)


def _asks(summary: str, description: str = "Plain data.", kind: str = "application/json") -> Mapping[str, Any]:
    return {"get": {"summary": summary, "responses": {"200": {"description": description, "content": {kind: {}}}}}}


def _does(summary: str, **properties: str) -> Mapping[str, Any]:
    schema = {"type": "object", "properties": {name: {"type": kind} for name, kind in properties.items()}}
    body = {"requestBody": {"content": {"application/json": {"schema": schema}}}} if properties else {}
    said: Mapping[str, Any] = {"description": "What came of it.", "content": {"application/json": {}}}
    return {"post": {"summary": summary, **body, "responses": {"200": said, "409": said}}}


TECHNICIAN_PATHS: Mapping[str, Any] = {
    f"{PREFIX}/state": _asks("How each stage is, the slots, faults and processes."),
    f"{PREFIX}/vitals": _asks("Bars, silence, lateness, refusals, restarts, heat and load; `span` is day or month."),
    f"{PREFIX}/log": _asks("The last lines of the log."),
    f"{PREFIX}/report": _asks("How the installation is, to keep.", "Sentences.", "text/plain"),
    f"{PREFIX}/bundle": _asks("The support bundle.", "A ZIP file without secrets.", "application/zip"),
    f"{PREFIX}/card": _asks("The card for the wall: the page's address, its QR code by rows, and who helps."),
    f"{PREFIX}/tone": _does("Have a slot sound a test tone.", slot="string"),
    f"{PREFIX}/self-test": _does("Have each slot sound a quiet figure; the state says which were heard."),
    f"{PREFIX}/restart": _does("Have a worker (player, composer, timbre) begin another life.", worker="string"),
    f"{PREFIX}/panic": _does("End every note now."),
    f"{PREFIX}/next": _does("Play the next scene."),
    f"{PREFIX}/pause": _does("Be silent from the next bar line on, or play on.", on="boolean"),
}
"""What the description of the interface says of these routes."""
