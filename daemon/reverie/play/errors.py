"""The error of the layer that plays."""

from __future__ import annotations

from reverie.errors import ReverieError


class PlayError(ReverieError):
    """An output that cannot be had, or one that was lost: its text is what a slot reports."""
