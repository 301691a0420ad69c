"""Folders that people name, looked into with care: one that cannot be entered is a sentence and never an exception.

A share of the network whose server is gone answers no call at all, not even whether it is there. So each look has a
thread of its own, and a limit; while one hangs, no other is begun there.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from reverie.errors import reason_of

PATIENCE = 3.0
"""Seconds in which the slowest disk that still works has answered."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listing:
    """The names in a folder, sorted; with ``fault`` there are none, and it says why.

    It is ``closed`` where only this user may not enter it.
    """

    folder: Path
    names: tuple[str, ...] = ()
    fault: str | None = None
    closed: bool = False

    def ending(self, *suffixes: str) -> list[Path]:
        """The paths of those that end so, whatever an editor has hidden left out."""
        names = (name for name in self.names if name.endswith(suffixes) and not name.startswith("."))
        return [self.folder / name for name in names]

    @property
    def sentence(self) -> str | None:
        """The fault as a sentence."""
        return f"{self.folder}: {self.fault}" if self.fault else None


class _Look(Generic[T]):
    """One call, in a thread of its own."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._value: list[T] = []
        self._error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, name="a look into a folder", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self._value.append(self._call())
        except BaseException as error:  # noqa: BLE001 - whoever waits raises it
            self._error = error

    def result(self) -> T:
        """What came of it."""
        if self._error is not None:
            raise self._error
        return self._value[0]


_hanging: dict[str, threading.Thread] = {}


def patiently(path: Path, call: Callable[[], T], patience: float | None = None) -> T:
    """What ``call`` returns, which asks the file system about ``path``.

    Raises:
        TimeoutError: if it does not answer, or has not answered yet since the last time.
        Exception: whatever ``call`` raises.
    """
    hanging = _hanging.get(str(path))
    if hanging is not None and hanging.is_alive():
        raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT), str(path))
    look = _Look(call)
    look.thread.join(PATIENCE if patience is None else patience)
    if look.thread.is_alive():
        _hanging[str(path)] = look.thread
        raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT), str(path))
    _hanging.pop(str(path), None)
    return look.result()


def list_folder(folder: Path, *, may_be_missing: bool = False) -> Listing:
    """What is in a folder; one that ``may_be_missing`` and is has nothing in it, and no fault."""
    try:
        return Listing(folder, tuple(sorted(patiently(folder, lambda: [path.name for path in folder.iterdir()]))))
    except FileNotFoundError:
        return Listing(folder, fault=None if may_be_missing else "there is no such folder; mend the path, or make it")
    except NotADirectoryError:
        return Listing(folder, fault="this is no folder, or one above it is none; name the folder")
    except TimeoutError:
        return Listing(folder, fault="it does not answer: is it on a disk or a machine that is gone? see to that")
    except PermissionError as error:
        return Listing(folder, fault=f"it cannot be entered ({reason_of(error)}); {_advice(folder)}", closed=True)
    except (OSError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else str(error)
        return Listing(folder, fault=f"it cannot be read ({reason}); mend the path")


def may_be_there(path: Path) -> bool:
    """Whether there is such a file, or nobody can say: where a folder is closed, reading it says so."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _advice(folder: Path) -> str:
    """What helps: under the service's ProtectHome, homes are closed whatever their permissions say."""
    homes = ("/home/", "/root/", "/run/user/")
    if "INVOCATION_ID" in os.environ and f"{folder}/".startswith(homes):
        return (
            "the service has ProtectHome=yes, see docs/how-to/install.md: move it to /etc/reverie, or open it in a"
            " drop-in"
        )
    return "let the daemon's user read it and each folder above it"
