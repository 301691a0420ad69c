"""What a visitor can do on the page, in a real browser: by finger, by mouse, by keyboard alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import soundfile

from fakes.browser import SMALLEST, TELEPHONE, Screen, Visit
from fakes.daemon import Daemon
from fakes.hall import Hall
from fakes.patience import PATIENCE
from reverie.control.visitors import PlayAnswer

pytestmark = pytest.mark.real

Visitor = Callable[..., Awaitable[Visit]]
SETTLED = 400.0
"""Milliseconds after a stroke in which another may follow before both are asked for."""
READY = "document.querySelectorAll('.drum-cell').length > 0"


def cell(row: int, step: int) -> str:
    return f".drum-cell[data-row='{row}'][data-step='{step}']"


async def middle(here: Visit, selector: str) -> tuple[float, float]:
    await here.page.locator(selector).scroll_into_view_if_needed()
    box = await here.page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def wished(here: Visit, hall: Hall, count: int = 1) -> Any:
    """The last wish, once there are so many."""
    for _ in range(200):
        if len(hall.toys.wishes) >= count:
            return hall.toys.wishes[-1]
        await here.page.wait_for_timeout(50)
    raise AssertionError(hall.toys.wishes)


async def says(here: Visit, text: str) -> None:
    await here.until(f"document.querySelector('.play-says').textContent.includes({text!r})")


async def test_strokes_are_painted_by_dragging_and_the_page_says_from_which_bar_on_they_are_heard(
    hall: Hall, visitor: Visitor
) -> None:
    here = await visitor(hall.address)
    await here.until(READY)
    x, y = await middle(here, cell(1, 4))
    to, _ = await middle(here, cell(1, 7))
    await here.page.mouse.move(x, y)
    await here.page.mouse.down()
    await here.page.mouse.move(to, y, steps=12)
    await here.page.mouse.up()
    act, wanted = await wished(here, hall)
    assert (act, wanted["voice"], wanted["marker"], wanted["own"]) == ("drums", "beat", 0, [4, 5, 6, 7])
    assert wanted["rows"]["snare"][:8] == "....xxxx"
    assert wanted["rows"]["bass"][:8] == "....x...", "what was struck in those steps stays, and is the visitor's"
    await says(here, "bar 128")
    await here.until("document.querySelector('.drum-state').textContent.includes('sound now')")


async def test_a_slow_finger_made_a_wish_at_each_halt_and_painted_on_after_it_was_lifted_beside_the_grid(
    hall: Hall, visitor: Visitor
) -> None:
    here = await visitor(hall.address)
    await here.until(READY)
    x, y = await middle(here, cell(1, 4))
    to, _ = await middle(here, cell(1, 6))
    beyond, _ = await middle(here, cell(1, 7))
    await here.page.mouse.move(x, y)
    await here.page.mouse.down()
    await here.page.mouse.move(to, y, steps=4)
    await here.page.wait_for_timeout(2 * SETTLED)  # a halt, in which nothing may be asked
    assert hall.toys.wishes == []
    await here.page.mouse.move(to, 2, steps=4)
    await here.page.mouse.up()
    await here.page.mouse.move(beyond, y, steps=4)
    _, wanted = await wished(here, hall)
    assert wanted["own"] == [4, 5, 6]


async def test_a_second_press_takes_a_stroke_away(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until(READY)
    assert await here.page.get_attribute(cell(0, 0), "data-on") == "true"
    await here.page.click(cell(0, 0))
    assert await here.page.get_attribute(cell(0, 0), "data-on") == "false"
    _, wanted = await wished(here, hall)
    assert (wanted["own"], "bass" in wanted["rows"]) == ([0], False)


async def test_the_drums_are_played_by_keyboard_alone_and_each_cell_says_what_it_is(
    hall: Hall, visitor: Visitor
) -> None:
    here = await visitor(hall.address)
    await here.until(READY)
    await here.page.focus(".drum-cell[tabindex='0']")
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Space"):
        await here.page.keyboard.press(key)
    focused = "document.activeElement"
    assert await here.page.evaluate(f"[{focused}.dataset.row, {focused}.dataset.step]") == ["1", "2"]
    assert await here.page.evaluate(f"{focused}.getAttribute('aria-label')") == "snare, step 3: struck, yours"
    assert await here.page.get_attribute(cell(0, 4), "aria-label") == "kick, step 5: struck, the model's"
    _, wanted = await wished(here, hall)
    assert wanted["rows"]["snare"][2] == "x"
    await here.page.keyboard.press("End")
    await here.page.keyboard.press("ArrowRight")
    assert await here.page.evaluate(f"{focused}.dataset.step") == "16", "over the edge, to the next bar"
    roles = await here.page.evaluate(
        "[...new Set([...document.querySelectorAll('.drum-grid [role]')].map(o => o.role))]"
    )
    assert sorted(roles) == ["gridcell", "row", "rowheader"]
    assert await here.page.evaluate("document.querySelectorAll('.drum-cell[tabindex=\"0\"]').length") == 1


async def test_all_before_the_marker_is_the_visitors(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until(READY)
    await here.page.focus("#drum-marker")
    for _ in range(6):
        await here.page.keyboard.press("ArrowRight")
    _, wanted = await wished(here, hall)
    assert (wanted["marker"], wanted["own"]) == (6, [])
    assert wanted["rows"]["bass"][:6] == "x...x."
    assert await here.page.get_attribute(cell(3, 5), "data-own") == "true"
    assert await here.page.get_attribute(cell(3, 6), "data-own") == "false"


async def test_more_drums_than_hands_and_feet_are_not_struck(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until(READY)
    for row in range(9):
        await here.page.click(cell(row, 1))
    on = await here.page.evaluate('document.querySelectorAll(\'.drum-cell[data-step="1"][data-on="true"]\').length')
    assert on == 4


async def test_what_was_set_is_let_go(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until(READY)
    release = ".drum-machine button:not(.quiet)"
    assert await here.page.is_disabled(release)
    await here.page.click(cell(1, 4))
    await wished(here, hall)
    await here.page.click(release)
    assert await wished(here, hall, 2) == ("drums", {"voice": "beat"})
    await here.until(f"document.querySelector({cell(1, 4)!r}).dataset.own === 'false'")


@pytest.mark.parametrize("screen", [TELEPHONE, SMALLEST], ids=["telephone", "320px"])
async def test_fingers_find_everything_on_a_telephone(hall: Hall, visitor: Visitor, screen: Screen) -> None:
    here = await visitor(hall.address, screen)
    await here.until(READY)
    assert await here.page.evaluate("document.documentElement.scrollWidth") <= screen.width
    small = await here.page.evaluate(
        """() => [...document.querySelectorAll('#play button, #play input, #play .drum-cell')]
          .filter((one) => one.offsetParent)
          .map((one) => [one.className || one.id, one.getBoundingClientRect()])
          .filter(([, box]) => box.height < 44 || box.width < (box.height >= 60 ? 32 : 36))
          .map(([name, box]) => `${name} ${box.width}x${box.height}`)"""
    )
    assert small == []
    x, y = await middle(here, cell(1, 3))
    await here.page.touchscreen.tap(x, y)
    _, wanted = await wished(here, hall)
    assert wanted["own"] == [3]


async def test_a_point_between_two_melodies_mixes_them_and_an_end_is_one_of_them(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until(READY)
    await here.page.focus(".mix-pad")
    for _ in range(3):
        await here.page.keyboard.press("ArrowRight")
    act, wanted = await wished(here, hall)
    first, second, third, _ = hall.toys.told["melody"]["tunes"]
    assert (act, wanted) == ("melody", {"voice": "lead", "tunes": [first, second], "shares": [0.7, 0.3]})
    assert await here.page.get_attribute(".mix-pad", "aria-valuetext") == "A 70 %, B 30 %"
    await here.page.keyboard.press("End")
    _, wanted = await wished(here, hall, 2)
    assert wanted == {"voice": "lead", "tunes": [second], "shares": [1]}
    await here.page.click(".mix-corner-2")
    await here.page.click(".tune-tile:nth-child(3)")
    _, wanted = await wished(here, hall, 3)
    assert wanted == {"voice": "lead", "tunes": [third], "shares": [1]}
    x, y = await middle(here, ".mix-pad")
    await here.page.mouse.click(x, y)
    _, wanted = await wished(here, hall, 4)
    assert set(wanted["tunes"]) == {first, second, third}
    assert sum(wanted["shares"]) == pytest.approx(1, abs=0.01)


async def test_a_tile_is_dragged_into_a_corner(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until(READY)
    x, y = await middle(here, ".mix-corner-0")
    from_x, from_y = await middle(here, ".tune-tile:nth-child(4)")
    x, y = await middle(here, ".mix-corner-0")
    from_x, from_y = await middle(here, ".tune-tile:nth-child(4)")
    await here.page.mouse.move(from_x, from_y)
    await here.page.mouse.down()
    await here.page.mouse.move(x, y, steps=8)
    await here.page.mouse.up()
    _, wanted = await wished(here, hall)
    assert wanted["tunes"] == [hall.toys.told["melody"]["tunes"][3]]


async def test_moods_dreams_and_moments_are_wished_for(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until(READY)
    await here.page.click(".mood-pads .pad[data-mood='joy']")
    assert await wished(here, hall) == ("mood", {"mood": "joy"})
    await here.page.fill("#dream-words", "x" * 200)
    assert len(await here.page.input_value("#dream-words")) == 140
    await here.page.fill("#dream-words", "the sea at night")
    await here.page.press("#dream-words", "Enter")
    assert await wished(here, hall, 2) == ("dream", {"text": "the sea at night"})
    await here.until("document.querySelector('#dream-words').value === ''")
    await here.page.click(".keepsakes .primary")
    await here.page.wait_for_selector(".moments a[href='/moment/0123456789abcdef']")
    hall.toys.told |= {"mood": "joy", "votes": {"joy": 3}, "together": "votes"}
    await here.until("document.querySelector('.pad[data-mood=\"joy\"]').ariaPressed === 'true'")
    assert "3 wishes" in await here.page.inner_text(".pad[data-mood='joy']")


async def test_buttons_of_the_piano_are_pressed_by_finger_and_by_key(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until(READY)
    await here.page.click(".genie-key:nth-child(3)")
    assert await wished(here, hall) == ("contour", {"button": 3, "voice": "keys"})
    await here.page.keyboard.press("7")
    assert await wished(here, hall, 2) == ("contour", {"button": 7, "voice": "keys"})
    assert len(hall.toys.wishes) == 2, "a press is one press"


async def test_tempo_and_temperature_are_moved_within_their_limits(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until(READY)
    await here.page.focus("#play-tempo")
    await here.page.keyboard.press("End")
    assert await wished(here, hall) == ("tempo", {"value": 130})
    await here.page.focus("#play-temperature")
    await here.page.keyboard.press("Home")
    assert await wished(here, hall, 2) == ("temperature", {"value": 0.7})


async def test_the_drum_machine_swings_and_grows_bolder(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until(READY)
    swing = "document.querySelector('#drum-swing')"
    assert await here.page.evaluate(f"{swing}.getAttribute('aria-valuetext')") == "even"
    assert not await here.page.is_visible("#play-swing"), "it stands where the drums are"
    await here.page.focus("#drum-swing")
    await here.page.keyboard.press("End")
    assert await wished(here, hall) == ("swing", {"value": 0.7})
    assert await here.page.evaluate(f"{swing}.getAttribute('aria-valuetext')") == "70 %"
    await says(here, "bar 128")
    await here.page.focus("#drum-temperature")
    await here.page.keyboard.press("End")
    assert await wished(here, hall, 2) == ("temperature", {"value": 1.3, "voice": "beat"})


async def test_without_drums_swing_stands_beside_the_tempo(hall: Hall, visitor: Visitor) -> None:
    hall.toys.told |= {"drums": None}
    here = await visitor(hall.address)
    await here.until("document.querySelector('#play-swing')?.checkVisibility()")
    await here.page.focus("#play-swing")
    await here.page.keyboard.press("ArrowRight")
    assert await wished(here, hall) == ("swing", {"value": 0.51})


async def test_whoever_waits_sees_when_the_turn_comes(hall: Hall, visitor: Visitor) -> None:
    hall.toys.told |= {"together": "queue", "turn": {"yours": False, "may": False, "seconds": 40.0, "waiting": 1}}
    here = await visitor(hall.address)
    await here.until("/Your turn in (40|39) s/.test(document.querySelector('.play-turn')?.textContent)")
    await here.until("/Your turn in 38 s/.test(document.querySelector('.play-turn')?.textContent)")
    await here.page.click(".playthings ~ *, .play-turn + button")
    await here.until("document.querySelector('.play-turn').textContent.includes('It is your turn')")
    assert hall.toys.turns == [False]


async def test_what_is_refused_is_said_in_the_language_of_the_visitor(hall: Hall, visitor: Visitor) -> None:
    hall.toys.answer = PlayAnswer(ok=False, key="play.refused.too-often")
    here = await visitor(hall.address, language="de-DE")
    await here.until(READY)
    await here.page.click(".mood-pads .pad")
    await says(here, "Nicht so schnell")
    here.complaints.clear()  # the browser's console says that the answer was 429


async def test_a_pattern_that_comes_too_often_is_told_again_as_it_is_then(hall: Hall, visitor: Visitor) -> None:
    here = await visitor(hall.address)
    await here.until(READY)
    hall.toys.answer = PlayAnswer(ok=False, key="play.refused.too-often")
    await here.page.click(cell(1, 4))
    await wished(here, hall)
    await says(here, "Not so fast")
    assert await here.page.get_attribute(cell(1, 4), "data-on") == "true", "what was painted stays"
    hall.toys.answer = None
    _, wanted = await wished(here, hall, 2)
    assert wanted["rows"]["snare"][4] == "x"
    await says(here, "bar 128")
    here.complaints.clear()  # the browser's console says that an answer was 429


async def test_what_the_scene_does_not_have_is_not_there(hall: Hall, visitor: Visitor) -> None:
    hall.toys.told |= {"drums": None, "contour": None, "melody": None, "moods": [], "allow": ["drums", "keep", "mood"]}
    here = await visitor(hall.address)
    await here.page.wait_for_selector(".keepsakes")
    for gone in (".drum-machine", ".tune-mixer", ".button-keys", ".mood-pads", ".sliders"):
        assert not await here.page.is_visible(gone)
    await here.page.locator("#play").scroll_into_view_if_needed()
    hall.toys.told["allow"] = []
    await here.until("document.querySelector('#play').childElementCount === 0")


@pytest.mark.whole
async def test_the_whole_daemon_plays_what_a_visitor_paints(daemon: Daemon, visitor: Visitor) -> None:
    await asyncio.to_thread(daemon.wait_for_models)
    here = await visitor(f"http://127.0.0.1:{daemon.port}/")
    await here.until(READY, 60)
    await here.until("document.querySelectorAll('.drum-cell[data-on=\"true\"]').length > 0", 60)
    for row, step in ((7, 2), (7, 3)):
        await here.page.click(cell(row, step))
    await says(here, "from bar")
    await here.until("document.querySelector('.drum-state').textContent.includes('sound now')", 30)
    state: Any = {}
    for _ in range(300):  # where the second press comes late, it is a wish of its own, and sounds a bar later
        state = await here.page.evaluate("fetch('/api/v1/play').then((answer) => answer.json())")
        if state["drums"]["playing"]["crash"][2:4] == "xx":
            break
        await here.page.wait_for_timeout(100)
    assert state["drums"]["set"]["rows"]["crash"].startswith("..xx")
    assert state["drums"]["playing"]["crash"][2:4] == "xx"
    await here.page.click(".keepsakes .primary")
    await here.page.click(".moments a")
    await here.until("document.querySelector('#picture')?.naturalWidth > 0", 30)
    assert "A study in haste" in await here.page.inner_text("#when")
    midi = await here.page.evaluate(
        "fetch(document.querySelector('#midi').href).then(async (one) => (await one.arrayBuffer()).byteLength)"
    )
    assert midi > 100
    await here.page.click("#hear")
    await here.until("document.querySelector('#player').duration > 1", 60)
    async with here.page.expect_download() as coming:
        await here.page.click("#wav")
    sound, _ = soundfile.read(await (await coming.value).path())
    assert abs(sound).max() > 0.03, "it is no silence"
    moment = here.page.url.rpartition("/")[2]
    await here.page.goto(f"http://127.0.0.1:{daemon.port}/artist")
    await here.page.wait_for_selector(f"#artist-moments a[href='/moment/{moment}']")


async def test_a_gate_that_is_asked_too_often_is_not_told_as_a_connection_that_is_lost(
    hall: Hall, visitor: Visitor
) -> None:
    here = await visitor(hall.address)
    await here.until(READY)

    async def gate(route: Any) -> None:
        await route.fulfill(status=429, json={"ok": False, "key": "refused.often", "said": "Too many changes."})

    await here.page.route("**/api/v1/play/*", gate)
    await here.page.locator("[data-mood='joy']").click()
    await says(here, "Not so fast")
    here.complaints.clear()  # the browser's console says that the answer was 429


async def test_an_answer_that_says_nothing_of_the_playthings_does_not_take_them_away(
    hall: Hall, visitor: Visitor
) -> None:
    here = await visitor(hall.address)
    await here.until(READY)
    status, again = 503, asyncio.Event()

    async def away(route: Any) -> None:
        await route.fulfill(status=status, json={})
        again.set()

    await here.page.route("**/api/v1/play", away)
    await here.page.locator(cell(1, 4)).scroll_into_view_if_needed()  # nobody asks for what nobody sees
    for _ in range(2):
        again.clear()
        await asyncio.wait_for(again.wait(), PATIENCE)
    assert await here.page.evaluate(READY)
    status = 404
    await here.until(f"!({READY})")
    here.complaints.clear()  # of the answers 503 and 404
