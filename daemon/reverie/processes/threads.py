"""How many threads the libraries below NumPy start, which they read when it is first imported."""

from __future__ import annotations

import os

LIBRARIES = tuple(
    f"{library}_THREADS" for library in ("OPENBLAS_NUM", "OMP_NUM", "MKL_NUM", "BLIS_NUM", "VECLIB_MAXIMUM")
)
"""The variables by which they are told."""


def one_each() -> None:
    """Let each start one, unless the environment says otherwise.

    Small matrices gain little by more, which would take a core from the player, and whoever multiplies large ones has
    threads of its own.
    """
    for name in LIBRARIES:
        os.environ.setdefault(name, "1")
