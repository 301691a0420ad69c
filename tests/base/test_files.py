from __future__ import annotations

from pathlib import Path

import pytest

from reverie.files import write_atomically


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.json"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_atomically(path, b"one")
    with pytest.raises(TypeError):
        write_atomically(path, "text is no bytes")  # pyright: ignore[reportArgumentType]
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]
