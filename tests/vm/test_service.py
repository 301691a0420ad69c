"""The unit as `make install` puts it on a machine, under a systemd that has booted that machine."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from fakes.legal import CONTROL
from fakes.machine import Evidence

pytestmark = [pytest.mark.slow, pytest.mark.real, pytest.mark.timeout(1200)]


EXPOSED = 1.5
"""The exposure of the unit, by systemd's own rating, is no more than this."""


@pytest.fixture(scope="session")
def service(trial: Callable[[str], Evidence]) -> Evidence:
    return trial("service")


def test_systemd_starts_the_service_when_it_says_that_it_is_ready(service: Evidence) -> None:
    unit = service.one("started").facts["unit"]
    assert (unit["ActiveState"], unit["NRestarts"]) == ("active", "0")
    assert "two-slots" in service.one("playing").facts["unit"]["StatusText"]
    assert list(service.pieces("A"))


def test_the_player_and_its_output_processes_are_granted_real_time_and_nobody_else(service: Evidence) -> None:
    processes = service.one("playing").facts["processes"]
    punctual = [process for process in processes if process["real_time"]]
    assert [process["role"] for process in punctual].count("player") == 1
    assert sum("reverie.play.output_process.process" in process["command"] for process in punctual) == 2
    assert len(punctual) == 3 < len(processes)
    assert all(process["user"] != 0 for process in processes)


def test_what_systemd_rates_of_the_service_that_runs_is_closed(service: Evidence) -> None:
    told = service.one("playing").facts["exposure"]
    rated = re.search(r"Overall exposure level for reverie\.service: ([0-9.]+)", told)
    assert rated is not None
    print(f"exposure {rated[1]}")
    assert float(rated[1]) <= EXPOSED


def test_the_player_may_lock_its_memory(service: Evidence) -> None:
    (player,) = [process for process in service.one("playing").facts["processes"] if process["role"] == "player"]
    assert player["locked"] > 0


def test_what_a_killed_service_left_sounding_is_ended_before_anything_else_sounds(service: Evidence) -> None:
    killed = service.one("killed")
    assert killed.facts["sounding"]
    assert service.one("again").facts["unit"]["NRestarts"] == "1"
    after = [message for at, message in service.stream("A", strays=True).messages if at is not None and at > killed.at]
    silencing = next(number for number, message in enumerate(after) if message[0] & 0xF0 == CONTROL)
    assert silencing <= 4  # what was in the cable when the kill came, and the ends of the notes
    controls = [message[1:] for message in after if message[0] & 0xF0 == CONTROL]
    assert controls[:3] == [b"\x40\x00", b"\x7b\x00", b"\x78\x00"]


def test_silencing_after_the_end_fails_by_nothing_but_slowness(service: Evidence) -> None:
    said = re.findall(r"(?:main|room): .*", service.one("stopped").facts["log"])
    done = [line for line in said if "silenced all channels" in line]
    slow = [line for line in said if "it has not answered yet" in line]  # an emulated machine starts Python for seconds
    print(f"silenced: {len(done)}, given up for slowness: {len(slow)}")
    assert len(done) + len(slow) == 4  # two slots, after the kill and after the stop
    assert not [line for line in said if "could not be silenced" in line and line not in slow]


def test_the_stream_at_the_device_is_legal_through_kill_and_return(service: Evidence) -> None:
    stream = service.stream("A", strays=True)  # silencing ends what may have been ended already
    assert not stream.faults, stream.report()
    assert service.one("stopped").facts["unit"]["ActiveState"] == "inactive"
