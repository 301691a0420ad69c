"""The network that foretells chords: its gradient, what it can learn, and how it is kept."""

from __future__ import annotations

import importlib
import math
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reverie.compose.chord_repetition import repeated
from reverie.compose.chord_sequence_file import read_chord_sequences, write_chord_sequences
from reverie.compose.chord_sequence_network import ChordPlace, ChordSequenceNetwork, ChordVocabulary
from reverie.compose.chord_statistics import BEGINNING
from reverie.models.errors import ModelError
from reverie.models.library.bundle import make_bundle, write_bundle
from reverie.models.library.card import ModelCard, read_card
from reverie.training.fit.chord_mixture import mixed, mixture_weights
from reverie.training.fit.chord_sequence_training import (
    ChordBatch,
    ChordSequenceDesign,
    bits_a_chord,
    chord_loss,
    first_weights,
    train_chords,
)

REPOSITORY = Path(__file__).parents[3]
SIGNATURE = "<attributes><divisions>1</divisions><key><fifths>0</fifths></key></attributes>"
MIDDLE = ("5:", "2:m7", "7:7", "5:", "2:m7", "7:7")
PLACES = [(2 * bar, 2) for bar in range(8)]
TUNES = [("major", (first, *MIDDLE, last), PLACES) for first, last in (("0:", "9:m"), ("4:7", "1:dim"))] * 4
SMALL = ChordSequenceDesign(units=16, keep=1.0, overhear=0.0, rate=0.02, batch=4, shrink=0.0, epochs=60)
EVEN = [(0.5, 0.5, 0.0)] * 5


@pytest.fixture(scope="module")
def network() -> ChordSequenceNetwork:
    return train_chords(SMALL, TUNES, TUNES[:2])


def test_the_gradient_is_the_slope_of_the_loss() -> None:
    tunes = [*TUNES[:2], ("minor", ("0:m", "7:7", "0:m"), PLACES[:3])]
    vocabulary = ChordVocabulary.of((mode, chords) for mode, chords, _ in tunes)
    chance = np.random.default_rng(1)
    weights = first_weights(vocabulary, tunes, 5, chance)
    batch = ChordBatch.of(vocabulary, tunes)
    kept = chance.integers(0, 2, (*batch.follows.shape, 5)).astype(np.float32)
    _, gradient = chord_loss(weights, batch, kept)
    for name, slope in gradient.items():
        steepness = float(np.linalg.norm(slope))
        assert steepness > 1e-3
        step = np.float32(0.02) * slope / np.float32(steepness)
        up, down = (
            chord_loss(replace(weights, **{name: getattr(weights, name) + side * step}), batch, kept)[0]
            for side in (np.float32(1), np.float32(-1))
        )
        assert (up - down) / 0.04 == pytest.approx(steepness, rel=0.01), name


def following(
    network: ChordSequenceNetwork, mode: str, before: Sequence[str], places: Sequence[ChordPlace]
) -> dict[str, float]:
    state, shares = None, np.zeros(0, np.float32)
    for chord, place in zip(before, places, strict=True):
        state, shares = network.hear(state, mode, chord, place)
    return dict(zip(network.vocabulary.chords, shares.tolist(), strict=True))


def test_it_remembers_what_no_table_of_three_chords_knows(network: ChordSequenceNetwork) -> None:
    for mode, chords, places in TUNES[:2]:
        shares = following(network, mode, [BEGINNING, *chords[:-1]], places)
        assert sum(shares.values()) == pytest.approx(1.0, abs=1e-5)
        assert shares[chords[-1]] > 0.8
    assert bits_a_chord(network, TUNES) < 0.4


def test_it_learns_which_chord_belongs_to_which_place() -> None:
    tunes = [
        ("major", ("0:", "5:", "7:", "5:", last), [(0, 2), (2, 2), (4, 2), (6, 2), (start, 2)])
        for start, last in ((8, "0:"), (12, "9:m"))
    ] * 4
    network = train_chords(SMALL, tunes, tunes[:2])
    for mode, chords, places in tunes[:2]:
        assert following(network, mode, [BEGINNING, *chords[:-1]], places)[chords[-1]] > 0.8


