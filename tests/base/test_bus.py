from __future__ import annotations

from dataclasses import dataclass

import pytest

from reverie.bus import Bus


@dataclass(frozen=True)
class Anything:
    number: int


@dataclass(frozen=True)
class Something(Anything):
    pass


def test_each_hears_of_the_class_it_subscribed_to_and_of_those_below_in_the_order_of_subscription() -> None:
    bus, heard = Bus(), list[str]()
    bus.subscribe(Something, lambda event: heard.append(f"first {event.number}"))
    bus.subscribe(Anything, lambda event: heard.append(f"second {event.number}"))
    bus.publish(Something(1))
    bus.subscribe(Something, lambda event: heard.append(f"third {event.number}"))
    bus.publish(Something(2))
    bus.publish(Anything(3))
    bus.publish("nobody listens")
    assert heard == ["first 1", "second 1", "first 2", "second 2", "third 2", "second 3"]


def test_a_subscriber_that_raises_is_logged_and_costs_only_itself(caplog: pytest.LogCaptureFixture) -> None:
    bus, heard = Bus(), list[int]()

    def fails(event: Anything) -> None:
        raise ZeroDivisionError(event.number)

    bus.subscribe(Anything, fails)
    bus.subscribe(Anything, lambda event: heard.append(event.number))
    bus.publish(Anything(1))
    bus.publish(Something(2))
    assert heard == [1, 2]
    assert [record.exc_info is not None for record in caplog.records] == [True, True]
    assert "when it heard of Something" in caplog.text


def test_what_is_published_while_an_event_is_heard_is_heard_within_it() -> None:
    bus, heard = Bus(), list[int]()
    bus.subscribe(Something, lambda event: bus.publish(Anything(event.number + 1)))
    bus.subscribe(Anything, lambda event: heard.append(event.number))
    bus.publish(Something(1))
    assert heard == [2, 1]
