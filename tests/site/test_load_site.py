"""The site's configuration is found, and its paths are those of its file."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from pathlib import Path

import pytest

from reverie.documents import DocumentError, read_document
from reverie.places import config_folder, state_folder
from reverie.play.slot_settings import ChannelSound, SlotSettings
from reverie.site.load import find_site, load_site
from reverie.site.schema import Site, site_json_schema
from reverie.site.slot_sections import FluidSynthSlot, PortSlot, VirtualSlot

TEXT = """
scene: dawn
scenes: [own, /elsewhere]
models: bundles
state: ../state
programme: [{at: 7:30, scene: dawn}, {at: "20:00", scene: dusk}]
slots:
  main: {kind: fluidsynth, soundfont: fonts/a.sf2, options: {synth.polyphony: 64}}
  daw: {kind: port, match: "ardour.*in", latency: 5, clock: true, channels: {1: 11}}
  open:
    {kind: virtual, volume: 90, fade: 2.5, absent: main, sounds: {10: {program: 0, bank: 128}, 2: {program: 4}}}
tape: {keep_days: 7}
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "reverie.yaml").write_text(TEXT, encoding="utf-8")
    return load_site(tmp_path / "reverie.yaml")


def test_paths_are_relative_to_the_file(site: Site, tmp_path: Path) -> None:
    assert site.scenes == (tmp_path / "own", Path("/elsewhere"))
    assert site.models == tmp_path / "bundles"
    assert site.state_folder == tmp_path / "../state"
    assert site.tape_folder == tmp_path / "../state" / "tape"


def test_slots_are_plain_data_for_the_player(site: Site, tmp_path: Path) -> None:
    assert [type(slot) for slot in site.slots.values()] == [FluidSynthSlot, PortSlot, VirtualSlot]
    slots = {name: SlotSettings.read(written) for name, written in site.slots_as_json().items()}
    assert slots["main"] == SlotSettings(
        {
            "kind": "fluidsynth",
            "soundfont": str(tmp_path / "fonts/a.sf2"),
            "audio": "auto",
            "gain": 0.6,
            "reverb": {"room": 0.7, "damp": 0.4, "width": 0.9, "level": 0.9},
            "chorus": {"voices": 3, "depth": 4.25, "speed": 0.2, "level": 0.6},
            "options": {"synth.polyphony": "64"},
        }
    )
    unknown = {"device": None, "label": None, "place": None}
    port = {"kind": "port", "match": "ardour.*in", "api": "auto", "din": False}
    assert slots["daw"] == SlotSettings(port | unknown, latency=0.005, clock=True, channels={1: 11})
    sounds = {10: ChannelSound(program=0, bank=128), 2: ChannelSound(program=4)}
    assert slots["open"] == SlotSettings(
        {"kind": "virtual", "name": "Reverie", "api": "auto"}, sounds=sounds, volume=90, fade=2.5, absent="main"
    )


def test_the_slots_that_the_shipped_file_shows_as_comments_are_right(tmp_path: Path) -> None:
    shipped = (config_folder() / "reverie.yaml").read_text(encoding="utf-8")
    shown = [line.replace("# ", "", 1) for line in shipped.splitlines() if re.match(r"  # \w+: \{kind", line)]
    path = tmp_path / "reverie.yaml"
    path.write_text("\n".join(["slots:", *shown]), encoding="utf-8")
    assert set(load_site(path).slots) == {"daw", "sampler", "synth", "open"}


def test_times_of_the_programme_need_no_quotes(site: Site) -> None:
    assert [(change.at, change.scene) for change in site.programme] == [
        (dt.time(7, 30), "dawn"),
        (dt.time(20, 0), "dusk"),
    ]


def test_what_is_shipped_says_what_holds_anyway(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = load_site(config_folder() / "reverie.yaml")
    assert shipped == Site()
    document = read_document(config_folder() / "reverie.yaml")
    assert set(document.data) == set(site_json_schema()["properties"]), "every key is shown"
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/reverie:/var/lib/other")
    assert shipped.tape_folder == Path("/var/lib/reverie/tape")


def test_the_configuration_is_searched_where_people_put_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = config_folder() / "reverie.yaml"
    assert find_site({}) in {Path("/etc/reverie/reverie.yaml"), shipped}
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "reverie.yaml").write_text("scene: dawn\n", encoding="utf-8")
    assert load_site().scene == "dawn"
    assert find_site({"REVERIE_CONFIG": "/meant/but/missing.yaml"}) == Path("/meant/but/missing.yaml")
    monkeypatch.setenv("REVERIE_CONFIG", "/meant/but/missing.yaml")
    with pytest.raises(DocumentError, match=r"missing\.yaml:1:1: there is no such file"):
        load_site()


def test_the_schema_beside_the_configuration_is_that_of_the_code() -> None:
    stored = json.loads((config_folder() / "reverie.schema.json").read_text(encoding="utf-8"))
    assert stored == site_json_schema(), "run: reverie schema --site > config/reverie.schema.json"


def test_state_lies_where_systemd_or_xdg_say() -> None:
    assert state_folder({"STATE_DIRECTORY": "/var/lib/reverie"}) == Path("/var/lib/reverie")
    assert state_folder({"XDG_STATE_HOME": "/home/x/state"}) == Path("/home/x/state/reverie")
    assert state_folder({"HOME": "/home/x"}) == Path("/home/x/.local/state/reverie")


def test_a_configuration_that_nobody_may_look_at_counts_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").mkdir()
    monkeypatch.chdir(tmp_path)
    looked = Path.stat

    def refused(path: Path, **how: bool) -> os.stat_result:
        if path == Path("config") / "reverie.yaml":
            raise PermissionError(13, "Permission denied")
        return looked(path, **how)

    monkeypatch.setattr(Path, "stat", refused)
    assert find_site({}) == Path("config") / "reverie.yaml"
