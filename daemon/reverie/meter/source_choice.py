"""From what a meter is to hear, as plain data, to the source by which it can."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reverie.meter.audio_source import AudioSource, NoWayError
from reverie.meter.jack_source import JackSource
from reverie.meter.messages import OWN
from reverie.meter.program_source import PATIENCE, RATE, ProgramSource
from reverie.midi.rtmidi import jack_server

_RECORDERS = {
    "alsa": ["arecord", "-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", str(RATE)],
    "pulseaudio": ["parec", "--raw", "--format=s16le", "--channels=1", f"--rate={RATE}"],
    "pipewire": ["pw-record", "--format=s16", "--channels=1", f"--rate={RATE}"],
}
_DEVICE = {"alsa": "-D{}", "pulseaudio": "--device={}", "pipewire": "--target={}"}
_MONITOR = {"pulseaudio": ["--device=@DEFAULT_MONITOR@"], "pipewire": ["-P", "{ stream.capture.sink=true }"]}


def choose_source(settings: Mapping[str, Any]) -> AudioSource:
    """The source that a meter's settings mean on this machine now.

    ``hear`` is OWN or INPUT of :mod:`reverie.meter.messages`: OWN with the ``audio`` driver of a FluidSynth and the
    name of its JACK ``client``; INPUT with a ``kind`` (``jack``, ``alsa``, ``pulseaudio``, ``pipewire``, ``command``)
    and its ``device`` or ``command``.

    Raises:
        NoWayError: if nothing lets one hear that.
    """
    if settings["hear"] == OWN:
        return _of_synth(settings["audio"], settings["client"])
    kind, device = settings["kind"], settings["device"]
    match kind:
        case "jack":
            return JackSource(ports=re.split(r"\s*,\s*", device or "system:capture_1"))
        case "command":
            return ProgramSource(settings["command"])
        case _:
            return ProgramSource(
                [*_RECORDERS[kind], *([_DEVICE[kind].format(device)] if device else []), *_to_pipe(kind)]
            )


def _of_synth(audio: str, client: str) -> AudioSource:
    """FluidSynth's own output where a server lets others listen; behind JACK its alone, else with all that sounds."""
    driver = audio if audio != "auto" else _server_there()
    if driver == "jack":
        return JackSource(client=client)
    if driver in _MONITOR:
        return ProgramSource([*_RECORDERS[driver], *_MONITOR[driver], *_to_pipe(driver)])
    raise NoWayError(
        f"nobody can listen to what FluidSynth plays through {driver or 'no server'}; an input under `monitor` can"
    )


def _server_there() -> str:
    """As FluidSynth chooses (:func:`reverie.play.outputs.fluidsynth.soundfonts.find_audio`), of what can be heard."""
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}"))
    if jack_server():
        return "jack"
    if (runtime / "pulse" / "native").exists():
        return "pulseaudio"
    return "pipewire" if (runtime / "pipewire-0").exists() else ""


def _to_pipe(kind: str) -> list[str]:
    """What has samples written to the pipe: pw-record puts a header before them, but not that of before PipeWire 1.0.

    That one, of Debian 12, refuses ``--raw``, which it does not know.
    """
    if kind != "pipewire":
        return []
    return ["--raw", "-"] if "--raw" in _help_of("pw-record") else ["-"]


def _help_of(program: str) -> str:
    try:
        done = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""  # that it is not there is told by whoever starts it
    return done.stdout + done.stderr
