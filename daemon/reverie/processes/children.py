"""How a process of Reverie's own is started: by this Python, as strict as this one, and never from the working folder.

Without ``-P`` a ``json.py`` that lies in the folder in which the daemon was started would be taken for Python's own.
"""

from __future__ import annotations

import sys

_FLAGS = {"isolated": "-I", "ignore_environment": "-E", "no_user_site": "-s", "dont_write_bytecode": "-B"}


def own_module(module: str, *arguments: str) -> list[str]:
    """The command that runs one of Reverie's modules as a process."""
    flags = [flag for name, flag in _FLAGS.items() if getattr(sys.flags, name)]
    warnings = [f"-W{option}" for option in sys.warnoptions]
    return [sys.executable, "-P", *flags, *warnings, "-m", module, *arguments]
