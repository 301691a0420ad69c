"""What may be wrong with a model."""

from reverie.errors import ReverieError


class ModelError(ReverieError):
    """A model is missing, broken or unfit for what was asked."""
