from __future__ import annotations

from reverie.measure.marked_sections import marked_sections
from reverie.measure.piece import SectionSpan, bars_of
from reverie.music.time import Metre

BARS = bars_of(Metre(4, 4), 12)


def test_markers_that_are_no_chords_name_sections() -> None:
    markers = [
        (0, "First light"),
        (0, "day"),
        (0, "Dm9"),
        (4 * 1920, "night"),
        (5 * 1920, "N.C."),
        (9 * 1920 + 5, "day"),
    ]
    assert marked_sections(markers, BARS) == (
        SectionSpan("day", 0, 4),
        SectionSpan("night", 4, 5),
        SectionSpan("day", 9, 3),
    )


def test_a_title_alone_is_no_section() -> None:
    assert marked_sections([(0, "First light"), (1920, "Am"), (3840, "Dm")], BARS) == ()
    assert marked_sections([], BARS) == ()
    assert marked_sections([(0, "a"), (10, "verse")], ()) == ()
