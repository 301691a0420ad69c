"""The process that reads files of music, one after the other, for whoever started it: ``python -m`` this module.

It is asked by a line of JSON on standard input, followed by the bytes of the file; it answers with a line of JSON,
followed by the NoteSequences that the line tells of. It ends with its standard input. A file may break it, or take all
the memory or time that it may have: then only the process is lost.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO

from reverie.processes.signals import be_steady
from reverie.training.corpus.formats import ReadingLimits, UnreadableFileError, format_of

GRACE = 5.0
"""Seconds after its limit that a file is given up by this process itself, since whoever asked may be dead."""
OUT_OF_MEMORY = 71
"""The exit status if not even an answer had room (``EX_OSERR`` of sysexits.h)."""
TOO_MUCH_MEMORY = "reading it takes too much memory"
_PAGE = resource.getpagesize()


def main(arguments: list[str]) -> int:
    """Serve; ``arguments`` are the limits as JSON."""
    limits = ReadingLimits(**json.loads(arguments[0]))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    be_steady(signal.SIGINT)  # whoever asked decides
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    try:
        _warm_up()
    except ImportError as error:
        _answer(answers, {"failed": str(error)})
        return 1
    _bound_memory(limits.memory)
    _answer(answers, {"ready": True})
    try:
        _serve(answers, limits)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    return 0


def _serve(answers: BinaryIO, limits: ReadingLimits) -> None:
    while line := sys.stdin.buffer.readline():
        asked = json.loads(line)
        signal.setitimer(signal.ITIMER_REAL, limits.seconds + GRACE)
        data = sys.stdin.buffer.read(asked["size"])
        if len(data) < asked["size"]:
            break
        head, bodies = _read(asked["name"], data, asked["digest"], limits)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _answer(answers, head, *bodies)


def _warm_up() -> None:
    """Load what reading needs, before memory is bounded.

    Raises:
        ImportError: if note_seq is not there.
    """
    import warnings

    warnings.simplefilter("ignore")
    import note_seq  # noqa: F401 # pyright: ignore[reportUnusedImport]


def _bound_memory(more: int) -> None:
    used = 0
    with contextlib.suppress(OSError), open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - no path
        used = int(file.read().split()[0]) * _PAGE
    if used:  # elsewhere than on Linux the time is the only bound
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (used + more, hard))


def _read(name: str, data: bytes, digest: str, limits: ReadingLimits) -> tuple[dict[str, Any], list[bytes]]:
    from reverie.training.corpus import note_sequences

    kind = ""
    try:
        kind = format_of(name, data)
        tunes: list[dict[str, Any]] = []
        bodies: list[bytes] = []
        for tune in note_sequences.read_tunes(kind, data, name, limits):
            if tune.reason:
                tunes.append({"number": tune.number, "reason": tune.reason})
                continue
            tune.sequence.id = f"{digest}{tune.number and '-'}{tune.number}"
            bodies.append(tune.sequence.SerializeToString(deterministic=True))
            tunes.append({"number": tune.number, "title": tune.title, **_facts(tune.sequence), "size": len(bodies[-1])})
    except UnreadableFileError as error:
        return {"format": kind, "reason": str(error)}, []
    except MemoryError:
        return {"format": kind, "reason": TOO_MUCH_MEMORY}, []
    except RecursionError:
        return {"format": kind, "reason": "it is nested too deeply"}, []
    except Exception as error:  # noqa: BLE001 - readers of others, and files of anybody
        said = " ".join(f"{type(error).__name__} {error}".split())
        return {"format": kind, "reason": f"its reader failed: {said}"[:300]}, []
    return {"format": kind, "tunes": tunes}, bodies


def _facts(sequence: Any) -> Mapping[str, Any]:
    from reverie.training.corpus.note_sequences import length_in_bars

    metres = sequence.time_signatures
    return {
        "metre": f"{metres[0].numerator}/{metres[0].denominator}" if metres else "",
        "bars": length_in_bars(sequence),
        "notes": len(sequence.notes),
        "seconds": round(sequence.total_time, 3),
    }


def _answer(answers: BinaryIO, head: Mapping[str, Any], *bodies: bytes) -> None:
    answers.write(json.dumps(head).encode() + b"\n" + b"".join(bodies))
    answers.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
