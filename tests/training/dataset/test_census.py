"""What a dataset has in it can be counted in parts, kept and read."""

from __future__ import annotations

import json

from reverie.training.dataset.census import Census, SplitCensus, length_bin


def counted() -> SplitCensus:
    census = SplitCensus(pieces=3, used=2)
    census.count("7/8", 126, 9.0, [36, 38] * 20, 2000)
    census.count("3/4", 12, 1.0, [36], 300)
    census.nothing["empty.mid"] = ["it has no notes"]
    census.reasons["a drum part has no second bar"] += 2
    return census


def test_a_census_is_the_sum_of_its_parts_and_the_same_once_read_again() -> None:
    whole = SplitCensus()
    for _ in range(2):
        part = SplitCensus.from_json(json.loads(json.dumps(counted().as_json())))
        assert part == counted()
        whole.add(part)
    assert (whole.examples, whole.events, whole.bytes) == (4, 276, 4600)
    assert whole.metres == {"7/8": {"examples": 2, "events": 252}, "3/4": {"examples": 2, "events": 24}}
    assert whole.pitches == {"36": 42, "38": 40}
    assert whole.onsets == {"4": 2, "1": 2}
    assert whole.reasons == {"a drum part has no second bar": 4}


def test_the_table_has_the_figures_and_the_reasons() -> None:
    census = Census("drum_kit", 128, {"train": counted(), "validation": SplitCensus(), "test": SplitCensus()})
    assert Census.from_json(json.loads(json.dumps(census.as_json()))) == census
    table = census.table()
    assert "7/8" in table
    assert "126" in table
    assert "train: nothing of empty.mid: it has no notes" in table
    assert "train: 2 x a drum part has no second bar" in table


def test_histograms_are_in_the_order_of_their_figures() -> None:
    census = SplitCensus()
    for events in (2000, 5, 100, 300):
        census.count("4/4", events, 2, range(events % 7), 1)
    assert list(census.as_json()["lengths"]) == ["1-16", "65-128", "257-512", "over 1024"]
    assert [length_bin(n) for n in (1, 16, 17, 1024, 1025)] == ["1-16", "1-16", "17-32", "513-1024", "over 1024"]


def test_a_dataset_that_was_counted_before_something_else_was_can_still_be_bundled() -> None:
    kept = counted().as_json()
    for later in ("steadiness", "repeated", "outweighed"):
        del kept[later]
    assert SplitCensus.from_json(kept) == counted()
