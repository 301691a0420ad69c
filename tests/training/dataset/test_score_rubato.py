"""The rubato that scores are given: an arch over each phrase, the same each time, which leaves nothing out."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.training_pieces import tune, workspace_with
from reverie.training.dataset.limits import DatasetLimits
from reverie.training.recipes import TrainingRecipe

pytestmark = pytest.mark.magenta

BARS = 20
BAR_SECONDS = 2.0


def score() -> Any:
    piece = tune("4/4", BARS)
    piece.source_info.source_type = piece.source_info.SCORE_BASED
    return piece


def bent(piece: Any) -> tuple[Any, list[float]]:
    from reverie.training.dataset.extraction.score_rubato import with_rubato

    return with_rubato(piece, [BAR_SECONDS * bar for bar in range(BARS)])


def test_each_phrase_is_slowest_at_its_end_and_lasts_as_long_as_it_is_written() -> None:
    _, lines = bent(score())
    bars = np.diff(lines)
    for phrase in range(4):
        first, *inner, last = bars[4 * phrase : 4 * phrase + 4]
        assert max(first, *inner) < last, "the last bar of a phrase is the slowest"
        assert last < 1.25 * min(inner), "and it is a little slower, no more"
    assert lines[::4] == pytest.approx([BAR_SECONDS * bar for bar in range(0, BARS, 4)])


def test_notes_keep_their_order_and_what_begins_together_stays_together() -> None:
    piece = score()
    extra = piece.notes.add()
    extra.CopyFrom(piece.notes[37])
    extra.pitch += 12
    warped, _ = bent(piece)
    assert len(warped.notes) == len(piece.notes)
    begun = [note.start_time for note in warped.notes[:-1]]
    assert all(before < after for before, after in pairwise(begun))
    assert warped.notes[-1].start_time == warped.notes[37].start_time


def test_a_piece_has_always_the_same_rubato_and_another_piece_another() -> None:
    moved = score()
    for note in moved.notes:
        note.pitch += 1
    first, again, other = bent(score())[1], bent(score())[1], bent(moved)[1]
    assert first == again != other


def test_only_what_is_read_from_a_score_is_bent(tmp_path: Path) -> None:
    from reverie.training.dataset.make import make_dataset

    made: list[bytes] = []
    for number, piece in enumerate((tune("4/4", BARS), score())):
        workspace = workspace_with(tmp_path / str(number), [("tune", piece, "train")])
        recipe = TrainingRecipe("performance", "performance_with_dynamics")
        make_dataset(recipe, workspace, lambda _: None, DatasetLimits())
        made.append(b"".join(path.read_bytes() for path in workspace.shards("train")))
    assert made[0] != made[1]
