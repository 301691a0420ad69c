from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.recipes import recipe
from reverie.compose.chord_places import STRONG, place_weight
from reverie.compose.conditioning import InputRange, hear
from reverie.compose.guard import adapt, guard
from reverie.compose.recipe import LoopLimits
from reverie.music.harmony import Key
from reverie.music.notes import Loop, Note
from reverie.music.time import SLIVER, Metre
from reverie.music.voice_kinds import VOICE_KINDS, VoiceTraits

C_MAJOR = LoopLimits(low=60, high=72, least=0.5, most=16, tonic=0, scale="major")


def line(*pitches: int, length: int = 240) -> list[Note]:
    return [Note(index * length, length, pitch) for index, pitch in enumerate(pitches)]


@pytest.mark.parametrize(
    ("notes", "reason"),
    [
        ([], "empty"),
        (line(60, length=100), "sparse"),
        ([Note(60 * i, 30, 60 + i % 3) for i in range(64)], "dense"),
        (line(60, 60, 60, 60, 60, 60, length=480), "one_pitch"),
    ],
)
def test_what_is_no_music_is_refused_with_its_reason(notes: list[Note], reason: str) -> None:
    limits = LoopLimits(low=60, high=72, least=1, most=16, scale="major")
    outcome = guard(recipe(limits=limits, bars=2), notes)
    assert outcome.loop is None
    assert outcome.refusal == reason


def test_a_voice_of_a_note_a_bar_or_more_has_no_empty_bar() -> None:
    crowded = [Note(i * 240, 240, 60 + i % 2) for i in range(8)]
    held = [Note(0, 960, 60), Note(960, 1920, 62)]
    limits = LoopLimits(low=60, high=72, least=1, scale="chromatic")
    assert guard(recipe(limits=limits, bars=2), crowded).refusal == "sparse"
    assert guard(recipe(limits=limits, bars=2), held).loop is not None
    assert guard(recipe(limits=LoopLimits(least=0.5), bars=2), crowded).loop is not None


def test_a_pitch_out_of_register_moves_by_octaves() -> None:
    outcome = guard(recipe(limits=C_MAJOR), line(36, 40, 91))
    assert outcome.loop
    assert [note.pitch for note in outcome.loop.notes] == [60, 64, 67]
    assert outcome.clips["register"] == 3


def test_a_pitch_out_of_key_moves_to_its_neighbour() -> None:
    outcome = guard(recipe(limits=C_MAJOR), line(61, 66, 70))
    assert outcome.loop
    assert [note.pitch for note in outcome.loop.notes] == [60, 65, 69]
    assert outcome.clips["scale"] == 3


def test_a_monophonic_voice_cuts_a_note_where_the_next_begins() -> None:
    outcome = guard(recipe(limits=C_MAJOR), [Note(0, 960, 60), Note(480, 480, 64), Note(480, 480, 67)])
    assert outcome.loop
    assert [(n.start, n.length, n.pitch) for n in outcome.loop.notes] == [(0, 480, 60), (480, 480, 67)]


def test_a_bass_keeps_the_lowest_of_simultaneous_notes() -> None:
    outcome = guard(recipe(kind="bass", limits=C_MAJOR), [Note(0, 480, 60), Note(0, 480, 67), Note(960, 9, 62)])
    assert outcome.loop
    assert [n.pitch for n in outcome.loop.notes] == [60, 62]


def test_no_note_outlasts_its_loop() -> None:
    outcome = guard(recipe(limits=C_MAJOR), [*line(60, 64), Note(3600, 9600, 67), Note(3840, 10, 69)])
    assert outcome.loop
    assert max(note.end for note in outcome.loop.notes) == outcome.loop.ticks
    assert outcome.clips["length"] == 2


def test_mutate_keeps_the_primer_as_the_first_part() -> None:
    primer = tuple(line(60, 64, 67, 72, length=480))
    outcome = guard(recipe(operator="mutate", primer=primer, primer_steps=16, limits=C_MAJOR), line(62, 65))
    assert outcome.loop
    assert [(n.start, n.pitch) for n in outcome.loop.notes] == [
        (0, 60), (480, 64), (960, 67), (1440, 72), (1920, 62), (2160, 65),
    ]  # fmt: skip


