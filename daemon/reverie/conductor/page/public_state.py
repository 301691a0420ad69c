"""What everybody may know of the music now, for pages that anybody may see: nothing of the machine and its faults.

It agrees with the bar that sounds: what is performed next is shown when its first bar begins. Bars are counted from 1
here, as people do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from reverie.compose.ensemble import Ensemble
from reverie.conductor.far.report import Report
from reverie.conductor.page.public_hours import public_hours
from reverie.conductor.page.public_loops import public_loops
from reverie.conductor.page.public_timbres import public_timbres
from reverie.conductor.scene.form_status import sections_ahead
from reverie.conductor.scene.sounding_bar import SoundingBar
from reverie.music.time import TICKS_PER_QUARTER
from reverie.scenes.schema import Scene
from reverie.watch.summary import BAD, DOUBTFUL

STARTING = 60.0
"""Seconds for which it is no trouble yet that no bar was played."""
STATE_WORDS = ("starting", "playing", "resting", "closed", "paused", "silent", "trouble")
"""What ``says.key`` can be."""

Sounds = Callable[[], Mapping[str, Mapping[str, Any]]]


@dataclass(slots=True)
class PublicState:
    """Gathers it from what the status is made of.

    ``sounding`` is the bar that sounds: what is performed next begins after it. ``sounds`` has by voice what pages can
    sound it with.
    """

    report: Report
    sounding: SoundingBar
    sounds: Sounds = dict[str, Mapping[str, Any]]
    _seen: Mapping[str, Any] = field(init=False, default_factory=dict[str, Any])
    """What was seen last of the performance that sounds."""

    def now(self) -> dict[str, Any]:
        """The state as plain data."""
        self.look()
        bar = self.sounding.scene_bar
        key, params = self._says()
        return {
            "says": {"key": key, "params": params},
            "level": self._level(key),
            "bar": None if bar is None else bar + 1,
            **self._seen,
            "day": self._day(),
            "hours": public_hours(self.report.day),
        }

    def look(self) -> None:
        """See what sounds, unless what is performed has not begun yet; with each bar, before another scene can come."""
        music, epoch = self.report.play.ensemble, self.sounding.epoch
        if not self._seen or music is None or epoch is None or music.epoch <= epoch:
            self._seen = self._of_music(music)

    def _of_music(self, music: Ensemble | None) -> dict[str, Any]:
        report, scene = self.report, self.report.scene()
        return {
            "scene": scene and _scene(scene, music, report.console.overrides.tempo),
            "harmony": report.harmony(),
            "form": _form(report.form(), music),
            "mood": _mood(report.dreams()),
            "voices": self._voices(scene, music) if scene and music else [],
            "loops": public_loops(report.kept, music) if music else {},
            "timbres": public_timbres(scene, report.timbres.status()) if scene else {},
        }

    def _day(self) -> list[dict[str, Any]]:
        programme = self.report.course.programme.programme
        due = programme.due(self.report.day.clock.here())
        return [
            {"at": f"{entry.at:%H:%M}", "scene": entry.scene or entry.playlist, "mood": entry.mood, "now": entry is due}
            for entry in programme.entries
        ]

    def _says(self) -> tuple[str, dict[str, Any]]:
        """A word of :data:`STATE_WORDS`, and what a sentence of it names."""
        report, evidence, now = self.report, self.report.evidence, self.report.clock.now()
        scene, bar, paused = self._seen["scene"], evidence.bar, report.console.overrides.paused_until
        if bar is None and now - report.begun < STARTING:
            return self._rests() if report.course.closed else ("starting", {})
        if bar is None or not report.alive().ok:
            return "trouble", {}
        if bar.resting and (report.course.resting or paused is None):
            return self._rests()
        if bar.resting and paused is not None:
            until = report.clock.local() + timedelta(seconds=paused - now)
            return "paused", {"until": f"{until:%H:%M}"}
        if evidence.all_muted:  # what no device plays, browsers do
            return "silent", {}
        return "playing", {"title": scene["title"] if scene else ""}

    def _rests(self) -> tuple[str, dict[str, Any]]:
        """Why it rests, and until when by the clock of the place; of closed doors in Unix time, too: on another day."""
        course, doors = self.report.course, self.report.day.doors
        if not course.closed:
            return "resting", {"until": course.resumes and f"{course.resumes:%H:%M}"}
        opens = doors.state.until
        return "closed", {"until": opens and doors.clock_of(opens), "opens": opens and round(opens.timestamp())}

    def _level(self, key: str) -> str:
        """How good that is: where no device can be heard and the page says that it plays, browsers hear it."""
        level = self.report.summary().level
        return DOUBTFUL if key == "starting" or (key == "playing" and level == BAD) else level

    def _voices(self, scene: Scene, music: Ensemble) -> list[dict[str, Any]]:
        muted, sounding, sounds = self.report.console.overrides.muted, set(music.voices_in(0)), self.sounds()
        return [
            {
                "name": part.name,
                "kind": scene.voices[part.name].kind,
                "muted": part.name in muted,
                "sounds": part.name in sounding and part.name not in muted,
                "sound": sounds.get(part.name),
            }
            for part in music.parts
            if part.name in scene.voices
        ]


def _scene(scene: Scene, music: Ensemble | None, tempo: float | None) -> dict[str, Any]:
    return {
        "name": scene.name,
        "title": scene.title,
        "metre": str(scene.metre),
        "ticks_per_bar": scene.metre.bar_ticks,
        "ticks_per_quarter": TICKS_PER_QUARTER,
        "tempo": round(tempo or (music.tempo() if music else scene.tempo.qpm), 2),
        "key": str(scene.key),
    }


def _form(form: Mapping[str, Any] | None, music: Ensemble | None) -> dict[str, Any] | None:
    """The section that plays, and with it those that come."""
    return {**form, "ahead": list(sections_ahead(music))} if form and music else None


def _mood(dreams: Mapping[str, Any]) -> dict[str, Any] | None:
    """The mood that rules, if one does, and all that is dreamt; None where the scene has no moods."""
    if not dreams["moods"]:
        return None
    mood, now = dreams["rules"], dreams["now"]
    own = next((dream for dream in reversed(now) if dream["mood"] == mood), None)
    return {
        "mood": mood,
        "words": own["text"] if own else "",
        "weight": dreams["weights"].get(mood, 0.0),
        "weights": dreams["weights"],
        "moods": dreams["moods"],
        "dreams": [
            {name: dream[name] for name in ("mood", "weight", "level", "text", "bars_until", "bars_left")}
            for dream in now
        ],
    }
