"""Each voice is heard in browsers with the best sound that can be had, and nothing waits for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from fakes.hand_clock import HandClock
from fakes.patience import PATIENCE
from fakes.scenes import TEXT, scene
from reverie.browser_sounds.shipped_set import ShippedSet
from reverie.browser_sounds.sound_files import SoundFiles
from reverie.browser_sounds.sound_jobs import BankSound, ProgramSound, SoundJob, SoundMade
from reverie.bus import Bus
from reverie.conductor.page import voice_sounds as module
from reverie.conductor.page.voice_sounds import VoiceSounds
from reverie.places import browser_sounds_folder
from reverie.timbre.ready_bank import ReadyBank
from reverie.watch.happenings import BankReady, Moment, SceneBegun, SceneChanged, SoundsChanged

AT = Moment(0.0, 0.0)
TIMBRES = """
timbres:
  creature:
    sources: {flute: {latent: 1}, cat: {latent: 2}}
    path: {kind: line, steps: 3}
    pace: 10 min
"""
SCENE = scene()
DREAMING = scene(
    TEXT.replace("channel: 10,", "channel: 10, program: 0,")
    + """
moods:
  fear: {words: [dark], voices: {lead: {program: cello}, beat: {program: 25}}}
  joy: {words: [sun], voices: {lead: {program: 9}}}
  dusk: {words: [evening], voices: {lead: {program: cello}}}
