"""The socket in the state folder by which commands on this machine reach their daemon.

No proxy, name, address, port or other program stands between: what answers there is the daemon of that state folder.
A command sends one word in a line, after ``do`` an action and after ``dream`` a dream in JSON, and gets one line of
JSON. Whoever can enter the folder may ask, as whoever is on this machine may ask the status page.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import os
import socket
import struct
import sys
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Generator, Mapping
from pathlib import Path
from typing import Any, Protocol, cast

from reverie.errors import ended, reason_of
from reverie.files import set_aside
from reverie.foreign import plain
from reverie.logs import ONCE
from reverie.site.actions import ControlError
from reverie.watch.fault_kinds import COMMANDS_AWAY
from reverie.watch.faults import Faults
from reverie.watch.verdict import Verdict

log = logging.getLogger(__name__)

NAME = "daemon.socket"
STATUS, PANIC, RELOAD, DO, DREAM, TEST = "status", "panic", "reload", "do", "dream", "self-test"
REPLAY = "replay"
LONGEST_LINE = 8400
"""Bytes of what a command says: a word, or a dream in JSON."""
LONGEST_ANSWER = 10_000_000
PATIENCE = 5.0
"""Seconds in which a command must have said its word."""
MOST_ASKERS = 16
"""Commands that are listened to at a time, so that they take no descriptors from the music: whoever came first leaves
for one more."""
OUT_OF = 1.0
"""Seconds until another try, where the system has no descriptor left for a connection."""
LOOK = 10.0
"""Seconds between looks whether the socket is still there."""
AGAIN = 0.01
"""Seconds until a command knocks again at a door before which too many wait."""
PEER = struct.Struct("3i")
_NO_FOLDER = frozenset({errno.ELOOP, errno.ENAMETOOLONG})
"""Of a path at which no folder can be, so that nobody listens there, whoever asks."""


class CommandSource(Protocol):
    """What commands ask of the daemon; nothing of it may wait."""

    def status(self) -> Mapping[str, Any]:
        """All that a person may want to know, as plain data."""
        ...

    def panic(self) -> None:
        """End every note now."""
        ...

    def dream_of(self, written: bytes, source: str) -> Verdict:
        """Begin a dream that is written in JSON; what came of it."""
        ...

    def reload(self) -> Verdict:
        """Read the present scene's file again; what came of it."""
        ...

    def control(self, wanted: object, source: str) -> Verdict:
        """Somebody wants what plain data says; what came of it.

        Raises:
            ControlError: if it is no action.
        """
        ...


class SilentError(Exception):
    """Somebody listens at the socket and does not answer; ``pid`` is who listens, if the system tells."""

    def __init__(self, pid: int | None) -> None:
        super().__init__("no answer")
        self.pid = pid


def _no_test() -> Verdict:
    return Verdict(ok=False, sentence="There is no self-test here.")


