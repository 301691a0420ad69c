"""Voices that are played by hand: by buttons, by strokes on a grid, by a point between tunes."""

from __future__ import annotations

from dataclasses import replace

from reverie.clock import Clock
from reverie.control.effect import Effect
from reverie.control.loop_hand import LoopHand
from reverie.control.override_sentences import plays
from reverie.control.pressed_contour import PressedContour
from reverie.control.steered import Steered
from reverie.control.undo import Act
from reverie.site.actions import Action, ControlError, button_of
from reverie.site.loop_wishes import LoopWish

COMPOSING = 0.7
"""Seconds within which most loops are composed: what is told to be heard from a bar on is to be heard there."""


class PlayHand:
    """Has voices play what hands do.

    Args:
        steered: What is set, and what plays.
        loops: By whom voices go back to what they played before.
        clock: By which buttons are pressed.
    """

    def __init__(self, steered: Steered, loops: LoopHand, clock: Clock) -> None:
        self._steered = steered
        self._loops = loops
        self._clock = clock
        self._pressed: dict[str, PressedContour] = {}

    def forget(self) -> None:
        """Another scene begins."""
        self._pressed.clear()

    def play(self, action: Action) -> Effect:
        """Do an act on a voice.

        Raises:
            ControlError: if the voice cannot play so.
        """
        voice = action.voice or ""
        self._steered.voices(voice)
        return Effect(now=self._press(action)) if action.kind == "contour" else self._ask(voice, action.loop)

    def undo(self, act: Act) -> tuple[str, dict[str, str]]:
        """A voice plays as it did before an act; how it stands then, and the loops that come back."""
        voice, before = act.action.voice or "", act.overrides
        if act.action.kind == "contour":
            return self._set_contour(voice, before.contours.get(voice)), {}
        now = self._ask(voice, before.asked.get(voice)).now
        return now, self._loops.go_back(act.played) if act.played and voice not in before.asked else {}

    def ask_again(self) -> None:
        """The scene's file was changed: what was asked is asked of its voices as they are now."""
        for voice, wish in self._steered.overrides.asked.items():
            try:
                self._ask(voice, wish)
            except ControlError:
                self._steered.music().ask(voice, None, self._steered.stage.open_bar())
        self.forget_unasked()

    def forget_unasked(self) -> None:
        """Know no more of what voices do not play any more: others wanted otherwise, or nothing could be made of it."""
        music, asked = self._steered.stage.music, self._steered.overrides.asked
        if music is not None and asked:
            still = {voice: wish for voice, wish in asked.items() if music.asks(voice)}
            self._steered.overrides = replace(self._steered.overrides, asked=still)

    def _ask(self, voice: str, wish: LoopWish | None) -> Effect:
        """Have a voice play what is wanted of it, or go on by itself; where it is held, nothing can be asked."""
        music, overrides = self._steered.music(), self._steered.overrides
        if wish is not None and voice in overrides.looping:
            raise ControlError(f"{voice} is held to the loop that it plays")
        bar = music.ask(voice, wish, self._steered.stage.open_bar(COMPOSING if wish else 0.0))
        others = {name: there for name, there in overrides.asked.items() if name != voice}
        self._steered.overrides = replace(overrides, asked=others | ({voice: wish} if wish else {}))
        self._loops.begin_anew([voice])
        self._steered.stage.fill()
        return Effect(now=f"{voice} {plays(wish)}", bar=bar)

    def _press(self, action: Action) -> str:
        """A button is pressed, and what was pressed lately is the contour of the voice's loops to come."""
        music, voice = self._steered.music(), action.voice or ""
        button, contour = int(button_of(action.value)), None
        before = self._pressed.get(voice)
        pressed = PressedContour([*before.presses] if before and button else [])
        if button:
            pressed.press(button, self._clock.now())
            contour = pressed.written(self._steered.overrides.tempo or music.tempo())
        now = self._set_contour(voice, contour)
        self._pressed[voice] = pressed
        return now

    def _set_contour(self, voice: str, contour: str | None) -> str:
        if not self._steered.music().set_contour(voice, contour):
            raise ControlError(f"{voice} has no buttons; voices of kind genie have")
        self._pressed.pop(voice, None)
        overrides = self._steered.overrides
        others = {name: written for name, written in overrides.contours.items() if name != voice}
        self._steered.overrides = replace(overrides, contours=others | ({voice: contour} if contour else {}))
        self._steered.stage.fill()
        return f"{voice} is played by the buttons {contour}" if contour else f"{voice} has its own contour again"
