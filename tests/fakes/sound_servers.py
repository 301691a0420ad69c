"""Sound servers of a test's own, without a sound card: what plays into their one sink is recorded from its monitor."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from fakes.jack import need, wait_until

SINK = "hall"
_NODE = (
    f"{{ factory.name=support.null-audio-sink node.name={SINK} media.class=Audio/Sink object.linger=true "
    "audio.position=[FL FR] }"
)


def _answers(command: Sequence[str], word: str) -> bool:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode == 0 and word in done.stdout


@contextlib.contextmanager
def _home(monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """A home and a runtime folder in which nobody else's server is found; its path is short, as sockets want it."""
    with tempfile.TemporaryDirectory(prefix="sound-") as name:
        for variable in ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
            monkeypatch.setenv(variable, name)
        for variable in ("PULSE_SERVER", "PIPEWIRE_REMOTE", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY"):
            monkeypatch.delenv(variable, raising=False)
        yield Path(name)


@contextlib.contextmanager
def _running(command: Sequence[str], log: Path) -> Generator[None]:
    with log.open("wb") as said, subprocess.Popen(command, stdout=said, stderr=said, env=os.environ) as server:
        try:
            yield
        finally:
            server.terminate()


@contextlib.contextmanager
def running_pulseaudio(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """PulseAudio with a sink that nobody hears."""
    for program in ("pulseaudio", "pactl", "parec", "paplay"):
        need(program)
    with _home(monkeypatch) as home:
        modules = [f"--load={one}" for one in ("module-native-protocol-unix", f"module-null-sink sink_name={SINK}")]
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", *modules]
        with _running(command, home / "pulseaudio.log"):
            wait_until(lambda: _answers(["pactl", "list", "short", "sources"], f"{SINK}.monitor"))
            yield


@contextlib.contextmanager
def running_pipewire(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """PipeWire with a sink that nobody hears, and WirePlumber, which links what plays and records."""
    for program in ("pipewire", "wireplumber", "pw-cli", "pw-record", "pw-play", "wpctl", "dbus-run-session"):
        need(program)
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(_home(monkeypatch))
        stack.enter_context(_running(["pipewire"], home / "pipewire.log"))
        wait_until(lambda: _answers(["pw-cli", "info", "0"], "pipewire"))
        stack.enter_context(_running(["dbus-run-session", "--", "wireplumber"], home / "wireplumber.log"))
        wait_until(lambda: _answers(["wpctl", "status"], "WirePlumber"))
        subprocess.run(["pw-cli", "create-node", "adapter", _NODE], check=True, capture_output=True)
        wait_until(lambda: _answers(["wpctl", "status"], SINK))
        yield
