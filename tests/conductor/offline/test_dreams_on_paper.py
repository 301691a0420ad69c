"""Dreams of an offline performance."""

from __future__ import annotations

from pathlib import Path

import mido
import pytest

from reverie.cli.main import main
from reverie.compose.mood_stack import Dream
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.offline.dreams_on_paper import dreams_on_paper, with_dreams
from reverie.conductor.scene.chord_marks import chord_marks
from reverie.documents import parse_document, validate
from reverie.errors import ReverieError
from reverie.scenes.schema import Scene

SCENE = """
name: sleeper
title: A sleeper
tempo: 60
key: D
scale: dorian
harmony: "Dm7 | G7"
voices:
  pad: {kind: chords, register: [C3, C5], output: {channel: 3}}
moods: {fear: {tempo: 0.8, harmony: "Ebmaj7"}}
dreams: {length: 40s, blend: 2}
"""


@pytest.fixture
def scene() -> Scene:
    return validate(parse_document(SCENE), Scene)


def test_dreams_are_written_by_mood_bar_and_bars(scene: Scene) -> None:
    assert dreams_on_paper(scene, ["fear", "fear@9", "fear@9+3"]).dreams == (
        Dream("fear", 1.0, 0, 10, 2, 1),
        Dream("fear", 1.0, 8, 10, 2, 2),
        Dream("fear", 1.0, 8, 3, 1, 3),
    )
    for written in ("fear@0", "fear@", "fear+3+4", "", "@3"):
        with pytest.raises(ReverieError, match="a dream is MOOD"):
            dreams_on_paper(scene, [written])
    with pytest.raises(ReverieError, match="has no mood 'feer'"):
        dreams_on_paper(scene, ["feer"])


def test_a_performance_under_dreams_has_their_chords(scene: Scene) -> None:
    plain = arrange(scene, {})
    dreamt = with_dreams(plain, dreams_on_paper(scene, ["fear@5+4"]))
    assert with_dreams(plain, dreams_on_paper(scene, [])) == plain
    assert dreamt.harmony is not None
    marks = chord_marks(dreamt.harmony, 0, 10, course=dreamt.course, moods=dreamt.moods)
    assert [(mark.bar, mark.symbol) for mark in marks][4:8] == [(4, "Dm7"), (5, "Ebmaj7"), (6, "Ebmaj7"), (7, "Ebmaj7")]
    assert all(plan.course == dreamt.course for plan in dreamt.plans.values())


WRITTEN = """
name: sleeper
title: A sleeper
tempo: 60
key: D
scale: dorian
voices:
  bell: {kind: melody, pattern: "D5:8 A5:8", output: {channel: 2, program: celesta}}
moods: {fear: {voices: {bell: {program: cello}}}}
dreams: {blend: 2}
"""


def test_a_performance_has_the_programs_of_its_moods_on_their_bar_lines(tmp_path: Path) -> None:
    file = tmp_path / "sleeper.yaml"
    file.write_text(WRITTEN)
    arguments = ["--bars", "8", "--dream", "fear@3+4", "--midi", str(tmp_path / "it.mid")]
    assert main(["perform", str(file), *arguments]) == 0
    found = mido.MidiFile(tmp_path / "it.mid")
    changes: list[tuple[int, int, int]] = []
    for track in found.tracks:
        at = 0
        for message in track:
            at += message.time
            if message.type == "program_change":
                changes.append((at // (4 * found.ticks_per_beat), message.channel, message.program))
    assert changes == [(0, 1, 8), (3, 1, 42), (6, 1, 8)], "it rules where it weighs more than the scene, by a margin"
