"""Whether what a changed configuration names beside itself can be read, before any of it counts.

Who types a wrong path while it plays keeps the channel, the heartbeat and the broker that there are. A file may come
yet; a credential comes only when systemd starts the service, so what needs one waits for that, and holds up nothing.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reverie.folders import patiently
from reverie.site.mqtt_section import MqttSection
from reverie.site.schema import Site
from reverie.site.secret_file import SecretError, SecretFile


@dataclass(frozen=True, slots=True)
class Unread:
    """What cannot be read.

    ``sentences`` tell of files, without a full stop, by the key that names each; ``credentials`` are those that the
    service lacks, by the key of what needs them.
    """

    sentences: Mapping[str, str] = field(default_factory=dict[str, str])
    credentials: Mapping[str, str] = field(default_factory=dict[str, str])


def unread_secrets(before: Site, after: Site, only: Collection[str] | None = None) -> Unread:
    """What of the secrets and certificates that are others than before cannot be read; ``only`` those at these keys.

    May wait for disks, some seconds at most for each.
    """
    known, sentences, credentials = _secrets(before), dict[str, str](), dict[str, str]()
    for key, secret in _secrets(after).items():
        if secret != known.get(key) and (only is None or key in only or secret.path is None):
            try:
                secret.read()
            except SecretError as error:
                if secret.path is None:
                    credentials[key.rpartition(".")[0]] = secret.credential
                else:
                    sentences[key] = f"{key}: {error}"
    is_new = after.mqtt and after.mqtt.ca and (before.mqtt is None or before.mqtt.ca != after.mqtt.ca)
    if after.mqtt and is_new and (only is None or "mqtt.ca" in only) and (told := _misfit_of_certificate(after.mqtt)):
        sentences["mqtt.ca"] = told
    return Unread(sentences, credentials)


def without(site: Site, before: Site, keys: Iterable[str]) -> Site:
    """The site with what ``before`` says at such keys as :attr:`Unread.credentials` has."""
    for key in keys:
        if key == "mqtt":
            site = site.model_copy(update={"mqtt": before.mqtt})
            continue
        changed: dict[str, Any]
        if key == "notify.heartbeat":
            changed = {"heartbeat": before.notify.heartbeat}
        else:
            name = key.removeprefix("notify.channels.")
            there = {known: one for known, one in before.notify.channels.items() if known == name}
            others = {other: one for other, one in site.notify.channels.items() if other != name}
            changed = {"channels": {**others, **there}}
        site = site.model_copy(update={"notify": site.notify.model_copy(update=changed)})
    return site


def _secrets(site: Site) -> dict[str, SecretFile]:
    """By the key that names them."""
    found = {f"notify.channels.{name}.url_file": one.secret(name) for name, one in site.notify.channels.items()}
    if site.notify.heartbeat:
        found["notify.heartbeat.url_file"] = site.notify.heartbeat.secret
    if site.mqtt and site.mqtt.password:
        found["mqtt.password_file"] = site.mqtt.password
    return found


def _misfit_of_certificate(section: MqttSection) -> str:
    path = section.ca
    if path is None:
        return ""
    try:
        patiently(path, lambda: ssl.create_default_context(cafile=str(path)))
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError, and so is a folder that does not answer
        return f"mqtt.ca: {path} is no certificate that can be read ({error})"
    return ""
