"""A closed installation says in one sentence when it opens, in the visitor's language and by the clock of the place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fakes.axe import findings
from fakes.browser import DESK, SMALLEST, TELEPHONE, WALL, Screen, Visit
from fakes.hall import Hall

pytestmark = pytest.mark.real

Visitor = Callable[..., Awaitable[Visit]]
TOMORROW = {"date": "2026-12-01", "time": "10:00", "days": 1}


def closed(hall: Hall, ahead: dict[str, Any] | None, minutes: int | None = None) -> None:
    until = {"until": "10:00 on 2026-12-01", "opens": 1_796_119_200}
    hall.state = {
        "says": {"key": "closed", "params": until},
        "hours": {"open": False, "next": ahead, "minutes": minutes},
    }
    hall.tell("now", hall.now())


def opened(hall: Hall, minutes: int | None = None) -> None:
    hall.state = {"hours": {"open": True, "next": {**TOMORROW, "days": 0}, "minutes": minutes}}
    hall.tell("now", hall.now())


async def says(here: Visit, sentence: str, more: str = "") -> None:
    await here.until(f"document.querySelector('#says').textContent === {sentence!r}")
    await here.until(f"document.querySelector('#hours').textContent === {more!r}")
    assert await here.page.is_visible("#hours") is bool(more)


@pytest.mark.parametrize("path", ["/", "/wall"])
@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "en-GB",
            [
                "Closed. It opens today at 10:00.",
                "Closed. It opens tomorrow at 10:00.",
                "Closed. It opens on Thursday at 10:00.",
                "Closed. It opens on January 12 at 10:00.",
                "Closed for now. The music comes back when it opens.",
            ],
        ),
        (
            "de-DE",
            [
                "Geschlossen. Es öffnet heute um 10:00 Uhr.",
                "Geschlossen. Es öffnet morgen um 10:00 Uhr.",
                "Geschlossen. Es öffnet am Donnerstag um 10:00 Uhr.",
                "Geschlossen. Es öffnet am 12. Januar um 10:00 Uhr.",
                "Gerade geschlossen. Die Musik kommt wieder, wenn geöffnet wird.",
            ],
        ),
        (
            "fr-FR",
            [
                "Fermé. Ouverture aujourd\u2019hui à 10:00.",
                "Fermé. Ouverture demain à 10:00.",
                "Fermé. Ouverture jeudi à 10:00.",
                "Fermé. Ouverture le 12 janvier à 10:00.",
                "Fermé pour le moment. La musique revient à l\u2019ouverture.",
            ],
        ),
    ],
    ids=["en", "de", "fr"],
)
async def test_closed_is_one_sentence_with_the_day_on_which_it_opens(
    hall: Hall, visitor: Visitor, path: str, language: str, sentences: list[str]
) -> None:
    here = await visitor(f"{hall.address}{path}", language=language, timezone_id="Pacific/Kiritimati")
    ahead = [
        {"date": "2026-11-30", "time": "10:00", "days": 0},
        TOMORROW,
        {"date": "2026-12-03", "time": "10:00", "days": 3},
        {"date": "2027-01-12", "time": "10:00", "days": 43},
        None,
    ]
    for moment, sentence in zip(ahead, sentences, strict=True):
        closed(hall, moment)
        await says(here, sentence)
    for part in ("rv-roll", "#facts", "#mood", "#legend", "#play"):
        assert not await here.page.is_visible(part), "what was played last is no news, and no hand is heard"


async def test_it_warms_up_opens_and_closes_soon_in_words(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    closed(hall, {**TOMORROW, "days": 0}, 8)
    await says(here, "Closed. It opens in 8 minutes.", "It warms up.")
    closed(hall, {**TOMORROW, "days": 0}, 1)
    await says(here, "Closed. It opens in 1 minute.", "It warms up.")
    opened(hall)
    await says(here, "Playing Tides.")
    assert await here.page.is_visible("rv-roll")
    opened(hall, 10)
    await says(here, "Playing Tides.", "It closes in 10 minutes.")
    hall.state = {"hours": None}
    hall.tell("now", hall.now())
    await says(here, "Playing Tides.")


@pytest.mark.parametrize(
    ("path", "screen"),
    [("/", DESK), ("/", TELEPHONE), ("/", SMALLEST), ("/wall", WALL)],
    ids=["desk", "telephone", "320px", "wall"],
)
async def test_a_closed_page_fits_and_keeps_nobody_out(hall: Hall, visitor: Visitor, path: str, screen: Screen) -> None:
    closed(hall, TOMORROW)
    here = await visitor(f"{hall.address}{path}", screen)
    await says(here, "Closed. It opens tomorrow at 10:00.")
    assert await here.page.evaluate("document.documentElement.scrollWidth") <= screen.width
    assert await findings(here) == []
