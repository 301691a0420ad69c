"""Each program that records hears what sounds in a real sound server, and that it has stopped."""

from __future__ import annotations

import contextlib
import subprocess
import wave
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.jack import need, wait_until
from fakes.sound_servers import SINK, running_pipewire, running_pulseaudio
from reverie.meter.messages import INPUT, OWN
from reverie.meter.metering import LevelMeter

pytestmark = pytest.mark.real

LOUD, SILENT = -20.0, -60.0
SECONDS = 120


@pytest.fixture(scope="module")
def tone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two minutes of a tone at half of full scale: nobody waits for its end."""
    path = tmp_path_factory.mktemp("tone") / "tone.wav"
    times = np.arange(SECONDS * 16_000) / 16_000
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes((np.sin(2 * np.pi * 440 * times) * (1 << 14)).astype("<i2").tobytes())
    return path


@pytest.fixture
def pulseaudio(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with running_pulseaudio(monkeypatch):
        yield


@pytest.fixture
def pipewire(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with running_pipewire(monkeypatch):
        yield


@contextlib.contextmanager
def sounding(*player: str | Path) -> Generator[None]:
    with subprocess.Popen(player, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()


def hears_what_sounds_and_no_more(settings: dict[str, Any], *player: str | Path) -> None:
    with closing(LevelMeter(settings)) as meter:

        def heard(*, loud: bool) -> bool:
            levels = [one.dbfs for one in meter.receive()]
            assert "has ended" not in meter.state.detail, meter.state.detail
            return any(level > LOUD if loud else level < SILENT for level in levels)

        with sounding(*player):
            wait_until(lambda: heard(loud=True))
        wait_until(lambda: heard(loud=False))
        with sounding(*player):
            wait_until(lambda: heard(loud=True))


@pytest.mark.parametrize(
    "settings",
    [
        {"hear": OWN, "audio": "pulseaudio", "client": ""},
        {"hear": OWN, "audio": "auto", "client": ""},
        {"hear": INPUT, "kind": "pulseaudio", "device": f"{SINK}.monitor"},
        {"hear": INPUT, "kind": "pulseaudio", "device": None},
    ],
    ids=["its own", "found by itself", "named", "default"],
)
def test_parec_hears_what_sounds_in_pulseaudio(pulseaudio: None, settings: dict[str, Any], tone: Path) -> None:
    hears_what_sounds_and_no_more(settings, "paplay", tone)


@pytest.mark.parametrize(
    "settings",
    [{"hear": OWN, "audio": "pipewire", "client": ""}, {"hear": OWN, "audio": "auto", "client": ""}],
    ids=["its own", "found by itself"],
)
def test_pw_record_hears_what_sounds_in_pipewire(pipewire: None, settings: dict[str, Any], tone: Path) -> None:
    """That of Debian 12 ended at once, for it knows no --raw."""
    hears_what_sounds_and_no_more(settings, "pw-play", tone)


def test_arecord_hears_a_device_of_alsa(
    pulseaudio: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tone: Path
) -> None:
    """ALSA's own plugin stands in for a sound card: it is a device of PulseAudio's."""
    need("arecord")
    if not [*Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")]:
        pytest.skip("ALSA has no plugin for PulseAudio here (libasound2-plugins)")
    (tmp_path / "asound.conf").write_text(f'pcm.hall {{ type pulse device "{SINK}.monitor" }}\n')
    monkeypatch.setenv("ALSA_CONFIG_PATH", f"/usr/share/alsa/alsa.conf:{tmp_path / 'asound.conf'}")
    hears_what_sounds_and_no_more({"hear": INPUT, "kind": "alsa", "device": "hall"}, "paplay", tone)
