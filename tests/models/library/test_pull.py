"""Pulling published models over a network that is not always there."""

from __future__ import annotations

import dataclasses
import errno
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.checkpoints import magenta_js
from fakes.model_server import ModelServer, serving
from reverie.models.errors import ModelError
from reverie.models.golden import check
from reverie.models.library.bundle import read_bundle
from reverie.models.library.catalogue import PublishedModel
from reverie.models.library.download import download
from reverie.models.library.importing import Imported, ImportRequest
from reverie.models.library.pull import KNOWN, _alone, known_hashes, pull

DATA = bytes(range(256)) * 2000


def no_progress(name: str, done: int, total: int | None) -> None:
    pass


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving(ModelServer(files={"/file": DATA})) as server:
        yield server


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


def test_a_file_is_downloaded(server: ModelServer, path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    download(f"{server.url}/file", path, lambda *progress: seen.append(progress))
    assert path.read_bytes() == DATA
    assert seen[-1] == ("file", len(DATA), len(DATA))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert [file.name for file in path.parent.iterdir()] == ["file"]


def test_a_broken_connection_is_taken_up_again(server: ModelServer, path: Path) -> None:
    server.breaks = [100_000, 300_000]
    download(f"{server.url}/file", path, no_progress)
    assert path.read_bytes() == DATA
    assert [wanted for _, wanted in server.asked] == [None, "bytes=100000-", "bytes=400000-"]


def test_an_interrupted_download_goes_on_the_next_time(server: ModelServer, path: Path) -> None:
    def interrupt(name: str, done: int, total: int | None) -> None:
        if done > 200_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(f"{server.url}/file", path, interrupt)
    assert not path.exists()
    assert path.with_name("file.part").stat().st_size > 200_000
    download(f"{server.url}/file", path, no_progress)
    assert path.read_bytes() == DATA
    assert server.asked[1][1] is not None


def test_a_file_that_changed_meanwhile_is_downloaded_from_its_beginning(server: ModelServer, path: Path) -> None:
    server.breaks = [100_000, 0]
    with pytest.raises(ModelError, match=r"100,000 bytes came and are kept"):
        download(f"{server.url}/file", path, no_progress)
    server.files["/file"] = DATA[::-1]
    download(f"{server.url}/file", path, no_progress)
    assert path.read_bytes() == DATA[::-1]


def test_a_shorter_file_that_changed_meanwhile_is_downloaded_from_its_beginning(
    server: ModelServer, path: Path
) -> None:
    server.breaks = [100_000, 0]
    with pytest.raises(ModelError, match="came and are kept"):
        download(f"{server.url}/file", path, no_progress)
    server.files["/file"] = b"short"
    download(f"{server.url}/file", path, no_progress)
    assert path.read_bytes() == b"short"


def test_what_is_beyond_the_end_is_downloaded_anew(server: ModelServer, path: Path) -> None:
    path.with_name("file.part").write_bytes(b"x" * (len(DATA) + 1))
    import hashlib

    path.with_name("file.part.tag").write_text(f'"{hashlib.sha256(DATA).hexdigest()[:16]}"')
    download(f"{server.url}/file", path, no_progress)
    assert path.read_bytes() == DATA


def test_a_server_without_ranges_sends_all_of_it_again(server: ModelServer, path: Path) -> None:
    server.ranges = False
    server.breaks = [100_000]
    download(f"{server.url}/file", path, no_progress)
    assert path.read_bytes() == DATA


def test_a_server_without_versions_is_asked_for_all_of_it_again(server: ModelServer, path: Path) -> None:
    server.versions = False
    server.breaks = [100_000]
    download(f"{server.url}/file", path, no_progress)
    assert path.read_bytes() == DATA
    assert [wanted for _, wanted in server.asked] == [None, None]


def test_a_server_that_always_breaks_at_the_same_place_is_given_up(server: ModelServer, path: Path) -> None:
    server.ranges = False
    server.breaks = [1000] * 50
    with pytest.raises(ModelError, match="the connection broke"):
        download(f"{server.url}/file", path, no_progress)
    assert len(server.asked) == 2


def test_a_part_that_was_not_asked_for_is_not_used(server: ModelServer, path: Path) -> None:
    server.breaks = [100_000]
    server.misplaced = 7
    with pytest.raises(ModelError, match="the server sends another part than was asked for"):
        download(f"{server.url}/file", path, no_progress)
    download(f"{server.url}/file", path, no_progress)
    assert path.read_bytes() == DATA


def test_a_server_that_does_not_say_how_long_a_file_is(server: ModelServer, path: Path) -> None:
    server.lengths = False
    download(f"{server.url}/file", path, no_progress)
    assert path.read_bytes() == DATA


def test_without_a_network_it_says_so_at_once(path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(ModelError) as caught:
            download(f"http://127.0.0.1:{port}/file", path, no_progress)
    assert str(caught.value) == (
        "127.0.0.1 cannot be reached (Connection refused); nothing was changed. Connect to the network and give the"
        " same command again"
    )
    assert not list(path.parent.iterdir())


def test_a_file_that_is_not_published(server: ModelServer, path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        download(f"{server.url}/gone", path, no_progress)


def test_a_full_disk_is_told_from_a_broken_network(server: ModelServer, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"file\.part\.tag: cannot be written"):
        download(f"{server.url}/file", tmp_path / "no-folder" / "file", no_progress)


@pytest.fixture
def published(server: ModelServer, tmp_path: Path) -> PublishedModel:
    """A Piano Genie with random weights, as magenta.js publishes models."""
    for file in magenta_js(tmp_path / "published", genie_tensors(1)).iterdir():
        server.files[f"/js/genie/{file.name}"] = file.read_bytes()
    return PublishedModel("genie", "piano_genie", "magenta.js", f"{server.url}/js/genie", "Buttons.", "Apache-2.0")


def genie_tensors(seed: int) -> dict[str, NDArray[Any]]:
    random = np.random.default_rng(seed)
    scope = "phero_model/decoder"
    shapes = {
        f"{scope}/rnn_input/dense/kernel": (123, 8),
        f"{scope}/rnn_input/dense/bias": (8,),
        f"{scope}/rnn/rnn/multi_rnn_cell/cell_0/lstm_cell/kernel": (16, 32),
        f"{scope}/rnn/rnn/multi_rnn_cell/cell_0/lstm_cell/bias": (32,),
        f"{scope}/rnn/rnn/multi_rnn_cell/cell_1/lstm_cell/kernel": (16, 32),
        f"{scope}/rnn/rnn/multi_rnn_cell/cell_1/lstm_cell/bias": (32,),
        f"{scope}/pitches/dense/kernel": (8, 88),
        f"{scope}/pitches/dense/bias": (88,),
    }
    return {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def pulled(entry: PublishedModel, folder: Path, wish: ImportRequest | None = None) -> Imported:
    return pull(entry, folder, no_progress, wish)


def test_a_model_is_pulled_and_imported(published: PublishedModel, folder: Path) -> None:
    imported = pulled(published, folder)
    bundle = read_bundle(imported.path)
    assert imported.path == folder / "genie.safetensors"
    assert check(bundle) == 0
    assert bundle.card.source["url"] == published.url
    assert bundle.card.source["licence"] == "Apache-2.0"
    assert sorted(path.name for path in folder.iterdir()) == ["genie.safetensors", KNOWN]
    assert set(known_hashes(folder)) == {f"{published.url}/weights_manifest.json", f"{published.url}/group1-shard1of1"}


def test_what_is_there_is_not_pulled_again(published: PublishedModel, folder: Path, server: ModelServer) -> None:
    first = pulled(published, folder)
    asked = len(server.asked)
    again = pulled(published, folder)
    assert again.path == first.path
    assert again.notes == (f"{first.path} is there already",)
    assert len(server.asked) == asked


def test_a_model_from_elsewhere_is_not_overwritten(published: PublishedModel, folder: Path) -> None:
    pulled(published, folder)
    other = dataclasses.replace(published, url=f"{published.url}2")
    with pytest.raises(ModelError, match="comes from elsewhere; give another --name, or --replace"):
        pulled(other, folder)


def test_a_file_that_changed_since_it_was_first_pulled_is_refused(
    published: PublishedModel, folder: Path, server: ModelServer, tmp_path: Path
) -> None:
    before = pulled(published, folder).path.read_bytes()
    for file in magenta_js(tmp_path / "changed", genie_tensors(2)).iterdir():
        server.files[f"/js/genie/{file.name}"] = file.read_bytes()
    with pytest.raises(ModelError, match=r"is not the file that was pulled before .* remove its line from"):
        pulled(published, folder, ImportRequest(replace=True))
    assert (folder / "genie.safetensors").read_bytes() == before

    record = json.loads((folder / KNOWN).read_text())
    del record[f"{published.url}/group1-shard1of1"]
    (folder / KNOWN).write_text(json.dumps(record))
    assert pulled(published, folder, ImportRequest(replace=True)).path.read_bytes() != before


def test_a_pull_that_broke_off_goes_on(published: PublishedModel, folder: Path, server: ModelServer) -> None:
    shard = len(server.files["/js/genie/group1-shard1of1"])
    server.breaks = [100_000, shard // 2, 0]
    with pytest.raises(ModelError, match="came and are kept"):
        pulled(published, folder)
    assert [path.name for path in folder.iterdir()] == [".pulling"]
    asked = len(server.asked)
    pulled(published, folder)
    assert server.asked[asked] == ("/js/genie/group1-shard1of1", f"bytes={shard // 2}-")
    assert sorted(path.name for path in folder.iterdir()) == ["genie.safetensors", KNOWN]


def test_a_login_page_in_place_of_a_model_is_neither_used_nor_trusted(
    published: PublishedModel, folder: Path, server: ModelServer
) -> None:
    right = dict(server.files)
    server.files = dict.fromkeys(right, b"<html>Welcome to the hotel</html>")
    with pytest.raises(ModelError, match=r"weights_manifest\.json is none of magenta\.js's"):
        pulled(published, folder)
    assert not list(folder.iterdir())
    server.files = right
    assert pulled(published, folder).path.is_file()


def test_a_bundle_in_one_file_is_refused_alike(server: ModelServer, folder: Path) -> None:
    server.files["/models/basic_rnn.mag"] = b"<html>Welcome to the hotel</html>"
    entry = PublishedModel("basic_rnn", "basic_rnn", "mag", f"{server.url}/models/basic_rnn.mag", "", "Apache-2.0")
    with pytest.raises(ModelError, match="is damaged"):
        pulled(entry, folder)
    assert not list(folder.iterdir())


def test_a_model_without_configuration_is_not_asked_for(
    published: PublishedModel, folder: Path, server: ModelServer
) -> None:
    with pytest.raises(ModelError, match="was not pulled, since Reverie cannot play it: no voice"):
        pulled(dataclasses.replace(published, config=None, why_not="no voice"), folder)
    assert not server.asked


def test_a_file_that_is_gone_is_named(published: PublishedModel, folder: Path, server: ModelServer) -> None:
    del server.files["/js/genie/group1-shard1of1"]
    with pytest.raises(ModelError, match="group1-shard1of1: is not published there any more"):
        pulled(published, folder)


def test_two_pulls_at_once_keep_out_of_each_others_way(published: PublishedModel, folder: Path) -> None:
    downloads = folder / ".pulling" / "genie"
    downloads.mkdir(parents=True)
    other = os.open(downloads, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    try:
        with pytest.raises(ModelError, match="genie is being pulled already"):
            pulled(published, folder)
    finally:
        os.close(other)


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_damaged_record_of_hashes_is_not_passed_over(published: PublishedModel, folder: Path, text: str) -> None:
    folder.mkdir()
    (folder / KNOWN).write_text(text)
    with pytest.raises(ModelError, match="remove it to trust what is published now"):
        pulled(published, folder)


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_folder_without_locks_keeps_nobody_from_pulling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with _alone(tmp_path), pytest.raises(ModelError, match="is being pulled already"), _alone(tmp_path):
        pytest.fail("it was let in")
    monkeypatch.setattr(fcntl, "flock", refuse)
    with _alone(tmp_path):
        pass
