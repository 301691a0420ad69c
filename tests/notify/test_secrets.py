"""Addresses with passwords: checked before they are needed, tried by a command, and shown to nobody."""

from __future__ import annotations

import asyncio
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from fakes.sinks import Mailbox, Webhook
from reverie.cli.main import main
from reverie.conductor.keeping.support_bundle import BundleParts, support_bundle
from reverie.site.load import load_site
from reverie.site.secret_file import SecretError, SecretFile

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Apprise imports what Python will lose


def site(folder: Path, text: str) -> Path:
    path = folder / "reverie.yaml"
    path.write_text(text)
    return path


def secret(folder: Path, name: str, text: str, mode: int = 0o600) -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("gone", "", "notify-crew cannot be read (No such file or directory)"),
        ("notify-crew", "nonsense SECRET", "no address that Apprise knows"),
        ("notify-crew", "", "is to have one line"),
        ("notify-crew", "json://SECRET@x\njson://y", "is to have one line"),
    ],
)
def test_the_check_tells_of_a_secret_at_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, told: str
) -> None:
    secret(tmp_path, name, text)
    config = site(tmp_path, "notify:\n  channels:\n    crew: {url_file: notify-crew}\n")
    assert main(["check", str(config)]) == 1
    output = "".join(capsys.readouterr())
    assert f"{config}:3:" in output
    assert told in output
    assert "SECRET" not in output


def test_the_check_tells_of_secrets_that_everybody_can_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret(tmp_path, "crew", "json://SECRET@127.0.0.1/", 0o644)
    secret(tmp_path, "beat", "https://127.0.0.1/SECRET", 0o644)
    secret(tmp_path, "password", "SECRET", 0o644)
    secret(tmp_path, "room-token", "SECRET that all boxes share", 0o644)
    config = site(
        tmp_path,
        "notify:\n  channels: {crew: {url_file: crew}}\n  heartbeat: {url_file: beat}\n"
        "mqtt: {host: x, username: reverie, password_file: password}\n"
        "room: {lead: true, token_file: room-token}\n",
    )
    assert main(["check", str(config)]) == 1
    output = "".join(capsys.readouterr())
    for name in ("crew", "beat", "password", "room-token"):
        assert f"every user of this machine can read {tmp_path / name}" in output
    assert "SECRET" not in output
    for name in ("crew", "beat", "password", "room-token"):
        (tmp_path / name).chmod(0o600)
    assert main(["check", str(config)]) == 0


def test_a_credential_of_the_service_is_found_by_its_name(tmp_path: Path) -> None:
    secret(tmp_path, "notify-crew", "json://x\n")
    file = SecretFile(None, "notify-crew")
    assert file.read({"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "json://x"
    with pytest.raises(SecretError, match="LoadCredential=notify-crew"):
        file.read({})


@pytest.mark.real
async def test_the_command_tries_channels_and_says_which_take_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Webhook() as hook:
        with Mailbox() as mailbox:
            secret(tmp_path, "hook", hook.url)
            secret(tmp_path, "mail", mailbox.url)
            secret(tmp_path, "away", "json://SECRET@127.0.0.1:9/")
            names = "{hook: {url_file: hook}, mail: {url_file: mail}, away: {url_file: away}}"
            config = str(site(tmp_path, f"notify: {{place: West, language: de, channels: {names}}}\n"))
            assert await asyncio.to_thread(main, ["notify", "hook", "mail", "--config", config]) == 0
            assert await asyncio.to_thread(main, ["notify", "--config", config]) == 1
            told = capsys.readouterr()
            assert await asyncio.to_thread(main, ["notify", "nobody", "--config", config]) == 1
    assert "away: what is there did not answer" in told.out
    assert "SECRET" not in told.out + told.err
    assert [one["title"] for one in hook.got] == ["West: ein Test"] * 2
    assert len(mailbox.mails) == 2
    assert "it has hook, mail, away" in capsys.readouterr().err


def test_a_support_bundle_has_no_secret(tmp_path: Path) -> None:
    for name in ("notify-crew", "beat", "password"):
        secret(tmp_path, name, "json://SECRET")
    config = site(
        tmp_path,
        "state: state\nnotify:\n  channels: {crew: {url_file: notify-crew}}\n  heartbeat: {url_file: beat}\n"
        "mqtt: {host: x, username: reverie, password_file: password}\n",
    )
    parts = BundleParts(status={}, site=load_site(config), tape=tmp_path, log=(), vitals={}, report="")
    with zipfile.ZipFile(BytesIO(support_bundle(parts))) as bundle:
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert "notify-crew" in texts["configuration.yaml"], "where it lies helps whoever helps"
    assert [name for name, text in texts.items() if "SECRET" in text] == []
