"""The day and the room on the technician's page: what holds and why, what is next, and what is to be done."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import pytest_asyncio

from fakes.axe import findings
from fakes.browser import DESK, SMALLEST, Screen, Visit
from fakes.page_site import PageSite, open_page
from fakes.technician_source import DAY, QuietDesk
from reverie.conductor.page.room_of_desk import RoomAdvice

pytestmark = pytest.mark.real

Visitor = Callable[..., Awaitable[Visit]]
READY = "document.querySelectorAll('#charts svg').length === 7"
OPENS = {"date": "2026-12-01", "time": "10:00", "days": 1}
FULL: dict[str, Any] = {
    "clock": {"time": "23:10", "zone": "Europe/Berlin", "doubt": "", "kept": True},
    "hours": {
        "open": False,
        "silent": True,
        "why": "holiday",
        "reason": "Weihnachten <b>",
        "next": OPENS,
        "warm_up": {"composer": True, "without_loops": ["bass", "lead"], "slots": None},
    },
    "rests": "closed",
    "programme": {
        "now": {"at": "22:00", "scene": None, "mood": None},
        "next": {"at": "08:00", "scene": "dawn", "mood": "joy"},
    },
    "quiet": {"why": "neighbours", "volume": 0.4, "density": 0.5, "until": {**OPENS, "time": "07:00"}},
    "presence": {"sensed": "lost", "alone_minutes": 3, "silent_minutes": 720, "away_minutes": 10.0, "rests": False},
    "maintenance": {
        "reboot": "weekly",
        "in_rests": [
            {
                "name": "the history gives room back to the disk",
                "waits": True,
                "seconds_ago": 90_000,
                "outcome": "done",
            },
            {
                "name": "a new start of the machine, if it is due",
                "waits": False,
                "seconds_ago": None,
                "outcome": "",
            },
        ],
    },
}
BOX: dict[str, Any] = {
    "name": "attic",
    "address": "10.0.0.2",
    "port": None,
    "leads": False,
    "seconds": 1.5,
    "here": True,
    "together": True,
    "scene": "dusk",
    "bar": 5,
    "error_ms": 0.234,
    "round_trip_ms": 0.4,
    "advice": None,
}
ROOM: dict[str, Any] = {
    "name": "hall",
    "role": "leads",
    "address": "0.0.0.0:8767",
    "voices": ["lead"],
    "advice": None,
    "boxes": [BOX],
}


@pytest.fixture
def desk() -> QuietDesk:
    return QuietDesk()


@pytest_asyncio.fixture
async def site(tmp_path: Path, desk: QuietDesk) -> AsyncGenerator[PageSite]:
    async with open_page(tmp_path, desk=desk) as site:
        yield site


async def rows(here: Visit) -> dict[str, str]:
    """What stands in each row, sentence by sentence."""
    return await here.page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('#day > div')].map((row) =>
          [row.dataset.row, [...row.querySelectorAll('dd > *')].map((one) => one.textContent).join(' ')]))"""
    )


async def box(here: Visit, name: str) -> str:
    told = await here.page.inner_text(f"#room [data-box={name}]")
    return "\n".join(line for line in told.splitlines() if line)


async def test_the_day_says_what_holds_why_and_until_when(site: PageSite, visitor: Visitor, desk: QuietDesk) -> None:
    desk.day = FULL
    here = await visitor(f"{site.address}/technician")
    await here.until(READY)
    assert await rows(here) == {
        "hours": "closed as it is a holiday: Weihnachten <b> Opens tomorrow at 10:00. Silent, as it is closed. "
        "It is made ready: no loop yet for bass, lead",
        "programme": "Since 22:00: rest. 08:00: dawn (joy).",
        "quiet": "In force until tomorrow at 07:00: neighbours; volume 0.4, density 0.5.",
        "presence": "The sensor is lost: it has said nothing for 720 min of opening. "
        "It plays as if somebody were there. Look at the sensor.",
        "maintenance": "The machine starts anew weekly, while it is closed. "
        "The history gives room back to the disk: 1 day ago, done. It waits for a rest. "
        "A new start of the machine, if it is due: not yet since the start.",
        "clock": "23:10, and believed. A time service keeps it. The zone is Europe/Berlin.",
    }


