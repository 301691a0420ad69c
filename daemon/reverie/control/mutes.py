"""Who is heard: mutes and a solo, none of which leaves nobody sounding."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from reverie.control.overrides import SOON, Overrides, last_heard, muted, soloed
from reverie.control.steered import Steered
from reverie.site.actions import Action, ControlError


class Mutes:
    """Mutes voices, and lets them sound."""

    def __init__(self, steered: Steered) -> None:
        self._steered = steered

    def mute(self, action: Action) -> None:
        """A voice is muted, or heard again.

        Raises:
            ControlError: if there is no such voice, or no other would sound in its bars.
        """
        on = None if action.value is None else bool(action.value)
        self._steered.set(self._steered.overrides.muting(self._muted(action.voice or "", on=on)))

    def solo(self, action: Action) -> None:
        """A voice sounds alone, or with the others again.

        Raises:
            ControlError: if there is no such voice, or nothing would sound while it rests.
        """
        now, voice = self._steered.overrides, action.voice or ""
        self._steered.voices(voice)
        on = now.solo != voice if action.value is None else bool(action.value)
        self._steered.set(soloed(self._steered.music().parts, now, voice, on=on, ahead=self._ahead()))

    def undo_mute(self, voice: str, before: Overrides) -> None:
        """A voice is muted again as it was, and whoever sounded alone does.

        Raises:
            ControlError: if nothing would sound then.
        """
        now = self._muted(voice, on=voice in before.muted)
        if before.solo is not None:
            self.undo_solo(before)
        else:
            self._steered.set(self._steered.overrides.muting(now))

    def undo_solo(self, before: Overrides) -> None:
        """Voices are muted as they were, whoever sounded alone then.

        Raises:
            ControlError: if nothing would sound in some bars that come.
        """
        if any(last_heard(sounding, before.muted) for sounding in self._ahead()):
            raise ControlError("with the mutes of before nothing would sound in some bars that come")
        now = self._steered.overrides
        self._steered.set(replace(now, muted=before.muted, solo=before.solo, before_solo=before.before_solo))

    def hear_somebody(self) -> list[str]:
        """Let those be heard who would sound in this bar or the next, if they were not all muted; who they are.

        What a section, a dream or an end leaves over may be just those whom people have muted before. They are let in
        a bar early, as the player has to know it before their first note.
        """
        music, silent = self._steered.stage.music, self._steered.overrides.muted
        if music is None or not silent:
            return []
        last = frozenset[str]().union(*(last_heard(music.voices_in(ahead), silent) for ahead in (0, 1)))
        if last:
            self._steered.set(self._steered.overrides.muting(silent - last))
        return sorted(last)

    def _muted(self, voice: str, *, on: bool | None) -> frozenset[str]:
        parts = self._steered.music().parts
        return muted(parts, self._steered.overrides.muted, voice, on=on, ahead=self._ahead())

    def _ahead(self) -> Iterator[Collection[str]]:
        music = self._steered.music()
        return (music.voices_in(bars) for bars in range(SOON))
