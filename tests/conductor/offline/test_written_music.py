"""Music that is written arrives at the port note for note, while the other voices of its scene evolve.

By a machine it is on its ticks; a player's touch moves strokes by ticks, the same in each turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.engine import DiceEngine
from reverie.compose.drum_touch import FARTHEST
from reverie.conductor.offline.jumping_player import play_offline
from reverie.conductor.offline.performing import composed
from reverie.models.library.index import ModelFile
from reverie.music.midi_file import NOTE_OFF, NOTE_ON
from reverie.music.notation import read_tune
from reverie.music.time import Metre
from reverie.scenes.folder import load_scene

BARS = 200
RIFF = "D2:2 D3> . F2:4 Ab2:6 | (D2 E2 F2) C#3:2 . [D2 A2]:7"
SCENE = f"""\
name: riffs
title: Riffs
tempo: {{qpm: 180, drift: 20, over: 16}}
metre: 2+2+3/8
key: D
scale: minor
harmony: "Dm | Gm | C7 | F"
touch: off
voices:
  kick:
    kind: drums
    pattern: {{bass: "X... x... x.oo .. | (xxx) x... X....."}}
    output: {{channel: 10, velocity: [40, 100]}}
  riff:
    kind: bass
    pattern: "{RIFF}"
    output: {{channel: 2}}
  melody:
    kind: melody
    model: dice
    register: [C4, C6]
    evolve: {{hold: 1, then: [continue, mutate]}}
    output: {{channel: 1}}
  hats:
    kind: drums
    model: dice
    pattern: {{hat: "x.x.x.x.x.x.xx"}}
    evolve: {{hold: 2, then: [reset, written]}}
    output: {{channel: 3}}
"""
KICKS = (0, 480, 960, 1200, 1320, 1680, 1840, 2000, 2160, 2640)
"""In ticks of two bars: the third kick's group has ghost notes, and the second bar begins with a triplet."""

Sounded = tuple[int, int, int, int]


def sounded(events: list[tuple[int, bytes]]) -> Iterator[Sounded]:
    """Start, length, pitch and velocity of every note."""
    begun: dict[int, tuple[int, int]] = {}
    for tick, message in events:
        kind, pitch = message[0] & 0xF0, message[1]
        if kind == NOTE_ON:
            begun[pitch] = tick, message[2]
        elif kind == NOTE_OFF and pitch in begun:
            start, velocity = begun.pop(pitch)
            yield start, tick - start, pitch, velocity


def turns(rows: list[Sounded], loop: int) -> list[tuple[Sounded, ...]]:
    """The notes of each turn of a loop, from its beginning."""
    return [
        tuple((row[0] % loop, row[1], row[2], row[3]) for row in rows if row[0] // loop == turn)
        for turn in range(BARS // 2)
    ]


def heard(folder: Path, text: str) -> dict[str, list[Sounded]]:
    """What each part of a scene sounds for so many bars."""
    path = folder / "riffs.yaml"
    path.write_text(text)
    bundle = ModelFile("dice", Path("dice.npz"), "0", ("melody", "bass", "drums"))
    paper = composed(load_scene(path), {"dice": bundle}, DiceEngine(), bars=BARS, seed=None, progress=lambda _bar: None)
    parts = play_offline(paper.scene, paper.places).parts
    return {name: sorted(sounded(list(events))) for name, events in parts.items()}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Sounded]]:
    return heard(tmp_path_factory.mktemp("scenes"), SCENE)


@pytest.fixture(scope="module")
def touched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Sounded]]:
    return heard(tmp_path_factory.mktemp("scenes"), SCENE.replace("touch: off\n", ""))


def test_an_ostinato_arrives_note_for_note_while_other_voices_evolve(played: dict[str, list[Sounded]]) -> None:
    loop = 2 * Metre.parse("2+2+3/8").bar_ticks
    once = [(note.start, note.length, note.pitch) for note in read_tune(RIFF).notes]
    wanted = [(turn * loop + start, length, pitch) for turn in range(BARS // 2) for start, length, pitch in once]
    assert [row[:3] for row in played["riff"]] == wanted
    assert len(set(turns(played["riff"], loop))) == 1, "its dynamics are the same, too"
    assert len(set(turns(played["melody"], loop))) > BARS // 4


def test_no_kick_is_off_its_places(played: dict[str, list[Sounded]]) -> None:
    assert [start for start, *_ in played["kick"]] == [3360 * turn + at for turn in range(BARS // 2) for at in KICKS]
    by_place = {start % 3360: velocity for start, _, _, velocity in played["kick"]}
    assert by_place[0] == by_place[2160 + 480] == 100
    assert by_place[1200] == by_place[1320] == 40
    assert 40 < by_place[480] < 100


def test_a_pattern_that_is_varied_is_played_first_and_comes_back(played: dict[str, list[Sounded]]) -> None:
    pattern = [0, 240, 480, 720, 960, 1200, 1440, 1560]
    bars = [[s % 1680 for s, *_ in played["hats"] if s // 1680 == bar] for bar in range(BARS)]
    assert all(bars[bar] == pattern for bar in (0, 1))
    assert sum(bar == pattern for bar in bars) >= BARS // 2 - 2
    assert sum(bar != pattern for bar in bars) > BARS // 4


def test_a_player_strikes_what_is_written_in_its_order_near_its_places_and_alike_in_each_turn(
    played: dict[str, list[Sounded]], touched: dict[str, list[Sounded]]
) -> None:
    for part in ("kick", "riff"):
        exact, by_hand = played[part], touched[part]
        assert len(exact) == len(by_hand)
        loop, per_turn = 3360, len(exact) // (BARS // 2)
        late = [hand[0] - place[0] for place, hand in zip(exact, by_hand, strict=True)]
        assert {abs(ticks) <= FARTHEST for ticks in late} == {True}
        assert len(set(late)) > 3, "some are early or late"
        once = sorted((start, pitch, loudness) for start, _, pitch, loudness in by_hand[:per_turn])
        for turn in range(BARS // 2):
            rows = by_hand[turn * per_turn : (turn + 1) * per_turn]
            assert sorted((start - turn * loop, pitch, loudness) for start, _, pitch, loudness in rows) == once


def test_a_player_keeps_accents_above_all_else_and_ghost_notes_below(touched: dict[str, list[Sounded]]) -> None:
    by_place: dict[int, int] = dict(zip(KICKS, (velocity for *_, velocity in touched["kick"]), strict=False))
    accents, ghosts = {0, 2640}, {1200, 1320}
    loud, soft = [by_place[at] for at in accents], [by_place[at] for at in ghosts]
    others = [velocity for at, velocity in by_place.items() if at not in accents | ghosts]
    assert (max(loud), min(soft)) == (100, 40)
    assert max(soft) < min(others) <= max(others) < min(loud)
    assert len(set(others)) > 2, "and no table of places"
