"""The last lines of the daemon's own log, for whoever looks after it from afar."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass

from reverie.foreign import LONGEST_LINE, plain
from reverie.logs import RepeatCounter

KEPT = 500


@dataclass(frozen=True, slots=True)
class LogLine:
    """What was logged at a Unix time; ``level`` is ``info``, ``warning`` or ``error``."""

    at: float
    level: str
    text: str


class LogLines(logging.Handler):
    """Keeps the last lines, none of them twice and none that strangers could write at will."""

    def __init__(self, kept: int = KEPT) -> None:
        super().__init__(logging.INFO)
        self._lines: deque[LogLine] = deque(maxlen=kept)
        self.addFilter(RepeatCounter(self))

    @property
    def lines(self) -> tuple[LogLine, ...]:
        """The lines, oldest first."""
        return tuple(self._lines)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record; of a traceback the last line, which names the error."""
        try:
            text = record.getMessage()
            if record.exc_info and record.exc_info[1] is not None:
                text = f"{text} ({record.exc_info[0].__name__ if record.exc_info[0] else ''}: {record.exc_info[1]})"
            level = "error" if record.levelno >= logging.ERROR else record.levelname.lower()
            self._lines.append(LogLine(record.created, level, plain(text, LONGEST_LINE)))
        except Exception:  # noqa: BLE001 - a log must not end what it tells of
            self.handleError(record)


def keep_log_lines() -> LogLines:
    """Keep what this process logs from now on; those that are kept already go on."""
    root = logging.getLogger()
    for handler in root.handlers:
        if isinstance(handler, LogLines):
            return handler
    lines = LogLines()
    root.addHandler(lines)
    return lines