class LocalServer:
    """Listens in a folder while :meth:`run` is awaited, and takes the socket away afterwards.

    A socket that cannot be made, or that somebody deletes, is tried again: the music does not depend on it.
    """

    def __init__(
        self,
        source: CommandSource,
        folder: Path,
        faults: Faults,
        look: float = LOOK,
        test_slots: Callable[[], Verdict] = _no_test,
        words: Mapping[str, Callable[[str], Awaitable[Mapping[str, Any]]]] | None = None,
    ) -> None:
        """Listen in ``folder``; ``words`` are further ones, each with what answers to the rest of its line."""
        self._source = source
        self._words = words or {}
        self._faults = faults
        self._path = folder / NAME
        self._look = look
        self._test_slots = test_slots
        self._askers: OrderedDict[asyncio.StreamWriter, asyncio.Task[None]] = OrderedDict()

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            try:
                await self._listen()
            except (OSError, ValueError) as error:  # ValueError: a path that no system takes
                self._complain(reason_of(error) if isinstance(error, OSError) else str(error))
            except Exception:
                log.exception("Commands of this machine are not answered for now; the music plays on.")
            await asyncio.sleep(self._look)

    async def _listen(self) -> None:
        """Answer until somebody takes the socket away."""
        listener = _listen(self._path)
        self._faults.clear(COMMANDS_AWAY)
        letting_in = asyncio.create_task(self._let_in(listener))
        mark = _mark(self._path)
        try:
            while _mark(self._path) == mark is not None:
                for ended in (await asyncio.wait({letting_in}, timeout=self._look))[0]:
                    ended.result()  # it never ends but by an error
        finally:
            letting_in.cancel()
            asyncio.get_running_loop().remove_reader(listener)
            listener.close()
            if _mark(self._path) == mark is not None:
                with contextlib.suppress(OSError):
                    self._path.unlink()

    async def _let_in(self, listener: socket.socket) -> None:
        """Let in one after the other, until cancelled; of too many, the one who came first leaves.

        asyncio's own server would take a hundred at a time, and with them the last descriptors of the music.
        """
        loop = asyncio.get_running_loop()
        while True:
            try:
                line, _ = await loop.sock_accept(listener)
            except OSError as error:
                log.warning("A command cannot be listened to (%s).", reason_of(error), extra=ONCE)
                await asyncio.sleep(OUT_OF)
                continue
            while len(self._askers) >= MOST_ASKERS:
                self._askers.popitem(last=False)[0].transport.abort()
                await asyncio.sleep(0)  # here its descriptor is closed
            reader, writer = await asyncio.open_unix_connection(sock=line, limit=LONGEST_LINE)
            self._askers[writer] = asyncio.create_task(self._serve(reader, writer))

    def _complain(self, reason: str) -> None:
        self._faults.tell(
            COMMANDS_AWAY,
            "",
            "`reverie status` and `reverie panic` can reach this daemon by its status page only: no socket can be "
            f"made in {self._path.parent} ({reason})",
        )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                word = (await reader.readline()).decode(errors="replace").strip()
                writer.write(json.dumps(await self._answered(word)).encode() + b"\n")
                await writer.drain()
        except (OSError, TimeoutError, ValueError):
            writer.transport.abort()  # whoever asked has gone, says nothing or too much, or does not read
        except Exception:
            log.exception("A command of this machine could not be answered.")
        finally:
            self._askers.pop(writer, None)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answered(self, line: str) -> Mapping[str, Any]:
        word, _, more = line.partition(" ")
        return await self._words[word](more) if word in self._words else self._answer(line)

    def _answer(self, line: str) -> Mapping[str, Any]:
        word, _, wanted = line.partition(" ")
        match word:
            case "status":
                return self._source.status()
            case "panic":
                self._source.panic()
                return {"said": "Every note is being ended."}
            case "reload" | "self-test":
                done = self._source.reload() if word == RELOAD else self._test_slots()
                return {"said": done.sentence, "ok": done.ok}
            case "dream":
                dreamt = self._source.dream_of(wanted.encode(), "command")
                return {"said": dreamt.sentence, "ok": dreamt.ok}
            case "do":
                return self._do(wanted)
            case _:
                return {"fault": f"there is no word {line!r}"}

    def _do(self, wanted: str) -> Mapping[str, Any]:
        try:
            done = self._source.control(json.loads(wanted), "command")
        except ControlError as error:
            return {"said": plain(ended(str(error))), "ok": False}
        except (ValueError, RecursionError):
            return {"said": "This is no JSON.", "ok": False}
        return {"said": done.sentence, "ok": done.ok}


def ask(folder: Path, word: str, seconds: float) -> dict[str, Any] | None:
    """What the daemon of a state folder answers to a word; None if nobody listens there.

    Raises:
        SilentError: if somebody listens and does not answer within ``seconds``.
        OSError: if it cannot be told whether somebody listens, such as for lack of permission.
    """
    deadline = time.monotonic() + seconds
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        pid = None
        try:
            with _reachable(folder / NAME) as address:
                sock.settimeout(seconds)
                _connect(sock, address, deadline)
            pid = _pid(sock)
            sock.sendall(f"{word}\n".encode())
            return _read(sock, deadline, pid)
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            return None
        except (TimeoutError, BlockingIOError, ConnectionError, ValueError) as error:
            raise SilentError(pid) from error
        except OSError as error:
            if error.errno in _NO_FOLDER:
                return None
            raise


def _connect(sock: socket.socket, address: str, deadline: float) -> None:
    """Connect; where too many wait already, which the system says at once, again and again.

    Raises:
        BlockingIOError: if too many wait until the end.
    """
    while True:
        try:
            return sock.connect(address)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(AGAIN)


def _read(sock: socket.socket, deadline: float, pid: int | None) -> dict[str, Any]:
    received = bytearray()
    while not received.endswith(b"\n"):
        left = deadline - time.monotonic()
        if left <= 0 or len(received) > LONGEST_ANSWER:
            raise SilentError(pid)
        sock.settimeout(left)
        data = sock.recv(1 << 16)
        if not data:
            raise SilentError(pid)
        received += data
    answer: Any = json.loads(received)
    if not isinstance(answer, dict):
        raise SilentError(pid)
    return cast("dict[str, Any]", answer)


def _listen(path: Path) -> socket.socket:
    """A socket that listens at ``path``; what lies there of a daemon that has died gives way."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        fresh = path.with_name(f".{NAME}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        with _reachable(fresh) as address:
            sock.bind(address)
        try:
            fresh.chmod(0o666)
            sock.listen(MOST_ASKERS)
            sock.setblocking(False)
            if path.is_dir() and not path.is_symlink():
                log.warning("%s is no socket but a folder; it is now %s.", path, set_aside(path).name)
            fresh.replace(path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise
    except BaseException:
        sock.close()
        raise
    return sock


@contextlib.contextmanager
def _reachable(path: Path) -> Generator[str]:
    """An address for the path that is short enough: the system takes 107 bytes, and folders can be deeper."""
    if sys.platform != "linux":
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _mark(path: Path) -> tuple[int, int] | None:
    """What tells this very socket from another at the same path."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _pid(sock: socket.socket) -> int | None:
    """The process that listens at the other end."""
    if sys.platform != "linux":
        return None
    try:
        return PEER.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size))[0] or None
    except OSError:
        return None
