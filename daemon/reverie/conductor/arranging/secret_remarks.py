"""What is wrong with the secrets by which people far away are told and boxes of a room meet, before anybody waits."""

from __future__ import annotations

from collections.abc import Iterator

from reverie.documents import Keys
from reverie.notify.apprise_channel import AppriseChannel, ChannelError
from reverie.site.schema import Site
from reverie.site.secret_file import SecretError, SecretFile


def secret_faults(site: Site) -> Iterator[tuple[Keys, str]]:
    """Files of secrets that the site names and that are of no use, or for every user to read.

    What the service is given as a credential cannot be seen from here.
    """
    for name, channel in site.notify.channels.items():
        yield from _faults(("notify", "channels", name, "url_file"), channel.secret(name), AppriseChannel)
    if site.notify.heartbeat:
        yield from _faults(("notify", "heartbeat", "url_file"), site.notify.heartbeat.secret)
    if site.mqtt and site.mqtt.password:
        yield from _faults(("mqtt", "password_file"), site.mqtt.password)
    if site.room:
        yield from _faults(("room", "token_file"), site.room.token)


def _faults(way: Keys, secret: SecretFile, channel: type[AppriseChannel] | None = None) -> Iterator[tuple[Keys, str]]:
    if secret.path is None:
        return
    try:
        secret.read()
        if channel is not None:
            channel(secret).server()
    except (SecretError, ChannelError) as error:
        yield way, f"{secret.path}: {error}" if isinstance(error, ChannelError) else str(error)
        return
    if sentence := secret.exposed():
        yield way, sentence
