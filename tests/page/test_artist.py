"""The artist's desk, in a real browser, with the whole daemon."""

from __future__ import annotations

import array
import asyncio
import json
import wave
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Route, expect

from fakes.browser import DESK, SMALLEST, Screen, Visit
from fakes.daemon import STUDY, Daemon
from fakes.jack import wait_until

pytestmark = [pytest.mark.real, pytest.mark.asyncio]

Visitor = Callable[..., Awaitable[Visit]]
AXE = Path(__file__).parents[2] / "build" / "page" / "node_modules" / "axe-core" / "axe.min.js"


FORMED = f"""{STUDY}
form:
  phrase: 4
  opening: 0
  sections:
    - {{name: shore, bars: 32, voices: [beat, bass, lead]}}
    - {{name: deep, bars: 32, voices: [beat, lead]}}
moods:
  fear: {{words: [dark], tempo: 0.9}}
"""


@pytest.fixture
def formed(tmp_path: Path) -> Iterator[Daemon]:
    """The whole daemon, with a scene that has a form and a mood."""
    daemon = Daemon(tmp_path / "daemon", {"main": {"kind": "port", "match": "^nowhere:"}}, FORMED)
    yield daemon.start()
    daemon.kill()


async def desk(visitor: Visitor, daemon: Daemon, screen: Screen = DESK, **options: Any) -> Visit:
    await asyncio.to_thread(daemon.wait_for_models)
    visit = await visitor(f"http://127.0.0.1:{daemon.port}/artist", screen, **options)
    await visit.page.wait_for_selector('article[data-voice="lead"]')
    return visit


def now(daemon: Daemon) -> dict[str, Any]:
    return json.loads(daemon.get("/api/v1/now"))


def weight(daemon: Daemon) -> float:
    return float(now(daemon)["mood"]["weights"].get("fear", 0))


def strip(visit: Visit, voice: str) -> Any:
    return visit.page.locator(f'article[data-voice="{voice}"]')


async def press(visit: Visit, voice: str, name: str) -> str:
    """Press a button of a voice; what the page says of it."""
    said = visit.page.locator("#said")
    await said.evaluate("node => node.textContent = ''")
    await strip(visit, voice).get_by_role("button", name=name, exact=True).click()
    await expect(said).not_to_have_text("")
    return str(await said.text_content())


async def test_the_buttons_of_the_talk_do_what_they_say(visitor: Visitor, daemon: Daemon) -> None:
    visit = await desk(visitor, daemon)
    assert "lead repeats the loop" in await press(visit, "lead", "Loop")
    await visit.page.wait_for_selector('article[data-voice="lead"] button[aria-pressed="true"] >> text=Loop')
    for name in ("Generate", "Generate once", "Reset", "Continue", "Mutate"):
        assert "done" in await press(visit, "lead", name), name
    await strip(visit, "lead").get_by_label("Generate every").select_option("4")
    await expect(visit.page.locator("#said")).to_contain_text("another loop after every 4 bars")
    await asyncio.to_thread(wait_until, lambda: len(daemon.records()) >= 7)
    done = [(use["source"], use["action"], use["refused"]) for use in daemon.records()]
    assert [action for _, action, _ in done][:6] == ["loop", "another", "once", "reset", "continue", "mutate"]
    assert {(source, refused) for source, _, refused in done} == {("artist", "")}


async def test_what_a_voice_cannot_do_is_grey_and_says_why(visitor: Visitor, daemon: Daemon) -> None:
    visit = await desk(visitor, daemon)
    groove = strip(visit, "lead").get_by_role("button", name="Groove lead is no drum set, and groove is for drums")
    assert await groove.get_attribute("aria-disabled") == "true"
    await groove.click(force=True)
    assert await visit.page.locator("#said").text_content() == "lead is no drum set, and groove is for drums"
    assert [use for use in daemon.records() if use["action"] == "groove"] == []


async def test_a_voice_sounds_alone_and_the_last_is_not_muted(visitor: Visitor, daemon: Daemon) -> None:
    visit = await desk(visitor, daemon)
    assert "lead sounds alone" in await press(visit, "lead", "Solo")
    assert "refused" in await press(visit, "lead", "Mute")
    visit.complaints.clear()  # a browser counts the answer 409 as an error
    assert "with the others" in await press(visit, "lead", "Solo")
    assert daemon.status()["overrides"]["now"] == []


async def test_a_level_moves_over_bars_and_is_taken_back(visitor: Visitor, daemon: Daemon) -> None:
    visit = await desk(visitor, daemon)
    page = visit.page
    await page.get_by_label("Levels move over").select_option("4")
    await page.locator("#tempo").fill("140")
    await page.wait_for_selector("text=/Tempo is on its way for . more bar/")
    await expect(page.locator("#stage .set")).to_contain_text("The tempo is 140", timeout=15_000)
    await page.get_by_role("button", name="Undo", exact=True).click()
    await expect(page.locator("#stage .set")).not_to_contain_text("The tempo is")


