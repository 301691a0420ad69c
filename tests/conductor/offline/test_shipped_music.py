"""The music of the shipped scenes is the same to the byte, until it is changed on purpose."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reverie.places import scenes_folder

pytestmark = pytest.mark.whole

HASHES = Path(__file__).with_name("shipped_music.txt")
BARS = 200
ONE_ARITHMETIC = {
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENBLAS_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR",
}
"""Whatever the processor: sums of another order may end in another note."""


def scenes() -> dict[str, dict[str, str]]:
    """By scene and seed the SHA-256 of its Standard MIDI File."""
    rows = [line.split() for line in HASHES.read_text().splitlines()]
    return {scene: {row[1]: row[2] for row in rows if row[0] == scene} for scene in sorted({row[0] for row in rows})}


def performed(scene: str, seed: str, folder: Path) -> str:
    file = folder / f"{scene}-{seed}.mid"
    command = [sys.executable, "-W", "ignore", "-m", "reverie", "perform", scene]
    subprocess.run(
        [*command, "--bars", str(BARS), "--seed", seed, "--midi", str(file)],
        env={**os.environ, **ONE_ARITHMETIC, "HOME": str(folder)},
        stderr=subprocess.PIPE,
        check=True,
    )
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_every_shipped_scene_is_known() -> None:
    assert sorted(scenes()) == sorted(path.stem for path in scenes_folder().glob("*.yaml"))


@pytest.mark.parametrize("scene", scenes())
def test_a_shipped_scene_plays_what_it_played(scene: str, tmp_path: Path) -> None:
    expected = scenes()[scene]
    assert {seed: performed(scene, seed, tmp_path) for seed in expected} == expected
