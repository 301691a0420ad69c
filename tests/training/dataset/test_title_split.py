"""What is held out is not learned from under another name."""

from __future__ import annotations

from itertools import combinations

from reverie.training.dataset.title_split import split_pieces, title_of
from reverie.training.pieces import ConvertedPiece


def piece(number: int, title: str, split: str = "") -> ConvertedPiece:
    return ConvertedPiece(f"{number:016}", f"{number}.mid", title, "4/4", 8, 30, 20.0, split)


def test_no_title_is_on_two_sides() -> None:
    pieces = [piece(2 * n, f"Song {n}") for n in range(300)] + [piece(2 * n + 1, f" song {n}") for n in range(300)]
    splits = split_pieces(pieces)
    titles = [{title_of(piece) for piece in part} for part in splits.values()]
    assert all(not one & other for one, other in combinations(titles, 2))
    assert sum(map(len, splits.values())) == 600
    train, validation, test = map(len, titles)
    assert 250 < train < 290
    assert validation > 5
    assert test > 5


def test_what_the_collection_says_counts_and_for_all_of_that_title() -> None:
    said = [piece(1, "a", "test"), piece(2, "a"), piece(3, "b", "train"), piece(4, "c", "validation")]
    splits = split_pieces(said)
    assert {split: [p.id[-1] for p in part] for split, part in splits.items()} == {
        "train": ["3"],
        "validation": ["4"],
        "test": ["1", "2"],
    }


def test_takes_of_one_name_are_where_the_collection_puts_each() -> None:
    splits = split_pieces([piece(1, "a", "train"), piece(2, "a", "validation"), piece(3, "a"), piece(4, "b", "train")])
    assert [p.id[-1] for p in splits["train"]] == ["1", "4"]
    assert [p.id[-1] for p in splits["validation"]] == ["2", "3"]


def test_of_three_titles_one_is_in_each_part_and_of_one_it_is_learned_from_or_held_out_whole() -> None:
    for seed in range(20):
        assert [len(part) for part in split_pieces([piece(n, f"{n}") for n in range(3)], seed).values()] == [1, 1, 1]
    assert sum(map(len, split_pieces([piece(1, "a"), piece(2, "a")]).values())) == 2
    assert [len(part) for part in split_pieces([]).values()] == [0, 0, 0]


def test_further_pieces_move_none_and_a_copy_is_no_further_piece() -> None:
    few = [piece(n, f"{n}") for n in range(100)]
    many = [*few, *few[:10], *(piece(n, f"{n}") for n in range(100, 200))]
    before, after = split_pieces(few), split_pieces(many)
    for split, part in before.items():
        assert set(part) <= set(after[split])
    assert sum(map(len, after.values())) == 200
    assert split_pieces(few, seed=1) != before
