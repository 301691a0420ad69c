"""What technicians see and do, on a conductor without processes."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.conductors import Theatre
from fakes.patience import PATIENCE
from fakes.scenes import TEXT
from reverie.conductor.care.stage_marks import STAGES
from reverie.conductor.keeping.support_bundle import BARS, tape_text
from reverie.play.messages import PlayTone, SlotState
from reverie.processes.codec import to_message
from reverie.site.page_section import PageSection
from reverie.watch.fault_kinds import NO_NEW_LOOP, SLOT_AT_FAULT, SLOT_MISSING
from reverie.watch.log_lines import keep_log_lines


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    theatre = Theatre(tmp_path, {"study": TEXT})
    theatre.begin()
    theatre.answer()
    theatre.player.starts()
    theatre.composer.starts()
    theatre.player.says(SlotState("main", up=True, detail="a port"))
    theatre.play(2)
    return theatre


def marks(theatre: Theatre) -> dict[str, str]:
    return {mark["stage"]: mark["level"] for mark in theatre.conductor.page.desk.state()["stages"]}


def tones(theatre: Theatre) -> list[PlayTone]:
    sent = [one for one in theatre.player.sent if one["type"] == "tone"]
    return [PlayTone(**{key: value for key, value in one.items() if key != "type"}) for one in sent]


def test_each_stage_is_well_or_has_its_one_fault_and_advice(theatre: Theatre) -> None:
    assert marks(theatre) == dict.fromkeys(STAGES, "good")
    faults = theatre.conductor.faults
    faults.tell(NO_NEW_LOOP, "lead", "Voice lead has got no new loop", "Loosen density")
    faults.tell(SLOT_AT_FAULT, "main", "The fan is loud", "See to the fan")
    faults.tell(SLOT_MISSING, "main", "Slot main is away", "Plug it in")
    told = {mark["stage"]: mark for mark in theatre.conductor.page.desk.state()["stages"]}
    assert {stage for stage, mark in told.items() if mark["level"] != "good"} == {"guard", "port", "sound"}
    assert (told["guard"]["sentence"], told["guard"]["advice"]) == ("Voice lead has got no new loop", "Loosen density")
    assert (told["guard"]["level"], told["port"]["level"]) == ("doubtful", "bad")
    faults.clear(SLOT_MISSING)
    assert marks(theatre)["port"] == "good"


def test_a_worker_that_is_down_marks_its_stage(theatre: Theatre) -> None:
    theatre.composer.state = "waiting"
    theatre.composer.dies()
    assert (marks(theatre)["composer"], marks(theatre)["player"]) == ("bad", "good")


def test_a_tone_goes_to_a_channel_on_which_the_scene_has_a_sound(theatre: Theatre) -> None:
    assert theatre.conductor.page.desk.tone("main").ok
    [tone] = tones(theatre)
    parts = {part.channel for part in theatre.scenes_set[-1].parts}
    assert tone.channel in parts
    assert tone.channel != 10 or parts == {10}, "a note with a pitch, where there is one"
    last = theatre.conductor.status()["overrides"]["last"][-1]
    assert (last["action"], last["value"], last["source"]) == ("tone", "main", "technician")


def test_a_tone_is_refused_where_nothing_could_sound(theatre: Theatre) -> None:
    desk = theatre.conductor.page.desk
    assert not desk.tone("nowhere").ok
    said = [desk.tone("main").sentence for _ in range(5)]
    assert "one tone after another" in said[-1]
    theatre.player.says(SlotState("main", up=False, detail="unplugged"))
    assert len(tones(theatre)) == 2


def test_a_new_life_is_recorded_and_not_begun_all_the_time(theatre: Theatre) -> None:
    desk = theatre.conductor.page.desk
    assert desk.renew("composer").ok
    assert theatre.composer.condemned == ["The composer was ended by a technician."]
    assert "a moment ago" in desk.renew("composer").sentence
    assert "does not run" in desk.renew("timbre").sentence, "nothing is rendered"
    assert not desk.renew("conductor").ok
    assert theatre.composer.condemned == ["The composer was ended by a technician."]


async def test_the_players_notes_end_before_its_life(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reverie.conductor.page.technician_desk.BEFORE_LIFE", 0.01)
    assert theatre.conductor.page.desk.renew("player").ok
    assert theatre.player.sent[-1] == {"type": "panic"}
    assert theatre.player.condemned == []
    async with asyncio.timeout(PATIENCE):
        while not theatre.player.condemned:  # noqa: ASYNC110 - the desk does it by itself
            await asyncio.sleep(0.01)


async def test_the_controls_do_what_a_technician_wants(theatre: Theatre) -> None:
    desk = theatre.conductor.page.desk
    assert desk.act("pause", True).ok
    assert desk.state()["paused"] is True
    theatre.clock.go(1)
    assert desk.act("pause", False).ok
    assert desk.state()["paused"] is False
    assert desk.act("panic").ok
    assert theatre.player.sent[-1] == {"type": "panic"}
    assert not desk.act("pause", "for ever").ok


async def test_whoever_helps_is_who_the_configuration_names_now(theatre: Theatre) -> None:
    desk, taking = theatre.conductor.page.desk, theatre.conductor.site_watch.taking
    assert desk.contact() is None
    page = PageSection.model_validate({"contact": {"name": "Ada Person", "telephone": "+49 30 1234567"}})
    taking.take(taking.in_force.model_copy(update={"page": page}))
    assert (desk.contact() or {})["name"] == "Ada Person"
    assert desk.state()["contact"] == desk.contact()


TOKENS = ("an artist's secret word", "a technician's secret word")


async def test_no_secret_is_in_the_bundle(theatre: Theatre, tmp_path: Path) -> None:
    for name, token in zip(("artist", "technician"), TOKENS, strict=True):
        (tmp_path / name).write_text(token)
    (tmp_path / "key.pem").write_text("-----BEGIN PRIVATE KEY-----")
    page = PageSection.model_validate(
        {
            "artist_token_file": str(tmp_path / "artist"),
            "technician_token_file": str(tmp_path / "technician"),
            "certificate": str(tmp_path / "certificate.pem"),
            "key": str(tmp_path / "key.pem"),
            "contact": {"name": "Ada Person", "telephone": "+49 30 1234567"},
        }
    )
    conductor = theatre.conductor
    site = conductor.config.site.model_copy(update={"page": page})
    tape = tmp_path / "tape"
    tape.mkdir()
    (conductor.config.state / "dumps").mkdir(parents=True)
    (conductor.config.state / "dumps" / "reverie.play.worker.txt").write_text("Fatal Python error: Aborted\n")
    (tape / "2026-11-30T04.journal").write_text("B 0 84 4/4 study\nE 0 903c64 lead 85\n")
    report = replace(conductor.page.desk.report, config=replace(conductor.config, site=site, tape=tape))
    keep_log_lines()
    logging.getLogger("reverie.web").warning("A login as artist from 192.0.2.7.")
    desk = replace(conductor.page.desk, report=report)
    with zipfile.ZipFile(io.BytesIO(await desk.bundle())) as bundle:
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert set(texts) == {
        "report.txt",
        "status.json",
        "configuration.yaml",
        "log.txt",
        "versions.txt",
        "vitals.json",
        "tape.txt",
        "dumps.txt",
    }
    whole = "\n".join(texts.values())
    for secret in (*TOKENS, "PRIVATE KEY", "Ada Person", "1234567", str(tmp_path / "artist")):
        assert secret not in whole
    assert "could not be written" not in whole
    assert "artist_token_file_is_set: true" in texts["configuration.yaml"]
    assert "E 0 903c64 lead 85" in texts["tape.txt"]
    assert texts["dumps.txt"] == "Fatal Python error: Aborted\n"
    assert "A login as artist" in texts["log.txt"]
    assert json.loads(texts["status.json"])["scene"]["name"] == "study"
    assert "numpy " in texts["versions.txt"]


async def test_a_bundle_comes_even_of_what_is_broken(theatre: Theatre, tmp_path: Path) -> None:
    report = replace(
        theatre.conductor.page.desk.report, config=replace(theatre.conductor.config, tape=tmp_path / "gone")
    )
    with zipfile.ZipFile(io.BytesIO(await replace(theatre.conductor.page.desk, report=report).bundle())) as bundle:
        assert bundle.read("tape.txt") == b"There is no journal.\n"
        assert bundle.read("dumps.txt") == b"There is no dump.\n"


def test_of_the_tape_the_last_bars_are_in_it(tmp_path: Path) -> None:
    (tmp_path / "2026-11-30T03.journal").write_text("B 0 84 4/4 before\n")
    lines = [f"B {bar} 84 4/4 study\nE {bar} 903c64 lead 85\n" for bar in range(3000)]
    (tmp_path / "2026-11-30T04.journal").write_text("".join(lines))
    assert tape_text(tmp_path) == "".join(lines[-BARS:]).rstrip("\n") + "\n"


def test_a_tone_is_what_the_player_understands() -> None:
    assert to_message(PlayTone("main", 3, 69, 90, 0.5))["type"] == "tone"
