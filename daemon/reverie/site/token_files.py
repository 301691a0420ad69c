"""The files in which the tokens of artists and technicians lie: where they are, and what is wrong with them."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reverie.errors import ReverieError, reason_of
from reverie.folders import patiently
from reverie.site.page_section import PageSection

ROLES = ("artist", "technician")
"""The roles that one gets by a token."""
SHORTEST, LONGEST = 16, 256
"""Characters of a token: fewer can be guessed, and nobody types more."""
CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Where systemd puts what a service's unit names by LoadCredential=."""


class TokenError(ReverieError):
    """A file has no token that could be used."""


@dataclass(frozen=True, slots=True)
class TokenFile:
    """Where the token of a role lies; ``key`` is that of the site which says so, or None for a credential."""

    role: str
    path: Path
    key: str | None

    def token(self) -> str:
        """What is in it.

        Raises:
            TokenError: if that is no token.
        """
        try:
            written = patiently(self.path, self._read)
        except TimeoutError:
            raise TokenError(f"{self.path} does not answer; the token lies best on a disk of this machine") from None
        except OSError as error:
            raise TokenError(f"{self.path} cannot be read ({reason_of(error)}); the user {_user()} needs it") from error
        token = written.decode("utf-8", "replace").strip()
        if not SHORTEST <= len(token) <= LONGEST or not token.isprintable():
            raise TokenError(
                f"{self.path} is to have one line of {SHORTEST} to {LONGEST} characters, and has {len(token)}; "
                "`openssl rand -base64 24` writes a good one"
            )
        return token

    def exposed(self) -> str | None:
        """A sentence, if every user of this machine can read it."""
        try:
            mode = patiently(self.path, self.path.stat).st_mode
        except (OSError, TimeoutError):
            return None
        if mode & stat.S_IROTH:
            return f"every user of this machine can read {self.path}; `chmod o-r {self.path}` mends that"
        return None

    def _read(self) -> bytes:
        with self.path.open("rb") as file:
            return file.read(4 * LONGEST + 2)


def token_files(page: PageSection, environment: Mapping[str, str] = os.environ) -> tuple[TokenFile, ...]:
    """Where tokens are to be: what the site names, else the service's credentials that are there."""
    named = {"artist": page.artist_token_file, "technician": page.technician_token_file}
    folder = environment.get(CREDENTIALS)
    found: list[TokenFile] = []
    for role in ROLES:
        path = named[role]
        if path is not None:
            found.append(TokenFile(role, path, f"{role}_token_file"))
        elif folder and (credential := Path(folder) / f"{role}-token").is_file():
            found.append(TokenFile(role, credential, None))
    return tuple(found)


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
