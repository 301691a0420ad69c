"""Downloads that go on where they broke off, with HTTP's ranges (RFC 9110, sections 13 and 14).

While a file is coming it is called ``FILE.part``; ``FILE.part.tag`` has the version of it that the server named, so
that two versions are never put together.
"""

from __future__ import annotations

import errno
import http.client
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from email.message import Message
from pathlib import Path

from reverie.advice import advice_on
from reverie.errors import reason_of
from reverie.models.errors import ModelError

Progress = Callable[[str, int, int | None], None]
"""Is told a file's name, how many bytes of it are there, and how many there will be if the server said so."""

PATIENCE = 20.0
"""Seconds without a byte after which a connection counts as broken."""

_BLOCK = 1 << 16
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
"""What a disk has against being written to; a network has other complaints."""

_OK, _PARTIAL, _NOT_FOUND, _BEYOND = 200, 206, 404, 416
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


def download(url: str, path: Path, progress: Progress) -> None:
    """Download a file, going on with what an earlier download left.

    A broken connection is taken up again as long as every attempt brings the end nearer.

    Raises:
        FileNotFoundError: if the server has no such file.
        ModelError: if the network, the server or the disk does not let it; what came is kept for the next time.
    """
    transfer = _Transfer(url, path, progress)
    farthest = 0
    while True:
        try:
            whole = transfer.attempt()
            reason = "the connection broke"
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == _NOT_FOUND:
                raise FileNotFoundError(url) from error
            if error.code == _BEYOND and transfer.begin_anew():
                continue
            raise ModelError(f"{url}: its server answers {error.code} {error.reason}; try again later") from error
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, OSError) and (error.filename or error.errno in _DISK):
                where = Path(error.filename or transfer.part)
                advice = f"what came is kept: {advice_on(error, where)}"
                raise ModelError(f"{where}: cannot be written ({reason_of(error)}); {advice}") from error
            whole, reason = False, _reason(error)
        if whole:
            transfer.finish()
            return
        if transfer.size() <= farthest:
            raise ModelError(_unreachable(url, reason, transfer.size()))
        farthest = transfer.size()


class _Transfer:
    """One file on its way."""

    def __init__(self, url: str, path: Path, progress: Progress) -> None:
        self._url = url
        self._path = path
        self._progress = progress
        self._part = path.with_name(f"{path.name}.part")
        self._tag = path.with_name(f"{path.name}.part.tag")

    @property
    def part(self) -> Path:
        """The file that grows."""
        return self._part

    def size(self) -> int:
        """How many bytes are there."""
        return self._part.stat().st_size if self._part.exists() else 0

    def begin_anew(self) -> bool:
        """Forget what is there; False if nothing was."""
        there = self._part.exists()
        self._part.unlink(missing_ok=True)
        self._tag.unlink(missing_ok=True)
        return there

    def finish(self) -> None:
        """Give the file its name."""
        self._part.replace(self._path)
        self._tag.unlink(missing_ok=True)

    def attempt(self) -> bool:
        """Ask for what is missing, and take what comes.

        Returns:
            Whether all of it came.
        """
        have = self.size()
        tag = self._tag.read_text(encoding="utf-8") if self._tag.exists() else ""
        headers = {"User-Agent": "reverie", "Accept-Encoding": "identity"}
        if have and tag:
            headers |= {"Range": f"bytes={have}-", "If-Range": tag}
        request = urllib.request.Request(self._url, headers=headers)  # noqa: S310 - http(s), checked by the caller
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - likewise
            begin, total = _extent(answer.status, answer.headers)
            if begin not in {0, have}:
                self.begin_anew()
                raise http.client.HTTPException("the server sends another part than was asked for")
            self._tag.write_text(_version(answer.headers), encoding="utf-8")
            with self._part.open("ab" if begin else "wb") as file:
                at = begin
                while block := answer.read(_BLOCK):
                    file.write(block)
                    at += len(block)
                    self._progress(self._path.name, at, total)
                file.flush()
                os.fsync(file.fileno())
        return total is None or at == total


def _extent(status: int, headers: Message) -> tuple[int, int | None]:
    """Where an answer begins in the file, and how long the file is.

    Raises:
        HTTPException: if the server does not say it as it should.
    """
    if status == _PARTIAL:
        found = _RANGE.fullmatch(headers.get("Content-Range", ""))
        if not found:
            raise http.client.HTTPException("the server does not say which part it sends")
        return int(found[1]), None if found[2] == "*" else int(found[2])
    if status != _OK:
        raise http.client.HTTPException(f"the server answers {status}")
    length = headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() else None


def _version(headers: Message) -> str:
    """What tells this version of a file from another: a strong entity tag, else its date; else nothing."""
    tag = headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")


def _reason(error: OSError | http.client.HTTPException) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return "no answer"
    return (cause.strerror if isinstance(cause, OSError) else str(cause)) or "the connection broke"


def _unreachable(url: str, reason: str, have: int) -> str:
    host = urllib.parse.urlsplit(url).hostname
    kept = f"{have:,} bytes came and are kept" if have else "nothing was changed"
    return f"{host} cannot be reached ({reason}); {kept}. Connect to the network and give the same command again"
