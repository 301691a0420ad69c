"""Voicings, held to what books on voice leading ask for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.music.chord_symbols import chord_tones, parse_chord
from reverie.music.harmony import OCTAVE, ChordSpan, pitch_name
from reverie.music.voicing import Voicing, VoicingRules, voice

KEYS = VoicingRules(52, 79)


def chord(symbol: str, *, change: bool = True) -> ChordSpan:
    read = parse_chord(symbol)
    return ChordSpan(0, symbol, read.root, read.bass, chord_tones(symbol), (), change)


def chords(text: str) -> list[ChordSpan]:
    return [chord(symbol) for symbol in text.split()]


def named(voicings: Sequence[Voicing]) -> list[str]:
    return [" ".join(map(pitch_name, voicing)) for voicing in voicings]


SONGS = (
    "C Am F G C",
    "Cmaj7 A7 Dm7 G7 Cmaj7",
    "Dm9 G13 Cmaj7 A7alt",
    "Am7 D7 Gmaj7 Cmaj7 F#m7b5 B7 Em Em",
    "Fmaj7 Em7 Dm7 Cmaj7",
    "Cm Ab Eb Bb",
    "Ebmaj9 Abmaj9 Fm11 Bb13",
    "D D/C# D/C Gm6",
)


@pytest.mark.parametrize(
    ("rules", "before", "text", "voicings"),
    [
        # The rootless voicings of any pianist for II V I: third and seventh change places, and nothing leaps.
        (VoicingRules(52, 76, rootless=True), (60, 64, 65, 69), "G13 Cmaj9", ["B3 E4 F4 A4", "B3 D4 E4 G4"]),
        # Common tones stay, and the others move by step.
        (VoicingRules(48, 72, 3), (55, 60, 64), "Am F", ["A3 C4 E4", "A3 C4 F4"]),
    ],
)
def test_known_chords_are_voiced_as_in_the_books(
    rules: VoicingRules, before: Voicing, text: str, voicings: list[str]
) -> None:
    assert named(voice(chords(text), rules, before)) == voicings


@pytest.mark.parametrize("text", SONGS)
@pytest.mark.parametrize("rootless", [False, True])
def test_third_and_seventh_always_sound_and_the_root_where_nobody_else_has_it(text: str, rootless: bool) -> None:
    wanted = chords(text)
    for span, voicing in zip(wanted, voice(wanted, VoicingRules(50, 79, rootless=rootless)), strict=True):
        steps = {(pitch - span.root) % OCTAVE for pitch in voicing}
        there = {(tone - span.root) % OCTAVE for tone in span.tones}
        third = 4 if 4 in there else 3
        assert third in steps
        assert not ({10, 11} & there) or {10, 11} & steps
        assert rootless or 0 in steps


@pytest.mark.parametrize("voices", [3, 4, 5, 6])
@pytest.mark.parametrize("text", SONGS)
def test_voices_move_far_less_than_by_chance_and_outer_ones_hardly_in_parallel(text: str, voices: int) -> None:
    wanted, rules = chords(text) * 4, VoicingRules(45, 81, voices)
    led = voice(wanted, rules)
    chance = random.Random(1)
    unled = [voice([span], rules, seed=chance.randrange(1000))[0] for span in wanted]
    assert motion(led) < 0.75 * motion(unled) or motion(led) / len(led) < voices
    assert all(len(voicing) == voices for voicing in led)
    assert sum(in_parallel(*pair) for pair in pairwise(led)) <= len(led) // 8


def motion(voicings: Sequence[Voicing]) -> int:
    """Semitones by which all voices move, all together."""
    pairs = pairwise(voicings)
    return sum(abs(after - before) for one, other in pairs for before, after in zip(one, other, strict=True))


def in_parallel(one: Voicing, other: Voicing) -> bool:
    apart = (one[-1] - one[0]) % OCTAVE
    return one[0] != other[0] and apart in {0, 7} and apart == (other[-1] - other[0]) % OCTAVE


def test_sevenths_fall_or_stay_and_leading_notes_rise() -> None:
    wanted = chords("Dm7 G7 Cmaj7 Fmaj7 Bm7b5 E7 Am7 A7 Dm7 G7 C") * 2
    fallen = risen = sevenths = leading = 0
    for (span, one), (after, other) in pairwise(zip(wanted, voice(wanted, KEYS), strict=True)):
        for pitch in one:
            step = (pitch - span.root) % OCTAVE
            if step in {10, 11}:
                sevenths += 1
                fallen += bool({pitch, pitch - 1, pitch - 2} & {*other})
            if step == 4 and (after.root - span.root) % OCTAVE == 5 and "7" in span.symbol and "maj" not in span.symbol:
                leading += 1
                risen += bool({pitch, pitch + 1} & {*other})
    assert (sevenths, leading) > (15, 5)
    assert fallen == sevenths
    assert risen >= leading - 1


def test_a_chord_that_goes_on_is_held_and_goes_on_from_what_was_there() -> None:
    before = (53, 60, 64, 69)
    assert voice([chord("Fmaj7", change=False), chord("Fmaj7")], KEYS, before) == [before, before]
    (moved,) = voice([chord("Dm7")], KEYS, before)
    assert len({*moved} & {*before}) >= 3, "what is common stays"


def test_without_inversions_the_bass_is_lowest_and_a_slash_names_it() -> None:
    wanted = chords("C Am/C F/A G/B C7/E D/F#")
    led = voice(wanted, VoicingRules(40, 76, inversions=False))
    assert [voicing[0] % OCTAVE for voicing in led] == [0, 0, 9, 11, 4, 6]
    for_bass = voice(chords("C/D"), VoicingRules(40, 76, inversions=False))
    assert for_bass[0][0] % OCTAVE == 2, "a bass that is no tone of the chord is heard all the same"


def test_the_same_seed_gives_the_same_voicings_and_others_differ_a_little() -> None:
    wanted = chords(SONGS[1]) * 2
    assert voice(wanted, KEYS, seed=5) == voice(wanted, KEYS, seed=5)
    assert len({tuple(voice(wanted, KEYS, seed=seed)) for seed in range(20)}) > 1


def test_chords_that_come_again_come_higher_or_lower_with_another_seed_and_as_smoothly() -> None:
    turns: list[Voicing] = []
    for seed in range(12):
        turns += voice(chords("Dm9 Bbmaj7 Gm9 A7sus4"), KEYS, turns[-1] if turns else (), seed)
    heights = [sum(one) / len(one) for one in turns[::4]]
    assert max(heights) - min(heights) > 4
    assert motion(turns) / len(turns) < 1.5 * 4


def test_where_another_idea_begins_a_chord_may_go_to_another_place() -> None:
    before = (57, 64, 69, 74)
    gone = {seed: voice(chords("Dm9 Bbmaj7"), KEYS, before, seed, new=True)[0] for seed in range(12)}
    stayed = {seed: voice(chords("Dm9 Bbmaj7"), KEYS, before, seed)[0] for seed in range(12)}
    assert len(set(gone.values())) > len(set(stayed.values()))
    assert motion([before, *gone.values()]) > motion([before, *stayed.values()])
    held = voice([chord("Am11", change=False)], KEYS, before, 3, new=True)
    assert held == [before], "one that goes on stays"


any_chord = st.builds(
    lambda root, bass, steps: ChordSpan(0, "?", root, bass, tuple((root + step) % 12 for step in {0, *steps}), ()),
    st.integers(0, 11),
    st.integers(0, 11),
    st.lists(st.integers(1, 11), min_size=1, max_size=6),
)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(any_chord, min_size=1, max_size=4),
    st.integers(24, 84),
    st.integers(19, 36),
    st.integers(2, 6),
    st.booleans(),
    st.booleans(),
    st.lists(st.integers(30, 90), max_size=6, unique=True).map(lambda pitches: tuple(sorted(pitches))),
)
def test_any_chord_is_voiced_in_its_register_with_its_tones(
    wanted: list[ChordSpan], low: int, width: int, voices: int, rootless: bool, inversions: bool, before: Voicing
) -> None:
    rules = VoicingRules(low, low + width, voices, rootless, inversions)
    for span, voicing in zip(wanted, voice(wanted, rules, before), strict=True):
        assert list(voicing) == sorted(set(voicing))
        assert low <= voicing[0] <= voicing[-1] <= low + width
        assert {pitch % OCTAVE for pitch in voicing[1:]} <= {*span.tones}
        assert voicing[0] % OCTAVE in {*span.tones, span.bass}
        room = sum(pitch % OCTAVE in span.tones for pitch in range(low, low + width + 1))
        assert min(voices, room) <= len(voicing) <= voices
