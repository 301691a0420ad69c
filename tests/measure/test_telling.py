from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.pieces import chord, piece
from reverie.measure.figures import figures_of
from reverie.measure.piece import SectionSpan
from reverie.measure.real_music import real_music, real_values
from reverie.measure.rows import FORM_ROWS, ROWS, FigureRow
from reverie.measure.telling import told

MUSIC = piece(
    4,
    chords=[chord(bar, 1, symbol, root, 4, 7) for bar, (symbol, root) in enumerate([("C", 0), ("F", 5)] * 2)],
    beat=("drums", [(beat / 2, 0.2, 36, 60 + 7 * (beat % 5)) for beat in range(32)]),
    low=("bass", [(0, 4, 36), (4, 4, 41), (8, 4, 36), (12, 4, 41)]),
    lead=("melody", [(beat, 1, 64 + 5 * (beat // 4 % 2), 50 + beat) for beat in range(16)]),
)


def test_every_figure_is_told_beside_real_music() -> None:
    text = told(figures_of(MUSIC))
    for row in ROWS:
        if not row.path.startswith("model."):
            assert row.title in text
            for name in real_values(row.path):
                assert any(row.title in line and name in line for line in text.splitlines())
    assert "lead + " not in text.splitlines()[0]
    assert "low + lead" in text
    assert "No harmony is known" not in text


def test_what_is_not_known_is_left_out_and_said() -> None:
    text = told(figures_of(piece(4, low=("bass", [(0, 4, 36)]))))
    assert not any(line.startswith(("drums", "bass on", "consonant")) for line in text.splitlines())
    assert "No harmony is known" in text


def test_figures_have_a_value_at_every_path_of_a_row() -> None:
    figures = figures_of(MUSIC)
    missing = [row.path for row in ROWS if row.read(figures)[0] is None and not row.path.startswith("model.")]
    assert missing == []


def test_figures_of_form_have_a_value_in_music_that_is_long_enough() -> None:
    lead = [(4 * bar + beat, 1, 60 + bar % 7 + beat) for bar in range(1200) for beat in range(1 + bar // 16 % 4)]
    beat = [(4 * bar + one, 0.2, 36) for bar in range(1200) for one in range(bar // 24 % 3)]
    long = piece(1200, lead=("melody", lead), beat=("drums", beat))
    figures = figures_of(replace(long, sections=(SectionSpan("day", 0, 600), SectionSpan("night", 600, 600))))
    assert [row.path for row in FORM_ROWS if row.read(figures)[0] is None] == []
    text = told(figures)
    assert all(row.title in text for row in FORM_ROWS)
    short = told(figures_of(MUSIC))
    assert "sections heard" not in short
    assert "minutes alike" not in short


def test_a_row_that_is_not_there_reads_as_nothing() -> None:
    assert FigureRow("no.such.thing", "nothing").read(figures_of(MUSIC)) == (None, None)
    assert FigureRow("lock", "lock").written(None) == "–"  # noqa: RUF001 - a dash


def test_the_table_of_real_music_names_sources_and_licences() -> None:
    assert set(real_music()) == {"Groove", "OpenEWLD", "Lieder", "Quartets"}
    for corpus in real_music().values():
        assert corpus["source"].count("http") == 1
        assert corpus["licence"]
        assert corpus["pieces"] > 20


@pytest.mark.parametrize("path", ["consonance_with_bass", "consonance_with_chord", "clashes"])
def test_in_real_music_voices_agree_and_fall_to_chance_when_one_is_moved(path: str) -> None:
    for value in real_values(path).values():
        better, worse = sorted((value["value"], value["by_chance"]), reverse=path != "clashes")
        assert value["value"] == better
        assert abs(better - worse) > 0.15
    assert {row.path for row in (*ROWS, *FORM_ROWS)} >= {
        name for corpus in real_music().values() for name in corpus["figures"]
    } - {
        "drums.velocity_explained_beyond_chance",
        "drums.repeats_within_32",
    }
