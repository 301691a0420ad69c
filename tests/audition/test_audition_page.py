from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from fakes.html_pages import ReadPage
from fakes.pieces import chord, piece
from reverie.audition.audition_page import SECTION_BARS, page
from reverie.audition.form_picture import likeness_matrix
from reverie.audition.side import AuditionSide
from reverie.measure.figures import figures_of
from reverie.measure.piece import Piece, SectionSpan

MUSIC = piece(
    40,
    chords=[chord(bar, 1, ("C", "F", "G7")[bar % 3], (0, 5, 7)[bar % 3], 4, 7) for bar in range(40)],
    beat=("drums", [(beat / 2, 0.2, 36 + 2 * (beat % 2), 60 + beat % 40) for beat in range(320)]),
    lead=("melody", [(beat, 1, 60 + beat % 12, 50 + beat % 60) for beat in range(160)]),
)


def side(music: Piece = MUSIC, name: str = "A <study> & more", **known: object) -> AuditionSide:
    return replace(AuditionSide(name, "seed 1", music, figures_of(music), silence="no sound"), **known)  # type: ignore[arg-type]


def tone(path: Path, seconds: float = 80.0, hertz: float = 440.0) -> Path:
    rate = 8000
    soundfile.write(str(path), 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate), rate)
    return path


def test_the_page_is_whole_and_fetches_nothing() -> None:
    read = ReadPage(page([side()]))
    assert read.fetched == []
    assert "A <study> & more" in read.text
    scripts = read.of("script")
    assert scripts == [{"type": "application/json", "id": "figures"}]


def test_the_page_with_sound_asks_for_the_sound_file_beside_it_alone(tmp_path: Path) -> None:
    made = page([side(sound=tone(tmp_path / "music.wav"), sound_name="music.wav")])
    read = ReadPage(made)
    assert read.fetched == ["music.wav"]
    pictures = [one["src"] for one in read.of("img")]
    assert len(pictures) == 5, "of the whole, its form, and three close-ups"
    assert all(picture.startswith("data:image/png;base64,") for picture in pictures)


def test_every_note_every_bar_and_every_chord_is_drawn() -> None:
    made = page([side()])
    sections = made.split("<h2>Sections</h2>")[1].split("<h2>Bars</h2>")[0]
    struck = re.findall(r'<path d="((?:M[0-9.]+ [0-9.]+h[0-9.]+)+)"', sections)
    assert sum(path.count("M") for path in struck) == sum(len(voice.notes) for voice in MUSIC.voices)
    assert sections.count("<svg") == -(-len(MUSIC.bars) // SECTION_BARS)
    assert sections.count('class="chord"') == 40
    close = made.split("<h2>Bars</h2>")[1]
    assert len(re.findall(r"<title>[^<]+, velocity [0-9]+</title>", close)) == 3 * 8 * (8 + 4)


def test_the_louder_a_note_the_darker() -> None:
    music = piece(1, lead=("melody", [(0, 1, 60, 1), (1, 1, 60, 127)]))
    close = page([side(music)]).split("<h2>Bars</h2>")[1]
    soft, loud = (float(one) for one in re.findall(r'opacity="([0-9.]+)"><title>', close))
    assert (soft, loud) == (0.31, 1.0)


def test_two_sides_stand_beside_each_other_with_their_difference() -> None:
    other = piece(40, lead=("melody", [(beat, 1, 60, 50) for beat in range(320 // 2)]))
    made = page([side(), side(other, name="other")])
    read = ReadPage(made)
    assert "A <study> & more beside other" in read.text
    assert "difference" in read.text
    assert [one["class"] for one in read.of("div") if one.get("class")].count("sides") == 6
    spread = re.search(r"<td>velocity, spread</td>\n(?:<td.*\n)*<td class=n>([-+0-9.]+)</td>\n<td>", made)
    assert spread is not None
    assert float(spread[1]) < 0


def test_figures_can_be_read_from_the_page_again() -> None:
    made = page([side()])
    told = made.split('id="figures">')[1].split("</script>")[0]
    assert json.loads(told) == [json.loads(json.dumps(figures_of(MUSIC)))]


def test_a_piece_of_one_bar_and_one_without_chords_are_drawn_too() -> None:
    assert ReadPage(page([side(piece(1, lead=("melody", [(0, 1, 60)])))])).fetched == []


def test_each_voice_is_told_with_what_it_is_taken_for() -> None:
    made = page([side()])
    voices = made.split("<h2>Voices</h2>")[1].split("<h2>The whole</h2>")[0]
    rows = [re.findall(r"<td>([^<]*)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", voices)]
    assert [row[:2] for row in rows if len(row) > 4] == [["beat", "drums"], ["lead", "melody"]]
    assert [row for row in rows if row[:2] == ["beat + lead", "of lead"]] == [
        ["beat + lead", "of lead", "1.00", "1.00"]
    ]


def test_the_form_is_drawn_with_its_sections_and_what_is_alike() -> None:
    known = replace(MUSIC, sections=(SectionSpan("day & night", 0, 20), SectionSpan("dawn", 20, 20)))
    form = page([side(known)]).split("<h2>Form</h2>")[1].split("<h2>Sections</h2>")[0]
    assert "day &amp; night, bars 1 to 20" in form
    assert "dawn, bars 21 to 40" in form
    assert form.count("data:image/png;base64,") == 1
    assert "Nobody says" in page([side()])
    short = page([side(replace(MUSIC, bars=MUSIC.bars[:8], voices=()))])
    assert "It has 8 bars" in short


def test_bars_that_are_alike_are_light_and_others_are_dark() -> None:
    music = piece(
        64,
        low=("melody", [(4 * bar + beat, 1, 50) for bar in range(32) for beat in range(2)]),
        high=("melody", [(4 * bar + beat / 2, 0.5, 80) for bar in range(32, 64) for beat in range(6)]),
    )
    data = base64.b64decode(likeness_matrix(music).split(",")[1])
    start = data.index(b"IDAT") + 4
    length = int.from_bytes(data[start - 8 : start - 4], "big")
    rows = np.frombuffer(zlib.decompress(data[start : start + length]), np.uint8).reshape(64, 65)[:, 1:]
    assert rows[10, 20] == rows[40, 50] == rows.max()
    assert rows[10, 50] == rows.min()
