# pyright: basic
# Magenta has no types.
"""The families of Magenta's models that Reverie trains and plays: which of Magenta's classes belong together."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from magenta.models.drums_rnn import drums_rnn_model, drums_rnn_sequence_generator
from magenta.models.improv_rnn import improv_rnn_model, improv_rnn_sequence_generator
from magenta.models.melody_rnn import melody_rnn_model, melody_rnn_sequence_generator
from magenta.models.performance_rnn import performance_model, performance_sequence_generator
from magenta.models.polyphony_rnn import polyphony_model, polyphony_sequence_generator

ModelKind = Literal["drums", "melody", "improv", "polyphony", "performance"]


@dataclass(frozen=True, slots=True)
class Family:
    """One of Magenta's families of recurrent models."""

    kind: ModelKind
    configs: Mapping[str, Any]
    model: Callable[[Any], Any]
    generator: Callable[..., Any]

    def config(self, name: str, hparams: Mapping[str, Any] | None = None) -> Any:
        """A configuration of Magenta's own, with other hyperparameters if given; a copy, so it may be changed."""
        config = copy.deepcopy(self.configs[name])
        config.hparams.override_from_dict(dict(hparams or {}))
        return config

    def generator_of(self, config: Any, checkpoint: str, model: Any = None) -> Any:
        """Magenta's generator for a configuration, which reads a checkpoint where no ``model`` with weights is given.

        Grids of sixteenths and of hundredths of a second want different settings.
        """
        if self.kind == "performance":
            settings = {
                "steps_per_second": config.steps_per_second,
                "num_velocity_bins": config.num_velocity_bins,
                "control_signals": config.control_signals,
                "optional_conditioning": config.optional_conditioning,
                "note_performance": config.note_performance,
                "fill_generate_section": False,
            }
        else:
            settings = {"steps_per_quarter": config.steps_per_quarter}
        return self.generator(model or self.model(config), config.details, checkpoint=checkpoint, **settings)


FAMILIES: tuple[Family, ...] = (
    Family(
        kind="drums",
        configs=drums_rnn_model.default_configs,
        model=drums_rnn_model.DrumsRnnModel,
        generator=drums_rnn_sequence_generator.DrumsRnnSequenceGenerator,
    ),
    Family(
        kind="melody",
        configs=melody_rnn_model.default_configs,
        model=melody_rnn_model.MelodyRnnModel,
        generator=melody_rnn_sequence_generator.MelodyRnnSequenceGenerator,
    ),
    Family(
        kind="improv",
        configs=improv_rnn_model.default_configs,
        model=improv_rnn_model.ImprovRnnModel,
        generator=improv_rnn_sequence_generator.ImprovRnnSequenceGenerator,
    ),
    Family(
        kind="polyphony",
        configs=polyphony_model.default_configs,
        model=polyphony_model.PolyphonyRnnModel,
        generator=polyphony_sequence_generator.PolyphonyRnnSequenceGenerator,
    ),
    Family(
        kind="performance",
        configs=performance_model.default_configs,
        model=performance_model.PerformanceRnnModel,
        generator=performance_sequence_generator.PerformanceRnnSequenceGenerator,
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
