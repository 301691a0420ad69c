"""A moment as files to take along: MIDI, and a picture that needs no style of a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from reverie.history.moment_store import KeptMoment
from reverie.music.drums import DRUMS
from reverie.music.midi_file import ConductorTrack, Track, midi_bytes, note_events
from reverie.music.notes import MAX_MIDI, Note
from reverie.music.time import TICKS_PER_QUARTER
from reverie.music.voice_kinds import VOICE_KINDS

_DRUM_CHANNEL = 10
_COLOURS = ("#56b4e9", "#f0a92b", "#e38fc0", "#3fcf9f", "#f3e35c", "#8fa8ff", "#ff8a5c", "#d5d9e4")
"""Those of the page, voice by voice."""
_WIDTH, _LANE, _GAP, _NAMES = 1200, 90, 10, 110
_LEAST_PITCHES = 12


def notes_by_voice(moment: KeptMoment) -> dict[str, list[Note]]:
    """What each voice plays, in ticks from the moment's begin, in the order of the scene."""
    found: dict[str, dict[tuple[int, int], Note]] = {name: {} for name in moment.voices}
    begin = 0
    for bar in moment.bars:
        silent = {*bar.get("muted", ()), *bar.get("tacet", ())}
        for voice, tick, pitch, velocity, length, *_ in bar["notes"]:
            if voice in found and voice not in silent and 0 <= pitch <= MAX_MIDI and 0 < velocity <= MAX_MIDI:
                start = begin + int(tick)
                found[voice][start, pitch] = Note(start, max(int(length), 1), pitch, velocity)
        begin += int(bar["ticks"])
    end = begin
    return {name: [*_apart(sorted(notes.values()), end)] for name, notes in found.items()}


def moment_midi(moment: KeptMoment) -> bytes:
    """A Standard MIDI File with a track for each voice."""
    tempos: list[tuple[int, float]] = []
    chords: list[tuple[int, str]] = []
    begin = 0
    for bar in moment.bars:
        seconds = float(bar["seconds"])
        qpm = round(bar["ticks"] / TICKS_PER_QUARTER * 60 / seconds, 3) if seconds > 0 else 120.0
        if not tempos or tempos[-1][1] != qpm:
            tempos.append((begin, min(max(qpm, 4.0), 1000.0)))
        chords += [(begin + int(chord["tick"]), str(chord["symbol"])) for chord in bar.get("chords", ())]
        begin += int(bar["ticks"])
    channels = (number for number in range(1, 17) if number != _DRUM_CHANNEL)
    tracks = [
        Track(name, note_events(notes, _DRUM_CHANNEL if _are_drums(moment.voices[name]) else next(channels, 1)))
        for name, notes in notes_by_voice(moment).items()
        if notes
    ]
    return midi_bytes(tracks, ConductorTrack(tempos=tuple(tempos), markers=tuple(chords)), begin)


def moment_picture(moment: KeptMoment) -> str:
    """A roll as SVG, a lane for each voice that plays, coloured by attributes alone."""
    lanes = [(number, name, notes) for number, (name, notes) in enumerate(notes_by_voice(moment).items()) if notes]
    ticks = sum(int(bar["ticks"]) for bar in moment.bars)
    height = len(lanes) * (_LANE + _GAP) + 24
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    label = escape(moment.title or moment.scene, quote=True)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{label}">']
    parts.append(f'<rect width="{_WIDTH}" height="{height}" fill="#0d0f16"/>')
    scale = (_WIDTH - _NAMES) / max(ticks, 1)
    for place, (number, name, notes) in enumerate(lanes):
        parts += _lane(
            name, notes, place * (_LANE + _GAP), _COLOURS[number % len(_COLOURS)], scale, moment.voices[name]
        )
    parts += _bar_lines(moment.bars, height, scale)
    return "".join([*parts, "</svg>"])


def _lane(name: str, notes: Sequence[Note], top: int, colour: str, scale: float, kind: str) -> Iterator[str]:
    yield f'<rect x="{_NAMES}" y="{top}" width="{_WIDTH - _NAMES}" height="{_LANE}" fill="#171a24"/>'
    text = f'font-family="sans-serif" font-size="14" fill="{colour}"'
    yield f'<text x="6" y="{top + 18}" {text}>{escape(name[:14])}</text>'
    pitches = sorted({note.pitch for note in notes})
    if _are_drums(kind):
        order = [*DRUMS.values()]
        rows = {pitch: row for row, pitch in enumerate(sorted(pitches, key=lambda one: (one not in order, one)))}
        count = len(rows)
    else:
        rows = {pitch: pitch - pitches[0] for pitch in pitches}
        count = max(pitches[-1] - pitches[0] + 1, _LEAST_PITCHES)
    row_height = _LANE / count
    for note in notes:
        x, width = _NAMES + note.start * scale, max(note.length * scale - 1, 2)
        y = top + _LANE - (rows[note.pitch] + 1) * row_height
        opacity = 0.4 + 0.6 * note.velocity / MAX_MIDI
        place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{max(row_height - 1, 1.5):.1f}"'
        yield f'<rect {place} rx="1.5" fill="{colour}" fill-opacity="{opacity:.2f}"/>'


def _bar_lines(bars: Sequence[Mapping[str, Any]], height: int, scale: float) -> Iterator[str]:
    begin = 0
    for bar in bars:
        x = _NAMES + begin * scale
        yield f'<path d="M{x:.1f} 0V{height - 20}" stroke="#343a4c"/>'
        number = f'x="{x + 3:.1f}" y="{height - 6}" font-family="sans-serif" font-size="12" fill="#aeb2c2"'
        yield f"<text {number}>{int(bar['scene_bar']) + 1}</text>"
        begin += int(bar["ticks"])


def _apart(notes: Sequence[Note], end: int) -> Iterator[Note]:
    """The notes, each ended where another of its pitch begins, and at the end of all."""
    for number, note in enumerate(notes):
        again = next((one.start for one in notes[number + 1 :] if one.pitch == note.pitch), end)
        length = min(note.end, again, end) - note.start
        if length > 0:
            yield Note(note.start, length, note.pitch, note.velocity)


def _are_drums(kind: str) -> bool:
    """Whether a voice of that kind plays drums; kinds of another version have pitches."""
    return kind in VOICE_KINDS and VOICE_KINDS[kind].drums
