"""What was learned at the devices goes before what the site's file says, and never stops it from being used."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.conductor.arranging.check import check
from reverie.conductor.configuration.site_resources import keep_as_last_good, site_in_force
from reverie.documents import DocumentError, read_document
from reverie.site.learned import FILE, LearnedError, beside, ready, update
from reverie.site.load import load_site
from reverie.site.slot_sections import DeviceSection, FluidSynthSlot, PortSlot, Slot

GREY = {"name": "Grey MIDI 1", "client": "Grey", "usb": "0944:0117", "serial": "0012e45", "location": "1-1.2"}
PAUSE, PANIC = {"action": "pause", "note": 36}, {"action": "panic", "note": 37}
SITE = """
slots:
  main: {kind: fluidsynth}
  lead: {kind: port, match: "Old", label: old, latency: 12}
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "reverie.yaml"
    path.write_text(SITE)
    return path


def port(slot: Slot) -> PortSlot:
    assert isinstance(slot, PortSlot)
    return slot


def faults_of(path: Path) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        load_site(path)
    return [str(fault).removeprefix(f"{path.parent}/") for fault in caught.value.faults]


def test_a_learned_device_replaces_the_one_of_the_site_and_leaves_the_rest(site: Path) -> None:
    update(beside(site), {"slots": {"lead": {"device": GREY, "place": "left shelf"}}})
    lead = port(load_site(site).slots["lead"])
    assert lead.device == DeviceSection(**GREY)
    assert (lead.match, lead.label, lead.place, lead.latency) == (None, None, "left shelf", 12)


def test_a_slot_that_only_was_learned_is_a_port(site: Path) -> None:
    update(beside(site), {"slots": {"bass": {"device": GREY, "api": "alsa"}}})
    slots = load_site(site).slots
    assert list(slots) == ["main", "lead", "bass"]
    assert port(slots["bass"]).api == "alsa"


def test_a_site_without_slots_keeps_the_one_that_it_has_anyway(site: Path) -> None:
    site.write_text("scene: night-watch\n")
    update(beside(site), {"slots": {"bass": {"device": GREY}}})
    slots = load_site(site).slots
    assert list(slots) == ["main", "bass"]
    assert slots["main"] == FluidSynthSlot()


def test_a_slot_may_leave_its_device_to_be_learned(site: Path) -> None:
    site.write_text("slots: {lead: {kind: port, latency: 5}}\n")
    assert port(load_site(site).slots["lead"]).device is None
    update(beside(site), {"slots": {"lead": {"device": GREY}}})
    assert port(load_site(site).slots["lead"]).latency == 5


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("slots: {lead: {}}", "1:15: the key 'device' is missing: the device, by marks that stay"),
        (
            "slots:\n  lead: {device: {usb: 0944}}",
            "2:24: 'usb' must be a text, such as 0944:0117, not the number 944",
        ),
        ("slots: {lead: {device: {}}}", "1:24: a device is known by one of name, client, usb, serial and location"),
        (
            "slots: {main: {device: {name: x}}}",
            "1:9: the slot 'main' is of kind 'fluidsynth', and a device is learned for a 'port'; name another slot",
        ),
        (
            "controls: {a: {action: pause, cc: 1}, b: {action: panic, cc: 1}}",
            "1:42: controller 1 is already taken by 'a'",
        ),
        ("slots: [", "1:9: a value is missing here"),
        ("", "1:1: the file is empty"),
    ],
)
def test_faults_are_told_at_their_places_and_the_site_counts_alone(site: Path, text: str, fault: str) -> None:
    beside(site).write_text(text)
    assert faults_of(site) == [f"{FILE}:{fault}"]
    for checked in (site, beside(site)):
        assert [str(found) for found in check([checked], site)] == [f"{beside(site)}:{fault}"]
    force = site_in_force(site)
    assert port(force.site.slots["lead"]).match == "Old"
    assert f"{FILE}:{fault}" in str(force.fault)


