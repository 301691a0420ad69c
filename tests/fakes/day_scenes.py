"""Two scenes and the programme of a day that has them, for days in made-up time."""

from __future__ import annotations

from datetime import time

from reverie.conductor.hours.programme import Programme, ProgrammeEntry

_SCENE = """
name: {name}
title: A scene for the {name}
tempo: {tempo}
metre: 4/4
key: D
scale: dorian
seed: 3
voices:
  beat:
    kind: drums
    model: drum_kit
    bars: {beat}
    evolve: {{hold: 8, then: [continue, mutate], candidates: 1}}
    output: {{slot: main, channel: 10}}
  lead:
    kind: melody
    model: attention_rnn
    primer: "D4 - F4 - A4 - - -"
    register: [C4, C6]
    bars: {lead}
    evolve: {{hold: 8, then: [continue, reset], candidates: 1}}
    output: {{slot: main, channel: 1}}
"""
DAY = Programme(
    [ProgrammeEntry(time(7), "morning"), ProgrammeEntry(time(18), "evening"), ProgrammeEntry(time(23), None)]
)


def day_scenes(morning: int, evening: int, beat: int, lead: int) -> dict[str, str]:
    """The texts of both by name: their tempos, in quarters a minute, and the bars of the loops of their voices."""
    tempos = {"morning": morning, "evening": evening}
    return {name: _SCENE.format(name=name, tempo=tempo, beat=beat, lead=lead) for name, tempo in tempos.items()}
