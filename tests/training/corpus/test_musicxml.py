"""What a score says, read from scores written here: bar lines, ties, dynamics, repeats, and what is broken."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.musicxml_text import dynamic, mxl, note, score, time, wedge
from reverie.training.corpus.formats import UnreadableFileError, format_of, unpacked
from reverie.training.corpus.musicxml import MusicScore, read_musicxml
from reverie.training.corpus.score_bars import ScoreMetre

FOUR = time(4, 4)
WHOLE = note("C4") * 4


def read(*parts: list[str], title: str = "", about: str = "") -> MusicScore:
    return read_musicxml(score(*parts, title=title, about=about), "a file")


def heard(piece: MusicScore, part: int = 0) -> list[tuple[float, float, int]]:
    return [(float(one.start), float(one.end - one.start), one.pitch) for one in piece.parts[part].notes]


def starts(piece: MusicScore) -> list[float]:
    return [float(one.start) for one in piece.parts[0].notes]


def metres(piece: MusicScore) -> list[tuple[float, str]]:
    return [(float(place), str(metre)) for place, metre in piece.metres]


def velocities(*bars: str) -> list[int]:
    return [one.velocity for one in read(list(bars)).parts[0].notes]


def test_a_pickup_stands_at_the_end_of_a_whole_bar() -> None:
    piece = read([FOUR + note("G4"), WHOLE, WHOLE])
    assert starts(piece) == [3, *range(4, 12)]
    assert metres(piece) == [(0, "4/4")]
    assert piece.bars == 3


def test_a_pickup_in_another_part_is_the_pickup_of_all() -> None:
    piece = read([FOUR + note("-"), WHOLE], [FOUR + note("G4"), WHOLE])
    assert heard(piece, 1)[0] == (3, 1, 67)
    assert starts(piece) == [4, 5, 6, 7]


@pytest.mark.parametrize(("beats", "unit", "bar"), [(3, 4, 12), (6, 8, 12), (7, 8, 14), (5, 4, 20), ("2+2+3", 8, 14)])
def test_bars_of_any_metre_follow_each_other(beats: int | str, unit: int, bar: int) -> None:
    piece = read([time(beats, unit) + note("C4", bar), note("D4", bar), note("E4", bar)])
    assert starts(piece) == [0, bar / 4, bar / 2]
    assert len(piece.metres) == 1


def test_a_bar_that_is_divided_at_a_repeat_is_one_bar() -> None:
    end = '<barline location="right"><bar-style>light-heavy</bar-style><repeat direction="backward"/></barline>'
    piece = read([FOUR + WHOLE, note("D4") * 3 + end, note("E4"), WHOLE])
    assert starts(piece) == list(range(12))
    assert metres(piece) == [(0, "4/4")]
    assert piece.bars == 3


def test_a_bar_that_is_longer_or_shorter_has_a_metre_of_its_own() -> None:
    piece = read([FOUR + WHOLE, note("D4") * 5, WHOLE, note("D4", 6), WHOLE, WHOLE])
    assert metres(piece) == [(0, "4/4"), (4, "5/4"), (9, "4/4"), (13, "3/8"), (14.5, "4/4")]
    assert starts(piece)[-4:] == [18.5, 19.5, 20.5, 21.5]


def test_the_last_bar_may_be_short() -> None:
    assert metres(read([FOUR + note("G4"), WHOLE, note("C4") * 3])) == [(0, "4/4")]


def test_a_pickup_to_a_new_metre_comes_before_a_bar_line_of_that() -> None:
    piece = read([FOUR + WHOLE, time(3, 4) + note("G4"), note("C5") * 3])
    assert metres(piece) == [(0, "4/4"), (4, "3/4")]
    assert starts(piece)[4:] == [6, 7, 8, 9]


def test_a_tuplet_that_was_rounded_makes_no_bar_longer() -> None:
    seven = note("D4").replace("<duration>4<", "<duration>0.6<") * 7  # 4.2 for 4: 1.05 quarters
    piece = read([FOUR + WHOLE, seven + note("D4") * 3, WHOLE])
    assert metres(piece) == [(0, "4/4")]
    assert starts(piece)[-4:] == [8, 9, 10, 11]


def test_a_metre_that_is_not_written_is_the_commonest_length() -> None:
    piece = read([note("C4")] + [note("D4", 12)] * 4 + [note("E4", 4)])
    assert metres(piece) == [(0, "3/4")]
    assert starts(piece) == [2, 3, 6, 9, 12, 15]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, None, None, (2, 4), (3, 4), (4, 4), (6, 8), (7, 8), (5, 8)]),
            st.sampled_from(["whole", "whole", "short", "long"]),
            st.integers(1, 27),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_bars_there_are_whole_ones_stand_on_multiples(
    plan: list[tuple[tuple[int, int] | None, str, int]],
) -> None:
    full, bars, whole = 16, list[str](), list[bool]()
    for index, (change, kind, length) in enumerate(plan):
        beats, unit = change or ((4, 4) if not index else (0, 0))
        full = beats * 16 // unit if unit else full
        whole.append(kind == "whole")
        sounding = {"whole": full, "short": max(length % full, 1), "long": full + length}[kind]
        bars.append((time(beats, unit) if unit else "") + note("C4", sounding))
    piece = read(bars)
    places = [one.start for one in piece.parts[0].notes]
    ends = [one.end for one in piece.parts[0].notes]
    assert len(places) == len(bars)
    assert all(end <= after for end, after in zip(ends, places[1:], strict=False))
    for place, end, is_whole in zip(places, ends, whole, strict=True):
        start, signature = next(one for one in reversed(piece.metres) if one[0] <= place)
        if is_whole:
            assert end - place == signature.length
            assert (place - start) % signature.length == 0
        assert end - place <= signature.length
    for (start, signature), (after, _) in pairwise(piece.metres):
        assert (after - start) % signature.length == 0


def test_a_bar_of_garbage_leaves_the_next_ones_on_a_grid() -> None:
    piece = read([FOUR + WHOLE, note("D4").replace("<duration>4<", "<duration>2.7<"), WHOLE])
    (_, _), (_, own), (place, _) = piece.metres
    assert place - 4 == own.length
    assert piece.parts[0].notes[-4].start == place


def test_ties_make_one_note_and_repeated_notes_stay() -> None:
    on, off = '<tie type="start"/>', '<tie type="stop"/>'
    piece = read([FOUR + note("C4", 16, on), note("C4", 16, off + on), note("C4", 8, off) + note("C4", 8)])
    assert heard(piece) == [(0, 10, 60), (10, 2, 60)]


def test_a_tie_goes_to_the_note_of_its_voice() -> None:
    on, off = '<tie type="start"/>', '<tie type="stop"/>'
    both = note("C4", 16, on + "<voice>1</voice>") + "<backup><duration>8</duration></backup>"
    piece = read(
        [FOUR + both + note("C4", 8, on + "<voice>2</voice>"), note("C4", 8, off + "<voice>2</voice>") + note("-", 8)]
    )
    assert heard(piece) == [(0, 4, 60), (2, 4, 60)]


def test_a_tie_between_voices_may_be_written_from_its_end() -> None:
    on, off = '<tie type="start"/>', '<tie type="stop"/>'
    upper = note("-", 8) + note("C4", 8, off + "<voice>1</voice>") + "<backup><duration>16</duration></backup>"
    assert heard(read([FOUR + upper + note("C4", 8, on + "<voice>2</voice>")])) == [(0, 4, 60)]


def test_a_tie_from_a_grace_note_takes_nothing_from_the_note() -> None:
    grace = '<note><grace/><pitch><step>C</step><octave>4</octave></pitch><tie type="start"/></note>'
    assert heard(read([FOUR + grace + note("C4", 16, '<tie type="stop"/>')])) == [(0, 4, 60)]


def test_tuplets_keep_their_place_exactly() -> None:
    three = "".join(note("C4").replace("<duration>4<", f"<duration>{length}<") for length in ("4/3",) * 3)
    piece = read([FOUR + three + note("D4") * 3])
    assert [one.start for one in piece.parts[0].notes[:4]] == [0, Fraction(1, 3), Fraction(2, 3), 1]


def test_chords_voices_and_staves() -> None:
    low = "<backup><duration>16</duration></backup>" + note("C2", 16, "<voice>5</voice><staff>2</staff>")
    piece = read([FOUR + note("C4", 8) + note("E4", 8, chord=True) + note("G4", 8) + low])
    assert heard(piece) == [(0, 4, 36), (0, 2, 60), (0, 2, 64), (2, 2, 67)]
    assert {(one.pitch, one.staff, one.voice) for one in piece.parts[0].notes} >= {(36, 2, 5), (60, 1, 1)}


def test_grace_notes_and_cues_are_left_out_and_take_no_room() -> None:
    grace = "<note><grace/><pitch><step>B</step><octave>3</octave></pitch></note>"
    cue = note("C5").replace("<note>", "<note><cue/>")
    assert heard(read([FOUR + grace + note("C4") + cue + note("D4", 8)])) == [(0, 1, 60), (2, 2, 62)]


def test_a_transposing_part_sounds_where_it_sounds() -> None:
    horn = "<attributes><transpose><chromatic>-7</chromatic></transpose></attributes>"
    bass = "<attributes><transpose><chromatic>0</chromatic><octave-change>-1</octave-change></transpose></attributes>"
    assert heard(read([FOUR + horn + note("C4", 16)]))[0][2] == 53
    assert heard(read([FOUR + bass + note("C4", 16)]))[0][2] == 48


def ending(kind: str, number: str) -> str:
    return f'<barline><ending number="{number}" type="{kind}"/></barline>'


def bar(pitch: str, *more: str) -> str:
    return note(pitch, 16) + "".join(more)


def test_a_repeat_is_there_once_with_its_last_ending() -> None:
    first, second = bar("D4", ending("start", "1"), ending("stop", "1")), bar("E4", ending("start", "2"))
    piece = read([FOUR + bar("C4"), first, second + ending("stop", "2"), bar("F4")])
    assert [pitch for _, _, pitch in heard(piece)] == [60, 64, 65]
    assert starts(piece) == [0, 4, 8]
    alone = read([FOUR + bar("C4"), first, bar("F4")])
    assert [pitch for _, _, pitch in heard(alone)] == [60, 62, 65]


def test_what_an_ending_that_is_left_out_says_of_divisions_holds() -> None:
    finer = "<attributes><divisions>8</divisions></attributes>"
    first = finer + note("D4", 32) + ending("start", "1") + ending("stop", "1")
    second = note("E4", 32) + ending("start", "2") + ending("discontinue", "2")
    assert heard(read([FOUR + bar("C4"), first, second])) == [(0, 4, 60), (4, 4, 64)]


def test_marks_of_dynamics_hold_until_the_next() -> None:
    assert velocities(FOUR + WHOLE) == [80] * 4
    assert velocities(FOUR + dynamic("p") + note("C4") * 2 + dynamic("ff") + note("C4") * 2) == [49, 49, 112, 112]


def test_a_loudness_that_the_file_says_counts_more_than_the_mark() -> None:
    told = dynamic("p").replace("</direction>", '<sound dynamics="50"/></direction>')
    assert velocities(FOUR + told + note("C4", 16)) == [45]
    assert velocities(FOUR + note("C4", 16, attributes=' dynamics="100"')) == [90]


def test_a_hairpin_goes_to_the_mark_at_its_end_or_one_mark_further() -> None:
    grows = FOUR + dynamic("p") + wedge("crescendo") + note("C4") * 4
    assert velocities(grows, wedge("stop") + dynamic("f") + note("C4") * 4) == [49, 61, 72, 84, 96, 96, 96, 96]
    assert velocities(grows, wedge("stop") + note("C4") * 2) == [49, 53, 57, 61, 65, 65]
    falls = FOUR + dynamic("f") + wedge("diminuendo") + note("C4") * 4
    assert velocities(falls, wedge("stop") + note("C4", 16)) == [96, 92, 88, 84, 80]


def test_accents_are_louder_and_attacks_last_for_one_note() -> None:
    accent = "<notations><articulations><accent/></articulations></notations>"
    assert velocities(FOUR + note("C4", 8, accent) + note("C4", 8)) == [96, 80]
    assert velocities(FOUR + dynamic("sfz") + note("C4", 8) + note("C4", 8)) == [112, 80]
    assert velocities(FOUR + dynamic("fp") + note("C4", 8) + note("C4", 8)) == [112, 49]


def test_tempos_are_in_quarters() -> None:
    metronome = (
        "<direction><direction-type><metronome><beat-unit>quarter</beat-unit><beat-unit-dot/>"
        "<per-minute>60</per-minute></metronome></direction-type></direction>"
    )
    sound = '<direction><direction-type/><sound tempo="72"/></direction>'
    piece = read([FOUR + metronome + note("C4", 8) + sound + note("C4", 8)])
    assert [(float(place), tempo) for place, tempo in piece.tempos] == [(0, 90), (2, 72)]


def test_the_title_is_the_works_if_it_has_one() -> None:
    assert read([FOUR + WHOLE], title="Winterreise, D.911").title == "Winterreise, D.911"
    assert read([FOUR + WHOLE], title="Untitled score").title == "a file"


def test_drums_have_the_pitch_of_their_instrument() -> None:
    about = (
        '<score-instrument id="I36"/><midi-instrument id="I36"><midi-channel>10</midi-channel>'
        "<midi-unpitched>37</midi-unpitched></midi-instrument>"
    )
    kick = '<note><unpitched/><duration>16</duration><instrument id="I36"/></note>'
    (one,) = read([FOUR + kick], about=about).parts[0].notes
    assert (one.pitch, one.drum) == (36, True)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<score-partwise><part>", "it is broken XML"),
        (b"<score-timewise/>", "its music is not written part by part"),
        (b"<score-partwise/>", "it has no notes"),
        (score([FOUR + note("-", 16)]), "it has no notes"),
        (score([FOUR + note("C4").replace(">4<", ">four<")]), "it is broken MusicXML"),
        (score([FOUR + note("H4")]), "it is broken MusicXML"),
        (score([FOUR.replace(">4</beat-type", ">0</beat-type") + WHOLE]), "it is broken MusicXML"),
        (score([FOUR + "<attributes><divisions>0</divisions></attributes>" + WHOLE]), "it is broken MusicXML"),
    ],
)
def test_what_is_broken_is_said(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFileError, match=reason):
        read_musicxml(data, "a file")


BOMB = """<?xml version="1.0"?><!DOCTYPE score-partwise [<!ENTITY a0 "aaaaaaaaaa">{}]>
<score-partwise>&a9;</score-partwise>""".format(
    "".join(f'<!ENTITY a{number} "{f"&a{number - 1};" * 30}">' for number in range(1, 10))
)
FOREIGN = """<?xml version="1.0"?><!DOCTYPE score-partwise [<!ENTITY file SYSTEM "file:///etc/hostname">]>
<score-partwise>&file;</score-partwise>"""


@pytest.mark.parametrize("text", [BOMB, FOREIGN])
def test_entities_are_neither_unfolded_without_end_nor_fetched(text: str) -> None:
    with pytest.raises(UnreadableFileError, match="it is broken XML"):
        read_musicxml(text.encode(), "a file")


def test_a_score_may_be_in_utf_16() -> None:
    data = score([FOUR + WHOLE]).decode().replace("UTF-8", "UTF-16").encode("utf-16")
    assert read_musicxml(data, "a file").bars == 1


def test_a_score_is_known_by_what_is_in_it() -> None:
    data = score([FOUR + WHOLE])
    assert format_of("a.xml", data) == format_of("nameless", data) == "MusicXML"
    assert format_of("a.xml", data.decode().encode("utf-16")) == "MusicXML"
    assert format_of("wrong.mid", mxl(data)) == "MXL"


def test_an_archive_whose_list_is_wrong_has_its_only_score() -> None:
    data = score([FOUR + WHOLE])
    assert unpacked(mxl(data, "It's.xml", listed="It&apos;s not.xml"), 10**6) == data
    assert unpacked(mxl(data, "It's.xml", listed="& <"), 10**6) == data
    with pytest.raises(UnreadableFileError, match="without a MusicXML score"):
        unpacked(mxl(b"", "readme.txt"), 10**6)


def test_a_metre_knows_its_length() -> None:
    assert ScoreMetre(7, 8).length == Fraction(7, 2)
