"""Why the text of a scene cannot be read or saved."""

from __future__ import annotations

from reverie.errors import ReverieError


class SceneTextError(ReverieError):
    """A scene cannot be read or saved; ``key`` is what the page calls the reason."""

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__(sentence)
        self.key = key
