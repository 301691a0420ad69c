"""What is copied is found, from its first note to its last."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from reverie.training.judge.copies import KnownRuns


def struck(events: list[int]) -> list[bool]:
    """In these tests, 0 is silence."""
    return [bool(event) for event in events]


def longest_by_hand(training: list[list[int]], loop: list[int]) -> int:
    best = 0
    for start in range(len(loop)):
        for end in range(start + 1, len(loop) + 1):
            run = loop[start:end]
            there = any(piece[at : at + len(run)] == run for piece in training for at in range(len(piece)))
            if run[0] and run[-1] and there:
                best = max(best, len(run))
    return best


def test_a_planted_run_is_found_wherever_it_lies() -> None:
    drawn = Random(1)
    training = [[drawn.randrange(1, 400) for _ in range(200)] for _ in range(5)]
    loop = [drawn.randrange(400, 800) for _ in range(64)]
    loop[13:50] = training[3][101:138]
    assert KnownRuns(training, 64).longest(loop, struck(loop)) == 37


def test_a_run_begins_and_ends_with_a_note() -> None:
    training = [[0, 0, 0, 5, 0, 0, 6, 0, 0, 0, 0]]
    known = KnownRuns(training, 11)
    assert known.longest(training[0], struck(training[0])) == 4
    assert known.longest([0] * 11, [False] * 11) == 0


def test_no_run_goes_on_from_one_piece_into_the_next() -> None:
    known = KnownRuns([[1, 2, 3], [4, 5, 6]], 6)
    loop = [1, 2, 3, 4, 5, 6]
    assert known.longest(loop, struck(loop)) == 3


def test_nothing_is_copied_from_nothing() -> None:
    assert KnownRuns([], 8).longest([1, 2], [True, True]) == 0


@given(
    st.lists(st.lists(st.integers(0, 2), max_size=12), max_size=4), st.lists(st.integers(0, 3), min_size=1, max_size=12)
)
def test_it_is_what_a_search_through_all_runs_finds(training: list[list[int]], loop: list[int]) -> None:
    assert KnownRuns(training, 12).longest(loop, struck(loop)) == longest_by_hand(training, loop)
