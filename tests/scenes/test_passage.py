"""How a scene says that it gives way to the next."""

from __future__ import annotations

import pytest

from fakes.scenes import TEXT, scene
from reverie.documents import DocumentError
from reverie.scenes.passage_section import PassageSection


def test_it_is_a_word_or_a_mapping_and_absent_it_changes_no_hash() -> None:
    assert scene().passage is None
    assert scene("passage: fade" + TEXT).passage == PassageSection(kind="fade")
    written = scene("passage: {bars: 12, pause: 2}" + TEXT)
    assert written.passage == PassageSection(kind="end", bars=12, pause=2)
    assert scene("passage: {kind: end}" + TEXT).hash == scene("passage: {bars: 8}" + TEXT).hash != scene().hash


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("passage: {kind: ende}", "1:17: 'kind' must be 'end', 'fade' or 'cut', not the text 'ende'"),
        ("passage: {bars: 0}", "1:17: 'bars' must be 1 or more, not 0"),
        ("passage: {pause: 17}", "1:18: 'pause' must be 16 or less, not 17"),
        ("passage: {beats: 4}", "1:11: unknown key 'beats'; did you mean 'bars'?"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(DocumentError) as caught:
        scene(text + TEXT)
    assert sentence in str(caught.value)
