# pyright: basic
"""Notes of a piano one after the other: what a Piano Genie is to say, and what it hears of time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reverie.training.genie_records import LONGEST, bins_of, notes_of, record_of
from reverie.training.recipes import recipe_of

QUARTER = 0.5


def piece(bars: int, metre: tuple[int, int] = (4, 4), a_bar: int = 8) -> Any:
    """Bars of so many notes on a piano, two of them together, and a singer who is no piano's."""
    from note_seq import NoteSequence

    made = NoteSequence()
    made.time_signatures.add(numerator=metre[0], denominator=metre[1])
    made.tempos.add(qpm=120)
    for bar in range(bars):
        for number in range(a_bar):
            start = (bar * 4 + (number // 2) * 8 / a_bar) * QUARTER
            made.notes.add(start_time=start, end_time=start + QUARTER, pitch=90 - number - bar % 5, velocity=80)
        made.notes.add(start_time=bar * 4 * QUARTER, end_time=bar * 4 * QUARTER + 1, pitch=60, velocity=80, program=52)
    made.total_time = bars * 4 * QUARTER
    return made


def found(sequence: Any, left_out: Counter[str] | None = None, **changes: Any) -> list[tuple[list[int], list[float]]]:
    from reverie.training.dataset.extraction.genie_examples import GenieExamples

    source = GenieExamples(replace(recipe_of("piano-genie"), **changes))
    cuts = source.cuts(sequence, Counter() if left_out is None else left_out)
    examples = [example for cut in cuts for example in cut()]
    return [(keys.tolist(), waits.tolist()) for keys, waits in (notes_of(one.record) for one in examples)]


def test_notes_are_told_one_by_one_the_low_ones_of_a_moment_first() -> None:
    [(keys, waits)] = found(piece(2), window=16)
    assert keys[:4] == [89 - 21, 90 - 21, 87 - 21, 88 - 21]
    assert waits[0] == LONGEST / 1000
    assert waits[1:5] == [0.0, QUARTER, 0.0, QUARTER]
    assert len(keys) == 16


def test_windows_have_all_the_same_length_and_begin_at_bar_lines_where_they_can() -> None:
    windows = found(piece(12), window=20)
    assert {len(keys) for keys, _ in windows} == {20}
    highest = [max(keys[:2]) for keys, _ in windows]
    assert highest == [69 - bar % 5 for bar in range(0, 10, 2)], "each window begins two bars after the one before"
    assert all(waits[0] == QUARTER for _, waits in windows[1:])
    assert 12 * 32 // 20 <= len(found(piece(12, a_bar=32), window=20)) < 2 * 12 * 32 // 20


def test_what_is_too_short_or_in_another_metre_is_left_out_and_named() -> None:
    left_out = Counter[str]()
    assert not found(piece(1), left_out)
    assert not found(piece(40, metre=(3, 4)), left_out, metres=("4/4",))
    assert {*left_out} == {"a passage has fewer than 128 notes", "a passage is in 3/4"}


def test_a_score_is_given_a_rubato_and_what_was_played_keeps_its_time() -> None:
    played, score = piece(16), piece(16)
    score.source_info.source_type = score.source_info.SCORE_BASED
    even, bent = ({round(wait, 3) for _, waits in found(one) for wait in waits[1:]} for one in (played, score))
    assert even == {0.0, QUARTER}
    assert len(bent) > 10
    assert all(0.3 < wait < 0.75 for wait in bent - {0.0})


def test_records_keep_keys_and_milliseconds() -> None:
    keys, waits = notes_of(record_of([0, 87, 40], [100.0, 0.0321, 0.5]))
    assert keys.tolist() == [0, 87, 40]
    np.testing.assert_allclose(waits, [LONGEST / 1000, 0.032, 0.5])
    assert bins_of(waits).tolist() == [32, 1, 16]


@pytest.mark.parametrize(("keys", "waits"), [([88], [0.0]), ([-1], [0.0]), ([4], [-0.1])])
def test_no_such_notes_are_kept(keys: list[int], waits: list[float]) -> None:
    with pytest.raises(ValueError, match="keys are 0 to 87"):
        record_of(keys, waits)
