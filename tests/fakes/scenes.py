"""Scenes as values, for tests that do not read files."""

from __future__ import annotations

from typing import Any

from reverie.documents import parse_document, validate
from reverie.scenes.schema import Scene

TEXT = """
name: study
title: A study
tempo: 120
metre: 4/4
key: D
scale: dorian
seed: 3
voices:
  beat:
    kind: drums
    model: drum_kit
    bars: 1
    evolve: {hold: 2, then: [continue, mutate]}
    output: {slot: main, channel: 10, drum_map: {bass: 35}}
  lead:
    kind: melody
    model: attention_rnn
    primer: "D4 - F4 - A4 - - -"
    register: [C4, C6]
    bars: 2
    evolve: {hold: 1, then: [continue, loop, reset]}
    schedule: {every: 4, bars: ["1-3"]}
    output: {slot: main, channel: 1, program: 11, velocity: [50, 90]}
"""


def scene(text: str = TEXT, **known: Any) -> Scene:
    return validate(parse_document(text, "study.yaml"), Scene, {"stem": "study", **known})