async def test_where_nothing_is_written_the_day_is_short_and_there_is_no_room(site: PageSite, visitor: Visitor) -> None:
    here = await visitor(f"{site.address}/technician")
    await here.until(READY)
    told = await rows(here)
    assert list(told) == ["hours", "maintenance", "clock"]
    assert told["hours"] == "Always open: no hours are written."
    assert not await here.page.is_visible("#room-section")


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("week", "open by the hours of the week"),
        ("exception", "open by an exception"),
        ("hand", "open and it plays by a person\u2019s word, until it opens or closes next"),
        ("clock", "open as the clock is not believed"),
    ],
)
async def test_each_reason_has_its_words(
    site: PageSite, visitor: Visitor, desk: QuietDesk, why: str, words: str
) -> None:
    hours = {"open": True, "silent": False, "why": why, "reason": "", "next": OPENS, "warm_up": None}
    doubt = "the clock shows 2001-01-01, which is past" if why == "clock" else ""
    desk.day = {**DAY, "hours": hours, "clock": {**DAY["clock"], "doubt": doubt}}
    here = await visitor(f"{site.address}/technician")
    await here.until(READY)
    told = await rows(here)
    assert told["hours"] == f"{words} Closes tomorrow at 10:00."
    assert ("not believed: the clock shows 2001-01-01, which is past." in told["clock"]) is (why == "clock")


async def test_the_day_is_told_in_german_with_what_the_daemon_says(
    site: PageSite, visitor: Visitor, desk: QuietDesk
) -> None:
    desk.day = {**FULL, "clock": {**FULL["clock"], "doubt": "the clock shows 2001-01-01, which is past"}}
    here = await visitor(f"{site.address}/technician", language="de-DE")
    await here.until(READY)
    await here.until("document.querySelector('[data-row=maintenance]').textContent.includes('Der Verlauf')")
    told = await rows(here)
    assert "die Uhr zeigt 2001-01-01, was vergangen ist" in told["clock"]
    assert "In Kraft bis morgen um 07:00 Uhr: neighbours; Lautstärke 0,4, Dichte 0,5." in told["quiet"]
    assert "Der Verlauf gibt der Platte Platz zurück: vor 1 Tag, getan. Es wartet auf eine Ruhe." in told["maintenance"]


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "en-GB",
            [
                "In force until 07:00:",
                "In force until tomorrow at 07:00:",
                "In force until Thursday at 07:00:",
                "In force until December 12 at 07:00:",
            ],
        ),
        (
            "de-DE",
            [
                "In Kraft bis 07:00 Uhr:",
                "In Kraft bis morgen um 07:00 Uhr:",
                "In Kraft bis Donnerstag um 07:00 Uhr:",
                "In Kraft bis zum 12. Dezember um 07:00 Uhr:",
            ],
        ),
        (
            "fr-FR",
            [
                "En vigueur jusqu\u2019à 07:00 :",
                "En vigueur jusqu\u2019à demain à 07:00 :",
                "En vigueur jusqu\u2019à jeudi à 07:00 :",
                "En vigueur jusqu\u2019au 12 décembre à 07:00 :",
            ],
        ),
    ],
    ids=["en", "de", "fr"],
)
async def test_quiet_hours_lasted_until_on_thursday(
    site: PageSite, visitor: Visitor, desk: QuietDesk, language: str, sentences: list[str]
) -> None:
    ends = [("2026-11-30", 0), ("2026-12-01", 1), ("2026-12-03", 3), ("2026-12-12", 12)]
    for (date, days), sentence in zip(ends, sentences, strict=True):
        desk.day = {**DAY, "quiet": {**FULL["quiet"], "until": {"date": date, "time": "07:00", "days": days}}}
        here = await visitor(f"{site.address}/technician", language=language)
        await here.until(READY)
        assert (await rows(here))["quiet"].replace("\u202f", " ").replace("\xa0", " ").startswith(sentence)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en-GB", "was 3 min ago; it counts as nobody after 5 min."),
        ("de-DE", "war es vor 3 min; als niemand zählt es nach 5 min."),
        ("fr-FR", "il y a 3 min ; cela compte comme personne après 5 min."),
    ],
    ids=["en", "de", "fr"],
)
async def test_nobody_counted_after_5_of_nothing(
    site: PageSite, visitor: Visitor, desk: QuietDesk, language: str, sentence: str
) -> None:
    desk.day = {**DAY, "presence": {**FULL["presence"], "sensed": "here", "away_minutes": 5.0}}
    here = await visitor(f"{site.address}/technician", language=language)
    await here.until(READY)
    assert (await rows(here))["presence"].replace("\u202f", " ").replace("\xa0", " ").endswith(sentence)


