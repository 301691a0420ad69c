"""What people want of the music is done here, within limits; :mod:`reverie.control.console` is where it arrives."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reverie.clock import Clock
from reverie.compose.played_loop import PlayedLoop
from reverie.control.effect import Effect, stands_after
from reverie.control.levels import Levels
from reverie.control.loop_hand import LoopHand
from reverie.control.mutes import Mutes
from reverie.control.overrides import Overrides, held_at
from reverie.control.play_hand import PlayHand
from reverie.control.scene_choice import go_to_scene
from reverie.control.stage import Favourites, Stage
from reverie.control.steered import Steered
from reverie.control.timbre_hand import coordinate, moved, still_there, untimbred
from reverie.control.undo import Act, Done
from reverie.control.visited import Visited
from reverie.site.actions import Action, ControlError, ControlLimits, TimbreLevel
from reverie.timbre.spots import Point


class Acts:
    """Holds what people have set, and sees to it that the music follows.

    Args:
        stage: What is moved.
        favourites: Where it is kept what people keep.
        limits: How far levels are moved.
        pause_for: Seconds after which a pause ends by itself.
        clock: By which it does, and acts are dated.
    """

    def __init__(
        self, stage: Stage, favourites: Favourites, limits: ControlLimits, pause_for: float, clock: Clock
    ) -> None:
        self._stage = stage
        self._limits = limits
        self._pause_for = pause_for
        self._clock = clock
        self._done = Done()
        self._visited = Visited()
        self._steered = Steered(stage, Overrides(volume=limits.within("volume", 1.0)))
        self.levels = Levels(self._steered, limits)
        self.mutes = Mutes(self._steered)
        self._loops = LoopHand(self._steered, self.levels, favourites, clock)
        self.play = PlayHand(self._steered, self._loops, clock)

    @property
    def overrides(self) -> Overrides:
        """What people have set."""
        return self._steered.overrides

    @property
    def paused(self) -> bool:
        """Whether people want silence now."""
        return self.overrides.paused_until is not None

    @property
    def touched(self) -> bool:
        """Whether anything is otherwise than at the start: it is kept in no file."""
        return not self.overrides.are_only(self._limits.within("volume", 1.0))

    def limits_are(self, limits: ControlLimits, pause_for: float) -> None:
        """Levels go so far from now on: what is beyond that comes back to it."""
        self._limits, self._pause_for = limits, pause_for
        self.levels.limits_are(limits)

    def scene_begun(self) -> None:
        """Another scene begins: what was set for the one before ends with it, and cannot be taken back any more."""
        self._done.forget()
        self._loops.forget()
        self.play.forget()
        self._visited.forget()
        self.levels.ramps.forget(all_but="volume")
        self._steered.set(self.overrides.in_new_scene())

    def scene_changed(self) -> None:
        """The scene's file was changed: what was set for its voices stays, as far as they are there, and some sound."""
        if self._stage.music is not None:
            self._steered.set(self.overrides.among(self._stage.music.parts))
            self._hold_timbres(self.overrides.timbres)
            self.play.ask_again()

    def lacks(self, action: Action) -> str | None:
        """That a voice is wanted which the scene does not have."""
        music = self._stage.music
        if music is None or action.voice is None:
            return None
        try:
            self._steered.voices(action.voice)
        except ControlError as error:
            return str(error)
        return None

    def status(self) -> Mapping[str, Any]:
        """What can be gone back to, by voice and of all together, newest first, and what can be taken back."""
        return {"kept": self._loops.status(), "undo": self._done.acts}

    def do(self, action: Action, *, visitor: bool = False) -> Effect:
        """Do what somebody wants; what a ``visitor`` wants is put back in time.

        Raises:
            ControlError: if it cannot be done.
        """
        match action.kind:
            case "panic" | "next" | "scene" | "pause" | "section" | "stay":
                return Effect(now=self._conduct(action))
            case "undo":
                return self._undo()
            case "contour" | "seed" | "blend":
                return self._play(action, visitor=visitor)
            case _:
                return self._do_reversibly(action, visitor=visitor)

    def _conduct(self, action: Action) -> str:
        """Do what concerns the whole, and is not taken back; how things stand then, in words."""
        match action.kind:
            case "panic":
                self._stage.panic()
                return ""
            case "pause":
                before = self.overrides
                self._pause(action.value)
                return stands_after(action, before, self.overrides, ())
            case "section":
                return self._stage.go_to_section(str(action.value))
            case "stay":
                return self._stage.stay_in_section(on=None if action.value is None else bool(action.value))
            case _:
                return self._go(None if action.kind == "next" else str(action.value))

    def put_back(self, voice: str | None = None) -> list[str]:
        """Let the piece, or one voice, go on as if no visitor had played with it; what was set back, the last first.

        What others have moved since stays as they want it.
        """
        put = list[str]()
        for act in self._visited.take(voice):
            with contextlib.suppress(ControlError):  # a voice may be gone, or what it played
                self._take_back(act)
                put.append(str(act.action))
        return put

    def play_again(self, loops: Mapping[str, PlayedLoop], what: str) -> Effect:
        """Voices play loops of before from their next turns on.

        Raises:
            ControlError: if none of them can.
        """
        there = {name: loop for name, loop in loops.items() if name in self._steered.voices(None)}
        if not there:
            raise ControlError(f"the scene that plays has none of the voices of {what}")
        act = Act(Action("return"), self._clock.now(), self.overrides, played=self._loops.sounding(there))
        back = self._loops.go_back(there)
        self._loops.begin_anew(back)
        self._done.add(act)
        who = f"{' and '.join(back)} {'goes' if len(back) == 1 else 'go'} back"
        return Effect(loops=back, now=f"{who} to {what} with the next turn")

    @property
    def visited(self) -> bool:
        """Whether anything is as visitors want it."""
        return bool(self._visited)

    def _play(self, action: Action, *, visitor: bool) -> Effect:
        """A voice is played by hand; the presses of a contour are too many to be taken back one by one."""
        act = Act(action, self._clock.now(), self.overrides, self._loops.sounding([action.voice or ""]))
        effect = self.play.play(action)
        if action.kind != "contour":
            self._done.add(act, visitor=visitor)
        self._note(act, visitor=visitor)
        return effect

    def _do_reversibly(self, action: Action, *, visitor: bool) -> Effect:
        act = Act(action, self._clock.now(), self.overrides)
        match action.kind:
            case "volume" | "tempo" | "swing" | "temperature" | "density" | "register" | "level":
                effect = Effect(now=self.levels.move(action.kind, action))
            case "quieter" | "louder":
                self.levels.go_a_step(up=action.kind == "louder")
                effect = Effect(now=self._stands_after(act))
            case "timbre" | "timbre_x" | "timbre_y" | "release":
                effect = Effect(now=self._steer_timbres(action))
            case "mute" | "solo":
                self.mutes.mute(action) if action.kind == "mute" else self.mutes.solo(action)
                effect = Effect(now=self._stands_after(act))
            case "keep":
                act = replace(act, keeps=self._loops.keeps)
                effect = self._loops.keep(action.voice)
            case _:
                act = replace(act, played=self._loops.touched_by(action))
                effect = self._loops.go_on(action)
                if action.kind == "loop":
                    effect = Effect(now=self._stands_after(act))
        self._done.add(act, visitor=visitor)
        self._note(act, visitor=visitor)
        return effect

    def _note(self, act: Act, *, visitor: bool) -> None:
        """Remember whose each thing is now: a temperature of all is one of each voice that has one."""
        kind, voice = act.action.kind, act.action.voice
        voices = self._steered.able(voice, kind) if kind == "temperature" else [voice]
        self._visited.note(act, voices, visitor=visitor)

    def _stands_after(self, act: Act, since: Overrides | None = None) -> str:
        """How that stands now which an act has set, or which was set back since."""
        voices = self._steered.voices(None) if act.action.kind == "loop" else ()
        return stands_after(act.action, since or act.overrides, self.overrides, voices)

    def _undo(self) -> Effect:
        """Take back the last act that can be."""
        act = self._done.take()
        if act is None:
            raise ControlError("there is nothing to take back")
        return self._take_back(act)

    def _take_back(self, act: Act) -> Effect:
        action, before, back = act.action, act.overrides, dict[str, str]()
        since, now = self.overrides, ""
        match action.kind:
            case "quieter" | "louder":
                self.levels.undo("volume", None, before)
            case "volume" | "tempo" | "swing" | "temperature" | "density" | "register" | "level":
                self.levels.undo(action.kind, action.voice, before)
            case "mute":
                self.mutes.undo_mute(action.voice or "", before)
            case "solo":
                self.mutes.undo_solo(before)
            case "timbre" | "timbre_x" | "timbre_y" | "release":
                now = self._hold_timbres(before.timbres)
            case "contour" | "seed" | "blend":
                now, back = self.play.undo(act)
            case "keep":
                self._loops.unkeep(act.keeps)
                now = "what was kept last is not kept any more"
            case _:
                back = self._loops.undo(action, before, act.played)
                now = f"{' and '.join(back)} {'goes' if len(back) == 1 else 'go'} back to what was played before"
                now = now if back else ""
        self._loops.begin_anew(act.played)
        return Effect(str(action), back, now or self._stands_after(act, since))

    def timbre_at(self, level: TimbreLevel, voice: str | None) -> float | None:
        """Where a voice's timbre stands along what a knob turns, or those of all; None where they differ."""
        stands = self._stage.timbres()
        found = {coordinate(stand, level) for name, stand in stands.items() if voice in {None, name}} - {None}
        return found.pop() if len(found) == 1 else None

    def _steer_timbres(self, action: Action) -> str:
        """Put timbres to a point, or give them back to their own pace; how they stand then."""
        voices, stands = self._steered.voices(action.voice), self._stage.timbres()
        if action.kind == "release":
            freed = {stands[name].name for name in voices if name in stands}
            if not freed:
                raise ControlError(untimbred(voices))
            held = {name: point for name, point in self.overrides.timbres.items() if name not in freed}
            self._hold_timbres(held)
            return "; ".join(held_at(name, None) for name in sorted(freed))
        return self._hold_timbres({**self.overrides.timbres, **moved(stands, voices, action, self._limits)})

    def _hold_timbres(self, points: Mapping[str, Point]) -> str:
        """Have these timbres stand at these points, and no others; what has changed, in words.

        Points may be older than the scene's file: those that it does not have any more are let go.
        """
        before, points = self.overrides.timbres, still_there(self._stage.timbres(), points)
        self._steered.overrides = replace(self.overrides, timbres=points)
        self._stage.hold_timbres(points)
        changed = [name for name in sorted({*before, *points}) if before.get(name) != points.get(name)]
        return "; ".join(held_at(name, points.get(name)) for name in changed)

    def _pause(self, value: object) -> None:
        on = not self.paused if value is None else bool(value)
        if on != self.paused:
            self._steered.overrides = replace(
                self.overrides, paused_until=self._clock.now() + self._pause_for if on else None
            )
            self._stage.pause(on=on)

    def _go(self, wanted: str | None) -> str:
        """Play a scene, without a pause; when it begins, in words."""
        begins = go_to_scene(self._stage, wanted)
        self._pause(value=False)
        return begins
