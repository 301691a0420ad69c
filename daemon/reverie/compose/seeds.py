"""Seeds that follow from one another, so that one number in a scene decides every loop it will ever have."""

from __future__ import annotations

import hashlib


def derive_seed(*parts: int | str) -> int:
    """A 32-bit seed that depends on all ``parts`` and shares nothing visible with that of other parts."""
    text = "\0".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