async def test_the_slots_that_are_made_ready_were_told_in_english(
    site: PageSite, visitor: Visitor, desk: QuietDesk
) -> None:
    slots = "Slot daw was not heard by the monitor; slot main has no device."
    desk.day = {**FULL, "hours": {**FULL["hours"], "warm_up": {**FULL["hours"]["warm_up"], "slots": slots}}}
    here = await visitor(f"{site.address}/technician", language="de-DE")
    await here.until(READY)
    told = "Slot daw wurde nicht gehört, von: dem Monitor; Slot main hat kein Gerät."
    await here.until(f"document.querySelector('[data-row=hours]').textContent.includes({told!r})")


async def test_the_room_says_of_each_box_what_it_plays_and_how_well_its_clock_is_known(
    site: PageSite, visitor: Visitor, desk: QuietDesk
) -> None:
    desk.room = ROOM
    here = await visitor(f"{site.address}/technician")
    await here.until(READY)
    assert (await box(here, "hall")).split("\n") == [
        "This box is hall.",
        "leads",
        "It listens at 0.0.0.0:8767 (UDP).",
        "Here sound: lead.",
    ]
    assert (await box(here, "attic")).split("\n") == [
        "attic",
        "in the same bar",
        "follows, 10.0.0.2",
        "Heard 2 seconds ago.",
        "Plays dusk, bar 5.",
        "Clock known to 0.23 ms; round trip 0.4 ms.",
    ]


async def test_a_box_that_is_missing_has_the_advice_that_fits(
    site: PageSite, visitor: Visitor, desk: QuietDesk
) -> None:
    away = {"leads": True, "here": False, "together": False, "scene": "", "bar": None, "advice": "never", "port": 9100}
    leader = {**BOX, **away, "name": "hall", "seconds": None, "error_ms": None, "round_trip_ms": None}
    desk.room = {**ROOM, "name": "attic", "role": "alone", "address": "hall.local:8767", "boxes": [leader]}
    here = await visitor(f"{site.address}/technician")
    await here.until(READY)
    told = await box(here, "hall")
    assert "missing" in told
    assert "Never heard." in told
    assert "Does it lead (room: {lead: true}), is UDP port 9100 open in its firewall" in told, (
        "it said 8767, whatever was configured"
    )
    assert "alone" in await box(here, "attic")


@pytest.mark.parametrize("advice", get_args(RoomAdvice))
async def test_every_advice_has_words(site: PageSite, visitor: Visitor, desk: QuietDesk, advice: str) -> None:
    desk.room = {**ROOM, "advice": advice}
    here = await visitor(f"{site.address}/technician")
    await here.until(READY)
    assert len(await here.page.inner_text("#room .advice")) > 30


@pytest.mark.parametrize("screen", [DESK, SMALLEST], ids=["desk", "320px"])
async def test_day_and_room_fit_and_keep_nobody_out(
    site: PageSite, visitor: Visitor, desk: QuietDesk, screen: Screen
) -> None:
    desk.day, desk.room = FULL, {**ROOM, "boxes": [BOX, {**BOX, "name": "cellar", "here": False, "advice": "gone"}]}
    here = await visitor(f"{site.address}/technician", screen)
    await here.until(READY)
    assert await here.page.evaluate("document.documentElement.scrollWidth") <= screen.width
    assert await findings(here) == []
