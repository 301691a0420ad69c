"""Chord symbols of lead sheets, degrees of keys, and progressions as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.errors import WordError
from reverie.music.chord_symbols import chord_scale, chord_tones, parse_chord
from reverie.music.degrees import degree_symbol
from reverie.music.harmony import SCALES, Key
from reverie.music.progressions import parse_progression
from reverie.music.time import Metre

KEYS = st.builds(Key, st.integers(0, 11), st.sampled_from(sorted(SCALES)))


@pytest.mark.parametrize(
    ("symbol", "tones"),
    [
        ("Dm9", {2, 5, 9, 0, 4}),
        ("G13", {7, 11, 2, 5, 9, 4}),
        ("C^7", {0, 4, 7, 11}),
        ("CΔ", {0, 4, 7, 11}),
        ("CΔ9", {0, 4, 7, 11, 2}),
        ("CMaj7", {0, 4, 7, 11}),
        ("Cma7", {0, 4, 7, 11}),
        ("Bø", {11, 2, 5, 9}),
        ("Bø7", {11, 2, 5, 9}),
        ("Bh7", {11, 2, 5, 9}),
        ("Bm11b5", {11, 1, 2, 4, 5, 9}),
        ("Bø11", {11, 1, 2, 4, 5, 9}),
        ("B°", {11, 2, 5}),
        ("B°7", {11, 2, 5, 8}),
        ("A7alt", {9, 1, 5, 7, 0}),
        ("Aalt", {9, 1, 5, 7, 0}),
        ("G7sus4", {7, 0, 2, 5}),
        ("G9sus", {7, 0, 2, 5, 9}),
        ("G13sus4", {7, 0, 2, 5, 9, 4}),
        ("C69", {0, 4, 7, 9, 2}),
        ("Cm6/9", {0, 3, 7, 9, 2}),
        ("CmΔ7", {0, 3, 7, 11}),
        ("C-^7", {0, 3, 7, 11}),
        ("Cmi7", {0, 3, 7, 10}),
        ("B♭maj7", {10, 2, 5, 9}),
        ("F♯m7", {6, 9, 1, 4}),
        ("E7(b9,b13)", {4, 8, 11, 2, 5, 0}),
        ("Cmaj7#11", {0, 4, 7, 11, 6}),
        ("C/E", {0, 4, 7}),
    ],
)
def test_symbols_of_lead_sheets(symbol: str, tones: set[int]) -> None:
    assert set(chord_tones(symbol)) == tones


def test_players_leave_out_an_eleventh_that_a_third_does_not_bear() -> None:
    assert 5 in parse_chord("C13").pitch_classes
    assert 5 not in chord_tones("C13")
    assert 4 not in chord_tones("C11")
    assert 6 in chord_tones("C13#11")
    assert {3, 5} <= set(chord_tones("Cm11"))


@pytest.mark.parametrize("symbol", ["H7", "dm7", "C7alt7", "Csus5", "C/", "N.C.", "", "C7("])
def test_what_is_no_symbol_is_refused(symbol: str) -> None:
    with pytest.raises(ValueError, match="no chord symbol"):
        parse_chord(symbol)


def test_the_scale_over_a_chord_is_the_keys_but_for_what_the_chord_has_otherwise() -> None:
    c_major = Key(0, "major")
    assert chord_scale("Dm7", c_major) == SCALES["major"]
    assert chord_scale("A7", c_major) == (1, 2, 4, 5, 7, 9, 11)  # C sharp, and so no C
    assert chord_scale("Fm", c_major) == (0, 2, 4, 5, 7, 8, 11)
    assert chord_scale("G7alt", c_major) == (1, 3, 5, 7, 8, 10, 11)
    assert chord_scale("Am7", Key(9, "minor-pentatonic")) == (0, 2, 4, 7, 9)
    assert 10 in chord_scale("C/Bb", c_major)


@given(KEYS, st.sampled_from(["C", "Ebm7", "F#7(b9)", "B7alt", "Abmaj9", "Ddim7", "G13sus4", "E+"]))
def test_a_chord_may_always_sound_over_itself(key: Key, symbol: str) -> None:
    assert set(chord_tones(symbol)) <= set(chord_scale(symbol, key))


@pytest.mark.parametrize(
    ("word", "key", "symbol"),
    [
        ("I", Key(0, "major"), "C"),
        ("ii7", Key(0, "major"), "Dm7"),
        ("V7", Key(0, "major"), "G7"),
        ("vii°", Key(0, "major"), "B°"),
        ("viiø7", Key(0, "major"), "Bø7"),
        ("Imaj7", Key(10, "major"), "Bbmaj7"),
        ("i", Key(9, "minor"), "Am"),
        ("VI", Key(9, "minor"), "F"),
        ("III", Key(9, "minor"), "C"),
        ("VII", Key(9, "minor"), "G"),
        ("bVII", Key(9, "minor"), "G"),
        ("#vii°", Key(9, "minor"), "G#°"),
        ("bVII", Key(0, "major"), "Bb"),
        ("bII", Key(4, "phrygian"), "F"),
        ("II", Key(4, "phrygian"), "F"),
        ("IV", Key(2, "dorian"), "G"),
        ("iv7", Key(2, "dorian"), "Gm7"),
        ("II", Key(5, "lydian"), "G"),
        ("IV", Key(5, "lydian"), "B"),
        ("bIV", Key(5, "lydian"), "Bb"),
        ("V", Key(9, "minor-pentatonic"), "E"),
        ("VI", Key(9, "blues"), "F"),
        ("iadd9", Key(9, "minor"), "Amadd9"),
        ("isus4", Key(9, "minor"), "Asus4"),
        ("imaj7", Key(9, "minor"), "Ammaj7"),
        ("V7/V", Key(0, "major"), "D7"),
        ("V7/vi", Key(0, "major"), "E7"),
        ("ii7/ii", Key(0, "major"), "Em7"),
        ("viiø7/ii", Key(0, "major"), "C#ø7"),
        ("I/3", Key(0, "major"), "C/E"),
        ("i/5", Key(9, "minor"), "Am/E"),
        ("V7/7", Key(0, "major"), "G7/F"),
        ("I/1", Key(0, "major"), "C"),
        ("IV/G", Key(0, "major"), "F/G"),
        ("I6/9", Key(0, "major"), "C6/9"),
        ("III+", Key(9, "minor"), "C+"),
    ],
)
def test_degrees(word: str, key: Key, symbol: str) -> None:
    chord = parse_chord(degree_symbol(word, key))
    assert chord == parse_chord(symbol)


@given(KEYS, st.sampled_from(["i", "ii", "iii", "iv", "v", "vi", "vii"]), st.sampled_from(["", "b", "#"]))
def test_any_degree_is_a_chord_in_any_key_and_moves_with_it(key: Key, numeral: str, accidental: str) -> None:
    minor = parse_chord(degree_symbol(accidental + numeral, key))
    major = parse_chord(degree_symbol(accidental + numeral.upper(), key))
    assert minor.root == major.root
    assert minor.pitch_classes ^ major.pitch_classes == {(minor.root + 3) % 12, (minor.root + 4) % 12}
    above = parse_chord(degree_symbol(accidental + numeral, Key((key.tonic + 1) % 12, key.scale)))
    assert above.root == (minor.root + 1) % 12


@pytest.mark.parametrize("word", ["VIII", "viii", "vvi", "IIii", "i7x", "V/", "I/7", "bb7", "x"])
def test_what_is_no_degree_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match=r"no degree|to put into the bass"):
        degree_symbol(word, Key())


def _starts(text: str, metre: str = "4/4") -> list[list[tuple[str, int]]]:
    return [[(one.word, one.start(Metre.parse(metre))) for one in bar] for bar in parse_progression(text).bars]


def test_chords_share_their_bar() -> None:
    assert _starts("Dm9 | G13 | C") == [[("Dm9", 0)], [("G13", 0)], [("C", 0)]]
    assert _starts("Dm7 G7 | C") == [[("Dm7", 0), ("G7", 960)], [("C", 0)]]
    assert _starts("C F G") == [[("C", 0), ("F", 960), ("G", 1440)]]
    assert _starts("C - - G") == [[("C", 0), ("G", 1440)]]
    assert _starts("C G", "3/4") == [[("C", 0), ("G", 960)]]
    assert _starts("C G", "7/8") == [[("C", 0), ("G", 960)]]
    assert _starts("C G", "3+2+2/8") == [[("C", 0), ("G", 720)]]
    assert _starts("C - G", "2+2+3/8") == [[("C", 0), ("G", 960)]]
    assert _starts("C F G C", "7/8") == [[("C", 0), ("F", 480), ("G", 960), ("C", 1440)]]
    assert _starts("C G", "6/8") == [[("C", 0), ("G", 720)]]
    assert _starts("C D E F G", "4/4") == [[("C", 0), ("D", 480), ("E", 840), ("F", 1200), ("G", 1560)]]


def test_bars_are_repeated_and_held() -> None:
    assert _starts("Dm9 x2 | G13 |") == [[("Dm9", 0)], [("Dm9", 0)], [("G13", 0)]]
    assert _starts("C G x2") == [[("C", 0), ("G", 960)]] * 2
    assert _starts("C | - | % F") == [[("C", 0)], [], [("F", 960)]]
    assert _starts("| C\nF ||\n| G |") == [[("C", 0)], [("F", 0)], [("G", 0)]]


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("Dm9 | H13 | C", 6, "bar 2: 'H13' is no chord"),
        ("Dm9 | G13 dm | C", 10, "bar 2: 'dm' is no chord"),
        ("- | C", 0, "no chord before"),
        ("C | | G", 4, "nothing stands between"),
        ("C x0", 2, "stands at the end of a bar"),
        ("x2 | C", 0, "stands at the end of a bar"),
        ("C x2 G", 5, "a bar line is missing"),
        ("C x999", 0, "512 bars at most"),
        ("", 0, "such as"),
        ("C | N.C.", 4, "a chord everywhere"),
        ("C | Cno1no3no5", 4, "is no chord"),
    ],
)
def test_what_is_wrong_is_said_at_its_word(text: str, place: int, why: str) -> None:
    with pytest.raises(WordError, match=why) as caught:
        parse_progression(text)
    assert caught.value.place == place
