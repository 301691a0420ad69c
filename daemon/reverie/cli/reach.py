"""How a command finds the daemon of its own site, and what it may believe of what answers.

The socket in the state folder is asked first. Where there is none, because the folder cannot be written or is not
known to the person who asks, the status page is: without any proxy, and only if what answers says that it plays from
the same state folder or configuration. That nobody answers does not prove that nobody lives: the lock of the state
folder has the last word, since whoever takes a living daemon for a dead one plays into its ports.
"""

from __future__ import annotations

import fcntl
import http.client
import ipaddress
import json
import os
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from reverie.conductor.single_instance import LOCK, name_is_held
from reverie.errors import ended, reason_of
from reverie.web.local_socket import DO, DREAM, LONGEST_ANSWER, PANIC, RELOAD, REPLAY, STATUS, TEST, SilentError, ask

SECONDS = 10.0
"""That a daemon may take to answer: a machine that is busy starting is slow, and none should wait much longer."""
SHAPE = {"alive": dict, "ready": dict, "concerns": list, "hands": dict, "slots": list, "processes": list}
"""What a daemon's status has in every version, and of which kind."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where the daemon of a site can be.

    ``states`` are the state folders that it may have, the likeliest first: where the site names none, it is what the
    environment gives, and that of a service is another than that of the person who asks. ``configuration`` is the
    site's own file, or None where only the shipped one counts, which is anybody's.
    """

    configuration: Path | None
    states: tuple[Path, ...]
    address: str
    port: int
    https: bool = False

    @property
    def page(self) -> str:
        """The address of the status page, for people."""
        host, scheme = self.host, "https" if self.https else "http"
        return f"{scheme}://[{host}]:{self.port}" if ":" in host else f"{scheme}://{host}:{self.port}"

    @property
    def host(self) -> str:
        """Whom to ask for the status page: an address that means every network is reached by loopback."""
        try:
            address = ipaddress.ip_address(self.address)
        except ValueError:
            return self.address
        if not address.is_unspecified:
            return self.address
        return "127.0.0.1" if address.version == 4 else "::1"  # noqa: PLR2004 - of the Internet Protocol


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of asking: an answer; or none, and ``lives`` says whether there is a daemon all the same.

    ``sentence`` is for people.
    """

    answer: Mapping[str, Any] | None = None
    lives: bool = False
    sentence: str = ""


def status(where: Whereabouts, seconds: float = SECONDS) -> Reply:
    """How the daemon is."""
    return _reach(where, STATUS, seconds)


def panic(where: Whereabouts, seconds: float = SECONDS) -> Reply:
    """Have the daemon end every note."""
    return _reach(where, PANIC, seconds)


def reload(where: Whereabouts, seconds: float = SECONDS) -> Reply:
    """Have the daemon read the present scene's file again; its socket alone takes that."""
    return _reach(where, RELOAD, seconds)


def self_test(where: Whereabouts, seconds: float = SECONDS) -> Reply:
    """Have the daemon sound a quiet figure on each slot; its socket alone takes that of a command."""
    return _reach(where, TEST, seconds)


def do(where: Whereabouts, wanted: Mapping[str, Any], seconds: float = SECONDS) -> Reply:
    """Have the daemon do what people can do at its controls; its socket alone takes that of a command."""
    return _reach(where, f"{DO} {json.dumps(wanted)}", seconds)


def dream(where: Whereabouts, said: Mapping[str, Any], seconds: float = SECONDS) -> Reply:
    """Have the daemon begin a dream, or end dreams."""
    return _reach(where, f"{DREAM} {json.dumps(said)}", seconds)


def replay(where: Whereabouts, moment: str, seconds: float = SECONDS) -> Reply:
    """Have the daemon's voices play a moment again; its socket alone takes that."""
    return _reach(where, f"{REPLAY} {moment}", seconds)


def _reach(where: Whereabouts, word: str, seconds: float) -> Reply:
    hidden: list[str] = []
    for state in where.states:
        try:
            answer = _ask_socket(where, state, word, seconds)
        except SilentError as error:
            return _silent(state, error.pid, seconds)
        except OSError as error:
            hidden.append(f"{state} ({reason_of(error)})")
            continue
        if answer is not None:
            return Reply(answer, lives=True)
    page = _ask_page(where, word, seconds)
    if page.lives:
        return page
    if locked := next(filter(_is_locked, where.states), None):
        return _silent(locked, None, seconds)
    if hidden:
        return Reply(
            lives=True,
            sentence=f"Whether a daemon plays from {' or '.join(hidden)} cannot be seen: ask as a user who may enter "
            "that folder, for example with sudo.",
        )
    return page


def _ask_socket(where: Whereabouts, state: Path, word: str, seconds: float) -> dict[str, Any] | None:
    """Ask the daemon of a state folder; that of a folder which is only likely first has to say whose it is.

    Raises:
        SilentError, OSError: as :func:`ask` does.
    """
    if state != where.states[0]:
        answer = ask(state, STATUS, seconds)
        if answer is None or not _is_ours(where, answer):
            return None
    return ask(state, word, seconds)


