"""Secrets that a site keeps outside its configuration: a file of one line, or a credential that systemd hands over.

Addresses of channels have passwords in them, so they stand neither in the configuration, which goes into every support
bundle, nor in a log.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reverie.errors import ReverieError, reason_of
from reverie.files import OddFileError, read_file
from reverie.folders import patiently
from reverie.site.token_files import CREDENTIALS

LONGEST_SECRET = 4096
"""Characters of a secret."""


class SecretError(ReverieError):
    """There is no secret where one should be."""


@dataclass(frozen=True, slots=True)
class SecretFile:
    """Where a secret lies: ``path``, or where the site names none the service's ``credential`` of that name."""

    path: Path | None
    credential: str

    def read(self, environment: Mapping[str, str] = os.environ) -> str:
        """The secret, without the spaces around it. May wait for the disk, a few seconds at most.

        Raises:
            SecretError: if there is none; the sentence has nothing of it.
        """
        path = self._place(environment)
        try:
            written = patiently(path, lambda: read_file(path, LONGEST_SECRET))
        except TimeoutError:
            raise SecretError(f"{path} does not answer; the secret lies best on a disk of this machine") from None
        except (OddFileError, OSError) as error:
            raise SecretError(f"{path} cannot be read ({reason_of(error)}); Reverie's user needs it") from error
        secret = written.decode("utf-8", "replace").strip()
        if not secret or not secret.isprintable():
            raise SecretError(f"{path} is to have one line, which is the secret and nothing else")
        return secret

    def exposed(self) -> str | None:
        """A sentence, if every user of this machine can read it."""
        if self.path is None:
            return None
        try:
            mode = patiently(self.path, self.path.stat).st_mode
        except (OSError, TimeoutError):
            return None
        if mode & stat.S_IROTH:
            return f"every user of this machine can read {self.path}; `chmod o-r {self.path}` mends that"
        return None

    def _place(self, environment: Mapping[str, str]) -> Path:
        if self.path is not None:
            return self.path
        if folder := environment.get(CREDENTIALS):
            return Path(folder) / self.credential
        raise SecretError(
            f"no file is named for it, and the service has no credential `{self.credential}`: name a file, or add "
            f"`LoadCredential={self.credential}:/etc/reverie/{self.credential}` to the unit"
        )
