"""The files of scenes while the daemon plays: which are looked at, and what becomes of one that was changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from reverie.conductor.arranging.repertoire import Repertoire
from reverie.foreign import LONGEST_LINE, plain
from reverie.scenes.schema import Scene
from reverie.watch.verdict import Verdict


class SceneFiles:
    """Reads scenes again whose files were changed.

    Args:
        repertoire: By whom they are read, and their faults told.
        playing: The scene that plays, as it was read last.
        change: Goes over to what the file of the scene that plays says now.
    """

    def __init__(
        self, repertoire: Repertoire, playing: Callable[[], Scene | None], change: Callable[[Scene], None]
    ) -> None:
        self._repertoire = repertoire
        self._playing = playing
        self._change = change

    @property
    def watched(self) -> list[Path]:
        """The files that are looked at while the music plays: of the scene that plays, and of those at fault."""
        playing = self._playing()
        return self._repertoire.watched(playing.name if playing else None)

    def changed(self, paths: Iterable[Path]) -> None:
        """Take over what plays if it is right, and tell the others' faults."""
        for name in self._repertoire.scenes_of(paths):
            self._read(name)

    def read_again(self, playing: Scene) -> Verdict:
        """Read the file of the scene that plays, and go over to it if it has changed and is right; what came of it."""
        name, before = playing.name, playing.hash
        self._read(name)
        if name in self._repertoire.broken:
            sentence = f"The scene {name} is at fault, see `reverie status`; its last good version plays on."
            return Verdict(ok=False, sentence=sentence)
        read = f"The scene {name} was read again from {plain(str(self._repertoire.file(name)), LONGEST_LINE)}"
        after = self._playing()
        if after is not None and after.hash != before:
            return Verdict(ok=True, sentence=f"{read} and has changed; it is heard from the next bar line on.")
        return Verdict(ok=True, sentence=f"{read}; it plays already as this file says.")

    def _read(self, name: str) -> None:
        scene, playing = self._repertoire.load(name), self._playing()
        if scene is not None and playing is not None and name == playing.name:
            self._change(scene)
