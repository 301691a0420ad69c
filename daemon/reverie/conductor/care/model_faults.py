"""What keeps models from composing: each reason is one fault, however many models it keeps."""

from __future__ import annotations

from reverie.watch.fault_kinds import MODEL_CANNOT_COMPOSE
from reverie.watch.faults import Faults


class ModelFaults:
    """A sentence for each model that cannot compose, told to the register of faults."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._models: dict[str, str] = {}

    def add(self, model: str, sentence: str) -> None:
        """A model failed; where another failed for the same reason, that is no news."""
        if self._models.get(model) != sentence:
            self.drop(model)
            self._models[model] = sentence
            self._tell()

    def drop(self, model: str) -> None:
        """A model works."""
        if self._models.pop(model, None) is not None:
            self._tell()

    def _tell(self) -> None:
        """One fault for each reason, under the name of the model that came first."""
        first: dict[str, str] = {}
        for model, sentence in self._models.items():
            first.setdefault(sentence, model)
        self._faults.only(MODEL_CANNOT_COMPOSE, first.values())
        for sentence, model in first.items():
            self._faults.tell(MODEL_CANNOT_COMPOSE, model, sentence)
