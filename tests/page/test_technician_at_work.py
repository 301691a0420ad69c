"""The technician's page of a whole daemon that is well, with a FluidSynth that can be heard."""

from __future__ import annotations

import asyncio
import json
import re
import zipfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from playwright.async_api import expect

from fakes.browser import Visit
from fakes.daemon import Daemon
from fakes.heard_tune import TUNE
from fakes.jack import need, running_jack, wait_until
from fakes.patience import PATIENCE
from fakes.sound import HOP, Sound, recording
from reverie.conductor.page.technician_desk import TONE_PITCH, TONE_SECONDS
from reverie.play.messages import TONE
from reverie.play.recording.tape import SUFFIX

pytestmark = [pytest.mark.real, pytest.mark.whole]

Visitor = Callable[..., Awaitable[Visit]]
SOUNDFONT = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")
SYNTH = {"kind": "fluidsynth", "audio": "jack", "soundfont": str(SOUNDFONT) if SOUNDFONT.exists() else "auto"}
HEARD = 0.003
"""A level of which nobody would say that it is silence."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon whose tune goes to browsers alone; its FluidSynth plays what a technician has it play."""
    need("fluidsynth")
    folder = tmp_path_factory.mktemp("technician") / "daemon"
    with pytest.MonkeyPatch.context() as patch, running_jack(patch):
        daemon = Daemon(folder, {"main": {"kind": "browser"}, "stage": SYNTH}, TUNE)
        daemon.start()
        try:
            wait_until(lambda: daemon.answers() and daemon.metric("reverie_slot_up", slot="stage"))
            daemon.wait_for_bars(1)
            yield daemon
        finally:
            daemon.kill()


async def desk(visitor: Visitor, site: Daemon) -> Visit:
    here = await visitor(f"http://localhost:{site.port}/technician")
    await here.until("document.querySelector('[data-stage=player]')?.dataset.level === 'good'")
    return here


async def press(here: Visit, name: str, said: str) -> None:
    await here.page.get_by_role("button", name=name, exact=True).click()
    await expect(here.page.locator("#said")).to_contain_text(said)


def tones(site: Daemon) -> list[str]:
    """The bytes of the test tones that began, as the tape has them."""
    tapes = [path.read_text() for path in (site.state / "tape").glob(f"*{SUFFIX}")]
    lines = [line.split() for tape in tapes for line in tape.splitlines()]
    return [line[2] for line in lines if line[0] == "E" and line[3] == TONE and line[2].startswith("9")]


async def test_the_tone_of_a_slot_sounds_at_its_pitch_for_its_time_and_is_on_the_tape(
    site: Daemon, visitor: Visitor, tmp_path: Path
) -> None:
    here = await desk(visitor, site)
    with recording(tmp_path / "sound.wav"):
        await asyncio.sleep(0.5)
        await press(here, "Test tone on stage", "It is done: tone stage.")
        await asyncio.to_thread(wait_until, lambda: len(tones(site)) == 1)
        await asyncio.sleep(2 * TONE_SECONDS)
    sound = Sound(tmp_path / "sound.wav")
    loud = [at * HOP for at, level in enumerate(sound.levels(0, HOP, int(sound.seconds / HOP))) if level > HEARD]
    assert loud, "nothing is heard"
    assert loud[0] > 0.4, "before the button was pressed there was silence"
    assert 0.5 * TONE_SECONDS < loud[-1] - loud[0] < 2 * TONE_SECONDS
    samples, rate = soundfile.read(tmp_path / "sound.wav")
    part = samples[:, 0][int((loud[0] + 0.05) * rate) :][: rate // 2]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 17))
    strongest = float(np.argmax(spectrum)) * rate / (1 << 17)
    assert round(69 + 12 * np.log2(strongest / 440)) == TONE_PITCH
    assert tones(site) == [f"90{TONE_PITCH:02x}60"]


async def test_the_music_is_paused_and_played_on_another_scene_comes_and_all_is_on_record(
    site: Daemon, visitor: Visitor
) -> None:
    here = await desk(visitor, site)

    def now() -> dict[str, Any]:
        return json.loads(site.get("/api/v1/now"))

    await press(here, "Pause", "")
    await asyncio.to_thread(wait_until, lambda: now()["says"]["key"] == "paused")
    await press(here, "Play on", "")
    await asyncio.to_thread(wait_until, lambda: now()["says"]["key"] == "playing")
    await press(here, "Panic: end every note", "")
    await press(here, "Next scene", "")
    await asyncio.to_thread(wait_until, lambda: now()["scene"]["name"] != "tune")
    done = [(use["action"], use["refused"]) for use in site.records() if use["source"] == "technician"]
    assert done[-4:] == [("pause", ""), ("pause", ""), ("panic", ""), ("next", "")]


async def test_the_player_begins_another_life_and_goes_on(site: Daemon, visitor: Visitor) -> None:
    here = await desk(visitor, site)
    before = site.pid("player")
    await here.page.get_by_role("button", name="Start anew: player").click()
    await press(here, "Sure? Press again: player", "It is done: restart player.")
    await asyncio.to_thread(wait_until, lambda: site.pid("player") not in {None, before})
    bars = site.metric("reverie_bars_played_total")
    await asyncio.to_thread(wait_until, lambda: site.metric("reverie_bars_played_total") > bars)
    await here.until("document.querySelector('[data-stage=player]').dataset.level === 'good'", 2 * PATIENCE)


async def test_the_report_and_the_bundle_tell_of_this_very_daemon(
    site: Daemon, visitor: Visitor, tmp_path: Path
) -> None:
    here = await desk(visitor, site)
    for name in ("Download the report", "Download the support bundle"):
        async with here.page.expect_download() as coming:
            await here.page.get_by_role("link", name=name).click()
        await (await coming.value).save_as(tmp_path / name)
    assert str(site.config) in (tmp_path / "Download the report").read_text()
    with zipfile.ZipFile(tmp_path / "Download the support bundle") as bundle:
        status = json.loads(bundle.read("status.json"))
        assert [slot["name"] for slot in status["slots"]] == ["main", "stage"]
        assert re.search(r"^E \d+ 9", bundle.read("tape.txt").decode(), re.MULTILINE), "notes of the tape"
