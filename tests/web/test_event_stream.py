"""Events reach all who listen, and whoever comes back gets what he missed."""

from __future__ import annotations

import json

import pytest

from reverie.web.event_stream import EventStream, WrittenEvent, written


class Ear:
    def __init__(self) -> None:
        self.heard: list[WrittenEvent] = []

    def hear(self, event: WrittenEvent) -> None:
        self.heard.append(event)


def test_an_event_is_written_as_browsers_read_it() -> None:
    event = written("bar", {"title": "Früh\nam Morgen", "notes": []}, "a-1").decode()
    assert event.startswith("id: a-1\nevent: bar\ndata: {")
    assert event.endswith("}\n\n")
    assert event.count("\n") == 4, "what is in it does not break the line"
    assert json.loads(event.split("data: ")[1]) == {"title": "Früh\nam Morgen", "notes": []}


def test_all_who_listen_hear_the_same_bytes_until_they_leave() -> None:
    stream, ears = EventStream("a"), [Ear(), Ear()]
    leave = [stream.listen(ear) for ear in ears]
    stream.publish("now", {"n": 1})
    leave[0]()
    leave[0]()
    stream.publish("now", {"n": 2})
    assert [len(ear.heard) for ear in ears] == [1, 2]
    assert ears[0].heard[0] is ears[1].heard[0]
    assert stream.listeners == 1


def test_whoever_comes_back_hears_what_he_missed() -> None:
    stream = EventStream("a")
    for n in range(5):
        stream.publish("now", {"n": n})
    missed = stream.since("a-3")
    assert missed is not None
    assert [event.plain.split(b"\n")[0] for event in missed] == [b"id: a-4", b"id: a-5"]
    assert stream.since(stream.last_id) == []


@pytest.mark.parametrize("event_id", ["", "a-", "b-3", "a-9", "a-1", "a--1", "a-\u0661", "a-" + "9" * 99, "nonsense"])
def test_whoever_was_away_too_long_or_invents_an_id_begins_anew(event_id: str) -> None:
    stream = EventStream("a", kept=3)
    for n in range(5):
        stream.publish("now", {"n": n})
    assert stream.since(event_id) is None


def test_a_number_that_json_does_not_have_is_null_and_tells_the_rest() -> None:
    event = written("now", {"score": [1.5, float("nan")], "why": {"log": float("-inf")}, "ok": True}, "a-1")
    assert event == b'id: a-1\nevent: now\ndata: {"score":[1.5,null],"why":{"log":null},"ok":true}\n\n'


def test_one_who_cannot_be_told_costs_the_others_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Ear):
        def hear(self, event: WrittenEvent) -> None:
            raise RuntimeError("deaf")

    stream, ear = EventStream("a"), Ear()
    stream.listen(Broken())
    stream.listen(ear)
    stream.publish("now", {})
    stream.publish("now", {})
    assert (len(ear.heard), stream.listeners) == (2, 1)
    assert caplog.text.count("cannot be told any") == 1


def test_another_start_has_other_ids() -> None:
    assert EventStream().last_id != EventStream().last_id
