"""What a command of Reverie's does before it imports anything else: ``reverie.cli.main`` imports this first.

It takes the working folder out of the places from which modules come, for a ``json.py`` that lies there is none of
Python's, and holds the signals of a daemon until there is somebody to hear them.
"""

from __future__ import annotations

import os
import sys


def from_elsewhere_only() -> None:
    """Import nothing from the working folder, nor let a child do so: ``python -m`` and PYTHONPATH may name it."""
    here, ours = _real(os.curdir), os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    written = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    fixed = [entry for entry in written if os.path.isabs(entry)]
    moving = {_real(entry) for entry in written if entry not in fixed}
    if not sys.flags.safe_path:
        moving.add(here)
    if ours in moving:  # it is run from its own source, which may be nowhere else
        moving.discard(ours)
        fixed.append(ours)
    sys.path[:] = [entry for entry in sys.path if entry in fixed or _real(entry) not in moving]
    if written != fixed and (fixed or "PYTHONPATH" in os.environ):
        os.environ["PYTHONPATH"] = os.pathsep.join(fixed)


def _real(path: str) -> str:
    """The folder that is meant; nothing for one of a working folder that has been deleted."""
    try:
        return os.path.realpath(path)
    except OSError:
        return ""


def heed_signals() -> None:
    """Let a daemon's signals wait, and Ctrl-C end any other command, also one that a script runs in the background."""
    from reverie.processes.signals import be_endable, hold

    if sys.argv[1:2] == ["run"]:
        hold()
    else:
        be_endable()  # until cli.main can say that it was interrupted: imports may swallow an exception


def _runs_reverie() -> bool:
    """Whether this process is ``reverie`` or ``python -m reverie...``, and not one that merely imports it."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    name = spec.name if spec is not None else os.path.basename(sys.argv[0])
    return name.partition(".")[0] == "reverie"


if _runs_reverie():
    from_elsewhere_only()
    heed_signals()
