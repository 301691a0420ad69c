"""The command ``reverie notify``: send a test by a channel of the site, and say what came of it."""

from __future__ import annotations

import argparse
import time
from typing import Any

from reverie.cli.arguments import FAULT, add_command, add_config
from reverie.cli.configuration import site_that_counts
from reverie.errors import ReverieError


def add_parsers(commands: Any) -> None:
    """Add ``notify`` to the commands of ``reverie``."""
    notify = add_command(commands, "notify", "send a test by the channels of the site, whether a daemon runs or not")
    notify.add_argument("channels", nargs="*", metavar="CHANNEL", help="a channel; without any, all of them")
    add_config(notify)
    notify.set_defaults(command=_notify)


class NoChannelError(ReverieError):
    """The site has no such channel."""


def _notify(options: argparse.Namespace) -> int:
    from reverie.conductor.far.far_side import words_of
    from reverie.notify.apprise_channel import AppriseChannel
    from reverie.notify.message import FarMessage

    site = site_that_counts(options.config).notify
    if not site.channels:
        raise NoChannelError("The site has no channel; `notify.channels` in reverie.yaml names them.")
    for name in options.channels:
        if name not in site.channels:
            raise NoChannelError(f"The site has no channel {name!r}; it has {', '.join(site.channels)}.")
    words, status = words_of(site), 0
    for name in options.channels or site.channels:
        text = words.say("test.text", channel=name)
        try:
            message = FarMessage(words.say("test.title"), text, "plain", time.time())
            AppriseChannel(site.channels[name].secret(name)).send(message)
        except ReverieError as error:
            print(f"{name}: {error}")
            status = FAULT
        else:
            print(f"{name}: the test was taken; whether it arrived is to be seen there.")
    return status
