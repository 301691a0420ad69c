"""The file of the network that foretells chords: its weights, its chords, and how much it counts beside other voices.

It is a run-time bundle as models of voices are, with a card that says of what and how it was made. No voice can name
it, so that it lies beside the counts of chords and not among the models.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reverie.compose.chord_repetition import LONGEST
from reverie.compose.chord_sequence_network import (
    ChordSequenceNetwork,
    ChordSequenceWeights,
    ChordVocabulary,
    MixtureWeights,
)
from reverie.models.errors import ModelError
from reverie.models.library.bundle import make_bundle, read_bundle, write_bundle
from reverie.models.library.card import ModelCard

CONFIG = "chord_sequences"
_VOICES = ("counts", "network", "repetition")


def write_chord_sequences(
    path: Path,
    network: ChordSequenceNetwork,
    mixture: MixtureWeights,
    source: Mapping[str, Any] | None = None,
    training: Mapping[str, Any] | None = None,
) -> None:
    """Write a network and what it counts for; ``source`` and ``training`` are facts for people.

    Raises:
        OSError: if the folder cannot be written.
    """
    card = ModelCard(
        name=path.stem,
        config=CONFIG,
        settings={
            "chords": " ".join(network.vocabulary.chords),
            "modes": " ".join(network.vocabulary.modes),
            **{
                f"{voice}_{length}": weight
                for length, weights in enumerate(mixture)
                for voice, weight in zip(_VOICES, weights, strict=True)
            },
        },
        source=source or {},
        training=training or {},
    )
    write_bundle(path, make_bundle(card, network.weights.as_tensors()))


def read_chord_sequences(path: Path) -> tuple[ChordSequenceNetwork, MixtureWeights]:
    """Read :func:`write_chord_sequences`' file.

    Raises:
        ModelError: if it is missing, damaged, or another model.
    """
    bundle = read_bundle(path)
    said = bundle.card.settings
    try:
        vocabulary = ChordVocabulary(tuple(str(said["chords"]).split(" ")), tuple(str(said["modes"]).split(" ")))
        weights = ChordSequenceWeights(**bundle.weights)
        counts, network, repetition = (
            [float(said[f"{voice}_{length}"]) for length in range(LONGEST + 1)] for voice in _VOICES
        )
    except (LookupError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: is no network of chords ({error}); reinstall Reverie") from error
    return ChordSequenceNetwork(vocabulary, weights), [*zip(counts, network, repetition, strict=True)]