def test_drums_keep_their_pitches_whatever_the_key() -> None:
    outcome = guard(recipe(kind="drums", limits=C_MAJOR), [Note(0, 60, 36), Note(0, 60, 42), Note(480, 60, 49)])
    assert outcome.loop
    assert sorted(n.pitch for n in outcome.loop.notes) == [36, 42, 49]


def test_velocity_follows_the_beat_within_the_voice_s_range() -> None:
    limits = LoopLimits(velocity_low=40, velocity_high=90)
    outcome = guard(recipe(limits=limits), [Note(i * 120, 100, 60 + i, 127) for i in range(8)])
    assert outcome.loop
    velocities = [n.velocity for n in outcome.loop.notes]
    assert velocities[0] == max(velocities) == 90
    assert min(velocities) >= 40
    assert velocities[4] > velocities[2] > velocities[1]


@given(
    st.lists(st.builds(Note, st.integers(0, 5000), st.integers(1, 5000), st.integers(0, 127), st.integers(1, 127))),
    st.sampled_from(["melody", "bass", "drums"]),
    st.integers(1, 3),
    st.integers(0, 100),
)
def test_whatever_the_model_says_the_loop_is_legal(notes: list[Note], kind: str, polyphony: int, low: int) -> None:
    limits = LoopLimits(low=low, high=low + 20, least=0, most=1000, polyphony=polyphony, tonic=2, scale="dorian")
    outcome = guard(recipe(kind=kind, limits=limits), notes)
    if outcome.loop is None:
        assert outcome.refusal in {"empty", "one_pitch"}
        return
    for note in outcome.loop.notes:
        assert note.end <= outcome.loop.ticks
        if kind != "drums":
            assert low <= note.pitch <= low + 20
            assert note.pitch in Key(2, "dorian")
            assert sum(n.start <= note.start < n.end for n in outcome.loop.notes) <= polyphony


def test_a_loop_of_another_voice_is_bent_to_metre_and_key() -> None:
    loop = Loop(1, Metre(4, 4), (Note(0, 960, 61), Note(1440, 480, 66)))
    adapted = adapt(loop, recipe(metre=Metre(3, 4), bars=2, limits=C_MAJOR))
    assert adapted == Loop(2, Metre(3, 4), (Note(0, 960, 60), Note(1440, 960, 60)))


def test_a_loop_that_fits_already_is_kept_as_it_was_composed() -> None:
    held_over_the_bar = Loop(2, Metre(), (Note(960, 1920, 60), Note(2880, 480, 64)))
    assert adapt(held_over_the_bar, recipe(limits=C_MAJOR)) is held_over_the_bar


@pytest.mark.parametrize(
    "notes",
    [
        pytest.param([Note(480 * beat, 480, 60 + beat) for beat in range(8)], id="beats only"),
        pytest.param([Note(240 * place, 240, 60 + place % 9) for place in range(12)], id="eighths"),
        pytest.param([Note(120 * place, 120, 60 + place % 9) for place in range(16)], id="sixteenths"),
        pytest.param([Note(240 + 120 * place, 120, 60 + place % 9) for place in range(8)], id="no downbeat"),
    ],
)
@pytest.mark.parametrize("velocity", [1, 64, 100, 127])
def test_velocities_reach_both_ends_of_what_was_asked(notes: list[Note], velocity: int) -> None:
    said = [replace(note, velocity=velocity) for note in notes]
    outcome = guard(recipe(limits=LoopLimits(velocity_low=60, velocity_high=84)), said)
    assert outcome.loop
    velocities = {note.velocity for note in outcome.loop.notes}
    assert (min(velocities), max(velocities)) == (60, 84)


def test_velocities_of_a_model_that_knows_dynamics_reach_both_ends_too() -> None:
    said = [Note(1920 * bar, 480, 60 + bar, velocity) for bar, velocity in enumerate((40, 90))]
    outcome = guard(recipe(limits=LoopLimits(velocity_low=60, velocity_high=84)), said)
    assert outcome.loop
    assert [note.velocity for note in outcome.loop.notes] == [60, 84]


