"""Whatever visitors wish for, in whatever order: something always sounds, within limits, and the piece returns."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from fakes.conductors import Theatre
from reverie.control.visitors import Visitor
from reverie.music.drums import DRUMS
from reverie.music.time import TICKS_PER_STEP
from reverie.site.visitor_rules import VisitorAct, VisitorRules

SCENE = """
name: toys
title: Toys
tempo: 100
key: D
scale: dorian
seed: 5
harmony: "Dm7 | G7"
voices:
  beat:
    kind: drums
    model: drum_kit
    bars: 2
    evolve: {hold: 2, then: [continue, mutate, loop], candidates: 1}
    density: [1, 24]
    output: {channel: 10, velocity: [40, 100]}
  lead:
    kind: melody
    model: attention_rnn
    primer: "D4 - F4 - A4 - - -"
    register: [C4, C6]
    bars: 2
    evolve: {hold: 2, then: [continue, transpose], candidates: 1}
    density: [0.5, 16]
    output: {channel: 1, velocity: [50, 90]}
moods:
  fear: {words: [dark], tempo: 0.8, density: 0.7}
  joy: {words: [sun*], tempo: 1.1, voices: {beat: out}}
"""

ROWS = st.dictionaries(st.sampled_from(sorted(DRUMS)), st.text("xXo. ", max_size=36), max_size=5)
TUNES = st.sampled_from(("D5:4 F5:4", "A4 C5 D5:2 E5:12", "C6:32", "D4:2 .:6 G4:8 A4:16", "C2:4", "nonsense", ""))
JUNK: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
WISHES: st.SearchStrategy[tuple[VisitorAct, dict[str, Any]]] = st.one_of(
    st.tuples(
        st.just("drums"),
        st.fixed_dictionaries(
            {}, optional={"rows": ROWS, "marker": st.integers(-1, 40), "own": st.lists(st.integers(0, 40), max_size=8)}
        ),
    ),
    st.tuples(
        st.just("melody"),
        st.lists(st.tuples(TUNES, st.floats(0, 1)), max_size=3).map(
            lambda pairs: (
                {"tunes": [tune for tune, _ in pairs], "shares": [share for _, share in pairs]} if pairs else {}
            )
        ),
    ),
    st.tuples(st.just("mood"), st.fixed_dictionaries({"mood": st.sampled_from(("fear", "joy", "none"))})),
    st.tuples(st.just("dream"), st.fixed_dictionaries({"text": st.sampled_from(("dark sun", "nothing", ""))})),
    st.tuples(st.just("tempo"), st.fixed_dictionaries({"value": st.floats() | JUNK})),
    st.tuples(
        st.just("temperature"),
        st.fixed_dictionaries({"value": st.floats(0, 3), "voice": st.sampled_from(("beat", "lead", None, "x"))}),
    ),
    st.tuples(st.just("contour"), st.fixed_dictionaries({"button": st.integers(-1, 9)})),
    st.tuples(
        st.sampled_from(("drums", "melody", "mood", "tempo", "keep")),
        st.dictionaries(st.text(max_size=8), JUNK, max_size=3),
    ),
)  # type: ignore[assignment]
DOINGS = st.lists(st.tuples(WISHES, st.integers(0, 3), st.booleans()), max_size=12)


LONG_NOTE_ALONE = [(("melody", {"tunes": ["C6:32"], "shares": [1.0]}), 0, False), (("mood", {"mood": "joy"}), 1, False)]
"""A note that is held over a bar in which no other begins: joy has the beat leave."""


@given(DOINGS)
@example(LONG_NOTE_ALONE)
@settings(
    max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)
def test_nothing_that_visitors_do_makes_silence_noise_or_a_slow_player(
    doings: list[tuple[tuple[VisitorAct, dict[str, Any]], int, bool]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        theatre = Theatre(Path(folder), {"toys": SCENE}, visitors=VisitorRules(per_person=600, per_minute=1200))
        theatre.begin()
        theatre.answer()
        hall = Hall(theatre)
        hall.go(5)
        visits = theatre.conductor.page.visits
        for number, ((act, wanted), bars, late) in enumerate(doings):
            answer = visits.wish(act, wanted, Visitor(str(number), "10.0.0.1"))
            assert answer.key.startswith("play."), answer
            assert answer.ok or answer.params.get("why") or answer.key != "play.refused.because"
            theatre.clock.go(1.0)
            hall.go(bars, answered=not late)
        hall.go(80)
        told = visits.state(Visitor("last", "10.0.0.1"))
        assert (told["drums"]["set"], told["melody"]["set"], told["idle_in"]) == (None, None, None)
        assert theatre.status["overrides"]["now"] == []
        assert "the conductor made a mistake" not in str(theatre.status["overrides"]["last"])


class Hall:
    """Who listens: each bar has music, no more at a time than hands and voices have, and no louder than may be."""

    def __init__(self, theatre: Theatre) -> None:
        self.theatre = theatre
        self.held = 0
        """Ticks for which notes of the bars before still sound."""

    def go(self, bars: int, *, answered: bool = True) -> None:
        for _ in range(bars):
            self.theatre.hear()
            self.check()
            self.theatre.play()
            if answered:
                self.theatre.answer()
            self.theatre.clock.go(2.0)
            self.theatre.conductor.look()

    def check(self) -> None:
        if self.theatre.score is None:
            return
        [bar] = self.theatre.sounds(1)
        assert bar["beat"] or bar["lead"] or self.held > 0, "silence"
        ends = [note.end for voice in bar.values() for note in voice]
        self.held = max([self.held, *ends]) - self.theatre.score.scene.metre.bar_ticks
        at_once = Counter(note.start // TICKS_PER_STEP for note in bar["beat"])
        assert max(at_once.values(), default=0) <= len(DRUMS)
        assert len(bar["beat"]) <= 24 + 16 * 4
        assert all(40 <= note.velocity <= 100 for note in bar["beat"])
        assert all(50 <= note.velocity <= 90 for note in bar["lead"])
        for note in bar["lead"]:
            assert sum(one.start <= note.start < one.end for one in bar["lead"]) == 1, "one note at a time"
            assert 48 <= note.pitch <= 96
