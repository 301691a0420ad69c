"""What may follow in a progression: the shipped network, the counts and repetition together."""

from __future__ import annotations

import pytest

from reverie.compose.chord_foretelling import PATH, MixedChords, chord_foreteller
from reverie.compose.chord_repetition import LONGEST
from reverie.compose.chord_sequence_file import read_chord_sequences
from reverie.compose.chord_statistics import BEGINNING, ORDER, shipped_statistics
from reverie.models.library.card import read_card

TUNE = (BEGINNING, "0:", "9:m", "2:m7", "7:7", "0:", "9:m")
PLACES = [(2 * bar, 2) for bar in range(len(TUNE))]


def test_the_shipped_network_says_what_it_was_made_of_and_how_well_it_knows_unseen_tunes() -> None:
    card = read_card(PATH)
    assert "OpenEWLD" in card.source["data"]
    assert card.source["licence"].startswith("MIT")
    assert card.training["tunes"] == 463
    assert "better in 10 of 10 folds" in card.training["held_out"].rpartition("all three")[2]


@pytest.mark.parametrize("mode", ["major", "minor"])
def test_shares_of_all_three_are_a_distribution(mode: str) -> None:
    foreteller = chord_foreteller("network", mode)
    for chord, place in zip(TUNE, PLACES, strict=True):
        shares = foreteller.after(chord, place)
        assert sum(shares.values()) == pytest.approx(1.0, abs=1e-4)
        assert min(shares.values()) >= 0


def test_counts_hear_three_chords() -> None:
    foreteller = chord_foreteller("counts", "major")
    for number, (chord, place) in enumerate(zip(TUNE, PLACES, strict=True), start=1):
        assert foreteller.after(chord, place) == shipped_statistics().following(
            "major", TUNE[max(0, number - ORDER) : number]
        )


def test_what_was_there_before_counts_as_much_as_its_weight_says() -> None:
    network, _ = read_chord_sequences(PATH)
    mute, loud = (
        MixedChords("major", shipped_statistics(), network, [(1.0 - weight, 0.0, weight)] * (LONGEST + 1))
        for weight in (0.0, 0.5)
    )
    without, having = (
        [one.after(chord, place) for chord, place in zip(TUNE, PLACES, strict=True)][-1] for one in (mute, loud)
    )
    assert having["2:m7"] == pytest.approx(without["2:m7"] / 2 + 0.5)
    assert having["5:"] == pytest.approx(without["5:"] / 2)


def test_the_network_is_told_where_the_next_chord_is() -> None:
    answers: list[float] = []
    for start in (4, 8):
        foreteller = chord_foreteller("network", "major")
        for chord, place in ((BEGINNING, (0, 2)), ("0:", (2, 2)), ("7:7", (start, 4))):
            shares = foreteller.after(chord, place)
        answers.append(shares["0:"])
    assert answers[0] != answers[1]
