"""Reverie: the music of an installation that nobody attends.

The folders are the way of a note, and each imports only from those before it: ``music`` (values), ``documents``,
``scenes`` and ``site`` (what artists and technicians write), ``compose`` (recipes become loops), ``play`` (loops become
MIDI), ``watch`` (evidence becomes health), ``stage`` (wires them together). ``magenta`` is imported only by the
composer process and by training.
"""

from reverie.processes.threads import one_each

# Here, since the libraries below NumPy read it when they are first imported, by whatever module that is.
one_each()

__version__: str


def __getattr__(name: str) -> str:
    """Look the version up when it is asked for: the player never asks, and begins a tenth of a second sooner."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("reverie-daemon")
