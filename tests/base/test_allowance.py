"""How much each of many may do."""

from __future__ import annotations

import pytest

from reverie.allowance import MOST, Allowance, neighbour


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_so_many_at_once_and_so_many_a_second() -> None:
    clock = Clock()
    allowance = Allowance(2.0, 5.0, clock)
    assert [allowance.take("a") for _ in range(7)] == [True] * 5 + [False] * 2
    clock.now += 1.0
    assert [allowance.take("a") for _ in range(3)] == [True, True, False]


def test_nobody_pays_for_others() -> None:
    allowance = Allowance(1.0, 1.0, Clock())
    assert allowance.take("a")
    assert not allowance.take("a")
    assert allowance.take("b")


def test_whoever_waits_has_a_turn_of_their_own() -> None:
    allowance = Allowance(2.0, 1.0, Clock())
    assert [allowance.wait("a", 1.0) for _ in range(4)] == [0.0, 0.5, 1.0, None]


def test_keys_without_end_take_no_memory_without_end() -> None:
    allowance = Allowance(1.0, 1.0, Clock())
    for number in range(3 * MOST):
        allowance.take(str(number))
    assert len(allowance._spent) == MOST  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_one_network_of_version_6_is_one_neighbour(address: str, counted: str) -> None:
    assert neighbour(address) == counted
