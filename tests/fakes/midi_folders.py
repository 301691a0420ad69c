"""Folders of MIDI files to learn from, made by rule, so that a test knows what is in them."""

from __future__ import annotations

import random
from pathlib import Path

import mido

_TICKS = 480
_SIXTEENTH = _TICKS // 4
_DRUMS = 9
KICK, SNARE, HAT = 36, 38, 42
WALTZ = 12
SEVEN, KICKS_OF_SEVEN = 14, (0, 4, 8)
"""Sixteenths of a bar of 7/8, and where the kicks of 2+2+3 are."""


def beats(folder: Path, files: int = 12, bars: int = 24, metre: tuple[int, int] = (4, 4)) -> Path:
    """Drum beats: the kick on each half bar's beginning, the snare between, a hi-hat with an ornament now and then."""
    folder.mkdir(parents=True, exist_ok=True)
    steps = 16 * metre[0] // metre[1]
    for number in range(files):
        rng = random.Random(number)
        hits: list[tuple[int, int]] = []
        for step in range(bars * steps):
            place = step % steps
            hits += [(step, KICK)] if place in {0, steps // 2} else [(step, SNARE)] if place == steps // 4 else []
            hits += [(step, HAT)] if place % 2 == 0 or rng.random() < 0.1 else []
        _write(folder / f"beat {number}.mid", hits, metre)
    return folder


def _write(path: Path, hits: list[tuple[int, int]], metre: tuple[int, int]) -> None:
    track = mido.MidiTrack([mido.MetaMessage("time_signature", numerator=metre[0], denominator=metre[1])])
    events = [(step * _SIXTEENTH, "note_on", pitch) for step, pitch in hits]
    events += [(step * _SIXTEENTH + _SIXTEENTH // 2, "note_off", pitch) for step, pitch in hits]
    now = 0
    for tick, kind, pitch in sorted(events):
        track.append(mido.Message(kind, channel=_DRUMS, note=pitch, velocity=90, time=tick - now))
        now = tick
    mido.MidiFile(ticks_per_beat=_TICKS, tracks=[track]).save(path)


def sevens(folder: Path, files: int = 16, bars: int = 24) -> Path:
    """Beats in 7/8, counted 2+2+3: the kick on the first, third and fifth eighth, the snare on the seventh."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        rng = random.Random(number)
        hits: list[tuple[int, int]] = []
        for step in range(bars * SEVEN):
            place = step % SEVEN
            hits += [(step, KICK)] if place in KICKS_OF_SEVEN and (place == 0 or rng.random() < 0.9) else []
            hits += [(step, SNARE)] if place == SEVEN - 2 else []
            hits += [(step, HAT)] if place % 2 == 0 or rng.random() < 0.1 else []
        _write(folder / f"seven {number}.mid", hits, (7, 8))
    return folder


def waltzes(folder: Path, files: int = 16, bars: int = 24) -> Path:
    """Beats in 3/4: the kick on the first quarter, the snare on the second and third."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        rng = random.Random(number)
        hits: list[tuple[int, int]] = []
        for step in range(bars * WALTZ):
            place = step % WALTZ
            hits += [(step, KICK)] if place == 0 else [(step, SNARE)] if place in {4, 8} else []
            hits += [(step, HAT)] if place % 2 == 0 or rng.random() < 0.1 else []
        _write(folder / f"waltz {number}.mid", hits, (3, 4))
    return folder


def tunes(folder: Path, files: int = 8, bars: int = 24) -> Path:
    """Melodies in ABC with a chord in each bar, which every model of notes can learn from."""
    folder.mkdir(parents=True, exist_ok=True)
    chords = {"C": "CEGc", "F": "FAcf", "G": "GBdg", "Am": "Aceg"}
    for number in range(files):
        rng = random.Random(number)
        drawn = rng.choices(list(chords), k=bars)
        measures = [f'"{chord}"{"".join(f"{rng.choice(chords[chord])}2" for _ in range(4))}' for chord in drawn]
        head = f"X:1\nT:Tune {number}\nM:4/4\nL:1/8\nQ:1/4=120\nK:C\n"
        (folder / f"tune {number}.abc").write_text(f"{head}{'|'.join(measures)}|\n", encoding="utf-8")
    return folder


def pianos(folder: Path, files: int = 12, bars: int = 24) -> Path:
    """Piano pieces in 4/4: a bass note on each half bar, a chord on each quarter, and a tune of eighths."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        rng = random.Random(number)
        place, notes = 14, list[tuple[int, int, int]]()
        for eighth in range(bars * 8):
            place = min(max(place + rng.choice((-2, -1, -1, 0, 1, 1, 2)), 7), 28)
            notes.append((2 * eighth, 2, 48 + _white(place)))
            notes += [(2 * eighth, 4, 48 + _white(2 * step)) for step in range(3)] if eighth % 2 == 0 else []
            notes += [(2 * eighth, 8, 36 + number % 5)] if eighth % 4 == 0 else []
        track = mido.MidiTrack([mido.MetaMessage("time_signature", numerator=4, denominator=4)])
        events = [(start * _SIXTEENTH, "note_on", pitch) for start, _, pitch in notes]
        events += [((start + length) * _SIXTEENTH, "note_off", pitch) for start, length, pitch in notes]
        now = 0
        for tick, kind, pitch in sorted(events):
            track.append(mido.Message(kind, channel=0, note=pitch, velocity=80, time=tick - now))
            now = tick
        mido.MidiFile(ticks_per_beat=_TICKS, tracks=[track]).save(folder / f"piano {number}.mid")
    return folder


def _white(place: int) -> int:
    octave, step = divmod(place, 7)
    return 12 * octave + (0, 2, 4, 5, 7, 9, 11)[step]


def quartets(folder: Path, files: int = 16, bars: int = 16) -> Path:
    """Four instruments that play a chord in each half bar, always the same ones after each other, in a drawn key."""
    folder.mkdir(parents=True, exist_ok=True)
    chords = ((72, 67, 64, 48), (72, 69, 65, 53), (71, 67, 62, 43), (72, 67, 64, 48))
    for number in range(files):
        moved = random.Random(number).randrange(-3, 4)
        file = mido.MidiFile(ticks_per_beat=_TICKS)
        for part, program in enumerate((40, 40, 41, 42)):
            track = mido.MidiTrack([mido.Message("program_change", channel=part, program=program)])
            for half in range(2 * bars):
                pitch = chords[half % len(chords)][part] + moved
                track.append(mido.Message("note_on", channel=part, note=pitch, velocity=80, time=0))
                track.append(mido.Message("note_off", channel=part, note=pitch, velocity=0, time=2 * _TICKS))
            file.tracks.append(track)
        file.save(folder / f"quartet {number}.mid")
    return folder
