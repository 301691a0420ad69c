"""What people have set, and the stage that follows it: shared by all that people can do."""

from __future__ import annotations

from reverie.control.overrides import Overrides
from reverie.control.stage import Music, Stage
from reverie.foreign import quoted
from reverie.site.actions import ControlError, Kind


class Steered:
    """Holds what is set, tells the player of it, and finds the voices that are meant."""

    def __init__(self, stage: Stage, overrides: Overrides) -> None:
        self.stage = stage
        self.overrides = overrides

    def set(self, overrides: Overrides) -> None:
        """This is set from now on, and the player is told."""
        self.overrides = overrides
        self.stage.override(overrides.for_player)

    def music(self) -> Music:
        """What plays.

        Raises:
            ControlError: if nothing does yet.
        """
        music = self.stage.music
        if music is None:
            raise ControlError("nothing plays yet")
        return music

    def voices(self, voice: str | None = None) -> list[str]:
        """This voice, or all of the scene (None).

        Raises:
            ControlError: if there is no such voice.
        """
        names = [part.name for part in self.music().parts]
        if voice is not None and voice not in names:
            raise ControlError(f"the scene has no voice {quoted(voice)}; it has {', '.join(names)}")
        return names if voice is None else [voice]

    def able(self, voice: str | None, wanted: Kind) -> list[str]:
        """Those of the voices that are meant of which this can be wanted.

        Raises:
            ControlError: if it can be of none, with the reason of the first.
        """
        music, names = self.music(), self.voices(voice)
        found = {name: music.lacks(name, wanted) for name in names}
        able = [name for name in names if not found[name]]
        if not able:
            raise ControlError(found[names[0]] if voice else found[names[0]].replace(names[0], "every voice", 1))
        return able
