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
FEW = 24
"""Bars of the beginning, which tell of most changes; far more is a matter of minutes."""
ONE_ARITHMETIC = {
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENBLAS_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR",
}
"""Whatever the processor: sums of another order may end in another note."""


def rows() -> list[tuple[str, str, int, str]]:
    """Scene, seed, so many bars, and the SHA-256 of their Standard MIDI File."""
    lines = (line.split() for line in HASHES.read_text().splitlines())
    return [(scene, seed, int(bars), digest) for scene, seed, bars, digest in lines]


def performed(scene: str, seed: str, bars: int, folder: Path) -> str:
    file = folder / f"{scene}-{seed}.mid"
    command = [sys.executable, "-W", "ignore", "-m", "reverie", "perform", scene]
    subprocess.run(
        [*command, "--bars", str(bars), "--seed", seed, "--midi", str(file)],
        env={**os.environ, **ONE_ARITHMETIC, "HOME": str(folder)},
        stderr=subprocess.PIPE,
        check=True,
    )
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_every_shipped_scene_is_known_by_its_beginning_and_by_far_more() -> None:
    shipped = {path.stem for path in scenes_folder().glob("*.yaml")}
    assert {scene for scene, _, bars, _ in rows() if bars == FEW} == shipped
    assert {scene for scene, _, bars, _ in rows() if bars > FEW} == shipped


@pytest.mark.parametrize(
    ("scene", "seed", "bars", "digest"),
    [
        pytest.param(*row, id=f"{row[0]}-{row[1]}-{row[2]}", marks=() if row[2] == FEW else pytest.mark.slow)
        for row in rows()
    ],
)
def test_a_shipped_scene_plays_what_it_played(scene: str, seed: str, bars: int, digest: str, tmp_path: Path) -> None:
    assert performed(scene, seed, bars, tmp_path) == digest