def _silent(state: Path, pid: int | None, seconds: float) -> Reply:
    who = f" (process {pid})" if pid else ""
    return Reply(
        lives=True,
        sentence=f"A daemon plays from {state}{who}, and has not answered for {seconds:.0f} s: wait and ask again, "
        "or start it anew with `systemctl restart reverie`.",
    )


def _ask_page(where: Whereabouts, word: str, seconds: float) -> Reply:
    """Ask the status page; in a thread, because name servers and dripping servers keep no time limit of ours."""
    found: list[Reply] = []
    asking = threading.Thread(target=lambda: found.append(_page(where, word, seconds)), daemon=True)
    asking.start()
    asking.join(seconds)
    return found[0] if found else Reply(sentence=_nobody(where, f"what is there has not answered for {seconds:.0f} s"))


def _page(where: Whereabouts, word: str, seconds: float) -> Reply:
    try:
        told: Any = json.loads(_request(where, "GET", "/status", seconds))
    except (OSError, http.client.HTTPException) as error:
        return Reply(sentence=_nobody(where, reason_of(error) if isinstance(error, OSError) else "it speaks no HTTP"))
    except (ValueError, RecursionError):
        told = None
    if not _is_a_status(told):
        return Reply(sentence=_nobody(where, "another program answers there"))
    answer = cast("dict[str, Any]", told)
    if not _is_ours(where, answer):
        return Reply(sentence=_nobody(where, f"the one there plays from {answer.get('state')}"))
    return Reply(answer, lives=True) if word == STATUS else _command_by_page(where, word, answer, seconds)


def _command_by_page(where: Whereabouts, word: str, status: Mapping[str, Any], seconds: float) -> Reply:
    """Have the daemon whose page answered do something; the page takes no other words of a command than these two."""
    order, _, body = word.partition(" ")
    if order not in {PANIC, DREAM}:
        socket = f"by the socket in {status.get('state', 'its state folder')}, which cannot be used from here"
        advice = "do it with sudo" + (", or use `systemctl reload reverie`" if word == RELOAD else "")
        return Reply(lives=True, sentence=f"The daemon at {where.page} takes this only {socket}: {advice}.")
    try:
        said = _request(where, "POST", f"/{order}", seconds, {"X-Reverie": order}, body)
    except (OSError, http.client.HTTPException) as error:
        return Reply(
            lives=True, sentence=f"The daemon at {where.page} did not take it: {ended(str(error) or 'it left')}"
        )
    if order != DREAM:
        return Reply({"said": said.decode(errors="replace").strip()}, lives=True)
    try:
        told: Any = json.loads(said)
    except (ValueError, RecursionError):
        told = None
    answer = cast("dict[str, Any]", told) if isinstance(told, dict) else dict[str, Any]()
    return Reply({"said": str(answer.get("said", "")), "ok": bool(answer.get("ok"))}, lives=True)


def _request(
    where: Whereabouts,
    method: str,
    path: str,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    body: str = "",
) -> bytes:
    """The body of the page's answer; straight from there, whatever proxy the environment names.

    Raises:
        OSError, http.client.HTTPException: if there is none.
    """
    if where.https:
        # The certificate names the machine as others reach it; what answers here has to say whose daemon it is.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(where.host, where.port, timeout=seconds, context=context)
    else:
        connection = http.client.HTTPConnection(where.host, where.port, timeout=seconds)
    try:
        connection.request(method, path, body.encode() or None, headers=dict(headers or {}))
        answer = connection.getresponse()
        found = answer.read(LONGEST_ANSWER)
        if method == "POST" and answer.status not in {http.client.OK, http.client.UNPROCESSABLE_ENTITY}:
            raise http.client.HTTPException(f"it answers {answer.status} {answer.reason}")
        return found
    finally:
        connection.close()


def _is_a_status(told: Any) -> bool:
    return isinstance(told, dict) and all(isinstance(told.get(key), kind) for key, kind in SHAPE.items())  # pyright: ignore[reportUnknownMemberType]


def _is_ours(where: Whereabouts, answer: Mapping[str, Any]) -> bool:
    """Whether the daemon that answers is that of the site; one from before it said so is taken at its word."""
    if "state" not in answer:
        return True
    same_site = where.configuration is not None and _same(answer.get("configuration"), where.configuration)
    return same_site or _same(answer["state"], where.states[0])


def _same(told: object, path: Path) -> bool:
    return isinstance(told, str) and os.path.realpath(told) == os.path.realpath(path)


def _nobody(where: Whereabouts, why: str) -> str:
    return (
        f"No daemon answers in {where.states[0]} or at {where.page} ({why}): start one with `reverie run` or "
        "`systemctl start reverie`."
    )


def _is_locked(state: Path) -> bool:
    """Whether a daemon holds the lock of the state folder, or on this machine the folder's name."""
    try:
        descriptor = os.open(state / LOCK, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return name_is_held(state)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass  # a file system without such locks
    finally:
        os.close(descriptor)
    return name_is_held(state)
