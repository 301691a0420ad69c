"""Sixteen voices of every kind that the shipped models can be, as a scene: what all of them cost at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

VOICES = 16
MIXED: Mapping[str, int] = {f"mixed-{qpm}": qpm for qpm in (60, 120, 180)}
"""Cases with voices of every kind, and their tempos."""
CASES: Mapping[str, int] = {"together": 180, "apart": 180, **MIXED}
"""All cases of many voices."""
QUICK_CASES = ("together", "apart", "mixed-120")
"""What a quick run measures of them."""
_DRUMS_CHANNEL = 10
_KIT = 'kind: drums, density: [2, 24], primer: {bass: "x... .... x... ....", closed-hat: "x.x. x.x. x.x. x.x."}'
_TUNE = 'register: [C4, C6], density: [1, 12], primer: "D4 - - - F4 - A4 - G4 - - - E4 - - -"'
_BASS = 'kind: bass, model: bass_line, register: [C2, C4], density: [1, 8], primer: "D2:8 A2:4 C3:4"'
_LINE = "bars: 2, evolve: {hold: 2, then: [continue, mutate, continue, reset]}"
_PIANO = (
    "kind: performance, model: performance_with_dynamics, register: [C2, C6], bars: 4, density: [0.5, 48], "
    'primer: "[D3 A3 F4]:8 [E4 C4 A3]:8"'
)
_FOUR = 'kind: polyphony, model: polyphony, register: [C3, C6], bars: 2, primer: "[D4 F4 A4]:8 [E4 G4 C5]:8"'
_VOICES = (
    ("kit", "drum_kit", f"{_KIT}, model: drum_kit, {_LINE}"),
    ("beat", "drums_2bar", f"{_KIT}, model: drums_2bar, bars: 2, evolve: {{hold: 2, then: [interpolate, groove]}}"),
    (
        "bass",
        "bass_line",
        f"{_BASS}, {_LINE}, listen: [{{lock: kit}}]",
    ),
    ("taps", "tap2drum", f"{_KIT}, model: drum_kit, evolve: {{hold: 2, then: [drumify]}}, listen: [{{lock: bass}}]"),
    ("tune", "attention_rnn", f"kind: melody, model: attention_rnn, {_TUNE}, {_LINE}"),
    ("song", "chord_pitches_improv", f"kind: melody, model: chord_pitches_improv, {_TUNE}, {_LINE}"),
    ("walk", "melody_2bar", f"kind: melody, model: melody_2bar, {_TUNE}, bars: 2, evolve: {{hold: 2, then: [walk]}}"),
    (
        "way",
        "melody_2bar",
        f"kind: melody, model: melody_2bar, {_TUNE}, bars: 2, evolve: {{hold: 2, then: [interpolate]}}",
    ),
    ("four", "polyphony", _FOUR),
    ("under", "polyphony", f"{_FOUR}, listen: [{{accompany: tune}}]"),
    ("piano", "performance_with_dynamics", _PIANO),
    ("other-piano", "performance_with_dynamics", f"{_PIANO}, pedal: true"),
    ("pad", "", "kind: chords, register: [C3, C5], voices: 4"),
    ("arpeggio", "", 'kind: chords, register: [C4, C6], voices: 4, style: arpeggio, pattern: "1 3 2 4"'),
    ("fingers", "piano_genie", "kind: genie, model: piano_genie, register: [C3, C6], bars: 2, density: [1, 16]"),
    ("choir", "coconet", "kind: harmonize, model: coconet, register: [C3, C6], bars: 2, listen: [{accompany: tune}]"),
)
"""Name, the model without which there is no such voice, and settings."""


def mixed_text(name: str, qpm: float, models: Collection[str]) -> str:
    """The scene as YAML, of the voices whose models are there; melodies stand in for the others."""
    rows = [f"name: {name}\ntitle: {name}\ntempo: {qpm:g}\nkey: D\nscale: dorian\nseed: 3\n"]
    rows += ['harmony: "i7 | iv7 | bVII7 | bIIImaj7 | bVImaj7 | iiø7 | V7 | i7"\n', "voices:\n"]
    rows += _rows(models)
    return "".join(rows)


def _rows(models: Collection[str]) -> Iterator[str]:
    channels = (channel for channel in range(1, VOICES + 1) if channel != _DRUMS_CHANNEL)
    found = [(name, settings) for name, model, settings in _VOICES if not model or model in models]
    again = f"kind: melody, model: attention_rnn, {_TUNE}, {_LINE}"
    found += [(f"tune-{number}", again) for number in range(VOICES - len(found))]
    for name, settings in found:
        channel = _DRUMS_CHANNEL if "kind: drums" in settings else next(channels)
        yield f"  {name}: {{{settings}, output: {{slot: main, channel: {channel}}}}}\n"