def test_notes_of_one_weight_are_as_loud_as_it() -> None:
    limits = LoopLimits(velocity_low=40, velocity_high=90)
    downbeats = guard(recipe(limits=limits), [Note(0, 480, 60), Note(1920, 480, 62)]).loop
    assert downbeats
    assert {note.velocity for note in downbeats.notes} == {90}


def test_a_loop_of_a_louder_voice_is_played_as_softly_as_this_one_plays() -> None:
    loop = Loop(2, Metre(), (Note(0, 480, 60, 110), Note(480, 240, 62, 90), Note(720, 240, 64, 90)))
    adapted = adapt(loop, recipe(limits=LoopLimits(velocity_low=20, velocity_high=40)))
    assert adapted
    assert [note.velocity for note in adapted.notes] == [40, 28, 20]


def test_what_is_kept_of_a_mutated_loop_keeps_its_velocities() -> None:
    primer = (Note(0, 480, 60, 83), Note(480, 480, 64, 61))
    limits = LoopLimits(velocity_low=60, velocity_high=84)
    asked = recipe(operator="mutate", primer=primer, primer_steps=16, limits=limits)
    outcome = guard(asked, line(62, 65))
    assert outcome.loop
    assert [note.velocity for note in outcome.loop.notes[:2]] == [83, 61]


DENSE = [Note(120 * place, 120, 60 + place % 7) for place in range(32)]


def test_what_is_too_dense_is_thinned_out_where_that_is_wanted_and_keeps_the_weightiest() -> None:
    asked = recipe(limits=LoopLimits(least=1, most=2))
    assert guard(asked, DENSE).refusal == "dense"
    outcome = guard(asked, DENSE, thin=True)
    assert outcome.loop
    assert [note.start for note in outcome.loop.notes] == [0, 960, 1920, 2880]
    assert outcome.clips["density"] == 28
    assert outcome.loop.notes[-1].end == outcome.loop.ticks, "a tune holds on where notes are left out"


def test_drums_that_are_thinned_out_do_not_hold_on() -> None:
    hits = [Note(120 * place, 60, 36 + 6 * (place % 2)) for place in range(32)]
    outcome = guard(recipe(kind="drums", limits=LoopLimits(most=4)), hits, thin=True)
    assert outcome.loop
    assert len(outcome.loop.notes) == 8
    assert {note.length for note in outcome.loop.notes} == {60}


def test_no_bar_is_emptied_by_thinning_out() -> None:
    crowded_first = [Note(120 * place, 120, 60 + place % 7) for place in range(16)] + [Note(1920 + 360, 120, 62)]
    outcome = guard(recipe(limits=LoopLimits(least=1, most=2)), crowded_first, thin=True)
    assert outcome.loop
    assert any(note.start >= 1920 for note in outcome.loop.notes)


@given(
    st.lists(
        st.builds(Note, st.integers(0, 3840 - SLIVER), st.integers(1, 2000), st.integers(0, 127), st.integers(1, 127)),
        min_size=1,
        max_size=60,
    ),
    st.sampled_from(["melody", "bass", "drums"]),
    st.integers(1, 8),
)
def test_whatever_is_thinned_out_is_legal(notes: list[Note], kind: str, most: int) -> None:
    outcome = guard(recipe(kind=kind, limits=LoopLimits(least=0, most=most)), notes, thin=True)
    assert outcome.refusal in {None, "one_pitch"}
    if outcome.loop is None:
        return
    assert len(outcome.loop.notes) <= 2 * most
    if kind != "drums":
        for one, after in zip(outcome.loop.notes, outcome.loop.notes[1:], strict=False):
            assert one.end <= after.start


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> str:
    """A kind of voice whose models compose dynamics, chords, and notes between sixteenths."""
    monkeypatch.setitem(VOICE_KINDS, "keys", VoiceTraits(order=9, polyphony=4, grid=30, dynamics=True))
    return "keys"


