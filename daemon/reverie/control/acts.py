"""What people want of the music is done here, within limits; :mod:`reverie.control.console` is where it arrives."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from reverie.clock import Clock
from reverie.compose.played_loop import PlayedLoop
from reverie.control.effect import Effect, stands_after
from reverie.control.overrides import SOON, STEP, Overrides, held_at, last_heard, muted
from reverie.control.pressed_contour import PressedContour
from reverie.control.stage import Favourites, Music, Stage
from reverie.control.timbre_hand import coordinate, moved, still_there, untimbred
from reverie.control.undo import Act, Done
from reverie.documents import did_you_mean
from reverie.foreign import quoted
from reverie.history.control_log import date
from reverie.history.favourites import Keep, of_voice, with_another
from reverie.site.actions import Action, ControlError, ControlLimits, Evolving, Level, TimbreLevel, button_of
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
        self._favourites = favourites
        self._limits = limits
        self._pause_for = pause_for
        self._clock = clock
        self._done = Done()
        self._pressed: dict[str, PressedContour] = {}
        self._returned: dict[str | None, Keep] = {}
        """What a voice, or all of them, went back to last, while nothing else was done to it since."""
        self.overrides = Overrides(volume=limits.within("volume", 1.0))

    @property
    def paused(self) -> bool:
        """Whether people want silence now."""
        return self.overrides.paused_until is not None

    def scene_begun(self) -> None:
        """Another scene begins: what was set for the one before ends with it, and cannot be taken back any more."""
        self._done.forget()
        self._returned.clear()
        self._pressed.clear()
        self._set(self.overrides.in_new_scene())

    def scene_changed(self) -> None:
        """The scene's file was changed: what was set for its voices stays, as far as they are there, and some sound."""
        if self._stage.music is not None:
            self._set(self.overrides.among(self._stage.music.parts))
            self._hold_timbres(self.overrides.timbres)

    def lacks(self, action: Action) -> str | None:
        """That a voice is wanted which the scene does not have."""
        music = self._stage.music
        if music is None or action.voice is None:
            return None
        try:
            self._voices(music, action.voice)
        except ControlError as error:
            return str(error)
        return None

    def status(self) -> Mapping[str, Any]:
        """What can be gone back to, by voice and of all together, newest first, and what can be taken back."""
        keeps = self._keeps
        voices = sorted({voice for keep in keeps for voice in keep.loops})
        rows = {voice: [_row(keep, [voice]) for keep in of_voice(keeps, voice)] for voice in voices}
        return {
            "kept": {"voices": rows, "together": [_row(keep, keep.loops) for keep in of_voice(keeps, None)]},
            "undo": self._done.acts,
        }

    def do(self, action: Action) -> Effect:
        """Do what somebody wants.

        Raises:
            ControlError: if it cannot be done.
        """
        match action.kind:
            case "panic":
                self._stage.panic()
            case "next" | "scene":
                return Effect(now=self._go(None if action.kind == "next" else str(action.value)))
            case "pause":
                before = self.overrides
                self._pause(action.value)
                return Effect(now=stands_after(action, before, self.overrides, ()))
            case "undo":
                return self._undo()
            case "contour":
                return Effect(now=self._press(action))
            case _:
                return self._do_reversibly(action)
        return Effect()

    def _do_reversibly(self, action: Action) -> Effect:
        act, effect = Act(action, self._clock.now(), self.overrides), Effect()
        match action.kind:
            case "volume" | "tempo" | "temperature":
                self._move(action.kind, action)
            case "timbre" | "timbre_x" | "timbre_y" | "release":
                effect = Effect(now=self._steer_timbres(action))
            case "quieter" | "louder":
                low, high = self._limits.volume
                step = (high - low) * STEP * (1 if action.kind == "louder" else -1)
                self._set(replace(self.overrides, volume=self._limits.within("volume", self.overrides.volume + step)))
            case "mute":
                on = None if action.value is None else bool(action.value)
                now = self._muted(action.voice or "", on=on)
                self._set(replace(self.overrides, muted=now))
            case "loop":
                self._loop(action)
            case "keep":
                act = replace(act, keeps=self._keeps)
                what = f"{action.voice} plays" if action.voice else "all voices play together"
                effect = Effect(loops=self._keep(action.voice), now=f"what {what} is kept")
            case "return":
                act = replace(act, played=self._sounding(self._alive(action.voice)))
                effect = self._return(action.voice)
            case "mutate" | "reset" | "continue" | "another" as how:
                act = replace(act, played=self._sounding(self._alive(action.voice)))
                self._evolve(how, action.voice)
            case _:
                raise ControlError(f"{action.kind} is nothing that can be done")
        self._done.add(act)
        if action.kind in {"mute", "loop", "quieter", "louder"}:
            return replace(effect, now=self._stands_after(act))
        return effect

    def _stands_after(self, act: Act, since: Overrides | None = None) -> str:
        """How that stands now which an act has set, or which was set back since."""
        voices = self._voices(self._music(), None) if act.action.kind == "loop" else ()
        return stands_after(act.action, since or act.overrides, self.overrides, voices)

    def hear_somebody(self) -> list[str]:
        """Let those be heard who would sound in this bar or the next, if they were not all muted; who they are.

        What a section, a dream or an end leaves over may be just those whom people have muted before. They are let in
        a bar early, as the player has to know it before their first note.
        """
        music = self._stage.music
        muted = self.overrides.muted
        if music is None or not muted:
            return []
        last = frozenset[str]().union(*(last_heard(music.voices_in(ahead), muted) for ahead in (0, 1)))
        if last:
            self._set(replace(self.overrides, muted=muted - last))
        return sorted(last)

    def _muted(self, voice: str, *, on: bool | None) -> frozenset[str]:
        music = self._music()
        ahead = (music.voices_in(bars) for bars in range(SOON))
        return muted(music.parts, self.overrides.muted, voice, on=on, ahead=ahead)

    def _loop(self, action: Action) -> None:
        music = self._music()
        voices, looping = self._voices(music, action.voice), self.overrides.looping
        on = not looping.issuperset(voices) if action.value is None else bool(action.value)
        self._hold(looping.union(voices) if on else looping.difference(voices))

    def _hold(self, looping: frozenset[str]) -> None:
        music = self._music()
        for voice in self._voices(music, None):
            if (voice in looping) != (voice in self.overrides.looping):
                music.hold(voice, on=voice in looping)
        self.overrides = replace(self.overrides, looping=looping)
        self._stage.fill()

    def _evolve(self, how: Evolving, voice: str | None) -> None:
        voices = self._alive(voice)
        for name in voices:
            self._music().evolve(name, how)
        self._begin_anew(voices)
        self._stage.fill()

    def _keep(self, voice: str | None) -> dict[str, str]:
        """Keep what a voice plays, or what all of them play together; the recipes by voice."""
        loops = self._sounding(self._alive(voice))
        if not loops:
            raise ControlError("nothing is to be kept yet, as nothing sounds")
        keep = Keep(date(self._clock.wall()), voice, loops)
        self._favourites.keep(self._stage.playing or "", with_another(self._keeps, keep))
        self._begin_anew(loops)
        return keep.recipes

    def _return(self, voice: str | None) -> Effect:
        """Go back to what was kept last or, where that was gone back to just now, to what was kept before it."""
        voices, there = self._alive(voice), of_voice(self._keeps, voice)
        if not there:
            raise ControlError(f"nothing is kept of {voice or 'all voices together'}; `keep` keeps what plays")
        before = self._returned.get(voice)
        keep = there[(there.index(before) + 1) % len(there) if before in there else 0]
        back = self._go_back({name: keep.loops[name] for name in voices if name in keep.loops})
        self._begin_anew(voices)
        self._returned[voice] = keep
        who = f"{voice} goes" if voice else "all voices go"
        return Effect(loops=back, now=f"{who} back to what was kept at {keep.time}")

    def _go_back(self, loops: Mapping[str, PlayedLoop]) -> dict[str, str]:
        music = self._music()
        back = {name: loop.recipe for name, loop in loops.items() if music.go_back(name, loop)}
        if not back:
            raise ControlError(f"what {' and '.join(loops) or 'is kept'} played cannot be played in the scene as it is")
        self._stage.fill()
        return back

    def _undo(self) -> Effect:
        """Take back the last act that can be."""
        act = self._done.take()
        if act is None:
            raise ControlError("there is nothing to take back")
        action, before, back = act.action, act.overrides, dict[str, str]()
        since, now = self.overrides, ""
        match action.kind:
            case "volume" | "quieter" | "louder":
                self._set(replace(self.overrides, volume=before.volume))
            case "tempo":
                self._set(replace(self.overrides, tempo=before.tempo))
            case "temperature":
                self._set_temperatures(before.temperatures)
            case "mute":
                mutes = self._muted(action.voice or "", on=action.voice in before.muted)
                self._set(replace(self.overrides, muted=mutes))
            case "loop":
                there = frozenset(self._voices(self._music(), None))
                self._hold(before.looping & there)
            case "timbre" | "timbre_x" | "timbre_y" | "release":
                now = self._hold_timbres(before.timbres)
            case "keep":
                self._favourites.keep(self._stage.playing or "", act.keeps)
                now = "what was kept last is not kept any more"
            case _:
                there = frozenset(self._voices(self._music(), None))
                back = self._go_back({name: loop for name, loop in act.played.items() if name in there})
                now = f"{' and '.join(back)} {'goes' if len(back) == 1 else 'go'} back to what was played before"
        self._begin_anew(act.played)
        return Effect(str(action), back, now or self._stands_after(act, since))

    def _move(self, level: Level, action: Action) -> None:
        if isinstance(action.value, bool | str | tuple | None) or not math.isfinite(action.value):
            raise ControlError(f"{level} needs a number")
        value = self._limits.within(level, action.value)
        if level == "volume":
            self._set(replace(self.overrides, volume=value))
        elif level == "tempo":
            self._set(replace(self.overrides, tempo=value))
        else:
            music = self._music()
            voices = [name for name in self._voices(music, action.voice) if music.source(name) == "model"]
            if not voices:
                raise ControlError(f"{action.voice or 'every voice'} is composed by no model, and has no temperature")
            self._set_temperatures({**self.overrides.temperatures, **dict.fromkeys(voices, value)})

    def _set_temperatures(self, temperatures: Mapping[str, float]) -> None:
        music, now = self._music(), self.overrides.temperatures
        voices = self._voices(music, None)
        for name in voices:
            if temperatures.get(name) != now.get(name):
                music.set_temperature(name, temperatures.get(name))
        there = {name: value for name, value in temperatures.items() if name in voices}
        self.overrides = replace(self.overrides, temperatures=there)
        self._stage.fill()

    def timbre_at(self, level: TimbreLevel, voice: str | None) -> float | None:
        """Where a voice's timbre stands along what a knob turns, or those of all; None where they differ."""
        stands = self._stage.timbres()
        found = {coordinate(stand, level) for name, stand in stands.items() if voice in {None, name}} - {None}
        return found.pop() if len(found) == 1 else None

    def _steer_timbres(self, action: Action) -> str:
        """Put timbres to a point, or give them back to their own pace; how they stand then."""
        voices, stands = self._voices(self._music(), action.voice), self._stage.timbres()
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
        self.overrides = replace(self.overrides, timbres=points)
        self._stage.hold_timbres(points)
        changed = [name for name in sorted({*before, *points}) if before.get(name) != points.get(name)]
        return "; ".join(held_at(name, points.get(name)) for name in changed)

    def _press(self, action: Action) -> str:
        """A button is pressed, and what was pressed lately is the contour of the voice's loops to come."""
        music, voice = self._music(), action.voice or ""
        self._voices(music, voice)
        button, contour = int(button_of(action.value)), None
        before = self._pressed.get(voice)
        pressed = PressedContour([*before.presses] if before and button else [])
        if button:
            pressed.press(button, self._clock.now())
            contour = pressed.written(self.overrides.tempo or music.tempo())
        if not music.set_contour(voice, contour):
            raise ControlError(f"{voice} has no buttons; voices of kind genie have")
        self._pressed[voice] = pressed
        others = {name: written for name, written in self.overrides.contours.items() if name != voice}
        self.overrides = replace(self.overrides, contours=others | ({voice: contour} if contour else {}))
        self._stage.fill()
        return f"{voice} is played by the buttons {contour}" if contour else f"{voice} has its own contour again"

    def _set(self, overrides: Overrides) -> None:
        self.overrides = overrides
        self._stage.override(overrides.for_player)

    def _pause(self, value: object) -> None:
        on = not self.paused if value is None else bool(value)
        if on != self.paused:
            self.overrides = replace(self.overrides, paused_until=self._clock.now() + self._pause_for if on else None)
            self._stage.pause(on=on)

    def _go(self, wanted: str | None) -> str:
        """Play the scene of that name or number, or the one after the present; what cannot be read is passed over.

        Says which scene it is and when it begins, as it may wait for the end of what plays.
        """
        names, present = self._stage.scenes()
        if wanted is None:
            at = names.index(present) + 1 if present in names else 0
            possible = [name for name in (*names[at:], *names[:at]) if name != present]
        elif wanted in names:
            possible = [wanted]
        elif wanted.isdecimal() and 1 <= int(wanted) <= len(names):
            possible = [names[int(wanted) - 1]]
        else:
            raise ControlError(f"there is no scene {quoted(wanted)}{did_you_mean(wanted, names)}")
        found = next((name for name in possible if self._stage.play_scene(name)), None)
        if found is None:
            raise ControlError("there is no scene to go to that can be read; see the log")
        begins = f"{found} goes on" if found == present else self._stage.begins(found)
        self._pause(value=False)
        return begins

    def _begin_anew(self, voices: Iterable[str]) -> None:
        """What these voices go back to next is what was kept last."""
        for voice in (*voices, None):
            self._returned.pop(voice, None)

    @property
    def _keeps(self) -> tuple[Keep, ...]:
        return self._favourites.keeps(self._stage.playing) if self._stage.playing else ()

    def _alive(self, voice: str | None) -> list[str]:
        """This voice, or all, as far as they do not play what is written."""
        music = self._music()
        voices = [name for name in self._voices(music, voice) if music.source(name) != "written"]
        if not voices:
            raise ControlError(f"{voice or 'every voice'} plays what is written, and nothing is composed for it")
        return voices

    def _sounding(self, voices: Iterable[str]) -> dict[str, PlayedLoop]:
        music = self._music()
        return {name: loop for name in voices if (loop := music.sounding(name))}

    def _music(self) -> Music:
        music = self._stage.music
        if music is None:
            raise ControlError("nothing plays yet")
        return music

    @staticmethod
    def _voices(music: Music, voice: str | None) -> list[str]:
        names = [part.name for part in music.parts]
        if voice is not None and voice not in names:
            raise ControlError(f"the scene has no voice {quoted(voice)}; it has {', '.join(names)}")
        return names if voice is None else [voice]


def _row(keep: Keep, voices: Iterable[str]) -> Mapping[str, Any]:
    """What was kept of these voices, as plain data."""
    recipes = {voice: keep.loops[voice].recipe for voice in voices}
    return {"time": keep.time, "recipes": recipes}