"""
)
MORPHING = scene(TEXT.replace("voices:", f"{TIMBRES}voices:") + "    timbre: {bank: creature}\n")


class Maker:
    def __init__(self, files: SoundFiles) -> None:
        self.files = files
        self.jobs: list[SoundJob] = []
        self.fault = ""
        self.mistake: Exception | None = None

    def make(self, job: SoundJob) -> SoundMade:
        self.jobs.append(job)
        if self.mistake:
            raise self.mistake
        if self.fault:
            return SoundMade(fault=self.fault)
        audio = self.files.put(job.origin.encode(), "flac")
        page = self.files.put(json.dumps({"audio": {"file": audio}}).encode(), "json")
        self.files.remember(job.origin, page)
        return SoundMade(page)


class House:
    def __init__(self, folder: Path) -> None:
        self.bus = Bus()
        shipped = browser_sounds_folder()
        self.files = SoundFiles(folder, 1 << 20, shipped)
        self.maker = Maker(self.files)
        self.told: list[SoundsChanged] = []
        slots = {"main": {"kind": "fluidsynth", "soundfont": "auto"}}
        self.sounds = VoiceSounds(
            slots, self.files, ShippedSet.read(shipped), self.bus, HandClock(), self.maker.make, again=0.01
        )
        self.sounds.subscribe_to(self.bus)
        self.bus.subscribe(SoundsChanged, self.told.append)

    def origins(self) -> dict[str, str]:
        return {name: sound.origin for name, sound in self.sounds.by_voice.items()}

    async def until(self, **origins: str) -> None:
        await self.see(lambda: self.origins() == origins)

    async def see(self, what: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not what():  # noqa: ASYNC110 - makers are threads
                await asyncio.sleep(0.005)


@pytest.fixture
def font(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "font.sf2"
    path.write_bytes(b"a font")
    monkeypatch.setattr(module, "find_soundfont", lambda _: path)
    monkeypatch.setattr(module.shutil, "which", lambda _: "/usr/bin/fluidsynth")
    return path


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncGenerator[House]:
    house = House(tmp_path / "sounds")
    running = asyncio.create_task(house.sounds.run())
    yield house
    running.cancel()


@pytest.mark.usefixtures("font")
async def test_a_voice_sounds_at_once_and_then_as_the_soundfont_does(house: House) -> None:
    house.bus.publish(SceneBegun(AT, SCENE, 1))
    assert house.origins() == {"beat": "shipped", "lead": "shipped"}
    await house.until(beat="program", lead="program")
    beat, lead = house.maker.jobs
    assert isinstance(beat, ProgramSound)
    assert isinstance(lead, ProgramSound)
    assert beat.program == 0
    assert beat.drums == (35, 38, 42, 45, 46, 48, 49, 50, 51), "as the scene plays its drums"
    assert (lead.drums, lead.program, lead.low, lead.high) == ((), 11, 54, 90), "its register, and some more"
    assert [len(said.voices) for said in house.told] == [2, 2, 2], "whoever follows along hears of each change"


async def test_without_fluidsynth_the_shipped_sounds_stay(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    house.bus.publish(SceneBegun(AT, SCENE, 1))
    await house.see(lambda: not house.sounds.waiting)
    assert house.origins() == {"beat": "shipped", "lead": "shipped"}
    assert house.maker.jobs == []
    told = house.sounds.told()
    assert told["scene"] == "study"
    assert house.sounds.file(told["voices"]["lead"]["base"].rpartition("/")[2]) is not None


@pytest.mark.usefixtures("font")
async def test_a_bank_takes_the_place_of_all_else_and_keeps_it(house: House) -> None:
    house.bus.publish(SceneBegun(AT, MORPHING, 1))
    await house.until(beat="program", lead="program")
    for bank in ("aa", "bb"):
        house.bus.publish(BankReady(AT, MORPHING, "creature", ReadyBank(0, bank, f"/banks/{bank}", "")))
        wanted = BankSound(bank, f"/banks/{bank}", "creature")
        await house.see(lambda wanted=wanted: wanted in house.maker.jobs and not house.sounds.waiting)
    await house.until(beat="program", lead="bank")
    before = house.sounds.by_voice["lead"]
    house.bus.publish(SceneChanged(AT, MORPHING, 2))
    assert house.sounds.by_voice["lead"] == before, "a scene that is saved again does not fall back"


@pytest.mark.usefixtures("font")
async def test_what_was_made_before_is_not_made_again(house: House) -> None:
    house.bus.publish(SceneBegun(AT, SCENE, 1))
    await house.until(beat="program", lead="program")
    house.bus.publish(
        SceneBegun(AT, scene(TEXT.replace("name: study", "name: study").replace("seed: 3", "seed: 4")), 2)
    )
    other = House(house.files.folder)
    running = asyncio.create_task(other.sounds.run())
    other.bus.publish(SceneBegun(AT, SCENE, 1))
    await other.until(beat="program", lead="program")
    running.cancel()
    assert other.maker.jobs == []


@pytest.mark.usefixtures("font")
async def test_a_maker_that_fails_costs_nobody_the_sound(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.maker.fault = "FluidSynth is out of breath"
    house.bus.publish(SceneBegun(AT, SCENE, 1))
    await house.see(lambda: len(house.maker.jobs) == len(SCENE.voices) and not house.sounds.waiting)
    assert house.origins() == {"beat": "shipped", "lead": "shipped"}
    assert "out of breath" in caplog.text


@pytest.mark.usefixtures("font")
async def test_a_mistake_of_ours_is_told_and_ends_nothing(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.maker.mistake = ZeroDivisionError()
    house.bus.publish(SceneBegun(AT, SCENE, 1))
    await house.see(lambda: "no new sounds" in caplog.text)
    house.maker.mistake = None
    house.bus.publish(SceneBegun(AT, MORPHING, 2))
    await house.until(beat="program", lead="program")


@pytest.mark.usefixtures("font")
async def test_a_program_changed_by_a_mood_was_not_heard_in_browsers(house: House) -> None:
    house.bus.publish(SceneBegun(AT, DREAMING, 1))
    at_once = house.sounds.told()["voices"]
    assert at_once["lead"]["programs"].keys() == {"42", "9"}
    assert at_once["lead"]["programs"]["42"] != at_once["lead"]["base"], "a shipped sound at once, and another one"
    await house.until(beat="program", lead="program")
    await house.see(lambda: not house.sounds.waiting)
    asked = [(job.program, bool(job.drums)) for job in house.maker.jobs if isinstance(job, ProgramSound)]
    assert asked == [(0, True), (11, False), (42, False), (25, True), (9, False)], "what plays now is made first"
    told = house.sounds.told()["voices"]
    assert told["beat"]["programs"].keys() == {"25"}
    assert told["lead"]["programs"]["42"] != at_once["lead"]["programs"]["42"]
    assert {sound.origin for sound in house.sounds.by_program.values()} == {"program"}
    house.bus.publish(SceneChanged(AT, DREAMING, 2))
    assert house.sounds.told()["voices"] == told, "a scene that is saved again does not fall back"
    house.bus.publish(SceneBegun(AT, SCENE, 3))
    assert "programs" not in house.sounds.told()["voices"]["lead"]


async def test_voices_of_one_channel_have_its_program_together(house: House) -> None:
    beside = '  echo:\n    kind: melody\n    pattern: "D4:16"\n    output: {slot: main, channel: 1, program: 11}\n'
    mood = "moods:\n  fear: {words: [dark], voices: {lead: {program: 42}}}\n"
    house.bus.publish(SceneBegun(AT, scene(TEXT + beside + mood), 1))
    assert house.sounds.by_program.keys() == {("lead", 42), ("echo", 42)}
