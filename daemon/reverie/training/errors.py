"""What may be wrong with a training."""

from reverie.errors import ReverieError


class TrainingError(ReverieError):
    """A training cannot go on: its data are missing, its folder is in use, or a step before it has not been done."""
