"""Who asks: a visitor, an artist or a technician, and what each of them may.

Each role may what the one before it may: whoever mends the installation can also play it. At the machine itself the
site's ``page.here`` gives a role without a token; else a role comes by a session (:mod:`reverie.web.sessions`) or by
the word of a proxy that the site trusts.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

from reverie.web.refusals import refused

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PageRole(StrEnum):
    """The roles, each of which may what those before it may."""

    VISITOR = "visitor"
    ARTIST = "artist"
    TECHNICIAN = "technician"


_ORDER = tuple(PageRole)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who sent a request.

    ``address`` is empty where nobody trustworthy knows it, and ``of_many`` where it is that of a proxy which does not
    say for whom it asks. ``here`` is a person or program at this machine, ``watches`` one of the site's monitoring
    networks, ``https`` says that nobody on the way can listen. ``logged_in`` is whoever has a session.
    """

    role: PageRole
    address: str
    here: bool = False
    watches: bool = False
    https: bool = False
    of_many: bool = False
    logged_in: bool = False

    def may(self, role: str) -> bool:
        """Whether the asker has this role or one beyond it."""
        return _ORDER.index(self.role) >= _ORDER.index(PageRole(role))

    @property
    def is_host(self) -> bool:
        """Whether a technician sits at the machine itself, who is never kept waiting."""
        return self.here and self.may(PageRole.TECHNICIAN)

    @property
    def sees_machine(self) -> bool:
        """Whether the asker is told of the machine, and not of the music alone."""
        return self.watches or self.may(PageRole.TECHNICIAN)


_STRANGER = Asker(PageRole.VISITOR, "")
_ASKER = web.RequestKey("asker", Asker)


def asker_of(request: web.Request) -> Asker:
    """Who asks; whoever has not been looked at is a stranger."""
    return request.get(_ASKER, _STRANGER)


def introduce(request: web.Request, asker: Asker) -> None:
    """Let the handlers of a request know who asks."""
    request[_ASKER] = asker


def role_of(request: web.Request) -> PageRole:
    """The role of whoever asks."""
    return asker_of(request).role


def needs(role: str) -> Callable[[Handler], Handler]:
    """Decorates a handler that is for this role, and those beyond it, alone."""
    wanted = PageRole(role)

    def decorate(handler: Handler) -> Handler:
        @functools.wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            demand(request, wanted)
            return await handler(request)

        return guarded

    return decorate


def demand(request: web.Request, role: str) -> None:
    """See that whoever asks has this role.

    Raises:
        HTTPException: 401 if nobody has logged in, 403 if the role is not enough.
    """
    asker = asker_of(request)
    if asker.may(role):
        return
    if asker.role == PageRole.VISITOR:
        raise refused(401, "role.login", f"This is for the {role}; log in with the {role}'s token.")
    raise refused(403, "role.more", f"This is for the {role}; you are logged in as {asker.role}.")
