"""Which pieces are learned from, and which are held out: by title, never by slices of a piece.

Two settings of one song have most of their notes in common: with one on each side, a model would be praised for what it
has learned by heart.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping

from reverie.training.pieces import ConvertedPiece
from reverie.training.workspace import SPLITS, Split

_PLACES = 1000
_VALIDATION = 900
_TEST = 950
"""Of a thousand places that a title's digest may have, those from here on are held out."""
_FEWEST = 3
"""So many titles make a part of each kind."""


def title_of(piece: ConvertedPiece) -> str:
    """What pieces are told apart by: case, accents' spelling and surrounding blanks make no other title."""
    return unicodedata.normalize("NFKC", piece.title).casefold().strip() or piece.id


def split_pieces(pieces: Iterable[ConvertedPiece], seed: int = 0) -> Mapping[Split, tuple[ConvertedPiece, ...]]:
    """Divide pieces into those to learn from, about nine in ten titles, and two parts held out.

    What the collection says of a piece counts, and counts for other pieces of that title of which it says nothing: if
    some of them are held out, they are. Other titles go by their digest, so that further pieces move none; of three
    titles or more, one at least is in each part.

    Args:
        pieces: what was converted; of the same bytes only the first is kept.
        seed: draws another division.
    """
    titles: defaultdict[str, dict[str, ConvertedPiece]] = defaultdict(dict)
    for piece in pieces:
        titles[title_of(piece)].setdefault(piece.id, piece)
    splits: dict[str, Split] = {}
    for title, same in titles.items():
        told = {piece.split for piece in same.values()}
        said: list[Split] = [split for split in SPLITS if split in told]
        splits[title] = said[-1] if said else _by_place(_place(title, seed))
    free = [title for title, same in titles.items() if not any(piece.split for piece in same.values())]
    free.sort(key=lambda title: _place(title, seed))
    for wanted in SPLITS if len(titles) >= _FEWEST else ():
        if wanted not in splits.values():
            movable = [title for title in free if list(splits.values()).count(splits[title]) > 1]
            if movable:
                splits[movable[0 if wanted == "train" else -1]] = wanted
    members = [(piece, piece.split or splits[title]) for title, same in titles.items() for piece in same.values()]
    return {split: tuple(piece for piece, its in members if its == split) for split in SPLITS}


def _place(title: str, seed: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{title}".encode()).digest()[:4], "big") % _PLACES


def _by_place(place: int) -> Split:
    return "train" if place < _VALIDATION else "validation" if place < _TEST else "test"
