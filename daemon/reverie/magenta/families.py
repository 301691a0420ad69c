# pyright: basic, reportMissingImports=false
# Magenta has no types.
"""The families of Magenta's models that Reverie trains and plays: which of Magenta's classes belong together."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from magenta.models.drums_rnn import drums_rnn_model, drums_rnn_pipeline, drums_rnn_sequence_generator
from magenta.models.melody_rnn import melody_rnn_model, melody_rnn_pipeline, melody_rnn_sequence_generator

ModelKind = Literal["drums", "melody"]


@dataclass(frozen=True, slots=True)
class Family:
    """One of Magenta's families of recurrent models.

    ``examples`` is the name under which its pipeline puts what it makes for training.
    """

    kind: ModelKind
    configs: Mapping[str, Any]
    model: Callable[[Any], Any]
    generator: Callable[..., Any]
    pipeline: Callable[..., Any]
    examples: str

    def config(self, name: str, hparams: Mapping[str, Any] | None = None) -> Any:
        """A configuration of Magenta's own, with other hyperparameters if given; a copy, so it may be changed."""
        config = copy.deepcopy(self.configs[name])
        config.hparams.override_from_dict(dict(hparams or {}))
        return config


FAMILIES: tuple[Family, ...] = (
    Family(
        kind="drums",
        configs=drums_rnn_model.default_configs,
        model=drums_rnn_model.DrumsRnnModel,
        generator=drums_rnn_sequence_generator.DrumsRnnSequenceGenerator,
        pipeline=drums_rnn_pipeline.get_pipeline,
        examples="training_drum_tracks",
    ),
    Family(
        kind="melody",
        configs=melody_rnn_model.default_configs,
        model=melody_rnn_model.MelodyRnnModel,
        generator=melody_rnn_sequence_generator.MelodyRnnSequenceGenerator,
        pipeline=melody_rnn_pipeline.get_pipeline,
        examples="training_melodies",
    ),
)


def family_of(config_name: str) -> Family:
    """The family that has a configuration of that name.

    Raises:
        KeyError: if none has.
    """
    for family in FAMILIES:
        if config_name in family.configs:
            return family
    raise KeyError(config_name)
