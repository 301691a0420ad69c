"""Voices of chords beside others: they follow the harmony turn by turn, without a model, and hold what is common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fakes.engine import DiceEngine
from fakes.scenes import scene
from reverie.compose.composer import Composed, compose, derived
from reverie.compose.engines.engine import Candidate
from reverie.compose.ensemble import Ensemble
from reverie.compose.recipe import Recipe
from reverie.compose.state_cache import Memories
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.arranging.unmet import unmet
from reverie.conductor.offline.jumping_player import play_offline
from reverie.midi.bytes import NOTE_ON
from reverie.music.notes import Note
from reverie.play.messages import Place
from reverie.play.score import SceneScore
from reverie.scenes.schema import Scene

TEXT = """
name: study
title: A study
tempo: 120
key: C
scale: major
harmony: HARMONY
voices:
  beat: {kind: drums, model: d, bars: 1, evolve: {hold: 3}, output: {channel: 10}}
  lead: {kind: melody, model: m, register: [C4, C6], bars: 4, output: {channel: 1}}
  pad: {kind: chords, bars: BARS, register: [C3, C5], output: {channel: 2, velocity: [50, 90]}, MORE}
"""
AMBIENT = '{chords: "Dm9 | Bbmaj9 | Gm9 | A7sus4", every: 6}'


def study(harmony: str = '"Dm9 | G13 | Cmaj7 | A7alt"', bars: int = 4, more: str = "") -> Scene:
    return scene(TEXT.replace("HARMONY", harmony).replace("BARS", str(bars)).replace("MORE", more))


class TwoDrums(DiceEngine):
    """Throws dice, and for drums for two of them alone."""

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        thrown = super().generate(recipe, memory)
        if not recipe.traits.drums:
            return thrown
        return [
            replace(one, notes=tuple(replace(note, pitch=36 if note.pitch % 2 else 42) for note in one.notes))
            for one in thrown
        ]


def places(ensemble: Ensemble, bars: int, *, composer: bool = True) -> list[list[Place]]:
    """By bar what is placed for it; without a ``composer`` nobody answers."""
    engine, placed = TwoDrums(), [ensemble.opening()]
    for bar in range(bars):
        if bar:
            placed.append([])
        while True:
            filled, recipes = ensemble.fill()
            placed[-1] += filled
            if not recipes or not composer:
                break
            placed[-1] += [one for recipe in recipes for one in ensemble.composed(compose(engine, recipe, Memories()))]
        ensemble.played(bar)
    return placed


def sounding(ensemble: Ensemble, placed: Sequence[Sequence[Place]], part: str = "pad") -> Iterator[list[Note]]:
    """Bar for bar what the score has of a part."""
    score = SceneScore(Ensemble(ensemble.arrangement, 1, {}).scene())
    for bar, places_of_bar in enumerate(placed):
        for place in places_of_bar:
            score.place(place)
        yield [note for one, note in score.notes(bar) if one.name == part]


@pytest.mark.parametrize("bars", [1, 2, 3, 4, 7])
def test_each_turn_has_the_chords_of_its_own_bars(bars: int) -> None:
    ensemble = Ensemble(arrange(study(bars=bars), {}), 1, {})
    harmony = ensemble.arrangement.harmony
    assert harmony is not None
    for bar, notes in enumerate(sounding(ensemble, places(ensemble, 30))):
        (span,) = harmony.at(bar).spans
        assert notes, f"bar {bar} is silent"
        assert {note.pitch % 12 for note in notes} <= {*span.tones, span.bass}, f"bar {bar} is not {span.symbol}"


def test_it_goes_on_from_loop_to_loop_as_smoothly_as_within_them() -> None:
    ensemble = Ensemble(arrange(study(bars=1), {}), 1, {})
    chords = [sorted({note.pitch for note in notes}) for notes in sounding(ensemble, places(ensemble, 40))]
    moved = [sum(abs(a - b) for a, b in zip(one, other, strict=True)) for one, other in pairwise(chords)]
    assert sum(moved) / len(moved) < 8


def strokes(ensemble: Ensemble, placed: Sequence[Sequence[Place]], part: str = "pad") -> list[tuple[int, int, int]]:
    """Start, end and pitch of all that a file has of a part."""
    open_notes: dict[int, int] = {}
    found: list[tuple[int, int, int]] = []
    for tick, message in play_offline(Ensemble(ensemble.arrangement, 1, {}).scene(), placed).parts[part]:
        if message[0] & 0xF0 == NOTE_ON:
            assert message[1] not in open_notes
            open_notes[message[1]] = tick
        elif message[0] & 0xF0 == NOTE_ON - 0x10:
            found.append((open_notes.pop(message[1]), tick, message[1]))
    assert not open_notes
    return sorted(found)


def test_most_notes_of_an_ambient_pad_cross_a_bar_line_and_are_struck_only_where_they_change() -> None:
    ensemble = Ensemble(arrange(study(AMBIENT), {}), 1, {})
    struck = strokes(ensemble, places(ensemble, 96))
    bar = ensemble.arrangement.metre.bar_ticks
    crossing = [start // bar != (end - 1) // bar for start, end, _ in struck]
    assert sum(crossing) / len(crossing) > 0.9
    assert {start for start, _, _ in struck} <= {6 * bar * number for number in range(16)}
    assert all(end % (6 * bar) == 0 for _, end, _ in struck)
    for (_, end, pitch), (start, _, other) in pairwise(sorted(struck, key=lambda note: (note[2], note[0]))):
        assert pitch != other or start > end, "what is common to two chords is struck once"


def test_no_composer_is_needed_and_nothing_is_asked_of_one() -> None:
    ensemble = Ensemble(arrange(study(), {}), 1, {})
    heard = [*sounding(ensemble, places(ensemble, 20, composer=False))]
    assert all(heard)
    assert {recipe.voice for recipe in ensemble.fill()[1]} <= {"beat", "lead"}
    assert {one.recipe.voice for one in ensemble.take_derived()} == {"pad"}
    assert ensemble.take_derived() == []


def test_a_scene_with_chords_lacks_no_model_for_them() -> None:
    sentences = unmet(study(), {}, {"main": {"kind": "virtual"}})
    assert [sentence for sentence in sentences if "pad" in sentence] == []


def test_the_same_recipe_gives_the_same_bytes_from_json_too() -> None:
    ensemble = Ensemble(arrange(study(more="style: arpeggio, pattern: random"), {}), 1, {})
    places(ensemble, 12)
    for made in ensemble.take_derived():
        again = Recipe.from_json(made.recipe.as_json(), made.recipe.loops)
        assert again.id == made.recipe.id
        assert derived(again).loop == made.loop == compose(DiceEngine(), again, Memories()).loop


def test_chance_stays_for_as_many_turns_as_is_said() -> None:
    more = "style: arpeggio, pattern: random, every: 1, evolve: {hold: 3}"
    ensemble = Ensemble(arrange(study('"C"', 1, more), {}), 1, {})
    bars = [tuple(note.pitch for note in notes) for notes in sounding(ensemble, places(ensemble, 12))]
    # The first loop begins the line, and is one of the three.
    assert [len(set(bars[first : first + 3])) for first in (0, 3, 6)] == [1, 1, 1]
    assert len(set(bars)) > 2


def test_a_mutation_is_another_turn_of_chance() -> None:
    more = "style: arpeggio, pattern: random, every: 1, evolve: {hold: 1000}"
    ensemble = Ensemble(arrange(study('"C"', 1, more), {}), 1, {})
    before = places(ensemble, 4)
    ensemble.evolve("pad", "mutate")
    after = [place for place in ensemble.fill()[0] if place.part == "pad"]
    assert after
    assert {place.loop for place in after}.isdisjoint(place.loop for bar in before for place in bar)


def test_a_voice_of_chords_goes_back_to_an_idea_and_not_to_the_chords_of_other_bars() -> None:
    more = "style: arpeggio, pattern: random, every: 1, evolve: {hold: 4}"
    ensemble = Ensemble(arrange(study('"C | F"', 1, more), {}), 1, {})

    def go(bars: int) -> set[int]:
        """Play on; the seeds of the ideas that have sounded."""
        seeds: set[int] = set()
        for _ in range(bars):
            ensemble.fill()
            ensemble.played(ensemble.bar + 1)
            sounding = ensemble.sounding("pad")
            assert sounding
            assert sounding.made_by
            seeds.add(sounding.made_by.seed)
            harmony = ensemble.arrangement.harmony
            assert harmony
            assert {one.pitch % 12 for one in sounding.loop.notes} <= {*harmony.at(ensemble.bar + 1).at(0).tones}
        return seeds

    ensemble.opening()
    go(1)
    first = ensemble.sounding("pad")
    assert first
    assert first.made_by
    go(9)
    assert ensemble.go_back("pad", first)
    assert go(4) == {first.made_by.seed}
    assert first.made_by.seed not in go(4)
    ensemble.evolve("pad", "reset")
    assert go(4) == {first.made_by.seed}, "the idea with which the voice began"


def test_hands_that_hold_all_loops_do_not_hold_up_the_harmony() -> None:
    ensemble = Ensemble(arrange(study(bars=2), {}), 1, {})
    placed = places(ensemble, 4)
    ensemble.hold(on=True)
    engine = DiceEngine()
    for bar in range(4, 24):
        filled, recipes = ensemble.fill()
        placed.append(
            filled + [one for each in recipes for one in ensemble.composed(compose(engine, each, Memories()))]
        )
        ensemble.played(bar)
    harmony = ensemble.arrangement.harmony
    assert harmony is not None
    for bar, notes in enumerate(sounding(ensemble, placed)):
        assert {note.pitch % 12 for note in notes} <= {*harmony.at(bar).at(0).tones}


def test_a_density_that_moves_adds_notes_to_a_pad() -> None:
    ensemble = Ensemble(
        arrange(study('"Cmaj9"', 1, "voices: 6, density: {from: 0.3, to: 1, over: 8, after: hold}"), {}), 1, {}
    )
    counts = [len(notes) for notes in sounding(ensemble, places(ensemble, 12))]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (2, 6)


def test_the_rhythm_of_a_drum_is_what_that_drum_plays_in_those_bars() -> None:
    more = "style: rhythm, rhythm: {from: beat, drum: bass}, gate: 0.3"
    ensemble = Ensemble(arrange(study(bars=2, more=more), {}), 1, {})
    placed = places(ensemble, 40)
    compared = 0
    both = zip(sounding(ensemble, placed, "beat"), sounding(ensemble, placed), strict=True)
    for bar, (kicks, chords) in enumerate(both):
        kick = {note.start for note in kicks if note.pitch == 36}
        if kick and bar >= 2:  # before, there are no drums yet
            compared += 1
            assert {note.start for note in chords} == kick
    assert compared > 10


@pytest.mark.parametrize("bars", [1, 2, 4])
def test_chords_with_the_rhythm_of_a_drum_rest_where_its_voice_does(bars: int) -> None:
    more = "style: rhythm, rhythm: {from: beat, drum: bass}, gate: 0.3"
    text = TEXT.replace("HARMONY", AMBIENT).replace("BARS", str(bars)).replace("MORE", more)
    text = text.replace("evolve: {hold: 3}", 'evolve: {hold: 3}, schedule: {every: 8, bars: ["1-4"]}')
    ensemble = Ensemble(arrange(scene(text), {}), 1, {})
    played = [*sounding(ensemble, places(ensemble, 32))]
    assert all(not played[bar] for bar in range(8, 32) if bar % 8 >= 4)
    assert all(played[bar] for bar in range(8, 32) if bar % 8 < 4)


def test_chords_whose_figure_rests_for_a_whole_loop_rest() -> None:
    ensemble = Ensemble(arrange(study('"C | Gm"', 1, 'style: arpeggio, pattern: ". . 1", every: 8'), {}), 1, {})
    assert not any(sounding(ensemble, places(ensemble, 12)))


def test_a_pad_of_which_the_file_changes_goes_on_in_the_new_style() -> None:
    ensemble = Ensemble(arrange(study(bars=2), {}), 1, {})
    placed = places(ensemble, 6)
    changed = study(bars=2, more="style: rhythm, rhythm: x...")
    after = ensemble.succeeded_by(arrange(changed, {}), 2, {})
    later, _ = after.fill()
    assert all(note.tied for bar in placed for place in bar if place.part == "pad" for note in place.loop.notes)
    assert any(not note.tied for place in later if place.part == "pad" for note in place.loop.notes)


@pytest.mark.parametrize("bars", [1, 2, 4, 5])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("register: [C3, C5]", "register: [E3, E5]"),
        ("key: C", "key: Eb"),
        (AMBIENT, '"vi | ii | iii x2 | bVII"'),
        ("  pad:", "  other: {kind: chords, register: [C3, C5], output: {channel: 3}}\n  pad:"),
    ],
)
def test_chords_that_join_or_are_changed_have_the_chord_of_every_bar_from_the_next_on(
    bars: int, before: str, after: str
) -> None:
    text = TEXT.replace("HARMONY", AMBIENT).replace("BARS", str(bars)).replace(", MORE", "")
    for changed_at in range(5, 12):
        ensemble = Ensemble(arrange(scene(text), {}), 1, {})
        places(ensemble, changed_at)
        ensemble = ensemble.succeeded_by(arrange(scene(text.replace(before, after)), {}), 2, {})
        score, harmony, told = SceneScore(ensemble.scene()), ensemble.arrangement.harmony, ensemble.opening()
        assert harmony
        names = {name for name in ensemble.arrangement.plans if name not in {"beat", "lead"}}
        for bar in range(score.scene.first_bar, score.scene.first_bar + 12):
            for place in (*told, *ensemble.fill()[0]):
                score.place(place)
            notes = [(part.name, note.pitch % 12) for part, note in score.notes(bar) if part.name in names]
            assert {name for name, _ in notes} == names
            assert {pitch for _, pitch in notes} <= {*harmony.at(bar).at(0).tones}, f"bar {bar}"
            ensemble.played(bar)
            told = []


def test_chords_are_no_matter_of_the_guard() -> None:
    (made, *_) = [
        one for one in made_of(study('"C#maj7 | F#m7b5"', 2)) if one.loop is not None and one.recipe.voice == "pad"
    ]
    assert made.loop is not None
    assert {note.pitch % 12 for note in made.loop.notes} <= {1, 5, 8, 0, 6, 9, 4}
    assert not made.clipped
    assert {note.velocity for note in made.loop.notes} < {*range(50, 91)}


def made_of(one: Scene) -> list[Composed]:
    ensemble = Ensemble(arrange(one, {}), 1, {})
    places(ensemble, 4)
    return ensemble.take_derived()


def test_a_recipe_for_chords_tells_what_it_goes_on_from() -> None:
    ensemble = Ensemble(arrange(study(bars=2), {}), 1, {})
    places(ensemble, 6)
    first, second, *_ = ensemble.take_derived()
    assert first.loop is not None
    last = sorted(note.pitch for note in first.loop.notes if note.end == first.loop.ticks)
    assert second.recipe.settings["voicing"] == " ".join(map(str, last))
    assert "voicing" not in first.recipe.settings
    silent = replace(second.recipe, settings={**second.recipe.settings, "voicing": ""})
    assert silent.id != second.recipe.id


@example(bars=1, happenings=["hold", "file", "file", "file"], composer=False)
@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 5),
    st.lists(st.sampled_from(["hold", "free", "mutate", "hotter", "lost", "life", "file", "", ""]), max_size=30),
    st.booleans(),
)
def test_whatever_people_do_every_bar_has_its_own_chord(bars: int, happenings: list[str], composer: bool) -> None:
    ensemble, engine = Ensemble(arrange(study(bars=bars), {}), 1, {}), TwoDrums()
    score = coming = SceneScore(ensemble.scene())
    harmony = ensemble.arrangement.harmony
    assert harmony is not None
    told = ensemble.opening()
    for bar, what in enumerate([*happenings, *[""] * 12]):
        score = coming if bar >= coming.scene.first_bar else score
        match what:
            case "hold" | "free":
                ensemble.hold(on=what == "hold")
            case "mutate":
                ensemble.evolve("pad", "mutate")
            case "hotter":
                ensemble.set_temperature("pad", 1.5)
            case "lost":
                ensemble.composer_lost()
            case "life":
                coming, told = SceneScore(ensemble.scene()), ensemble.queued()
            case "file":
                more = f"style: broken, evolve: {{hold: {bar + 1}}}"
                ensemble = ensemble.succeeded_by(arrange(study(bars=bars, more=more), {}), 1, {})
                coming, told = SceneScore(ensemble.scene()), ensemble.opening()
            case _:
                pass
        filled, recipes = ensemble.fill()
        made = [one for each in recipes if composer for one in ensemble.composed(compose(engine, each, Memories()))]
        for place in (*told, *filled, *made):
            coming.place(place)
        score = coming if bar >= coming.scene.first_bar else score
        notes = [note for part, note in score.notes(bar) if part.name == "pad"]
        assert notes
        assert {note.pitch % 12 for note in notes} <= {*harmony.at(bar).at(0).tones}, f"bar {bar}"
        ensemble.played(bar)
        told = []


def test_a_riff_that_is_changed_is_played_to_the_end_of_its_turn_and_then_as_the_file_says() -> None:
    riff = '  riff: {kind: bass, pattern: "PITCH:64", output: {channel: 3}}\n'
    before, after = (
        scene(TEXT.split("  pad:", maxsplit=1)[0].replace("HARMONY", AMBIENT) + riff.replace("PITCH", one))
        for one in ("C2", "D2")
    )
    ensemble = Ensemble(arrange(before, {}), 1, {})
    places(ensemble, 6)
    ensemble = ensemble.succeeded_by(arrange(after, {}), 2, {})
    score = SceneScore(ensemble.scene())
    for place in (*ensemble.opening(), *ensemble.fill()[0]):
        score.place(place)
    struck = [
        (bar, note.pitch)
        for bar in range(score.scene.first_bar, 16)
        for part, note in score.notes(bar)
        if part.name == "riff"
    ]
    assert struck == [(8, 38), (12, 38)]


@pytest.mark.parametrize("bars", [2, 3])
def test_an_ostinato_of_chords_sounds_as_written_over_another_harmony(bars: int) -> None:
    scene_of_both = study('"Cm | Fm | Ab"', bars, 'chords: "Em | A7 D"')
    ensemble = Ensemble(arrange(scene_of_both, {}), 1, {})
    lead = ensemble.arrangement.plans["lead"].harmony
    assert lead is not None
    assert [lead.at(bar).spans[0].symbol for bar in range(4)] == ["Cm", "Fm", "Ab", "Cm"]
    for bar, notes in enumerate(sounding(ensemble, places(ensemble, 24))):
        classes = {note.pitch % 12 for note in notes}
        assert classes == ({4, 7, 11} if bar % 2 == 0 else {9, 1, 4, 7, 2, 6}), f"bar {bar}"


@pytest.mark.parametrize("style", ["pad", "broken"])
def test_a_number_of_voices_that_moves_adds_notes_to_the_chords(style: str) -> None:
    more = f"style: {style}, voices: {{from: 3, to: 6, over: 12, after: hold}}"
    ensemble = Ensemble(arrange(study(bars=1, more=more), {}), 1, {})
    counts = [len({note.pitch for note in notes}) for notes in sounding(ensemble, places(ensemble, 16))]
    assert counts == [round(3 + min(bar, 12) / 4) for bar in range(16)]
