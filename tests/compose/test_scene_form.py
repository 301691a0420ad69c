"""The form of a scene, bar for bar."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.compose.form_curves import Curve
from reverie.compose.scene_form import FormSection, FormVoice, SceneForm, cycle_of
from reverie.measure.density_periods import Series, autocorrelation
from reverie.music.time import Schedule

NAMES = ("pad", "bass", "drums", "lead")
VOICES = tuple(FormVoice(name, drums=name == "drums") for name in NAMES)
MONTH = 1_000_000
DRAWN = SceneForm(
    (*VOICES[:3], FormVoice("lead", cycle=cycle_of((3, 5), (2, 7), 4))),
    (
        FormSection("intro", (16,), ("pad", "bass"), ((1, 1.0),), enter=4),
        FormSection(
            "day", (16, 24, 28), ("bass", "drums"), ((1, 1.0), (2, 2.0)), {"pad": 0.5, "lead": 0.5}, enter=4, leave=4
        ),
        FormSection("night", (8, 12), ("pad", "lead"), ((1, 3.0), (2, 1.0)), ends=("fill", "break", "none")),
    ),
    seed=11,
    opening=4,
)


def _form(*sections: FormSection, **more: Any) -> SceneForm:
    ways = [replace(one, ways=(((number + 1) % len(sections), 1.0),)) for number, one in enumerate(sections)]
    return SceneForm(VOICES, tuple(ways), **more)


def _section(name: str, bars: int, *voices: str, **more: Any) -> FormSection:
    return FormSection(name, (bars,), voices or NAMES, (), **more)


def _sounding(form: SceneForm, bar: int) -> str:
    return " ".join(name for name, state in form.at(bar).voices.items() if state.sounds)


def test_sections_as_they_are_written_come_over_and_over() -> None:
    form = _form(_section("a", 3), _section("b", 2, "bass"))
    spots = [form.at(bar).section for bar in range(11)]
    assert [(one.name, one.number, one.first_bar, one.times) for one in spots if one] == [
        *[("a", 0, 0, 0)] * 3,
        *[("b", 1, 3, 0)] * 2,
        *[("a", 2, 5, 1)] * 3,
        *[("b", 3, 8, 1)] * 2,
        ("a", 4, 10, 2),
    ]
    assert [_sounding(form, bar) for bar in (2, 3, 4, 5)] == [
        "pad bass drums lead",
        "bass",
        "bass",
        "pad bass drums lead",
    ]


def test_voices_come_in_one_after_the_other_at_the_scenes_beginning_and_where_a_section_says_so() -> None:
    form = _form(
        _section("a", 16), _section("b", 8, "bass"), _section("c", 16, "bass", "drums", "lead", enter=8), opening=4
    )
    assert [_sounding(form, bar) for bar in (0, 3, 4, 8, 11, 12)] == [
        "pad",
        "pad",
        "pad bass",
        "pad bass drums",
        "pad bass drums",
        "pad bass drums lead",
    ]
    assert [_sounding(form, bar) for bar in (16, 24, 31, 32, 39)] == [
        "bass",
        "bass drums",
        "bass drums",
        "bass drums lead",
        "bass drums lead",
    ]
    assert [_sounding(form, 40), _sounding(form, 44)] == ["pad bass drums lead"] * 2


def test_all_have_come_in_before_a_section_is_over() -> None:
    form = _form(_section("a", 10), opening=4)
    assert [_sounding(form, bar) for bar in (0, 4, 8)] == ["pad", "pad bass", "pad bass drums lead"]


def test_those_whom_the_next_section_does_not_have_leave_one_after_the_other() -> None:
    form = _form(_section("a", 16, leave=4), _section("b", 8, "bass"))
    assert [_sounding(form, bar) for bar in (7, 8, 11, 12, 15, 16)] == [
        "pad bass drums lead",
        "pad bass drums",
        "pad bass drums",
        "pad bass",
        "pad bass",
        "bass",
    ]


def test_a_break_leaves_one_voice_and_a_fill_is_the_drums() -> None:
    form = _form(_section("a", 16, "bass", "drums", ends=("break",)), _section("b", 8, ends=("fill",)))
    assert [_sounding(form, bar) for bar in (13, 14, 15, 16)] == ["bass drums", "bass", "bass", "pad bass drums lead"]
    figures = {bar: form.at(bar).voice("drums").figure for bar in range(24)}
    assert [bar for bar, figure in figures.items() if figure] == [23]
    assert figures[23] == "fill"
    assert all(not form.at(23).voice(name).figure for name in ("pad", "bass", "lead"))


def test_curves_go_over_a_section_and_come_together_with_those_of_hour_and_day() -> None:
    form = _form(
        _section(
            "a", 9, curves={"density": Curve.over(0.5, 1.5), "register": Curve.over(-5), "tempo": Curve.over(1, 0.9)}
        ),
        bar_seconds=450.0,
        begins_at=6 * 3600.0,
        hour={"density": Curve(((0.0, 1.0), (0.5, 2.0)), closed=True)},
        day={"dynamics": Curve(((0.25, 0.5), (0.75, 1.0)), closed=True), "register": Curve(((0.0, 2.0),), closed=True)},
    )
    first, middle, last = (form.at(bar) for bar in (0, 4, 8))
    assert [one.voice("bass").density for one in (first, middle, last)] == [0.5, 2.0, 1.5]
    assert [one.tempo for one in (first, middle, last)] == [1.0, 0.95, 0.9]
    assert [one.voice("bass").dynamics for one in (first, middle)] == [0.5, pytest.approx(0.5 + 0.5 / 24, abs=1e-4)]
    assert first.voice("bass").register == -3
    assert replace(form, begins_at=18 * 3600.0).at(0).voice("bass").dynamics == 1.0


def test_how_many_sound_at_most_changes_at_phrases_and_the_last_goes_first() -> None:
    form = _form(_section("a", 16, "bass", "pad", "lead", curves={"at_most": Curve.over(1, 3)}), phrase=4)
    assert [len(_sounding(form, bar).split()) for bar in range(16)] == [*[1] * 4, *[2] * 8, *[3] * 4]
    assert _sounding(form, 0) == "bass"
    assert _sounding(form, 5) == "pad bass"


def test_chance_takes_some_voices_into_a_section_or_leaves_them_out() -> None:
    form = _form(_section("a", 4, "bass", maybe={"lead": 0.25}))
    found = [_sounding(form, bar) for bar in range(0, 8000, 4)]
    assert set(found) == {"bass", "bass lead"}
    assert found.count("bass lead") / len(found) == pytest.approx(0.25, abs=0.05)


def test_a_cycle_goes_on_whatever_the_section_and_both_must_be_true() -> None:
    cycle = cycle_of((3, 5), (2, 7), seed=9)
    free = SceneForm((FormVoice("bell", cycle=cycle, after=6), FormVoice("pad", schedule=Schedule(4, ((1, 2),)))))
    assert free.at(0).section is None
    heard = [free.at(bar).voice("bell").sounds for bar in range(4000)]
    assert not any(heard[:6])
    lengths = _runs(heard[6:])
    assert {length for sounds, length in lengths[:-1] if sounds} == {3, 5}
    assert {length for sounds, length in lengths[:-1] if not sounds} == {2, 7}
    assert [free.at(bar).voice("pad").sounds for bar in range(5)] == [True, True, False, False, True]
    within = SceneForm(
        free.voices, (FormSection("a", (8,), ("bell",), ((1, 1.0),)), FormSection("b", (8,), ("pad",), ((0, 1.0),)))
    )
    assert all(not within.at(bar).voice("bell").sounds for bar in range(8, 16))
    assert [within.at(bar).voice("bell").sounds for bar in range(16, 24)] == heard[16:24]


def _runs(heard: list[bool]) -> list[tuple[bool, int]]:
    runs: list[tuple[bool, int]] = []
    for one in heard:
        if runs and runs[-1][0] == one:
            runs[-1] = one, runs[-1][1] + 1
        else:
            runs.append((one, 1))
    return runs


@pytest.mark.parametrize("seed", range(5))
def test_any_bar_is_the_same_in_whatever_order_it_is_asked_for(seed: int) -> None:
    one, other = replace(DRAWN, seed=seed), replace(DRAWN, seed=seed)
    bars = [*range(3000), *Random(seed).sample(range(MONTH), 50)]
    wanted = {bar: one.at(bar) for bar in bars}
    Random(seed).shuffle(bars)
    assert {bar: other.at(bar) for bar in bars} == wanted
    assert one == other != replace(DRAWN, seed=seed + 1)


@given(st.sampled_from(NAMES), st.integers(-1, 5000), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=100)
def test_a_voice_begins_where_it_comes_in_and_where_a_section_begins_in_which_it_sounds(
    voice: str, after: int, seed: int
) -> None:
    form = replace(DRAWN, seed=seed)
    found = form.begins(voice, after)
    for bar in range(after + 1, after + 600 if found is None else found + 1):
        here = form.at(bar)
        sounds, before = here.voice(voice).sounds, bar > 0 and form.at(bar - 1).voice(voice).sounds
        begins = sounds and (not before or bool(here.section and here.section.first_bar == bar))
        assert begins == (bar == found) or bar > after + 512


def test_somebody_sounds_in_every_bar_but_where_cycles_rest() -> None:
    form = replace(DRAWN, voices=VOICES)
    assert all(_sounding(form, bar) for bar in range(5000))


def test_what_is_kept_is_bounded() -> None:
    for bar in range(5000):
        DRAWN.at(bar)
    assert len(DRAWN._bars) <= 1024
    assert len(DRAWN._layouts) <= 32


def _voices_by_bar(form: SceneForm, bars: int) -> Series:
    return np.array([len(_sounding(form, bar).split()) for bar in range(bars)], dtype=float)


@pytest.mark.parametrize("seed", range(1, 6))
def test_lengths_and_orders_that_are_drawn_do_not_come_back_with_a_period(seed: int) -> None:
    curve = autocorrelation(_voices_by_bar(replace(DRAWN, voices=VOICES, seed=seed), 2500))
    assert max(curve[32:]) < 0.3


def test_what_is_written_with_fixed_lengths_does() -> None:
    form = _form(_section("a", 16), _section("b", 8, "bass"), _section("c", 8, "bass", "drums"))
    assert autocorrelation(_voices_by_bar(form, 2500))[31] > 0.99


def test_voices_rest_for_some_phrases_but_not_at_a_beginning_and_never_all() -> None:
    shares = {"drums": 0.3, "lead": 0.3, "pad": 0.9, "bass": 0.9}
    form = _form(_section("a", 16, rests=shares), _section("b", 16, rests=shares, ends=("fill",)))
    rested = dict.fromkeys(NAMES, 0)
    for first in range(0, 32 * 200, 4):
        sounding = {_sounding(form, bar) for bar in range(first, first + 4)}
        assert len(sounding) == 1, "nobody goes or comes within a phrase"
        here = sounding.pop().split()
        assert here
        if first % 16 == 0 or first % 32 == 28:
            assert len(here) == 4
        else:
            rested = {name: count + (name not in here) for name, count in rested.items()}
    shares_heard = {name: count / (200 * 5) for name, count in rested.items()}
    assert shares_heard["drums"] == pytest.approx(0.3, abs=0.05)
    assert shares_heard["lead"] == pytest.approx(0.3, abs=0.05)
    all_would_rest = 0.9 * 0.9 * 0.3 * 0.3
    assert shares_heard["pad"] == pytest.approx(0.9 - all_would_rest, abs=0.03), "the first goes on then"
    assert shares_heard["bass"] == pytest.approx(0.9, abs=0.03)


def test_who_has_just_come_in_does_not_rest() -> None:
    form = _form(_section("a", 16, "pad", "bass", enter=4, rests={"bass": 0.99}), _section("b", 8, "lead"))
    entries = [bar for bar in range(0, 24 * 50, 24) if "bass" in _sounding(form, bar + 4)]
    assert len(entries) == 50
    assert sum("bass" in _sounding(form, bar + 8) for bar in entries) < 5


def test_phrases_of_rest_bring_what_is_near_further_apart() -> None:
    form = replace(DRAWN, voices=VOICES)
    resting = replace(form, sections=tuple(replace(one, rests=dict.fromkeys(NAMES, 0.3)) for one in form.sections))
    near, further = (autocorrelation(_voices_by_bar(one, 2500))[3] for one in (form, resting))
    assert near > further + 0.1


def test_a_section_of_voices_that_come_by_chance_alone_is_never_silent() -> None:
    section = FormSection("maybe", (4,), (), ((0, 1.0),), {"pad": 0.2, "bass": 0.3})
    form = SceneForm(VOICES, (section,), seed=5)
    heard = {_sounding(form, bar) for bar in range(0, 400, 4)}
    assert heard == {"pad", "bass", "pad bass"}


def test_where_few_may_sound_and_those_are_silent_by_their_cycles_others_do() -> None:
    voices = (FormVoice("pad", cycle=cycle_of((2,), (6,), 1)), *VOICES[1:])
    section = FormSection("a", (16,), NAMES, ((0, 1.0),), curves={"at_most": Curve.over(1.0)})
    form = SceneForm(voices, (section,), phrase=4)
    assert [_sounding(form, bar) for bar in range(10)] == ["pad"] * 2 + ["bass"] * 6 + ["pad"] * 2