async def test_a_scene_is_checked_as_it_is_typed_tried_taken_back_and_saved(visitor: Visitor, daemon: Daemon) -> None:
    visit = await desk(visitor, daemon)
    page, file = visit.page, daemon.folder / "scenes" / "study.yaml"
    text, written = page.get_by_label("The scene's text"), file.read_text()
    await expect(text).to_have_value(written)
    await text.fill(written.replace("tempo: 240", "tempo: quick"))
    await expect(page.locator("#scene-faults")).to_contain_text("Line 4, column 8")
    await expect(page.locator(".scene-text mark")).to_have_text("quick")
    await text.fill(written.replace("tempo: 240", "tempo: 200"))
    await expect(page.locator("#scene-faults li")).to_have_count(0)
    await page.get_by_role("button", name="Try this text (B)").click()
    await asyncio.to_thread(wait_until, lambda: now(daemon)["scene"]["tempo"] == 200)
    assert file.read_text() == written, "what is tried touches no file"
    await page.get_by_role("button", name="Back to what was (A)").click()
    await asyncio.to_thread(wait_until, lambda: now(daemon)["scene"]["tempo"] == 240)
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator("#said")).to_contain_text("study is saved")
    assert "tempo: 200" in file.read_text()
    await asyncio.to_thread(wait_until, lambda: now(daemon)["scene"]["tempo"] == 200)
    await expect(page.locator("#artist-scenes").get_by_label("Before").locator("option")).to_have_count(2)


async def test_what_was_typed_while_a_scene_was_saved_was_lost(visitor: Visitor, daemon: Daemon) -> None:
    visit = await desk(visitor, daemon)
    page, file = visit.page, daemon.folder / "scenes" / "study.yaml"
    text, written = page.get_by_label("The scene's text"), file.read_text()
    await expect(text).to_have_value(written)
    on_its_way, may_go = asyncio.Event(), asyncio.Event()

    async def wait(route: Route) -> None:
        if route.request.method == "PUT":
            on_its_way.set()
            await may_go.wait()
        await route.continue_()

    await page.route("**/artist/scenes/study", wait)
    await text.fill(written.replace("tempo: 240", "tempo: 200"))
    await page.get_by_role("button", name="Save", exact=True).click()
    await on_its_way.wait()
    more = written.replace("tempo: 240", "tempo: 201")
    await text.fill(more)
    may_go.set()
    await expect(page.locator("#said")).to_contain_text("study is saved")
    await expect(page.locator("#artist-scenes").get_by_label("Before").locator("option")).to_have_count(2)
    assert await text.input_value() == more
    assert "tempo: 200" in file.read_text()
    await page.get_by_role("button", name="Save", exact=True).click()
    await asyncio.to_thread(wait_until, lambda: "tempo: 201" in file.read_text())


async def test_what_is_typed_gives_way_to_another_scene_or_page_only_once_it_may(
    visitor: Visitor, daemon: Daemon
) -> None:
    written = (daemon.folder / "scenes" / "study.yaml").read_text()
    (daemon.folder / "scenes" / "other.yaml").write_text(f"# another\n{written}")
    page = (await desk(visitor, daemon)).page
    scenes = page.locator("#artist-scenes select").first
    text, dropped = page.get_by_label("The scene's text"), page.locator("#artist-scenes .notice button")
    await expect(text).to_have_value(written)
    await expect(scenes.locator("option")).to_contain_text(["other", "study"])
    await text.press("Control+End")
    await text.press_sequentially("# mine")
    mine = await text.input_value()
    await scenes.select_option("other")
    await expect(dropped).to_be_visible()
    assert (await text.input_value(), await scenes.input_value()) == (mine, "study")
    async with page.expect_event("dialog") as coming:
        await page.close(run_before_unload=True)
    asked = await coming.value
    assert asked.type == "beforeunload"
    await asked.dismiss()
    assert await text.input_value() == mine
    await dropped.click()
    await expect(text).to_have_value(f"# another\n{written}")
    await scenes.select_option("study")
    await expect(text).to_have_value(written)


async def test_a_scene_that_was_saved_on_windows_counted_as_typed_in(visitor: Visitor, daemon: Daemon) -> None:
    written = (daemon.folder / "scenes" / "study.yaml").read_text()
    (daemon.folder / "scenes" / "other.yaml").write_bytes(written.replace("\n", "\r\n").encode())
    page = (await desk(visitor, daemon)).page
    scenes, text = page.locator("#artist-scenes select").first, page.get_by_label("The scene's text")
    await expect(scenes.locator("option")).to_contain_text(["other", "study"])
    await scenes.select_option("other")
    await expect(page.locator("#artist-scenes")).not_to_contain_text("not saved")
    await scenes.select_option("study")
    await expect(text).to_have_value(written)
    assert await scenes.input_value() == "study"


