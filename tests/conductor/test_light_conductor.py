"""The conductor starts within seconds, and begins again as fast where it was killed: it imports no heavy library."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"aiomqtt", "apprise", "holidays", "jax", "numpy", "scipy", "tensorflow"}


def test_to_begin_the_conductor_needs_no_heavy_library() -> None:
    program = "import sys, reverie.conductor.run; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split()) == set()
