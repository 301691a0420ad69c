"""Fitting: a tune that was made for some chords, moved so that it suits others.

Its rhythm stays, its dynamics and its touch, and its contour as far as it can. A chord tone becomes the tone of the new
chord that is near and has the like function (a root a root, a third a third); what passed over the old chord passes
over the new one, on the nearest pitch of its scale. Where the ear holds a note against the chord, because it stands on
a strong place or is long, it becomes a chord tone whatever it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from reverie.compose.chord_places import (
    STRONG,
    ChordPlaces,
    avoid_notes,
    bass_tones,
    beat_ticks,
    place_weight,
)
from reverie.compose.sounding_bass import SoundingBass
from reverie.music.harmony import OCTAVE, BarHarmony, ChordSpan
from reverie.music.notes import MAX_MIDI, Note
from reverie.music.time import Metre

_FUNCTIONS = (0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4)
"""What a tone is to its chord, by semitones above the root: root, second, third or fourth, fifth, sixth or seventh."""

_OTHER_FUNCTION, _OTHER_WAY, _HELD_INTO_OTHERS, _HELD_INTO_A_CLASH, _ROUGH = 2.0, 1.5, 3.0, 6.0, 3.0
"""Semitones that each is worth avoiding: another function, another direction, a hold that is no chord tone, a clash,
and on strong places what is rough over the chord's bass."""
_ROUGH_BELOW = 8.0
"""The same, for what is rough over a bass that is known to sound."""
_OTHER_BASS = 12.0
"""The same, for a bass that would not say which chord it is where it did before."""


@dataclass(frozen=True, slots=True)
class FittingRules:
    """The register of a voice, as MIDI pitches, and whether it is the ``lowest``, which says which chord it is."""

    low: int = 0
    high: int = MAX_MIDI
    lowest: bool = False


def fit(
    notes: Iterable[Note],
    before: Sequence[BarHarmony],
    after: Sequence[BarHarmony],
    metre: Metre,
    rules: FittingRules,
    bass: SoundingBass | None = None,
) -> tuple[Note, ...]:
    """Notes that were made for one harmony, as another wants them.

    Args:
        notes: in ticks from the start of their first bar.
        before: the harmony of their bars; empty where it is not known, or there was none.
        after: the harmony that they shall suit.
        metre: of the bars.
        rules: of the voice.
        bass: what sounds below them, if the voice suits it; absent: the chord's own bass.

    Returns:
        As many notes, with the same starts, lengths and velocities. Where the harmony is the same, they are the same
        notes, but for those which the ear would hold against the bass.
    """
    played = tuple(sorted(notes))
    stays = alike(before, after)
    if not after or (stays and bass is None):
        return played
    bass = bass or SoundingBass()
    old, new = (ChordPlaces(before, metre) if before else None), ChordPlaces(after, metre)
    fitted: list[Note] = []
    for number, note in enumerate(played):
        taken = {one.pitch for one in fitted if one.start == note.start}
        earlier = next((index for index in range(number - 1, -1, -1) if played[index].start < note.start), None)
        came = None if earlier is None else (played[earlier].pitch, fitted[earlier].pitch)
        binds = _binds(note, new, metre)
        rough = bass.rough(new.at(note.start), note.start) if binds else frozenset[int]()
        roughness = _ROUGH if bass.at(note.start) is None else _ROUGH_BELOW * bass.weight
        if stays and note.pitch % OCTAVE not in rough:
            fitted.append(note)
            continue
        pitches = _pitches(_classes(note, old, new, rules, binds=binds), rules)
        costs = {
            pitch: _cost(pitch, note, old, new, came, rules) + roughness * (pitch % OCTAVE in rough)
            for pitch in pitches
            if pitch not in taken
        }
        pitch = min(costs, key=lambda one: (costs[one], one), default=note.pitch)
        fitted.append(replace(note, pitch=pitch))
    return tuple(fitted)


def alike(one: Sequence[BarHarmony], other: Sequence[BarHarmony]) -> bool:
    """Whether two harmonies sound the same in all bars that both have, whatever they are called."""
    return bool(one) and all(_sounds(here) == _sounds(there) for here, there in zip(one, other, strict=False))


def _sounds(bar: BarHarmony) -> list[tuple[object, ...]]:
    return [(span.start, span.root, span.bass, span.tones, span.scale) for span in bar.spans]


def _binds(note: Note, places: ChordPlaces, metre: Metre) -> bool:
    """Whether the ear holds a note against the chord."""
    strong = place_weight(metre, note.start) >= STRONG or places.changes_at(note.start)
    return strong or note.length > beat_ticks(metre)


def _classes(
    note: Note, old: ChordPlaces | None, new: ChordPlaces, rules: FittingRules, *, binds: bool
) -> Collection[int]:
    """The pitch classes that a note may become."""
    chord = new.at(note.start)
    if rules.lowest and new.changes_at(note.start):
        return bass_tones(chord)
    was_tone = old is not None and note.pitch % OCTAVE in old.at(note.start).tones
    return chord.tones if binds or was_tone else chord.scale


def _pitches(classes: Collection[int], rules: FittingRules) -> list[int]:
    """Those of the register or, where it has none, all that MIDI has."""
    within = [pitch for pitch in range(rules.low, rules.high + 1) if pitch % OCTAVE in classes]
    return within or [pitch for pitch in range(MAX_MIDI + 1) if pitch % OCTAVE in classes]


def _cost(
    pitch: int, note: Note, old: ChordPlaces | None, new: ChordPlaces, came: tuple[int, int] | None, rules: FittingRules
) -> float:
    """How ill a pitch stands for a note, in semitones."""
    chord = new.at(note.start)
    cost = float(abs(pitch - note.pitch))
    if old is not None:
        cost += _otherness(pitch, note.pitch, old.at(note.start), chord, rules)
    if came is not None:
        was, went = came
        cost += _OTHER_WAY * (_sign(note.pitch - was) != _sign(pitch - went))
    for _, later in new.spans_within(note.start, note.end)[1:]:
        clashes = pitch % OCTAVE not in later.scale or pitch % OCTAVE in avoid_notes(later)
        cost += _HELD_INTO_A_CLASH * clashes + _HELD_INTO_OTHERS * (pitch % OCTAVE not in later.tones)
    return cost


def _otherness(pitch: int, was: int, old: ChordSpan, new: ChordSpan, rules: FittingRules) -> float:
    """What it costs that a chord tone becomes one of another function."""
    if was % OCTAVE not in old.tones or pitch % OCTAVE not in new.tones:
        return 0.0
    if rules.lowest and was % OCTAVE in {old.bass, old.root}:
        return 0.0 if pitch % OCTAVE == new.bass else _OTHER_BASS
    same = _FUNCTIONS[(was - old.root) % OCTAVE] == _FUNCTIONS[(pitch - new.root) % OCTAVE]
    return 0.0 if same else _OTHER_FUNCTION


def _sign(way: int) -> int:
    return (way > 0) - (way < 0)
