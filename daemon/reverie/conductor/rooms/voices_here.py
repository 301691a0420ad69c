"""Which voices of the piece sound on this box, where others of the room sound the rest."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from reverie.play.messages import BlendBanks, Place, SetScene, TakeBank, ToPlayer


def voices_here(voices: Collection[str], wanted: Collection[str]) -> frozenset[str]:
    """Which of a scene's voices sound on a box that has ``wanted``; all of them where it has none of the scene's."""
    return frozenset(voices).intersection(wanted) or frozenset(voices)


class VoicesHere:
    """Leaves out of what the player is told all that concerns voices of other boxes.

    All voices are composed on every box: so they hear each other wherever they sound. A scene that has none of the
    box's voices sounds with all of its own, as a box is never silent by accident.

    Args:
        wanted: The voices of this box; none: all.
    """

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted = frozenset(wanted)
        self._away: frozenset[str] = frozenset()

    def scene_here(self, scene: SetScene) -> SetScene:
        """The scene with the parts that sound on this box."""
        here = voices_here([part.name for part in scene.parts], self._wanted)
        return replace(scene, parts=tuple(part for part in scene.parts if part.name in here))

    def sifted(self, told: ToPlayer) -> ToPlayer | None:
        """What is left of it for this box; None: nothing."""
        match told:
            case SetScene():
                here = self.scene_here(told)
                self._away = frozenset(part.name for part in told.parts) - {part.name for part in here.parts}
                return here
            case Place() | TakeBank() | BlendBanks():
                return None if told.part in self._away else told
            case _:
                return told
