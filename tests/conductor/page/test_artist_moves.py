"""Whatever an artist does, every bar has music, and the player has it in time."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.conductors import Theatre
from fakes.scenes import TEXT
from reverie.conductor.page.scene_editor import SceneEditor
from reverie.site.actions import ControlError
from reverie.site.schema import Site

FORMED = (
    TEXT.replace('    schedule: {every: 4, bars: ["1-3"]}\n', "")
    + """
form:
  opening: 0
  sections:
    - {name: shore, bars: 4, voices: [beat, lead]}
    - {name: tide, bars: 4, voices: [beat]}
    - {name: deep, bars: 4, voices: [lead]}
moods:
  fear: {words: [dark], tempo: 0.9}
"""
)
VOICES = ("beat", "lead")
MOVES = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.sampled_from(
            (
                *("mute", "solo", "loop", "once", "every", "another", "reset", "continue", "density", "register"),
                *("level", "tempo", "undo", "keep", "return", "dream", "wake"),
                *("section", "phrase", "stay", "candidates", "take", "try", "back"),
            )
        ),
        st.sampled_from(VOICES),
        st.integers(0, 3),
    ),
    max_size=14,
)


def move(theatre: Theatre, editor: SceneEditor, kind: str, voice: str, number: int) -> None:
    """Do one thing at the desk; what is refused is refused."""
    desk, section = theatre.conductor.page.artist, ("shore", "tide", "deep", "shore")[number]
    values = {"every": number, "density": 0.25 + number / 2, "register": number - 1.5, "level": -24.0 + 8 * number}
    match kind:
        case "section" | "phrase":
            desk.go_to_section(section, phrase=kind == "phrase")
        case "stay":
            desk.stay(on=number > 1)
        case "candidates":
            desk.want_candidates(voice, number + 1)
        case "take":
            found = [one["id"] for audition in desk.candidates() for one in audition["found"]]
            desk.take(voice, found[number % len(found)] if found else "")
        case "try":
            desk.trial.begin(editor.scene_of("study", FORMED.replace("tempo: 120", f"tempo: {100 + number}")))
        case "back":
            desk.trial.end()
        case "tempo":
            desk.do({"action": "tempo", "value": 60 + 20 * number, "over": number})
        case "dream" | "wake":
            desk.do({"action": kind, "value": "fear"})
        case "undo":
            desk.do({"action": "undo"})
        case _:
            wanted = {"action": kind, "voice": voice}
            desk.do(wanted | ({"value": values[kind]} if kind in values else {}))


@settings(deadline=None, max_examples=40)
@given(MOVES)
def test_whatever_an_artist_does_every_bar_has_music_in_time(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[int, str, str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("moves")
    theatre = Theatre(folder, {"study": FORMED})
    site = Site.model_validate({"scenes": [str(theatre.folder)], "slots": {"main": {"kind": "port"}}})
    editor = SceneEditor(site, Path(folder) / "versions")
    theatre.begin()
    theatre.answer()
    theatre.player.starts()
    theatre.play(2)

    def go(bars: int) -> None:
        for _ in range(bars):
            theatre.play(1)
            theatre.answer()
            theatre.clock.go(1)
            score = theatre.score
            assert score is not None
            muted = theatre.conductor.page.artist.muted
            for ahead, there in enumerate(theatre.sounds(2)):
                bar = theatre.bar + 1 + ahead
                heard = there.keys() - muted - {*score.tacet(bar)}
                assert heard, f"nothing would sound in bar {bar}"

    for bars, kind, voice, number in moves:
        go(bars)
        with contextlib.suppress(ControlError):
            move(theatre, editor, kind, voice, number)
        theatre.clock.go(1)
        theatre.answer()
    go(6)
