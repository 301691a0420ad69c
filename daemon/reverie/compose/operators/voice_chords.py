"""The chords of the harmony, voiced and played: how a voice of kind ``chords`` comes to its loops, without a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from reverie.compose.operators.operator import After, Operator
from reverie.compose.recipe import Recipe
from reverie.music.chord_figures import ChordFigure, ChordStyle, Doubling, Loudness, PadStrike, SoundingChord, played
from reverie.music.harmony import ChordSpan
from reverie.music.notes import Note
from reverie.music.voicing import Voicing, VoicingRules, voice

FEWEST = 2
"""Voices of a pad that is as thin as it may be."""
VOICING = "voicing"
"""The setting that has the voicing with which the loop before ends."""
IDEA = "idea"
"""The setting that has the seed of the loop before: with another seed another idea begins."""


def _voiced(recipe: Recipe) -> list[Note]:
    settings = recipe.settings
    chords = _chords(recipe)
    voicings = _voicings(recipe, [chord for _, _, chord in chords])
    sounding = [
        SoundingChord(start, end, one, chord.bass, chord.change)
        for (start, end, chord), one in zip(chords, voicings, strict=False)  # the last is of the bar after
    ]
    figure = ChordFigure(
        style=cast("ChordStyle", _word(settings, "style", "pad")),
        rhythm=_word(settings, "rhythm", ""),
        order=_word(settings, "pattern", "up"),
        every=int(_number(settings, "every", 2)),
        gate=_number(settings, "gate", 1.0),
        double=cast("tuple[Doubling, ...]", tuple(_word(settings, "double", "").split())),
        density=_number(settings, "density", 1.0),
        strike=cast("PadStrike", _word(settings, "strike", "changed")),
    )
    loudness = Loudness(recipe.limits.velocity_low, recipe.limits.velocity_high)
    return played(sounding, figure, recipe.metre, loudness, onsets=_onsets(recipe), seed=recipe.seed)


def _chords(recipe: Recipe) -> list[tuple[int, int, ChordSpan]]:
    """Start, end and chord of all that sounds in the loop."""
    ticks = recipe.metre.bar_ticks
    spans = [(bar * ticks + span.start, span) for bar in range(recipe.bars) for span in recipe.harmony[bar].spans]
    ends = [*(start for start, _ in spans[1:]), recipe.bars * ticks]
    return [(start, end, span) for (start, span), end in zip(spans, ends, strict=True)]


def _voicings(recipe: Recipe, chords: Sequence[ChordSpan]) -> list[Voicing]:
    """Voicings of the loop's chords and, so that the way leads there, of the first chord of the bar after."""
    settings, limits = recipe.settings, recipe.limits
    voices = int(_number(settings, "voices", 4))
    if _word(settings, "style", "pad") == "pad":
        voices = max(round(voices * _number(settings, "density", 1.0)), FEWEST)
    rules = VoicingRules(
        limits.low,
        limits.high,
        voices,
        rootless=bool(settings.get("rootless", 0)),
        inversions=bool(settings.get("inversions", 1)),
    )
    before = tuple(int(pitch) for pitch in _word(settings, VOICING, "").split())
    new = settings.get(IDEA, str(recipe.seed)) != str(recipe.seed)
    return voice([*chords, *recipe.harmony[-1].spans[:1]], rules, before, recipe.seed, new=new)


def _last_voicing(after: After) -> Mapping[str, float | str]:
    """How the loop before ends: worked out again, as what it plays need not show it."""
    recipe = after.recipe
    if recipe.operator != VOICE_CHORDS.name:
        return {}
    last = _voicings(recipe, [chord for _, _, chord in _chords(recipe)])[-2]
    return {VOICING: " ".join(map(str, last)), IDEA: str(recipe.seed)}


def _onsets(recipe: Recipe) -> list[int] | None:
    """When the drum strikes that the chords are struck with: never where its voice rests.

    None without one, or where its voice plays in all of the loop and leaves this drum out.
    """
    voice_heard, drum = _word(recipe.settings, "from", ""), recipe.settings.get("drum")
    if not voice_heard:
        return None
    found = [*_heard(recipe, voice_heard, drum)]
    plays = any(heard.voice == voice_heard for heard in recipe.heard)
    return None if plays and not found else found


def _heard(recipe: Recipe, voice_heard: str, drum: float | str | None) -> Iterator[int]:
    ticks = recipe.metre.bar_ticks
    for heard in recipe.heard:
        loop = recipe.loops.get(heard.loop)
        if heard.voice != voice_heard or loop is None:
            continue
        for bar in range(heard.bars):
            for note in loop.bar((heard.loop_bar + bar) % loop.bars):
                if note.pitch == drum and not note.tied:
                    yield (heard.start + bar) * ticks + note.start


def _word(settings: Mapping[str, float | str], name: str, default: str) -> str:
    return str(settings.get(name, default))


def _number(settings: Mapping[str, float | str], name: str, default: float) -> float:
    return float(settings.get(name, default))


VOICE_CHORDS = Operator("voice-chords", derive=_voiced, carried=_last_voicing)
