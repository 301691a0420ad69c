"""Which encoding a configuration speaks."""

from __future__ import annotations

from typing import Any

from reverie.models.configs import config_of
from reverie.models.encodings.base import Encoding
from reverie.models.errors import ModelError


def encoding_of(config: str) -> Encoding[Any, Any]:
    """A new encoding for the recurrent configuration ``config``.

    Raises:
        ModelError: if there is no such configuration, or it is no recurrent one.
    """
    family = config_of(config).family
    if family == "drums_rnn":
        from reverie.models.encodings.multi_drum import ENCODINGS
    elif family == "melody_rnn":
        from reverie.models.encodings.melody import ENCODINGS
    elif family == "improv_rnn":
        from reverie.models.encodings.improv import ENCODINGS
    elif family == "polyphony_rnn":
        from reverie.models.encodings.polyphony import ENCODINGS
    elif family == "performance_rnn":
        from reverie.models.encodings.performance_configs import ENCODINGS
    else:
        raise ModelError(f"{config} is no model of one event at a time")
    return ENCODINGS[config]()
