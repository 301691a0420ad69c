"""Reverie: the music of an installation that nobody attends.

The folders are the way of a note, and each imports only from those before it: ``music`` (values), ``documents``,
``scenes`` and ``site`` (what artists and technicians write), ``compose`` (recipes become loops), ``play`` (loops become
MIDI), ``watch`` (evidence becomes health), ``stage`` (wires them together). ``magenta`` is imported only by the
composer process and by training.
"""

from importlib.metadata import version

__version__ = version("reverie-daemon")
