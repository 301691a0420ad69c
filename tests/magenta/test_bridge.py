"""What makes Magenta run, and how training decides which checkpoint is best."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.magenta


def test_preparing_twice_is_preparing_once() -> None:
    from tensorflow.python.framework import ops  # pyright: ignore[reportAttributeAccessIssue]

    from reverie.magenta.compat import prepare

    prepare()
    mended = vars(ops)["IndexedSlices"]
    prepare()
    assert vars(ops)["IndexedSlices"] is mended


def test_a_family_hands_out_copies_of_its_configurations() -> None:
    from reverie.magenta.families import family_of

    family = family_of("attention_rnn")
    changed = family.config("attention_rnn", {"batch_size": 1, "rnn_layer_sizes": [64]})
    assert (changed.hparams.batch_size, changed.hparams.rnn_layer_sizes) == (1, [64])
    assert family.configs["attention_rnn"].hparams.batch_size == 128


def test_an_unknown_configuration_has_no_family() -> None:
    from reverie.magenta.families import family_of

    with pytest.raises(KeyError):
        family_of("rnn-nade")


@pytest.mark.parametrize("name", ["drum_kit", "mono_rnn", "chord_pitches_improv", "polyphony", "performance"])
def test_each_family_has_a_generator_that_stands_for_the_configuration(name: str, tmp_path: Path) -> None:
    from reverie.magenta.families import family_of

    family = family_of(name)
    generator = family.generator_of(family.config(name), str(tmp_path))
    assert generator.details.id == name
