"""What is at fault with models: told once in the log, and kept until it is mended."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)


class Complaints:
    """A sentence for each model that cannot compose."""

    def __init__(self) -> None:
        self._models: dict[str, str] = {}

    @property
    def sentences(self) -> list[str]:
        """All of them, each once."""
        return sorted(set(self._models.values()))

    def add(self, model: str, sentence: str) -> None:
        """A model failed; where another failed for the same reason, that is no news."""
        if self._models.get(model) != sentence:
            if sentence not in self._models.values():
                log.warning("%s. Loops that are there already play instead.", sentence.rstrip("."))
            self._models[model] = sentence

    def drop(self, model: str) -> None:
        """A model works."""
        self._models.pop(model, None)
