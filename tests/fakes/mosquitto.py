"""A real MQTT broker, mosquitto, with a configuration of its own; and whoever watches it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import aiomqtt
import pytest

from fakes.daemon import free_port
from fakes.jack import wait_until
from fakes.patience import PATIENCE


class Broker:
    """mosquitto in ``folder``; with a ``password`` it lets only the user ``reverie`` in, and may speak TLS.

    ``port`` stays the same when it is started again.
    """

    def __init__(
        self, folder: Path, password: str = "", certificate: Path | None = None, key: Path | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        lines = [f"listener {self.port} 127.0.0.1", "persistence false", "set_tcp_nodelay true"]
        if password:
            users = folder / "users"
            command = [_program("mosquitto_passwd"), "-c", "-b", users, "reverie", password]
            subprocess.run(command, check=True, capture_output=True)
            users.chmod(0o644)
            lines += ["allow_anonymous false", f"password_file {users}"]
        else:
            lines.append("allow_anonymous true")
        if certificate is not None:
            lines += [f"certfile {certificate}", f"keyfile {key}"]
        lines.append("user root")
        self._config = folder / "mosquitto.conf"
        self._config.write_text("\n".join(lines) + "\n")

    def start(self) -> Broker:
        log = (self._folder / "mosquitto.log").open("ab")
        self._process = subprocess.Popen([_program("mosquitto"), "-c", self._config], stdout=log, stderr=log)
        log.close()
        wait_until(self._listens, PATIENCE)
        return self

    def freeze(self, *, on: bool) -> None:
        """Stop it where it stands, as a machine that is overloaded, or have it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP if on else signal.SIGCONT)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None

    def _listens(self) -> bool:
        import socket

        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "mosquitto.log").read_text()
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0


class Watcher:
    """Whoever sees all that the broker has: ``kept`` is the last payload of each topic, ``heard`` every one."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.kept: dict[str, str] = {}
        self.heard: list[tuple[float, str, str, bool]] = []

    async def watch(self) -> None:
        await self.client.subscribe("#", qos=1)
        async for message in self.client.messages:
            topic, payload = str(message.topic), message.payload.decode()
            self.heard.append((time.monotonic(), topic, payload, message.retain))
            if payload:
                self.kept[topic] = payload
            else:
                self.kept.pop(topic, None)


@contextlib.asynccontextmanager
async def watching(broker: Broker) -> AsyncGenerator[Watcher]:
    """Somebody who watches a broker, for as long as the block lasts."""
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        watcher = Watcher(client)
        task = asyncio.create_task(watcher.watch())
        try:
            yield watcher
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def _program(name: str) -> str:
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if path is None:
        pytest.skip(f"{name} is missing: apt install mosquitto")
    return path
