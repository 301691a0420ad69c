"""How voices go on, as people want it: which loop comes next, which is held, and to which they go back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from reverie.clock import Clock
from reverie.compose.played_loop import PlayedLoop
from reverie.control.effect import Effect
from reverie.control.levels import Levels
from reverie.control.overrides import Overrides
from reverie.control.stage import Favourites
from reverie.control.steered import Steered
from reverie.history.control_log import date
from reverie.history.favourites import Keep, of_voice, with_another
from reverie.site.actions import Action, ControlError, Evolving


class LoopHand:
    """Has voices go on otherwise.

    Args:
        steered: What is set, and what plays.
        levels: How often another loop comes is one of them.
        favourites: Where it is kept what people keep.
        clock: By which that is dated.
    """

    def __init__(self, steered: Steered, levels: Levels, favourites: Favourites, clock: Clock) -> None:
        self._steered = steered
        self._levels = levels
        self._favourites = favourites
        self._clock = clock
        self._returned: dict[str | None, Keep] = {}
        """What a voice, or all of them, went back to last, while nothing else was done to it since."""

    def forget(self) -> None:
        """Another scene begins: nothing was gone back to in it."""
        self._returned.clear()

    def unkeep(self, keeps: tuple[Keep, ...]) -> None:
        """Keep what was kept before."""
        self._favourites.keep(self._steered.stage.playing or "", keeps)

    def status(self) -> Mapping[str, Any]:
        """What can be gone back to, by voice and of all together, newest first."""
        keeps = self.keeps
        voices = sorted({voice for keep in keeps for voice in keep.loops})
        rows = {voice: [_row(keep, [voice]) for keep in of_voice(keeps, voice)] for voice in voices}
        return {"voices": rows, "together": [_row(keep, keep.loops) for keep in of_voice(keeps, None)]}

    def once(self, voice: str | None) -> None:
        """Another loop from the next turn on, which is held then."""
        able = self._steered.able(voice, "another")
        self.hold(self._steered.overrides.looping.union(able))
        self.evolve("another", voice)

    def every(self, action: Action) -> str:
        """Another loop from the next turn on, and after so many bars again; 0: when the scene says. In words."""
        able = self._steered.able(action.voice, "every")
        told = self._levels.move("every", action)
        if action.value:
            self.hold(self._steered.overrides.looping.difference(able))
            self.evolve("another", action.voice)
        return told

    def loop(self, action: Action) -> None:
        """Voices repeat the loop that they play, or evolve again."""
        voices, looping = self._steered.voices(action.voice), self._steered.overrides.looping
        on = not looping.issuperset(voices) if action.value is None else bool(action.value)
        self.hold(looping.union(voices) if on else looping.difference(voices))

    def hold(self, looping: frozenset[str]) -> None:
        """These voices repeat the loop that they play, and no others."""
        music = self._steered.music()
        for voice in self._steered.voices(None):
            if (voice in looping) != (voice in self._steered.overrides.looping):
                music.hold(voice, on=voice in looping)
        self._steered.overrides = replace(self._steered.overrides, looping=looping)
        self._steered.stage.fill()

    def evolve(self, how: Evolving, voice: str | None) -> None:
        """A voice, or all that can, go on in this way."""
        voices = self._steered.able(voice, how)
        for name in voices:
            self._steered.music().evolve(name, how)
        self.begin_anew(voices)
        self._steered.stage.fill()

    def go_on(self, action: Action) -> Effect:
        """Voices go on as an act wants it.

        Raises:
            ControlError: if none can, or it is no such act.
        """
        match action.kind:
            case "loop":
                self.loop(action)
            case "once":
                self.once(action.voice)
            case "every":
                return Effect(now=self.every(action))
            case "return":
                return self.go_back_to_kept(action.voice)
            case "take":
                return self.take(action.voice or "", str(action.value))
            case "mutate" | "reset" | "continue" | "another" | "interpolate" | "groove" | "drumify" as how:
                self.evolve(how, action.voice)
            case _:
                raise ControlError(f"{action.kind} is nothing that can be done")
        return Effect()

    def touched_by(self, action: Action) -> dict[str, PlayedLoop]:
        """What those voices play now that are to go on otherwise.

        Raises:
            ControlError: if none can.
        """
        if action.kind == "loop":
            return {}
        if action.kind in {"return", "take"}:
            return self.sounding(self.alive(action.voice))
        return self.sounding(self._steered.able(action.voice, "another" if action.kind == "once" else action.kind))

    def undo(self, action: Action, before: Overrides, played: Mapping[str, PlayedLoop]) -> dict[str, str]:
        """Voices play again what they played before an act; the recipes of those that go back.

        Raises:
            ControlError: if none can.
        """
        there = frozenset(self._steered.voices())
        if action.kind == "every":
            self._levels.undo("every", action.voice, before)
        if action.kind in {"loop", "every", "once"}:
            self.hold(before.looping & there)
        if action.kind == "loop":
            return {}
        return self.go_back({name: loop for name, loop in played.items() if name in there})

    def take(self, voice: str, recipe: str) -> Effect:
        """A voice plays a loop that was composed to choose from, from its next turn on.

        Raises:
            ControlError: if there is no such loop any more.
        """
        loop = self._steered.stage.candidate(voice, recipe)
        if loop is None:
            raise ControlError(f"this loop of {voice} is not there any more; have others composed")
        back = self.go_back({voice: loop})
        self.begin_anew([voice])
        return Effect(loops=back, now=f"{voice} plays the loop that was taken from its next turn on")

    def keep(self, voice: str | None) -> Effect:
        """Keep what a voice plays, or what all of them play together.

        Raises:
            ControlError: if nothing sounds.
        """
        loops = self.sounding(self.alive(voice))
        if not loops:
            raise ControlError("nothing is to be kept yet, as nothing sounds")
        keep = Keep(date(self._clock.wall()), voice, loops)
        self._favourites.keep(self._steered.stage.playing or "", with_another(self.keeps, keep))
        self.begin_anew(loops)
        what = f"{voice} plays" if voice else "all voices play together"
        return Effect(loops=keep.recipes, now=f"what {what} is kept")

    def go_back_to_kept(self, voice: str | None) -> Effect:
        """Go back to what was kept last or, where that was gone back to just now, to what was kept before it."""
        voices, there = self.alive(voice), of_voice(self.keeps, voice)
        if not there:
            raise ControlError(f"nothing is kept of {voice or 'all voices together'}; `keep` keeps what plays")
        before = self._returned.get(voice)
        keep = there[(there.index(before) + 1) % len(there) if before in there else 0]
        back = self.go_back({name: keep.loops[name] for name in voices if name in keep.loops})
        self.begin_anew(voices)
        self._returned[voice] = keep
        who = f"{voice} goes" if voice else "all voices go"
        return Effect(loops=back, now=f"{who} back to what was kept at {keep.time}")

    def go_back(self, loops: Mapping[str, PlayedLoop]) -> dict[str, str]:
        """Voices play loops of before; those that can, with the recipes.

        Raises:
            ControlError: if none can.
        """
        music = self._steered.music()
        back = {name: loop.recipe for name, loop in loops.items() if music.go_back(name, loop)}
        if not back:
            raise ControlError(f"what {' and '.join(loops) or 'is kept'} played cannot be played in the scene as it is")
        self._steered.stage.fill()
        return back

    def begin_anew(self, voices: Iterable[str]) -> None:
        """What these voices go back to next is what was kept last."""
        for voice in (*voices, None):
            self._returned.pop(voice, None)

    @property
    def keeps(self) -> tuple[Keep, ...]:
        """What is kept of the present scene, oldest first."""
        return self._favourites.keeps(self._steered.stage.playing) if self._steered.stage.playing else ()

    def alive(self, voice: str | None) -> list[str]:
        """This voice, or all, as far as they do not play what is written."""
        music = self._steered.music()
        voices = [name for name in self._steered.voices(voice) if music.source(name) != "written"]
        if not voices:
            raise ControlError(f"{voice or 'every voice'} plays what is written, and nothing is composed for it")
        return voices

    def sounding(self, voices: Iterable[str]) -> dict[str, PlayedLoop]:
        """What these voices play now, as far as they have any music."""
        music = self._steered.music()
        return {name: loop for name in voices if (loop := music.sounding(name))}


def _row(keep: Keep, voices: Iterable[str]) -> Mapping[str, Any]:
    """What was kept of these voices, as plain data."""
    recipes = {voice: keep.loops[voice].recipe for voice in voices}
    return {"time": keep.time, "recipes": recipes}