async def test_two_editors_of_one_scene_lose_nothing(visitor: Visitor, daemon: Daemon) -> None:
    visits = [await desk(visitor, daemon), await desk(visitor, daemon)]
    file = daemon.folder / "scenes" / "study.yaml"
    written = file.read_text()
    for number, visit in enumerate(visits):
        text = visit.page.get_by_label("The scene's text")
        await expect(text).to_have_value(written)
        await text.fill(written.replace("tempo: 240", f"tempo: {220 + number}"))
    for visit in visits:
        await visit.page.get_by_role("button", name="Save", exact=True).click()
        await expect(visit.page.locator("#said, #artist-scenes .notice")).to_contain_text(["saved"])
    visits[1].complaints.clear()  # a browser counts the answer 409 as an error
    assert "tempo: 220" in file.read_text()
    await visits[1].page.get_by_role("button", name="Save mine; theirs stays under Before").click()
    await asyncio.to_thread(wait_until, lambda: "tempo: 221" in file.read_text())
    kept = sorted((daemon.state / "scene-versions" / "study").iterdir())
    assert "tempo: 220" in kept[-1].read_text()


async def test_a_loop_is_seen_and_heard_before_it_is_taken(visitor: Visitor, daemon: Daemon) -> None:
    visit = await desk(visitor, daemon)
    page, choose = visit.page, visit.page.locator("#artist-choose")
    await choose.locator("select").first.select_option("lead")
    await choose.get_by_label("How many").select_option("2")
    await choose.get_by_role("button", name="Compose").click()
    await expect(choose.locator(".candidate")).to_have_count(2, timeout=30_000)
    second = choose.locator(".candidate").nth(1)
    assert await second.locator("rect").count() > 0
    await second.get_by_role("button", name="Hear it here").click()
    await second.get_by_role("button", name="Take it").click()
    await expect(page.locator("#said")).to_contain_text("lead plays the loop that was taken")
    await asyncio.to_thread(wait_until, lambda: any(use["action"] == "take" for use in daemon.records()))
    [taken] = [use["loops"]["lead"] for use in daemon.records() if use["action"] == "take"]
    await asyncio.to_thread(wait_until, lambda: now(daemon)["loops"]["lead"]["recipe"] == taken)


async def test_the_form_is_led_and_moods_are_dreamt_by_hand(visitor: Visitor, formed: Daemon) -> None:
    visit = await desk(visitor, formed)
    page = visit.page
    await page.get_by_role("button", name="deep now").click()
    await asyncio.to_thread(wait_until, lambda: now(formed)["form"]["section"] == "deep")
    await page.get_by_role("button", name="Stay in this section").click()
    await expect(page.locator("#said")).to_contain_text("the form stays in deep")
    pad = page.locator('[data-mood="fear"]')
    await pad.locator("#mood-fear").fill("0.5")
    await asyncio.to_thread(wait_until, lambda: now(formed)["mood"]["weights"].get("fear", 0) > 0)
    await expect(pad.get_by_role("button", name="Dream", exact=True)).to_have_attribute("aria-pressed", "true")
    await pad.get_by_role("button", name="Wake").click()
    await asyncio.to_thread(wait_until, lambda: now(formed)["mood"]["weights"].get("fear", 0) == 0)


async def test_a_moment_is_kept_and_taken_along_as_a_sound_file(
    visitor: Visitor, daemon: Daemon, tmp_path: Path
) -> None:
    visit = await desk(visitor, daemon)
    page = visit.page
    await page.get_by_role("button", name="Keep this moment").click()
    await expect(page.locator("#artist-kept tbody tr").first).to_contain_text("all together")
    await asyncio.to_thread(wait_until, lambda: json.loads(daemon.get("/api/v1/moments"))["moments"])
    await page.reload()
    moment = page.locator("#artist-moments article").first
    assert await moment.get_by_role("link", name="MIDI file").get_attribute("download")
    async with page.expect_download() as coming:
        await moment.get_by_role("button", name="Sound file (WAV)").click()
    await (await coming.value).save_as(tmp_path / "moment.wav")
    with wave.open(str(tmp_path / "moment.wav")) as sound:
        assert (sound.getnchannels(), sound.getsampwidth()) == (2, 2)
        assert sound.getnframes() > 2 * sound.getframerate()
        heard = array.array("h", sound.readframes(sound.getnframes()))
    assert max(heard) > 1000, "it is no silence"


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (make page-tools)")
@pytest.mark.parametrize(("screen", "theme"), [(DESK, "dark"), (SMALLEST, "bright")])
async def test_everybody_can_use_the_desk(visitor: Visitor, daemon: Daemon, screen: Screen, theme: str) -> None:
    visit = await desk(visitor, daemon, screen)
    page = visit.page
    await page.select_option("#theme", theme)
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate(
        "axe.run().then(({ violations }) => violations.map((one) => "
        "`${one.id}: ${one.nodes.map((node) => node.html).slice(0, 3).join(' | ')}`))"
    )
    assert found == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off at the side"


@pytest.mark.parametrize("language", ["de", "fr"])
async def test_the_desk_speaks_the_languages_of_the_house(visitor: Visitor, daemon: Daemon, language: str) -> None:
    visit = await desk(visitor, daemon, language=language)
    named = {"de": "Einmal neu", "fr": "Générer une fois"}[language]
    assert await strip(visit, "lead").get_by_role("button", name=named).count() == 1
