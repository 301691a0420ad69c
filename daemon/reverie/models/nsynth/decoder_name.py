"""What NSynth's decoder can be computed by; here, so that whoever only passes it on imports no numerics."""

from __future__ import annotations

from typing import Literal, TypeAlias

DecoderName: TypeAlias = Literal["numpy", "jax"]
"""``jax`` needs Reverie's extra ``fast``."""
