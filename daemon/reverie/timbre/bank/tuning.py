"""How samplers are told the measured pitch of a sample."""

from __future__ import annotations

from reverie.timbre.bank.zone import Sample

_HIGHEST = 127


def root_of(sample: Sample) -> tuple[int, float]:
    """The key that is nearest to what the sample sounds like, and how many cents higher than that it is (-50 to 50)."""
    root = min(max(sample.pitch + round(sample.cents / 100), 0), _HIGHEST)
    return root, sample.cents - 100 * (root - sample.pitch)
