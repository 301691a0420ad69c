"""The history hears of all that a conductor does, and how each loop was made can be read in it."""

from __future__ import annotations

from pathlib import Path

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from reverie.conductor.keeping.history_keeping import keep_history
from reverie.history.history_reader import mistakes, read_entries, read_made
from reverie.site.storage_section import StorageSection


def test_what_plays_what_befalls_it_and_what_people_do_stand_in_the_history(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, {"study": TEXT}, clock=HandClock())
    conductor = theatre.conductor
    history = keep_history(conductor, conductor._housekeeping, StorageSection(), theatre.clock)
    theatre.begin()
    theatre.answer()
    for _ in range(12):
        theatre.play()
        theatre.answer()
        theatre.clock.go(2.0)
    conductor.control({"action": "tempo", "value": 90}, "test")
    history.write_now()
    entries = [*read_entries(history.path)]
    assert [(one.name, one.text) for one in entries if one.kind == "control"] == [("tempo", "tempo 90")]
    assert [one.name for one in entries if one.kind == "scene"] == ["study"]
    loops = [one for one in entries if one.kind == "loop"]
    assert {one.name for one in loops} == {"beat", "lead"}
    composed = [made for one in loops if (made := read_made(history.path, one.recipe))]
    assert composed
    for made in composed:
        heard = {one[1] for one in made["recipe"].get("heard", ())}
        assert heard <= made["heard"].keys(), "what it was told of is there too"
    [job] = [one for one in conductor.day.work.status() if "history" in one["name"]]
    assert (job["seconds_ago"], job["waits"]) == (None, False), "there is nothing to give back"
    history.vacuum()
    history.close()
    assert mistakes(history.path) == []