def test_learned_controls_go_before_those_of_the_site(site: Path) -> None:
    site.write_text("controls: {pause: {action: pause, note: 1}, next: {action: next, note: 2}}")
    update(beside(site), {"controls": {"pause": PAUSE}})
    controls = load_site(site).controls
    assert {name: binding.note for name, binding in controls.items()} == {"pause": 36, "next": 2}


def test_rivals_are_the_devices_of_other_slots(site: Path) -> None:
    update(beside(site), {"slots": {"lead": {"device": GREY}, "bass": {"device": {**GREY, "serial": "13"}}}})
    slots = load_site(site).slots_as_json()
    assert [rival["serial"] for rival in slots["lead"]["rivals"]] == ["13"]
    assert [rival["serial"] for rival in slots["bass"]["rivals"]] == ["0012e45"]
    assert "rivals" not in slots["main"]


def test_what_was_learned_is_checked_without_its_site_too(site: Path) -> None:
    update(beside(site), {"slots": {"lead": {"device": GREY}}})
    assert check([beside(site)]) == []
    site.unlink()
    assert check([beside(site)]) == []


def test_faults_of_both_files_are_told_together(site: Path) -> None:
    site.write_text(SITE + "scen: x\n")
    beside(site).write_text("slots: {lead: {}}")
    assert faults_of(site) == [
        "learned.yaml:1:15: the key 'device' is missing: the device, by marks that stay",
        "reverie.yaml:5:1: unknown key 'scen'; did you mean 'scene'?",
    ]


def test_a_learned_control_that_the_site_has_already_is_at_fault_where_it_was_learned(site: Path) -> None:
    site.write_text("controls: {hold: {action: pause, note: 36}}")
    beside(site).write_text("controls:\n  pause: {action: panic, note: 36}")
    assert faults_of(site) == ["learned.yaml:2:10: note 36 is already taken by 'hold'"]
    assert list(site_in_force(site).site.controls) == ["hold"]


def test_the_last_good_configuration_knows_what_was_learned(site: Path) -> None:
    update(beside(site), {"slots": {"lead": {"device": GREY}}})
    good = load_site(site)
    keep_as_last_good(good, site)
    site.write_text("scene: [")
    assert site_in_force(site).site == good


def test_what_others_learned_stays(site: Path) -> None:
    path = beside(site)
    update(path, {"controls": {"pause": PAUSE}})
    update(path, {"slots": {"lead": {"device": GREY}}})
    update(path, {"slots": {"bass": {"device": GREY}}, "controls": {"panic": PANIC}})
    update(path, {"slots": {"lead": None}})
    assert read_document(path).data == {
        "controls": {"pause": PAUSE, "panic": PANIC},
        "slots": {"bass": {"device": GREY}},
    }
    assert path.read_text().startswith("# ")


def test_two_who_learn_at_once_lose_nothing(site: Path) -> None:
    path = beside(site)
    names = [f"slot {number}" for number in range(20)]
    threads = [threading.Thread(target=update, args=(path, {"slots": {name: {"device": GREY}}})) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read_document(path).data["slots"]) == sorted(names)


@pytest.mark.parametrize("text", ["slots: [", "slots: {a: {device: {name: x}}, a: {device: {name: y}}}", "slots: 3"])
def test_a_file_at_fault_is_left_to_a_person(site: Path, text: str) -> None:
    beside(site).write_text(text)
    with pytest.raises(DocumentError):
        update(beside(site), {"slots": {"lead": {"device": GREY}}})
    assert beside(site).read_text() == text


def test_what_would_be_at_fault_is_not_written(site: Path) -> None:
    with pytest.raises(DocumentError, match="usb is vendor:product"):
        update(beside(site), {"slots": {"lead": {"device": {"usb": "none"}}}})
    assert not beside(site).exists()


def test_a_folder_that_cannot_be_written_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LearnedError, match=r"learned.yaml cannot be written \(.+\); move .+ away"):
        update(tmp_path / "file" / FILE, {"slots": {}})


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(words, words, st.sampled_from(["1e5", "0o17", "0x1f", "12:30", "yes", "~", "null", "- a", "a: b", "#", "1_0"]))
def test_any_text_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, label: str, serial: str, odd: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "texts" / FILE
    slot: dict[str, Any] = {"device": {"serial": serial, "name": odd}, "label": label, "place": odd}
    path.unlink(missing_ok=True)
    update(path, {"slots": {label: slot, odd: slot}})
    assert read_document(path).data["slots"] == {label: slot, odd: slot}


