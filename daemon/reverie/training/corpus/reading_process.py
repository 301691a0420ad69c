"""Reading files of music in a process of its own, which may be broken, filled or held up by any of them."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Self

from reverie.errors import ReverieError
from reverie.processes.children import Child
from reverie.training.corpus.formats import ReadingLimits, UnreadableFileError
from reverie.training.corpus.reading_child import OUT_OF_MEMORY, TOO_MUCH_MEMORY

_BEGINNING = 120.0
"""Seconds that the process may take to begin."""
_AT_ONCE = 1 << 16
_LONGEST_ANSWER = 500_000_000
_BROKEN = "reading it broke the reader"
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""One thread is enough to read, and each takes address space."""
_CHILD = "reverie.training.corpus.reading_child"


class ReadingFailedError(ReverieError):
    """No file can be read, whichever it is."""


@dataclass(frozen=True, slots=True)
class TuneRead:
    """A tune of a file: ``number`` is empty unless there are several. Either a NoteSequence, or a reason."""

    number: str
    reason: str = ""
    title: str = ""
    metre: str = ""
    bars: int = 0
    notes: int = 0
    seconds: float = 0.0
    sequence: bytes = b""


class ReadingProcess:
    """Reads one file after the other; as a context manager it is ended in the end."""

    def __init__(self, limits: ReadingLimits, module: str = _CHILD) -> None:
        self._limits = limits
        self._module = module
        self._process: Child | None = None
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def read(self, name: str, data: bytes, digest: str) -> tuple[str, list[TuneRead]]:
        """The format and the tunes of a file with this name, these bytes and this digest.

        Raises:
            UnreadableFileError: if none can be read; or the process ended, or was ended, while it read.
            ReadingFailedError: if the process cannot begin.
        """
        process = self._process or self._begin()
        deadline = time.monotonic() + self._limits.seconds
        try:
            asked = {"name": name, "size": len(data), "digest": digest}
            into, _ = process.pipes
            into.write(json.dumps(asked).encode() + b"\n" + data)
            into.flush()
            head = self._line(process, deadline)
            tunes = [self._tune(process, told, deadline) for told in head.get("tunes", ())]
        except TimeoutError:
            self.end()
            raise UnreadableFileError(f"reading it takes longer than {self._limits.seconds:g} seconds") from None
        except (EOFError, BrokenPipeError, ValueError):
            raise UnreadableFileError(self._end_of(process)) from None
        except BaseException:
            self.end()
            raise
        if "reason" in head:
            raise UnreadableFileError(head["reason"])
        return head["format"], tunes

    def end(self) -> None:
        """End the process, if there is one."""
        process, self._process, self._rest = self._process, None, b""
        if process is not None:
            process.kill()
            process.wait()
            for pipe in process.pipes:
                with contextlib.suppress(OSError):  # what was not sent is lost on purpose
                    pipe.close()

    def _begin(self) -> Child:
        limits = json.dumps(asdict(self._limits))
        process = Child.start_with_pipes(self._module, limits, environment=_ONE_THREAD)
        self._process, self._rest = process, b""
        try:
            head = self._line(process, time.monotonic() + _BEGINNING)
        except (EOFError, TimeoutError, ValueError):
            self.end()
            raise ReadingFailedError("the process that reads music does not begin") from None
        except BaseException:
            self.end()
            raise
        if "ready" not in head:
            self.end()
            raise ReadingFailedError(
                f"music is read by note_seq, which is not there ({head.get('failed')}): install the extra 'magenta'"
            )
        return process

    def _end_of(self, process: Child) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1.0)
        status = process.poll()
        self.end()
        if status is None:
            return f"{_BROKEN}: it gave no answer"
        if status == OUT_OF_MEMORY:
            return TOO_MUCH_MEMORY
        if status < 0:
            return f"{_BROKEN}: it was ended by {signal.Signals(-status).name}"
        return f"{_BROKEN}: it ended with status {status}"

    def _tune(self, process: Child, told: Mapping[str, Any], deadline: float) -> TuneRead:
        if "reason" in told:
            return TuneRead(told["number"], told["reason"])
        size = int(told["size"])
        body = self._bytes(process, size, deadline)
        return TuneRead(**{key: value for key, value in told.items() if key != "size"}, sequence=body)

    def _line(self, process: Child, deadline: float) -> dict[str, Any]:
        while b"\n" not in self._rest:
            self._more(process, deadline)
        line, _, self._rest = self._rest.partition(b"\n")
        return json.loads(line)

    def _bytes(self, process: Child, size: int, deadline: float) -> bytes:
        parts, length = [self._rest], len(self._rest)
        while length < size:
            self._rest = b""
            self._more(process, deadline)
            parts.append(self._rest)
            length += len(self._rest)
        whole = b"".join(parts)
        self._rest = whole[size:]
        return whole[:size]

    def _more(self, process: Child, deadline: float) -> None:
        _, pipe = process.pipes
        if not select.select([pipe], [], [], max(deadline - time.monotonic(), 0.0))[0]:
            raise TimeoutError
        data = os.read(pipe.fileno(), _AT_ONCE)
        if not data:
            raise EOFError
        self._rest += data
        if len(self._rest) > _LONGEST_ANSWER:
            raise ValueError("the answer has no end")
