from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.music.drums import DRUMS, OTHER_NAMES, parse_drum
from reverie.music.general_midi import FAMILIES, PROGRAMS, family_of, near_programs, parse_program

KNOWN = {
    "acoustic grand piano": 0,
    "clavi": 7,
    "celesta": 8,
    "vibraphone": 11,
    "accordion": 21,
    "acoustic guitar (nylon)": 24,
    "acoustic bass": 32,
    "violin": 40,
    "timpani": 47,
    "choir aahs": 52,
    "trumpet": 56,
    "soprano sax": 64,
    "clarinet": 71,
    "flute": 73,
    "lead 1 (square)": 80,
    "pad 1 (new age)": 88,
    "fx 1 (rain)": 96,
    "sitar": 104,
    "kalimba": 108,
    "tinkle bell": 112,
    "gunshot": 127,
}
"""Some of each family, as the standard numbers them, less one."""


def spellings() -> st.SearchStrategy[tuple[int, str]]:
    """A program, and its name with other capitals, and other signs or none between its words and around them."""

    def spelt(program: int, upper: int, signs: str) -> tuple[int, str]:
        words = re.findall(r"[a-z0-9]+", PROGRAMS[program])
        words = [word.upper() if upper >> place & 1 else word.title() for place, word in enumerate(words)]
        return program, signs + signs.join(words) + signs

    return st.builds(spelt, st.integers(0, 127), st.integers(0, 255), st.sampled_from(["", " ", "-", "_", "  - "]))


def test_there_are_sixteen_families_of_eight() -> None:
    assert {len(names) for names in FAMILIES.values()} == {8}
    assert (len(FAMILIES), len(PROGRAMS), len(set(PROGRAMS))) == (16, 128, 128)
    assert {name: PROGRAMS.index(name) for name in KNOWN} == KNOWN
    assert (family_of(0), family_of(11), family_of(127)) == ("piano", "chromatic percussion", "sound effects")


@given(spellings())
def test_however_a_name_is_spelt_it_is_the_same_program(one: tuple[int, str]) -> None:
    program, written = one
    assert parse_program(written) == program


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("vibrafone", "vibraphone"),
        ("warm pad", "pad 2 (warm)"),
        ("jazz guitar", "electric guitar (jazz)"),
        ("vibraphones", "vibraphone"),
        ("grand piano", "acoustic grand piano"),
    ],
)
def test_who_mistypes_a_name_is_told_what_may_be_meant(written: str, meant: str) -> None:
    with pytest.raises(
        ValueError, match=re.escape(f"General MIDI has no instrument {written!r}; did you mean '{meant}'")
    ):
        parse_program(written)


@pytest.mark.parametrize("written", ["", "---", "qqqqqqqq"])
def test_who_writes_something_else_is_told_where_the_names_are(written: str) -> None:
    assert near_programs(written) == ()
    with pytest.raises(ValueError, match="reverie instruments"):
        parse_program(written)


@pytest.mark.parametrize("written", ["viola й", "kickй", "école viola"])
def test_a_letter_of_another_script_makes_another_name(written: str) -> None:
    for parse in (parse_program, parse_drum):
        with pytest.raises(ValueError, match=r"there is no drum|General MIDI has no instrument"):
            parse(written)
    assert parse_program("\N{FULLWIDTH LATIN SMALL LETTER V}iola") == parse_program("viola")


def test_drums_have_the_names_that_drummers_give_them() -> None:
    assert {name: parse_drum(name) for name in DRUMS} == DRUMS
    assert all(parse_drum(other) == DRUMS[name] for other, name in OTHER_NAMES.items())
    for written, name in (
        ("kick", "bass"),
        ("Kick Drum", "bass"),
        ("hat", "closed-hat"),
        ("closed hat", "closed-hat"),
        ("Hi-Hat", "closed-hat"),
        ("open_hihat", "open-hat"),
        ("SNARE", "snare"),
        ("floor tom", "low-tom"),
    ):
        assert parse_drum(written) == DRUMS[name]
    with pytest.raises(ValueError, match=r"no drum 'kik'; did you mean 'kick'\? The drums are bass, snare"):
        parse_drum("kik")
    with pytest.raises(ValueError, match="no drum 'gong zzz'; the drums are bass, snare"):
        parse_drum("gong zzz")
