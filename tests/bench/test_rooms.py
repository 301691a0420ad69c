"""Many rooms on a made-up clock."""

from __future__ import annotations

from reverie.bench.rooms import NETWORKS, SimulatedNetwork, simulate


def test_rooms_play_together_on_a_cable_join_leave_and_come_back() -> None:
    network = SimulatedNetwork("cable", 0.0002, 0.0001, 0.01, away=(30.0, 60.0))
    found = simulate(network, rooms=5, minutes=1.5)
    assert found.error_most < 1.0
    assert 0 < found.off_after_minute_alone < 4.0, "30 s at 100 millionths are 3 ms"
    assert found.seconds_to_join_most < 2.0
    assert found.seconds_to_return_most < 20.0
    assert 5 * 2 < found.messages_per_second < 5 * 8
    assert found.largest < 1000, "a datagram is to fit a packet"


def test_no_network_is_simulated_twice() -> None:
    assert len({network.name for network in NETWORKS}) == len(NETWORKS)


def test_worse_networks_leave_larger_errors() -> None:
    """A figure that did not fall when the network got worse would measure nothing."""
    good, bad = (simulate(network, rooms=3, minutes=0.7) for network in (NETWORKS[0], NETWORKS[-1]))
    assert good.error_median < bad.error_median / 4
