"""What a sensor of presence said, over a restart: a house that begins anew each night never counted to its limit.

``STATE/presence.json`` is written where something has changed that matters: a memory card wears out by being written.
Nothing here raises.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reverie.files import read_file, set_aside, write_in_any_case
from reverie.generations import is_readable, read_as

log = logging.getLogger(__name__)

FILE = "presence.json"
STEP = 900.0
"""Seconds of silence by which it may be wrong after a power cut: sensors that live are silent for less."""
_LARGEST = 100_000
_LONGEST = 1e9
_VERSION = 1


@dataclass(frozen=True, slots=True)
class SensorWords:
    """Seconds of opening for which a sensor was ``silent``, and whether it holds that somebody is there.

    ``sensor`` is which one it is: its file, or nothing where it speaks by itself.
    """

    silent: float = 0.0
    held: bool = False
    sensor: str = ""


NOTHING_SAID = SensorWords()
"""Where nothing was heard yet, or nobody asks."""


class PresenceStore:
    """Keeps what a sensor said last.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._noted = self._written = self._read()

    @property
    def known(self) -> SensorWords:
        """What is known now: at the start, what the life before knew."""
        return self._noted

    def note(self, words: SensorWords) -> None:
        """This is known now."""
        self._noted = words

    def write(self) -> None:
        """Write what has changed, if it matters; in a thread, for disks are slow."""
        noted, written = self._noted, self._written
        is_same = (noted.held, noted.sensor) == (written.held, written.sensor)
        if not is_same or not written.silent <= noted.silent < written.silent + STEP:
            self.close()

    def close(self) -> None:
        """Write what is known."""
        with self._lock:
            noted = self._noted
            if noted == self._written:
                return
            text = json.dumps({"version": _VERSION, **asdict(noted)}).encode("utf-8", "backslashreplace")
            with contextlib.suppress(OSError, ValueError):  # the store of the state tells that it cannot be written
                write_in_any_case(self._path, text)
                self._written = noted

    def _read(self) -> SensorWords:
        try:
            return _words(json.loads(read_file(self._path, _LARGEST)))
        except (FileNotFoundError, NotADirectoryError):
            return NOTHING_SAID
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            with contextlib.suppress(OSError, ValueError):
                log.warning("%s could not be read (%s) and is now %s.", self._path, error, set_aside(self._path).name)
            return NOTHING_SAID


def _words(data: Any) -> SensorWords:
    if not is_readable(data["version"], _VERSION):
        raise ValueError(f"written in version {data['version']} of this format")
    words = read_as(SensorWords, data)
    silent: Any = words.silent
    if not isinstance(silent, int | float) or not 0.0 <= silent <= _LONGEST:
        raise ValueError(f"no sensor was silent for {silent!r} seconds")
    return SensorWords(float(silent), words.held is True, str(words.sensor))
