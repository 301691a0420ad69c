"""Sending by Apprise, which knows mail, webhooks, ntfy, Telegram, Matrix, SMS and a hundred services more."""

from __future__ import annotations

import importlib
import logging
from typing import Any, Protocol

from reverie.errors import ReverieError
from reverie.notify.message import FarMessage
from reverie.site.secret_file import SecretFile

MAIL = frozenset(
    {"NotifyEmail", "NotifyMailgun", "NotifyOffice365", "NotifyResend", "NotifySendGrid", "NotifySES", "NotifySMTP2Go"}
)
"""Apprise's services that show a page; what others call HTML are a few tags."""
_KINDS = {"bad": "failure", "doubtful": "warning", "good": "success", "plain": "info"}


class ChannelError(ReverieError):
    """A channel cannot be used, or has not taken a message; the sentence has nothing of its address."""


class Channel(Protocol):
    """A way to tell somebody."""

    def send(self, message: FarMessage) -> None:
        """Send it; may take long.

        Raises:
            ReverieError: if it was not taken.
        """
        ...


class AppriseChannel:
    """A channel whose address is read anew for each message, so that whoever changes it need restart nothing."""

    def __init__(self, secret: SecretFile) -> None:
        self._secret = secret

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AppriseChannel) and other._secret == self._secret

    def __hash__(self) -> int:
        return hash(self._secret)

    def send(self, message: FarMessage) -> None:
        """Send it; in a thread, for networks are slow.

        Raises:
            SecretError: if there is no address.
            ChannelError: if the address is none, or what is there does not take the message.
        """
        server = self.server()
        shows_html = bool(message.html) and type(server).__name__ in MAIL
        apprise: Any = importlib.import_module("apprise")
        if not shows_html and "overflow_mode" not in vars(server):  # unless the address says how
            server.overflow_mode = apprise.OverflowMode.SPLIT  # what is too long for a service is refused for ever
        try:
            taken = apprise.Apprise(server).notify(
                title=message.title,
                body=message.html if shows_html else message.text,
                notify_type=_KINDS[message.mood],
                body_format="html" if shows_html else "text",
            )
        except Exception as error:  # noqa: BLE001 - what plugins raise is theirs, and may have the address in it
            raise ChannelError(f"Apprise could not send by it ({type(error).__name__})") from None
        if not taken:
            raise ChannelError("what is there did not answer, or did not take the message")

    def server(self) -> Any:
        """What Apprise makes of the address.

        Raises:
            SecretError: if there is no address.
            ChannelError: if Apprise does not know it.
        """
        address = self._secret.read()
        apprise: Any = importlib.import_module("apprise")  # it takes a while, and most sites need it never
        _hush()
        server = apprise.Apprise.instantiate(address, suppress_exceptions=True)
        if server is None:
            raise ChannelError("its file has no address that Apprise knows; see docs/how-to/notifications.md")
        return server


def _hush() -> None:
    """Keep Apprise's own lines, which name people and addresses, out of the log and of support bundles."""
    for name in ("apprise", "urllib3", "requests"):
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.setLevel(logging.CRITICAL)
