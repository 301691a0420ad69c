"""The tokens by which artists and technicians are known, read again whenever their files change."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from reverie.folders import patiently
from reverie.site.page_section import PageSection
from reverie.site.token_files import ROLES, TokenError, TokenFile, token_files
from reverie.watch.fault_kinds import PAGE_TOKEN
from reverie.watch.faults import Faults

_NONE = bytes(hashlib.sha256().digest_size)
"""The digest of no token at all."""

Mark = tuple[int, int, int] | None


class Tokens:
    """Digests of the tokens; the tokens themselves are forgotten as soon as they are read.

    ``changed`` is called with a role when its token is not the one of before.
    """

    def __init__(
        self,
        page: PageSection,
        faults: Faults,
        changed: Callable[[str], object] = lambda _: None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._page = page
        self._faults = faults
        self._changed = changed
        self._environment = environment
        self._digests: dict[str, bytes] = dict.fromkeys(ROLES, _NONE)
        self._marks: dict[TokenFile, Mark] = {}

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that have a token."""
        return tuple(role for role in ROLES if self._digests[role] != _NONE)

    def role_by(self, token: str) -> str | None:
        """Whose token this is, the technician's before the artist's; how long it takes tells nothing."""
        digest, found = _digest(token), None
        for role in ROLES:
            if hmac.compare_digest(digest, self._digests[role]):
                found = role
        return found

    def look(self) -> dict[str, bytes]:
        """The digests by role as the files have them now; to be called in a thread, since disks may be slow."""
        digests = dict(self._digests)
        files = token_files(self._page, self._environment)
        for role in set(ROLES) - {file.role for file in files}:
            digests[role] = _NONE
        for file in files:
            mark = _mark(file.path)
            if mark is not None and self._marks.get(file) == mark:
                continue
            digests[file.role] = self._read(file)
            self._marks[file] = mark
        return digests

    def take(self, digests: Mapping[str, bytes]) -> None:
        """Let what was seen count."""
        for role, digest in digests.items():
            if digest != self._digests[role]:
                self._digests[role] = digest
                self._changed(role)

    def _read(self, file: TokenFile) -> bytes:
        subject = str(file.path)
        try:
            token = file.token()
        except TokenError as error:
            self._faults.tell(PAGE_TOKEN, subject, f"Nobody can log in as {file.role}: {error}")
            return _NONE
        if file.key is not None and (sentence := file.exposed()):
            self._faults.tell(PAGE_TOKEN, subject, f"The token of the {file.role} is no secret: {sentence}")
        else:
            self._faults.clear(PAGE_TOKEN, subject)
        return _digest(token)


def _mark(path: Path) -> Mark:
    try:
        status = patiently(path, path.stat)
    except (OSError, TimeoutError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
