"""Tokens of the page that are of no use, or no secret, told at their places."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverie.conductor.arranging.check import check
from reverie.conductor.arranging.scene_remarks import remarks_on


def told(folder: Path, text: str) -> list[str]:
    site = folder / "reverie.yaml"
    site.write_text(text)
    return [str(fault).removeprefix(f"{site}:") for fault in check([site], site)]


def token(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "token"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_good_token_is_right(tmp_path: Path) -> None:
    token(tmp_path, "a token that nobody guesses\n")
    assert told(tmp_path, "page:\n  artist_token_file: token\n") == []


@pytest.mark.parametrize(
    ("text", "mode", "sentence"),
    [
        ("short\n", 0o600, "is to have one line of 16 to 256 characters, and has 5"),
        ("", 0o600, "and has 0"),
        ("two lines of a file\nare no token at all\n", 0o600, "one line"),
        ("x" * 5000, 0o600, "16 to 256 characters"),
        ("a token that nobody guesses\n", 0o644, "every user of this machine can read"),
    ],
)
def test_a_token_that_is_none_is_told_at_its_line(tmp_path: Path, text: str, mode: int, sentence: str) -> None:
    path = token(tmp_path, text, mode)
    [fault] = told(tmp_path, "page:\n  technician_token_file: token\n")
    assert fault.startswith("2:26: ")
    assert str(path) in fault
    assert sentence in fault
    assert text.strip() == "" or text.strip() not in fault, "what is in it stays there"


def test_a_token_that_is_not_there_is_told(tmp_path: Path) -> None:
    [fault] = told(tmp_path, "page: {artist_token_file: nowhere}\n")
    assert f"{tmp_path / 'nowhere'} cannot be read (No such file or directory)" in fault


def test_one_token_for_both_roles_is_told(tmp_path: Path) -> None:
    token(tmp_path, "a token that nobody guesses\n")
    [fault] = told(tmp_path, "page:\n  artist_token_file: token\n  technician_token_file: token\n")
    assert "3:26: this token is that of the artist too" in fault


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("{certificate: c.pem}", "HTTPS needs both `certificate` and `key`, and here is no `key`"),
        ("{key: k.pem}", "and here is no `certificate`"),
        ("{role_header: X-Role}", "`proxies` says which networks are"),
        ("{role_header: 'X Role', proxies: [127.0.0.1]}", "is no name of a header"),
        ("{proxies: [192.168.1.1/24]}", "is no network"),
        ("{proxies: [nginx]}", "is no network"),
        ("{monitoring: ['*']}", "is no network"),
        ("{hosts: ['https://music.example']}", "is no name of a machine"),
        ("{hosts: ['music.example:80']}", "is no name of a machine"),
        ("{contact: {name: Desk, telephone: call me}}", "is no telephone number"),
        ("{contact: {telephone: '110'}}", "name"),
        ("{token: x}", "token"),
    ],
)
def test_what_cannot_be_meant_is_told(tmp_path: Path, page: str, sentence: str) -> None:
    [fault] = told(tmp_path, f"page: {page}\n")
    assert sentence in fault


@pytest.mark.parametrize(
    ("page", "place"),
    [
        ("{here: visitor}", "1:14"),
        ("{here: artist, proxies: [127.0.0.1]}", "1:14"),
        ("{proxies: [127.0.0.0/8]}", "1:17"),
        ("{proxies: [192.0.2.1]}", None),
        ("{here: technician}", None),
        ("{here: visitor, technician_token_file: token}", None),
        ("{proxies: [127.0.0.1], role_header: X-Reverie-Role}", None),
    ],
)
def test_a_page_on_which_nobody_is_technician_is_remarked_on(tmp_path: Path, page: str, place: str | None) -> None:
    token(tmp_path, "a token that nobody guesses\n")
    site = tmp_path / "reverie.yaml"
    site.write_text(f"page: {page}\n")
    remarks = [str(one).removeprefix(f"{site}:") for one in remarks_on([site], site)]
    assert [one.partition(": ")[0] for one in remarks] == ([place] if place else [])
    assert all("`technician_token_file` names a token" in one for one in remarks)
