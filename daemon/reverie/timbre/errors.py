"""What can be wrong with a timbre."""

from __future__ import annotations

from reverie.errors import ReverieError


class TimbreError(ReverieError):
    """A source, a bank or a render cannot be used; its text says why, and what to do."""


class PostponedError(TimbreError):
    """The cache lacks a bank that was only to be found."""


class DamagedBankError(TimbreError):
    """A bank of the cache is not as it was written: another try with it fails too, and it has to be made anew."""
