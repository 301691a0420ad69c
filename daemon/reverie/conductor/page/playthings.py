"""What there is to play with in the scene that plays: drums, melody, buttons, tempo, swing, temperatures."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from reverie.bus import Bus
from reverie.compose.ensemble import Ensemble
from reverie.compose.latent_settings import WalkSettings
from reverie.compose.operators.asked import ASKED, BLENDED, SEEDED
from reverie.compose.placement import Placement
from reverie.control.overrides import Overrides
from reverie.control.plain_wish import rows_of
from reverie.music.drums import DRUMS
from reverie.music.time import TICKS_PER_STEP
from reverie.music.voice_kinds import VOICE_KINDS
from reverie.music.written_tune import written_tune
from reverie.site.actions import ControlError
from reverie.site.loop_wishes import BlendWish, SeedWish
from reverie.watch.happenings import LoopSounded, SceneBegun

REMEMBERED = 6
"""Tunes of each voice that it played last."""


class HeardTunes:
    """Remembers the tunes that melodies of the scene have played last, to be mixed with others."""

    def __init__(self) -> None:
        self._tunes: dict[str, deque[str]] = {}

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on of loops as they sound."""
        bus.subscribe(SceneBegun, lambda _: self._tunes.clear())
        bus.subscribe(LoopSounded, self._sounded)

    def of(self, voice: str) -> list[str]:
        """Those of a voice, the last one first."""
        return [*reversed(self._tunes.get(voice, ()))]

    def _sounded(self, said: LoopSounded) -> None:
        if not _is_tune(said.kind):
            return
        tune = written_tune(said.loop.notes, said.loop.ticks // TICKS_PER_STEP)
        known = self._tunes.setdefault(said.voice, deque(maxlen=REMEMBERED))
        if tune and tune not in known:
            known.append(tune)


def drum_voice(music: Ensemble, named: object = None) -> str:
    """The voice whose drums are played with: the one that is named, or the first.

    Raises:
        ControlError: if there is none.
    """
    return _chosen([*_voices(music, "drums")], named, "drums that a model composes")


def tune_voice(music: Ensemble, named: object = None) -> str:
    """The voice whose tunes are mixed; likewise.

    Raises:
        ControlError: if there is none.
    """
    return _chosen([*_voices(music, "tune")], named, "melody that a model composes")


def button_voice(music: Ensemble, named: object = None) -> str:
    """The voice that has buttons; likewise.

    Raises:
        ControlError: if there is none.
    """
    return _chosen([*_voices(music, "buttons")], named, "voice with buttons")


def describe_playthings(music: Ensemble, overrides: Overrides, heard: HeardTunes) -> dict[str, Any]:
    """All of them, as plain data for the page; None in place of what the scene does not have."""
    drums, tunes, buttons = ([*_voices(music, what)] for what in ("drums", "tune", "buttons"))
    composed = [part.name for part in music.parts if music.source(part.name) == "model"]
    return {
        "drums": _drums(music, drums[0], overrides) if drums else None,
        "melody": _melody(music, tunes[0], overrides, heard) if tunes else None,
        "contour": {"voice": buttons[0], "now": overrides.contours.get(buttons[0])} if buttons else None,
        "tempo": round(overrides.tempo or music.tempo(), 1),
        "swing": round(music.swing() if overrides.swing is None else overrides.swing, 3),
        "temperatures": {name: round(music.temperature(name), 2) for name in composed},
    }


def _drums(music: Ensemble, voice: str, overrides: Overrides) -> dict[str, Any]:
    plan, wish = music.plan(voice), overrides.asked.get(voice)
    steps, there = plan.bars * plan.metre.bar_steps, music.sounding(voice)
    set_there = None
    if isinstance(wish, SeedWish):
        rows = rows_of(wish.strokes, steps)
        set_there = {"rows": rows, "marker": wish.marker, "own": sorted(wish.own), "density": wish.density}
    return {
        "voice": voice,
        "bars": plan.bars,
        "steps": steps,
        "beats": [tick // TICKS_PER_STEP for tick in plan.metre.beats],
        "bar_steps": plan.metre.bar_steps,
        "drums": [*DRUMS],
        "playing": rows_of(there.loop.notes, steps) if there else {},
        "continues": SEEDED in plan.guests,
        "set": set_there,
        **_heard(music, voice),
    }


def _melody(music: Ensemble, voice: str, overrides: Overrides, heard: HeardTunes) -> dict[str, Any]:
    plan, wish = music.plan(voice), overrides.asked.get(voice)
    primer, walk = written_tune(plan.primer, plan.primer_steps), plan.operator_settings.get("walk")
    presets = (walk.section.tunes or ()) if isinstance(walk, WalkSettings) else ()
    tunes = dict.fromkeys([*heard.of(voice), *presets, *([primer] if primer else [])])
    return {
        "voice": voice,
        "tunes": [*tunes],
        "mixes": BLENDED in plan.guests,
        "set": {"tunes": [*wish.tunes], "shares": [*wish.shares]} if isinstance(wish, BlendWish) else None,
        **_heard(music, voice),
    }


def _heard(music: Ensemble, voice: str) -> dict[str, Any]:
    """Whether what was asked of a voice is what sounds, and when the voice sounds again if it does not now.

    ``begun`` is the bar of the scene, counted from 0, in which the loop that sounds began.
    """
    now = max(music.bar + 1, 0)
    present = music.placed_in(now).get(voice)
    plan = music.plan(voice)
    sounds = plan.sounding_from(now)
    return {
        "heard": present is not None and _is_asked(present),
        "begun": present and present.start_bar,
        "loop": present and present.original[0],
        "rests_until": None if sounds == now else sounds + 1,
    }


def _is_asked(placement: Placement) -> bool:
    return placement.made_by is not None and placement.made_by.operator in ASKED


def _voices(music: Ensemble, what: str) -> Iterator[str]:
    for part in music.parts:
        traits = VOICE_KINDS[kind := music.plan(part.name).kind]
        fits: Mapping[str, bool] = {"drums": traits.drums, "tune": _is_tune(kind), "buttons": traits.buttons}
        if fits[what] and music.source(part.name) == "model":
            yield part.name


def _is_tune(kind: str) -> bool:
    traits = VOICE_KINDS[kind]
    return traits.pitched and traits.monophonic and not traits.harmonic and traits.outermost != "lowest"


def _chosen(voices: list[str], named: object, what: str) -> str:
    if not voices:
        raise ControlError(f"the scene has no {what}")
    if named is None:
        return voices[0]
    if named not in voices:
        raise ControlError(f"the scene has no such {what}; it has {', '.join(voices)}")
    return str(named)