def test_the_capitals_of_a_usb_mark_do_not_matter() -> None:
    assert DeviceSection(usb="1C75:02AF").usb == "1c75:02af"


def test_what_root_learns_under_a_strict_umask_can_be_read_by_the_service(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        update(tmp_path / FILE, {"slots": {"lead": {"device": GREY}}})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o644


def test_what_was_learned_is_written_through_a_link_and_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").touch(0o600)
    (tmp_path / "real.yaml").chmod(0o660)
    (tmp_path / "real.yaml").write_text("slots: {}\n")
    beside(tmp_path / "reverie.yaml").symlink_to("real.yaml")
    ready(beside(tmp_path / "reverie.yaml"))
    update(beside(tmp_path / "reverie.yaml"), {"slots": {"lead": {"device": GREY}}})
    assert beside(tmp_path / "reverie.yaml").is_symlink()
    assert read_document(tmp_path / "real.yaml").data["slots"] == {"lead": {"device": GREY}}
    assert stat.S_IMODE((tmp_path / "real.yaml").stat().st_mode) == 0o660


@pytest.mark.parametrize(
    ("number", "advice"), [(errno.EROFS, "remount,rw"), (errno.ENOSPC, "make room"), (errno.EIO, "replace it")]
)
def test_root_is_not_advised_where_it_does_not_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, advice: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("reverie.files.tempfile.mkstemp", refuse)
    monkeypatch.setattr("reverie.files._begin", refuse)
    for attempt in (ready, lambda path: update(path, {"slots": {}})):
        with pytest.raises(LearnedError, match=advice) as caught:
            attempt(tmp_path / FILE)
        assert "sudo" not in str(caught.value)


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_folder_without_locks_can_be_learned_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    update(tmp_path / FILE, {"slots": {"lead": {"device": GREY}}})
    assert (tmp_path / FILE).exists()


def test_whoever_holds_the_folder_does_not_hold_it_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reverie.site.learned.PATIENCE", 0.2)
    held = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(LearnedError, match="another program holds the folder"):
        update(tmp_path / FILE, {"slots": {}})
    os.close(held)


LATER = """
version: 3
slots:
  lead: {device: {name: Grey, colour: grey}, place: left shelf, gain: 0.5}
controls: {pause: {action: pause, note: 36, long: true}}
"""


def test_what_a_later_version_learned_is_kept_after_a_rollback(site: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An unknown key anywhere but in a device was a fault, and then the site's own file counted alone."""
    beside(site).write_text(LATER)
    force = site_in_force(site)
    assert force.fault is None
    lead = port(force.site.slots["lead"])
    assert (lead.device, lead.place) == (DeviceSection(name="Grey"), "left shelf")
    assert force.site.controls["pause"].note == 36
    told = [record.getMessage() for record in caplog.records]
    for key, place in (("version", "2:1"), ("colour", "4:31"), ("gain", "4:65"), ("long", "5:45")):
        [line] = [line for line in told if f"{FILE}:{place}: unknown key '{key}'" in line]
        assert "later version" in line


def test_learning_leaves_what_a_later_version_wrote(site: Path) -> None:
    beside(site).write_text(LATER)
    update(beside(site), {"slots": {"bass": {"device": GREY}}})
    data = read_document(beside(site)).data
    assert (data["version"], data["slots"]["lead"]["gain"], data["controls"]["pause"]["long"]) == (3, 0.5, True)
    assert data["slots"]["bass"] == {"device": GREY}


def test_a_key_of_a_later_version_hides_no_wrong_value(site: Path) -> None:
    beside(site).write_text("later: 1\nslots:\n  lead: {device: {usb: 0944}, later: 2}\n")
    assert faults_of(site) == [f"{FILE}:3:24: 'usb' must be a text, such as 0944:0117, not the number 944"]
