"""A draft of a scene tried beside the one that runs: B from the next bar line on, and A again as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reverie.scenes.schema import Scene
from reverie.watch.verdict import Verdict


class SceneTrial:
    """Goes over to a draft and back; nothing of it touches a file.

    Args:
        playing: The scene that plays.
        change: Goes over to another text of the scene that plays; it goes on where it is.
        perform: Begins another scene.
    """

    def __init__(
        self, playing: Callable[[], Scene | None], change: Callable[[Scene], None], perform: Callable[[Scene], None]
    ) -> None:
        self._playing = playing
        self._change = change
        self._perform = perform
        self._before: Scene | None = None
        self._draft: Scene | None = None

    def begin(self, draft: Scene) -> Verdict:
        """Play a draft from the next bar line on: it goes on where its scene is, if that plays, or else begins."""
        playing = self._playing()
        if playing is None:
            return Verdict(ok=False, sentence="Nothing plays, beside which it could be tried.")
        if not self.runs:
            self._before = playing
        self._draft = draft
        self._go(draft, playing)
        return Verdict(ok=True, sentence=f"The draft of {draft.name} is heard from the next bar line on.")

    def end(self) -> Verdict:
        """Play again what was played before."""
        before, playing, tried = self._before, self._playing(), self.runs
        self._before = self._draft = None
        if before is None or playing is None or not tried:
            return Verdict(ok=False, sentence="No draft is being tried.")
        self._go(before, playing)
        return Verdict(ok=True, sentence=f"{before.name} is heard as it was, from the next bar line on.")

    @property
    def runs(self) -> bool:
        """Whether a draft plays; what its file says now, or another scene, may have taken its place."""
        playing = self._playing()
        return self._draft is not None and playing is not None and playing.hash == self._draft.hash

    def status(self) -> Mapping[str, Any] | None:
        """What is tried; None where nothing is."""
        if not self.runs or self._draft is None or self._before is None:
            return None
        return {"draft": self._draft.name, "before": self._before.name}

    def _go(self, scene: Scene, playing: Scene) -> None:
        if scene.name == playing.name:
            self._change(scene)
        else:
            self._perform(scene)
