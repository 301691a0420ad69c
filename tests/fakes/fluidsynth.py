"""A program that answers as FluidSynth does and plays nothing; run by tests in FluidSynth's place.

``FAKE_FLUIDSYNTH`` says by words what it does otherwise: ``gain=0.0`` and ``fonts= 1  /a.sf2`` are answers,
``no-thread`` has no thread that computes sound, ``mute`` never answers. It never reads what it is sent.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest


def install(patch: pytest.MonkeyPatch, folder: Path, *words: str) -> None:
    """Let it be what is started as FluidSynth, and the only program there is."""
    program = folder / "bin" / "fluidsynth"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {__file__} "$@"\n')
    program.chmod(0o755)
    patch.setenv("PATH", str(program.parent))
    patch.setenv("FAKE_FLUIDSYNTH", "\t".join(words))


def _run() -> None:
    words = os.environ.get("FAKE_FLUIDSYNTH", "").split("\t")
    answers = {
        "gain": "0.600",
        "driver": sys.argv[sys.argv.index("--audio-driver") + 1],
        "polyphony": "256",
        "fonts": f"ID  Name\n 1  {sys.argv[-1]}",
        "channels": "\n".join(f"chan {number}, sfont 1, bank 0, preset 0, tone" for number in range(16)),
    }
    answers |= dict(word.split("=", 1) for word in words if "=" in word)
    if "mute" not in words:
        for name, answer in answers.items():
            sys.stdout.write(f"reverie:{name}\n{answer}\n")
        sys.stdout.write("reverie:end\n")
        sys.stdout.flush()
    if "no-thread" not in words:
        threading.Thread(target=_compute, daemon=True).start()
    time.sleep(600)


def _compute() -> None:
    while True:
        time.sleep(0.005)


if __name__ == "__main__":
    _run()
