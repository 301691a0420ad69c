"""``reverie measure``: figures about a scene or a MIDI file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from reverie.compose.composer import Composed
from reverie.compose.course import Course
from reverie.compose.engines.engine import Candidate
from reverie.compose.recipe import Recipe
from reverie.conductor.offline.jumping_player import play_offline
from reverie.conductor.offline.on_paper import OnPaper, compose_on_paper
from reverie.errors import ReverieError, reason_of
from reverie.files import read_file
from reverie.measure.figures import figures_of
from reverie.measure.marked_chords import marked_chords
from reverie.measure.marked_sections import marked_sections
from reverie.measure.midi_piece import NoMidiError, piece_of_midi
from reverie.measure.piece import (
    KICKS,
    MeasuredVoice,
    Piece,
    PlacedNote,
    Role,
    SectionSpan,
    SoundedChord,
    SoundedNote,
    bars_of,
    placed,
)
from reverie.measure.relation import rounded
from reverie.music.drums import DRUMS
from reverie.music.midi_file import NOTE_OFF, NOTE_ON
from reverie.music.time import Length, Metre, Swing
from reverie.scenes.schema import Scene

_ROLES: Mapping[str, Role] = {
    "drums": "drums",
    "bass": "bass",
    "chords": "chords",
    "polyphony": "chords",
    "harmonize": "chords",
    "performance": "chords",
    "genie": "chords",
}


class MeasureError(ReverieError):
    """A file cannot be measured."""


@dataclass(slots=True)
class ModelAnswers:
    """What models answered, added up: how likely they find what was kept of it, and what of it the guard bent."""

    loops: Counter[str] = field(default_factory=Counter[str])
    notes: Counter[str] = field(default_factory=Counter[str])
    clipped: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict[str, Counter[str]](Counter))
    refused: Counter[str] = field(default_factory=Counter[str])
    candidates: dict[str, list[float]] = field(default_factory=lambda: defaultdict[str, list[float]](list))
    scores: dict[str, dict[str, list[float]]] = field(default_factory=dict[str, dict[str, list[float]]])

    def drew(self, recipe: Recipe, candidates: Sequence[Candidate]) -> None:
        """Note how likely a model finds what it drew."""
        known = (one.log_likelihood for one in candidates)
        self.candidates[recipe.voice] += [one for one in known if one is not None]

    def answered(self, answer: Composed) -> None:
        """Note what was kept."""
        voice = answer.recipe.voice
        self.refused[voice] += sum(answer.refused.values())
        if answer.loop is None or not answer.recipe.drawn:
            return
        self.loops[voice] += 1
        self.notes[voice] += len(answer.loop.notes)
        self.clipped[voice].update(answer.clipped)
        parts = self.scores.setdefault(voice, {})
        for name, value in answer.recipe.score.items():
            parts.setdefault(name, []).append(value)

    def as_json(self) -> dict[str, Any]:
        """By voice and of all voices: loops that models drew, the mean of each part of their score, and bent notes."""
        every = [self._voice((name,)) | {"voice": name} for name in self.loops]
        return {**self._voice(tuple(self.loops)), "voices": {one.pop("voice"): one for one in every}}

    def _voice(self, names: Sequence[str]) -> dict[str, Any]:
        notes = sum(self.notes[name] for name in names)
        bent = sum((self.clipped[name] for name in names), Counter[str]())
        parts = dict[str, list[float]]()
        for name in names:
            for part, values in self.scores.get(name, {}).items():
                parts.setdefault(part, []).extend(values)
        return {
            "loops": sum(self.loops[name] for name in names),
            "log_likelihood": rounded(_mean(parts.get("log_likelihood", []))),
            "log_likelihood_of_candidates": rounded(_mean([one for name in names for one in self.candidates[name]])),
            "bent": rounded(bent.total() / notes) if notes else None,
            "bent_by_kind": {kind: rounded(count / notes) for kind, count in sorted(bent.items()) if count and notes},
            "refused": sum(self.refused[name] for name in names),
            "score": {name: rounded(_mean(values)) for name, values in sorted(parts.items())},
        }


def measure_scene(
    config: Path | None, name: str, length: Length, seed: int | None, broken: Collection[str] = ()
) -> dict[str, Any]:
    """Compose so much of a scene, and measure it; its voices do without the ties that are ``broken``.

    Raises:
        ReverieError: with a plain sentence, if site, scene or models are not as they must be.
    """
    answers = ModelAnswers()
    paper = compose_on_paper(config, name, length, seed, answers, broken)
    seed = paper.scene.seed if seed is None else seed
    return scene_figures(piece_on_paper(paper), answers, seed, broken, longest_allowed(paper.scene))


def scene_figures(
    piece: Piece,
    answers: ModelAnswers,
    seed: int,
    broken: Collection[str] = (),
    longest: Mapping[str, int | None] | None = None,
) -> dict[str, Any]:
    """All figures of a scene: those of any piece, and how it was composed.

    Args:
        piece: what would be played.
        answers: what models answered.
        seed: the scene's.
        broken: the ties that voices did without.
        longest: by voice, the bars for which it may repeat itself, as :func:`longest_allowed` has them.
    """
    figures = figures_of(piece)
    for name, bars in (longest or {}).items():
        figures["voices"][name]["longest_allowed"] = bars
    return figures | {"seed": seed, "without": [*broken], "model": answers.as_json()}


def longest_allowed(scene: Scene) -> dict[str, int | None]:
    """By voice the bars for which it may repeat itself note for note: ``evolve.longest``, or its loop in all its turns.

    None of a voice that is written, and of one that plays the harmony, which both repeat what they are told.
    """
    return {
        name: (voice.evolve.longest or voice.loop_bars(scene.metre) * voice.evolve.times) if voice.model else None
        for name, voice in scene.voices.items()
    }


def measure_file(path: Path) -> dict[str, Any]:
    """Measure a MIDI file.

    Raises:
        MeasureError: if it cannot be read, or is none.
    """
    return figures_of(piece_of_file(path))


def piece_of_file(path: Path) -> Piece:
    """The piece in a MIDI file.

    Raises:
        MeasureError: if it cannot be read, or is none.
    """
    try:
        return marked_piece(read_file(path), path.stem)
    except OSError as error:
        raise MeasureError(f"{path} cannot be read ({reason_of(error)}); name a MIDI file, or a scene") from error
    except NoMidiError as error:
        raise MeasureError(f"{path} cannot be measured: {error}") from error


def marked_piece(data: bytes, title: str, roles: Mapping[str, Role] | None = None) -> Piece:
    """The piece in a MIDI file, with the chords and sections that its markers name; ``roles`` are those of voices.

    Raises:
        NoMidiError: if it is none.
    """
    piece, markers = piece_of_midi(data, title, roles)
    sections = marked_sections(markers, piece.bars)
    return replace(piece, chords=marked_chords(markers, piece.end), sections=sections)


def piece_on_paper(paper: OnPaper) -> Piece:
    """What a player would send of a composition, as a piece; without swing, which is no lateness."""
    scene, bars = paper.scene, bars_of(paper.scene.metre, paper.bars)
    composition = paper.composition
    events = play_offline(composition.scene, composition.places, paper.slots, plans=composition.plans).parts
    ticks = scene.metre.bar_ticks
    voices = [
        MeasuredVoice(
            name,
            _ROLES.get(voice.kind, "melody"),
            tuple(
                _late_in_swing(note, scene.swing, scene.metre)
                for note in placed(_notes(events.get(name, ()), scene.swing, scene.metre), bars)
            ),
            _kicks(scene.drum_map(voice)),
        )
        for name, voice in scene.voices.items()
    ]
    tempos = tuple((bar * ticks, qpm) for bar, qpm in composition.tempos())
    sections = tuple(_sections(composition.course, paper.bars))
    return Piece(scene.title, bars, tuple(voices), tuple(_chords(paper)), tempos, sections)


def _sections(course: Course | None, bars: int) -> Iterator[SectionSpan]:
    """The sections of a course, the last one as far as it is composed; none where it has none."""
    bar = 0
    while course is not None and bar < bars:
        section = course.at(bar).section
        if section is not None:
            yield SectionSpan(section.name, bar, min(section.end_bar, bars) - bar)
        bar = bar + 1 if section is None else max(section.end_bar, bar + 1)


def _kicks(drum_map: Mapping[int, int]) -> frozenset[int]:
    return frozenset({drum_map.get(DRUMS["bass"], DRUMS["bass"])}) if drum_map else KICKS


def _notes(events: Sequence[tuple[int, bytes]], swing: Swing, metre: Metre) -> Iterator[SoundedNote]:
    sounding = dict[int, tuple[int, int]]()
    for tick, message in events:
        kind, pitch = message[0] & 0xF0, message[1] if len(message) > 1 else 0
        if kind in {NOTE_ON, NOTE_OFF} and pitch in sounding:
            start, velocity = sounding.pop(pitch)
            end = _straight(tick, swing, metre)
            yield SoundedNote(start, max(end, start + 1), pitch, velocity)
        if kind == NOTE_ON and message[2]:
            sounding[pitch] = (_straight(tick, swing, metre), message[2])


def _late_in_swing(note: PlacedNote, swing: Swing, metre: Metre) -> PlacedNote:
    """A note that is so much later than its place as it is played, where swing draws out some of the time."""
    late = swing.warp(note.start + note.late, metre) - swing.warp(note.start, metre)
    return replace(note, late=late)


def _straight(tick: int, swing: Swing, metre: Metre) -> int:
    """The even tick that is played there: swing moves whole places, and every place is a step or a half of one."""
    if swing == Swing() or swing.warp(tick, metre) == tick:
        return tick
    low, high = tick - metre.bar_ticks // 2, tick + 1  # what swings is late
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if swing.warp(middle, metre) < tick else (low, middle)
    return low


def _chords(paper: OnPaper) -> Iterator[SoundedChord]:
    """The chords of a scene's harmony; what changes nothing is one chord."""
    plan, ticks, bars = paper.composition.harmony, paper.scene.metre.bar_ticks, paper.bars
    if plan is None:
        return
    spans = [(bar * ticks + span.start, span) for bar in range(bars) for span in plan.at(bar).spans]
    for (start, span), (end, _) in pairwise([*spans, (bars * ticks, spans[-1][1])]):
        yield SoundedChord(
            start, end, span.symbol, span.root, span.bass, frozenset(span.tones), change=span.change or start == 0
        )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
