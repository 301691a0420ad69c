"""What an artist can do from the page: everything goes through the control console, as the source ``artist``."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from reverie.compose.ensemble import Ensemble
from reverie.conductor.page.candidates import Candidates
from reverie.conductor.page.scene_editor import SceneEditor
from reverie.conductor.page.scene_trial import SceneTrial
from reverie.conductor.scene.form_hand import PHRASE, FormHand
from reverie.conductor.scene.form_status import describe_form
from reverie.control.console import ControlConsole
from reverie.control.overrides import PLAIN
from reverie.control.stage import Stage
from reverie.site.actions import (
    EVOLVING,
    LEVELS,
    RAMPED,
    TIMBRE_LEVELS,
    VOICE_LEVELS,
    WHOLE_LEVELS,
    Action,
    ControlError,
    ControlLimits,
    Kind,
    Level,
)
from reverie.watch.verdict import Verdict

ARTIST = "artist"
"""The source of what artists do, in the record."""
KEEP: Mapping[str, Any] = {"action": "keep"}
_ASKED: tuple[Kind, ...] = (*VOICE_LEVELS, *EVOLVING, "once")
"""What a voice may be unable to do."""


class ArtistDesk:
    """Says what can be done with the voices that play, and has it done.

    Args:
        console: By whom it is done.
        stage: What plays, its scenes and timbres.
        limits: How far levels are moved.
        music: The performance.
        moods: The moods of the scene, and how much there is of each.
        kinds: The kind of each voice of the scene.
        scenes: Where scenes are edited.
        trial: What tries drafts beside what runs.
        candidates: Who has loops composed to choose from.
        form: The form by hand.
        keep_moment: Keeps the last bars as they sounded.
    """

    def __init__(
        self,
        console: ControlConsole,
        stage: Stage,
        limits: ControlLimits,
        music: Callable[[], Ensemble | None],
        moods: Callable[[], Mapping[str, Any]],
        kinds: Callable[[], Mapping[str, str]],
        scenes: SceneEditor,
        trial: SceneTrial,
        candidates: Candidates,
        form: FormHand,
        keep_moment: Callable[[], object],
    ) -> None:
        self._console = console
        self._stage = stage
        self.limits = limits
        """How far levels go."""
        self._music = music
        self._moods = moods
        self._kinds = kinds
        self.scenes = scenes
        self.trial = trial
        self.choices = candidates
        self.form = form
        self._keep_moment = keep_moment

    def do(self, wanted: object) -> Verdict:
        """Do what plain data says (:mod:`reverie.control.plain_action`); what came of it.

        What all voices play together is kept as loops to go back to, and as the bars that have sounded.

        Raises:
            ControlError: if it is no action.
        """
        verdict = self._console.ask(wanted, ARTIST)
        if verdict.ok and wanted == KEEP:
            with contextlib.suppress(ControlError):  # its loops are kept, though its bars are too many
                self._keep_moment()
        return verdict

    def take(self, voice: str, recipe: str) -> Verdict:
        """Have a voice play a loop that was composed to choose from."""
        return self._console.have_done(Action("take", recipe, voice), ARTIST)

    def go_to_section(self, name: str, *, phrase: bool) -> Verdict:
        """Go to a section with the next bar line, or the next phrase."""
        return self._console.have_done(Action("section", f"{name}{PHRASE if phrase else ''}"), ARTIST)

    def stay(self, *, on: bool | None) -> Verdict:
        """Stay in the section that sounds, or go on."""
        return self._console.have_done(Action("stay", on), ARTIST)

    def want_candidates(self, voice: str, count: int) -> Mapping[str, Any]:
        """Have loops composed to choose from; what has come so far.

        Raises:
            ControlError: if the voice cannot have any.
        """
        return self.choices.want(voice, count)

    def candidates(self) -> list[Mapping[str, Any]]:
        """The loops that were composed to choose from."""
        return self.choices.status()

    @property
    def muted(self) -> frozenset[str]:
        """The voices that are not to be heard."""
        return self._console.overrides.muted

    def state(self) -> Mapping[str, Any]:
        """All that an artist can see and move, as plain data."""
        names, playing = self._stage.scenes()
        status, moods, music = self._console.status(), self._moods(), self._music()
        levels: tuple[Level, ...] = tuple(level for level in LEVELS if level not in TIMBRE_LEVELS)
        return {
            "scene": playing,
            "scenes": [*names],
            "paused": self._console.paused,
            "limits": {level: [*self.limits.of(level)] for level in (*levels, "timbre")},
            "ramped": sorted(RAMPED),
            "levels": {level: self._console.present(level, None) for level in WHOLE_LEVELS},
            "moods": moods.get("moods", []),
            "weights": moods.get("weights", {}),
            "voices": [self._voice(music, part.name) for part in music.parts] if music else [],
            "ramps": [
                {"level": ramp.level, "voice": ramp.voice, "to": ramp.end, "bars": ramp.bars - ramp.gone}
                for ramp in self._console.ramps
            ],
            "form": {**self.form.status(), "now": music and describe_form(music)},
            "trial": self.trial.status(),
            "kept": status["kept"],
            "undo": status["undo"],
            "now": status["now"],
            "last": status["last"],
        }

    def _voice(self, music: Ensemble, name: str) -> Mapping[str, Any]:
        overrides = self._console.overrides
        cannot = {kind: reason for kind in _ASKED if (reason := music.lacks(name, kind))}
        timbre = self._stage.timbres().get(name)
        return {
            "name": name,
            "kind": self._kinds().get(name, ""),
            "source": music.source(name),
            "muted": name in self.muted,
            "solo": overrides.solo == name,
            "looping": name in overrides.looping,
            "levels": {level: self._console.present(level, name) for level in VOICE_LEVELS if level not in cannot},
            "plain": dict(PLAIN),
            "cannot": cannot,
            "timbre": timbre
            and {
                "name": timbre.name,
                "point": [*timbre.point],
                "held": timbre.name in overrides.timbres,
                "path": timbre.path.kind,
            },
        }