def test_chord_after_chord_it_says_what_it_says_of_a_batch(network: ChordSequenceNetwork) -> None:
    tunes = [TUNES[0], ("major", ("2:m7", "5:sus2", "7:7"), [(0, 1), (1, 40), (41, 3)])]
    bits = [
        -math.log2(following(network, mode, [BEGINNING, *chords[:at]], places[: at + 1])[chord])
        for mode, chords, places in tunes
        for at, chord in enumerate(chords)
        if chord != "5:sus2"
    ]
    assert "5:sus2" not in network.vocabulary.chords
    assert bits_a_chord(network, tunes) == pytest.approx(sum(bits) / len(bits), rel=1e-4)
    for mode, chords, places in tunes[:1]:
        whole = network.shares(mode, [BEGINNING, *chords[:-1]], places)[-1]
        assert whole[network.vocabulary.chords.index(chords[-1])] == pytest.approx(2 ** -bits[7], rel=1e-4)


def test_the_same_seed_makes_the_same_file_which_can_be_read_again(
    network: ChordSequenceNetwork, tmp_path: Path
) -> None:
    path, again = tmp_path / "chords.safetensors", tmp_path / "again.safetensors"
    path.write_bytes(b"")
    with pytest.raises(ModelError, match=r"chords\.safetensors: is damaged"):
        read_chord_sequences(path)
    mixture = [(0.25, 0.75, 0.0), *((0.2, 0.3, 0.1 * length) for length in range(1, 5))]
    write_chord_sequences(path, network, mixture)
    write_chord_sequences(again, train_chords(SMALL, TUNES, TUNES[:2]), mixture)
    assert read_card(path).weights == read_card(again).weights
    read, weights = read_chord_sequences(path)
    assert weights == mixture
    before = [BEGINNING, "0:"]
    assert following(read, "major", before, PLACES[:2]) == following(network, "major", before, PLACES[:2])


def test_the_bundle_of_another_model_is_no_network_of_chords(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    write_bundle(path, make_bundle(ModelCard("other", "drum_kit"), {"kernel": np.zeros((2, 2), np.float32)}))
    with pytest.raises(ModelError, match="is no network of chords"):
        read_chord_sequences(path)


def test_who_comes_to_the_same_chords_again_may_go_on_as_the_last_time() -> None:
    assert repeated([BEGINNING]) == (0, {})
    assert repeated([BEGINNING, "0:", "5:"]) == (0, {})
    assert repeated([BEGINNING, "0:", "5:", "0:"]) == (1, {"5:": 1.0})
    told = [BEGINNING, "0:", "5:", "7:", "2:m", "5:", "0:", "9:m", "5:"]
    assert repeated(told) == (1, {"7:": 0.5, "0:": 0.5})
    assert repeated([*told, "7:", "2:m"]) == (3, {"5:": 1.0})


def test_voices_of_a_mixture_count_for_what_they_explain() -> None:
    chance = np.random.default_rng(3)
    lengths = chance.integers(0, 2, 4000)
    truth = np.where(lengths == 0, 0.2, 0.6)
    by_second = chance.random(4000) < truth
    shares = np.where(by_second[:, None], [0.01, 0.5, 0.0], [0.5, 0.01, 0.0])
    weights = mixture_weights(shares, lengths)
    assert [row[1] for row in weights[:2]] == [pytest.approx(0.2, abs=0.03), pytest.approx(0.6, abs=0.03)]
    assert all(sum(row) == pytest.approx(1.0) for row in weights)
    best = -np.log2(mixed(shares, lengths, weights)).mean()
    assert best < -np.log2(mixed(shares, lengths, EVEN)).mean()


def test_the_command_compares_both_on_the_same_chords_and_writes_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(REPOSITORY / "tools")
    tool = importlib.import_module("learn_chord_sequences")
    assert tool.main([str(tmp_path)]) == 1
    assert "there are no lead sheets" in capsys.readouterr().err
    roots = "CFGCFGCC"
    bars = "".join(
        f"<measure>{SIGNATURE if not number else ''}<harmony><root><root-step>{root}</root-step></root>"
        "<kind>major</kind></harmony><note><duration>4</duration></note></measure>"
        for number, root in enumerate(roots)
    )
    for number in range(14):
        with zipfile.ZipFile(tmp_path / f"{number:02}.mxl", "w") as archive:
            archive.writestr("song.xml", f"<score-partwise><part>{bars}</part></score-partwise>")
    out = tmp_path / "chords.safetensors"
    assert tool.main([str(tmp_path), "--folds", "1", "--epochs", "3", "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert "1 of 1 folds: counts 0." in told
    assert set(read_chord_sequences(out)[0].vocabulary.chords) == {"0:", "5:", "7:"}
    card = read_card(out)
    assert (card.training["tunes"], card.training["chords"]) == (14, 98), "7 chords each, since C does not follow C"
    assert "OpenEWLD" in card.source["data"]
