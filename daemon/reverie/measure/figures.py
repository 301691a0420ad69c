"""All figures of a piece, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from reverie.measure import consonance, density_periods, found_sections, minutes, rhythm, touching, verbatim
from reverie.measure.piece import MeasuredVoice, Piece
from reverie.measure.relation import rounded, total

REPEATS_WITHIN = (8, 32)
"""Bars back to which a bar may be one again."""


def figures_of(piece: Piece) -> dict[str, Any]:
    """Every figure of a piece: of the whole, of drums and pitched voices, of each voice, and of each pair of voices."""
    pitched = [voice for voice in piece.voices if voice.pitched]
    voices = {voice.name: _voice(piece, voice) for voice in piece.voices}
    return {
        "title": piece.title,
        "bars": len(piece.bars),
        "seconds": round(piece.seconds, 1),
        "notes": sum(len(voice.notes) for voice in piece.voices),
        "chords_known": bool(piece.chords),
        "consonance_with_bass": consonance.with_bass(piece).as_json(),
        "consonance_with_chord": consonance.with_chord(piece).as_json(),
        "clashes": consonance.clashes(piece).as_json(),
        "bass_at_changes": consonance.bass_at_changes(piece).as_json(),
        "lock": rhythm.lock(piece).as_json() | {"by_chance_anywhere": rounded(rhythm.lock_anywhere(piece))},
        "overlap_pitched": rhythm.overlap_of_all(piece, pitched).as_json(),
        "density": _density(piece, piece.voices),
        "again": verbatim.again_of(
            [{name: one[name] for name in verbatim.NAMES} for one in voices.values() if one["notes"]]
        ),
        "minutes": alike.as_json() if (alike := minutes.minutes_alike(minutes.minutes_of(piece))) else None,
        "sections": found.as_json() if (found := found_sections.found_sections(piece)) else None,
        "drums": _together(piece, piece.of_role("drums")),
        "pitched": _together(piece, pitched),
        "melody": _together(piece, piece.of_role("melody")),
        "voices": voices,
        "overlap": {f"{one.name} + {other.name}": _pair(piece, one, other) for one, other in _pairs(piece)},
    }


def _together(piece: Piece, voices: Sequence[MeasuredVoice]) -> dict[str, Any]:
    playing = sum(density["bars_played"] for density in (rhythm.density(piece, voice) for voice in voices))
    notes = sum(len(voice.notes) for voice in voices)
    told = {"notes_a_bar_played": rounded(notes / (playing * len(piece.bars))) if notes else None}
    return told | {"density": _density(piece, voices)} | _form(piece, voices) | _touch(piece, voices)


def _density(piece: Piece, voices: Sequence[MeasuredVoice]) -> dict[str, Any] | None:
    found = density_periods.density_period(density_periods.counts(piece, voices))
    return found.as_json() if found else None


def _pairs(piece: Piece) -> list[tuple[MeasuredVoice, MeasuredVoice]]:
    return list(combinations((voice for voice in piece.voices if voice.notes), 2))


def _pair(piece: Piece, one: MeasuredVoice, other: MeasuredVoice) -> dict[str, Any]:
    first, second = rhythm.overlap(piece, one, other)
    return {f"of {one.name}": first.as_json(), f"of {other.name}": second.as_json()}


def _voice(piece: Piece, voice: MeasuredVoice) -> dict[str, Any]:
    told: dict[str, Any] = {"role": voice.role, "notes": len(voice.notes)}
    told |= {name: rounded(value) for name, value in rhythm.density(piece, voice).items()}
    if voice.role == "melody":
        told["consonance_with_bass"] = consonance.with_bass(piece, [voice]).as_json()
    if voice.pitched:
        told["consonance_with_chord"] = consonance.with_chord(piece, [voice]).as_json()
    told |= {"density": _density(piece, [voice])} | verbatim.again(piece, voice)
    return told | _form(piece, [voice]) | _touch(piece, [voice])


def _form(piece: Piece, voices: Sequence[MeasuredVoice]) -> dict[str, Any]:
    told = {
        f"repeats_within_{within}": rounded(total(rhythm.repetition(piece, voice, within) for voice in voices).value)
        for within in REPEATS_WITHIN
    }
    return told | {"crossing": rounded(total(rhythm.crossing(piece, voice) for voice in voices).value)}


def _touch(piece: Piece, voices: Sequence[MeasuredVoice]) -> dict[str, Any]:
    eta, epsilon = touching.explained(piece, voices)
    late, paced = touching.deviations(piece, voices)
    return {
        "velocity_spread": rounded(touching.velocity_spread(voices), 2),
        "velocity_spread_by_range": rounded(touching.spread_by_range(voices)),
        "distinct_velocities": touching.distinct_velocities(voices) or None,
        "velocity_explained": rounded(eta),
        "velocity_explained_beyond_chance": rounded(epsilon),
        "timing_ms": rounded(touching.spread(late), 2),
        "timing_ms_without_drift": rounded(touching.spread(paced), 2),
        "on_the_grid": rounded(touching.on_the_grid(voices).value),
    }
