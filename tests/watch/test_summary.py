"""The first line of page and status is the truth for a person."""

from __future__ import annotations

from typing import Any

import pytest

from reverie.music.time import Metre, Tempo
from reverie.play.messages import BarPlayed, Part, SetScene, SlotState
from reverie.watch.evidence import Evidence
from reverie.watch.summary import summarize

REST = "Resting until 10:00, as the programme says"


def seen(*up: str, parts: tuple[str, ...] = ("main",), stand_ins: dict[str, str] | None = None, **bar: Any) -> Evidence:
    """A scene with a part for each slot, after its 25th bar; slots that are ``up`` have their devices."""
    evidence = Evidence()
    evidence.slots_set(["main", "daw", "spare"], stand_ins)
    for name in ("main", "daw", "spare"):
        detail = "it plays." if name in up else f"No MIDI input matches {name!r}."
        evidence.slot_changed(SlotState(name, up=name in up, detail=detail))
    voices = tuple(Part(f"to {slot}", slot, 1) for slot in parts)
    evidence.scene_set(SetScene(1, 0, "first-light", Metre(), Tempo(120.0), voices))
    fields: dict[str, Any] = {
        "epoch": 1,
        "scene": "first-light",
        "bar": 24,
        "scene_bar": 24,
        "resting": False,
        "notes": {"lead": 4},
        "sent": 4,
        "lateness": (),
        "repeated": (),
        "depth": {},
        "due": 4,
    }
    evidence.bar_played(BarPlayed(**(fields | bar)), 0.0)
    return evidence


def told(evidence: Evidence, *concerns: str, now: float = 1.0) -> str:
    return summarize(evidence.alive(now), evidence, REST, concerns).text


def test_a_page_whose_only_slot_is_dead_does_not_begin_with_a_tick() -> None:
    evidence = seen()
    assert evidence.alive(1.0).ok, "no new start would plug it in"
    assert told(evidence) == (
        "✗ Nothing can be heard: main: No MIDI input matches 'main'. The music (first-light, bar 26) goes on to its "
        "tape alone."
    )


def test_a_scene_that_ends_is_told_whether_it_is_heard_or_not() -> None:
    for evidence in (seen(), seen("main")):
        summary = summarize(evidence.alive(1.0), evidence, REST, (), "passing into dusk in 5 bars")
        assert "first-light, bar 26, passing into dusk in 5 bars" in summary.text


def test_that_nothing_is_heard_does_not_hide_what_else_is_wrong() -> None:
    told_of = told(seen(), "the scene dawn is not played until it is mended", "another")
    assert told_of.startswith("✗ Nothing can be heard: main:")
    assert "the scene dawn is not played until it is mended. (1 more below.)" in told_of


def test_all_is_well() -> None:
    assert told(seen("main")) == "✓ Playing first-light, bar 26."


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        (
            seen("main", parts=("main", "daw")),
            "! Plays first-light, bar 26, but: Without a device: daw: No MIDI input matches 'daw'.",
        ),
        (seen("daw"), "✗ Nothing can be heard: main: No MIDI input matches 'main'."),
        (seen("spare", stand_ins={"main": "daw", "daw": "spare"}), "✓ Playing first-light, bar 26."),
        (seen(stand_ins={"main": "daw", "daw": "main"}), "✗ Nothing can be heard: main:"),
        (seen(parts=("gone",)), "✗ Nothing can be heard: gone: the scene names it, and the configuration has no such"),
        (
            seen("main", muted=("to main",)),
            "! Nothing can be heard: every voice of first-light, bar 26 is muted by hand.",
        ),
        (seen("main", resting=True), "✓ Resting until 10:00, as the programme says."),
        (seen(resting=True), "! Resting until 10:00, as the programme says, but: Without a device: main: No MIDI"),
        (Evidence(), "✗ No bar has been played yet."),
    ],
)
def test_the_first_line_is_the_truth(evidence: Evidence, said: str) -> None:
    assert told(evidence).startswith(said)


def test_what_is_wrong_besides_is_told_in_the_same_line() -> None:
    broken = "x.yaml:3:1: a second colon. Scene x: its last good version is taken until its file is right."
    assert told(seen("main"), broken) == f"! Plays first-light, bar 26, but: {broken}"
    assert told(seen("main"), broken, "The composer is down.") == (
        f"! Plays first-light, bar 26, but: {broken} (1 more below.)"
    )
    assert told(seen("main"), "The player is down.", now=99.0) == (
        "✗ The player has sent no bar for 99 s. The player is down."
    )


def test_a_synthesizer_that_takes_notes_and_is_silent_is_not_heard() -> None:
    evidence = seen("main")
    silent = SlotState("main", up=False, detail="It runs.", fault="its font is cut", advice="copy it", silent="all")
    evidence.slot_changed(silent)
    assert told(evidence).startswith("✗ Nothing can be heard: main: its font is cut; copy it. The music")
