"""Music made by a rule, to judge models by: beats that vary from piece to piece, each of some bars."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from reverie.music.time import Metre
from reverie.training.judge.judged_music import JudgedMusic, JudgedPassage

COMMON = Metre(4, 4)


def beat(seed: int, bars: int = 18, metre: Metre = COMMON) -> tuple[frozenset[int], ...]:
    """A beat with hi-hats on eighths, kicks that vary, snares on two and four."""
    drawn = random.Random(seed)
    steps = metre.bar_steps
    kicks = {0, *drawn.sample(range(steps), 3)}
    events: list[frozenset[int]] = []
    for _ in range(bars):
        extra = drawn.randrange(steps)
        for step in range(steps):
            struck = {36} if step in kicks or step == extra else set[int]()
            struck |= {38} if step in {4, 12} else set()
            struck |= {42} if step % 2 == 0 else set()
            events.append(frozenset(struck))
    return tuple(events)


def tune(seed: int, bars: int = 18) -> tuple[int, ...]:
    """A walk in C major."""
    drawn = random.Random(seed)
    scale = (60, 62, 64, 65, 67, 69, 71, 72, 74, 76)
    place = drawn.randrange(len(scale))
    events: list[int] = []
    for _ in range(bars * 8):
        place = min(max(place + drawn.choice((-2, -1, 0, 1, 2)), 0), len(scale) - 1)
        events += [scale[place], -2]
    return tuple(events)


def music(make: Any, pieces: int = 12, metre: Metre = COMMON) -> JudgedMusic:
    """Three splits of it."""
    made = [JudgedPassage(f"piece {seed}", metre, make(seed)) for seed in range(3 * pieces)]
    return {"train": made[:pieces], "validation": made[pieces : 2 * pieces], "test": made[2 * pieces :]}


def sequence_of(events: Sequence[frozenset[int]]) -> Any:
    """A beat in 4/4 as a NoteSequence, a quarter a second."""
    from note_seq.protobuf import music_pb2

    sequence = music_pb2.NoteSequence(ticks_per_quarter=220)
    sequence.tempos.add(qpm=60)
    sequence.time_signatures.add(numerator=4, denominator=4)
    for step, struck in enumerate(events):
        for pitch in struck:
            sequence.notes.add(
                start_time=step / 4, end_time=step / 4 + 0.2, pitch=pitch, velocity=100, is_drum=True, instrument=9
            )
    sequence.total_time = len(events) / 4
    return sequence
