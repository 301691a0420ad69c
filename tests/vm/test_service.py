"""The unit as `make install` puts it on a machine, under a systemd that has booted that machine."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fakes.legal import LegalStream
from fakes.machine import Evidence

pytestmark = [pytest.mark.slow, pytest.mark.real, pytest.mark.timeout(1200)]


@pytest.fixture(scope="session")
def service(trial: Callable[[str], Evidence]) -> Evidence:
    return trial("service")


def test_systemd_starts_the_service_when_it_says_that_it_is_ready(service: Evidence) -> None:
    unit = service.one("started").facts["unit"]
    assert (unit["ActiveState"], unit["NRestarts"]) == ("active", "0")
    assert "two-slots" in service.one("playing").facts["unit"]["StatusText"]
    assert list(service.pieces("A"))


def test_the_player_and_its_carriers_are_granted_real_time_and_nobody_else(service: Evidence) -> None:
    processes = service.one("playing").facts["processes"]
    punctual = [process for process in processes if process["real_time"]]
    assert [process["role"] for process in punctual].count("player") == 1
    assert sum("reverie.play.carrier" in process["command"] for process in punctual) == 2
    assert len(punctual) == 3 < len(processes)
    assert all(process["user"] != 0 for process in processes)


def test_the_player_may_lock_its_memory(service: Evidence) -> None:
    (player,) = [process for process in service.one("playing").facts["processes"] if process["role"] == "player"]
    assert player["locked"] > 0


def test_what_a_killed_service_left_sounding_is_ended_before_it_is_started_again(service: Evidence) -> None:
    killed, unit = service.one("killed"), service.one("again").facts["unit"]
    assert killed.facts["sounding"]
    assert unit["NRestarts"] == "1"
    stream = LegalStream(strays=True)
    for at, piece in service.pieces("A", until=int(unit["ExecMainStartTimestampMonotonic"]) / 1e6):
        stream.feed(piece, at)
    assert not stream.sounding
    hushed = [(at, said[0] & 0xF) for at, said in stream.messages if at and at > killed.at and said[1:2] == b"\x7b"]
    assert {channel for _, channel in hushed} == set(range(16))
    print(f"silent {hushed[0][0] - killed.at:.2f} s after the kill")


def test_the_stream_at_the_device_is_legal_through_kill_and_return(service: Evidence) -> None:
    stream = service.stream("A", strays=True)  # silencing ends what may have been ended already
    assert not stream.faults, stream.report()
    assert service.one("stopped").facts["unit"]["ActiveState"] == "inactive"