def test_dynamics_that_a_model_composed_are_kept(keys: str) -> None:
    limits = LoopLimits(least=0, velocity_low=40, velocity_high=100, polyphony=4)
    played = [Note(0, 480, 60, 45), Note(30, 480, 64, 99), Note(60, 480, 67, 72)]
    outcome = guard(recipe(kind=keys, limits=limits), played)
    assert outcome.loop
    assert list(outcome.loop.notes) == played


@given(st.lists(st.integers(1, 127), min_size=1, max_size=8), st.integers(1, 127), st.integers(1, 127))
def test_dynamics_beyond_the_voice_s_keep_their_order(velocities: list[int], one: int, other: int) -> None:
    low, high = sorted((one, other))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(VOICE_KINDS, "keys", VoiceTraits(order=9, polyphony=4, dynamics=True))
        limits = LoopLimits(least=0, most=100, velocity_low=low, velocity_high=high)
        notes = [Note(120 * step, 60, 60 + step % 2, velocity) for step, velocity in enumerate(velocities)]
        outcome = guard(recipe(kind="keys", limits=limits), notes)
    assert outcome.loop
    got = [note.velocity for note in outcome.loop.notes]
    assert all(low <= velocity <= high for velocity in got)
    for number, velocity in enumerate(velocities):
        assert all(got[number] <= after for other, after in zip(velocities, got, strict=True) if other > velocity)


def test_what_a_mutation_keeps_keeps_its_dynamics(keys: str) -> None:
    primer = (Note(0, 240, 60, 127),)
    limits = LoopLimits(least=0, velocity_low=40, velocity_high=100, polyphony=4)
    asked = recipe(kind=keys, operator="mutate", primer=primer, primer_steps=4, limits=limits)
    outcome = guard(asked, [Note(0, 240, 64, 120), Note(480, 240, 65, 20)])
    assert outcome.loop
    assert [note.velocity for note in outcome.loop.notes] == [127, 100, 40]


def test_a_primer_is_heard_on_the_grid_of_its_kind(keys: str) -> None:
    primer = (Note(0, 100, 60), Note(95, 70, 64))
    heard = hear(recipe(kind=keys, primer=primer, primer_steps=2), InputRange())
    assert heard.notes == (Note(0, 3, 60), Note(3, 3, 64))
    assert (heard.steps, heard.drawn(16)) == (8, 64)
    assert heard.played(Note(9, 2, 62)) == Note(30, 60, 62)
    assert hear(recipe(primer=primer, primer_steps=2), InputRange()).notes == (Note(0, 1, 60), Note(1, 1, 64))


def test_the_groups_of_a_metre_give_the_accents() -> None:
    limits = LoopLimits(velocity_low=40, velocity_high=100, least=0)
    eighths = [Note(240 * place, 240, 60 + place) for place in range(7)]
    loop = guard(recipe(limits=limits, bars=1, metre=Metre.parse("3+2+2/8")), eighths).loop
    assert loop
    by_place = [note.velocity for note in loop.notes]
    assert sorted(range(7), key=lambda place: -by_place[place])[:3] == [0, 3, 5]
    assert place_weight(Metre.parse("3+2+2/8"), 720) == place_weight(Metre(5, 8), 720) == STRONG


def test_where_a_note_too_many_begins_no_sliver_is_left_of_the_oldest() -> None:
    limits = LoopLimits(low=48, high=72, least=0.5, polyphony=2, scale="chromatic")
    held = [Note(0, 1920, 48), Note(480, 480, 60), Note(510, 450, 64), Note(515, 445, 67)]
    outcome = guard(recipe(kind="polyphony", limits=limits, bars=1), held)
    assert outcome.loop
    assert [(note.start, note.length, note.pitch) for note in outcome.loop.notes] == [
        (0, 510, 48),
        (510, 450, 64),
        (515, 445, 67),
    ]


def test_a_short_note_that_nothing_cuts_stays() -> None:
    limits = LoopLimits(low=48, high=72, least=0.5, polyphony=1, scale="chromatic")
    outcome = guard(recipe(kind="polyphony", limits=limits, bars=1), [Note(0, 30, 60), Note(30, 450, 62)])
    assert outcome.loop
    assert [note.length for note in outcome.loop.notes] == [30, 450]
