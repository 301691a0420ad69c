"""Every file of a secret that a site can name is known to be one, whoever adds a key."""

from __future__ import annotations

import ast
import inspect
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reverie.documents import Section
from reverie.site.load import load_site
from reverie.site.schema import Site
from reverie.site.secret_paths import is_secret, secret_paths

NO_SECRETS = {
    ("Site", "scenes"),
    ("Site", "models"),
    ("Site", "state"),
    ("CueSection", "folder"),
    ("MqttSection", "ca"),
    ("PresenceSection", "file"),
    ("TapeSection", "folder"),
    ("TimbreSection", "folder"),
    ("SamplerSection", "folder"),
}
"""Fields that name files and folders for everybody to see. Whoever adds a field of a path decides which it is."""
SITE = """
state: state
room: {follow: hall.local, token_file: a}
page: {artist_token_file: b, technician_token_file: c, certificate: d, key: e}
mqtt: {host: broker.local, username: hall, password_file: f, ca: not-this, tls: true}
notify: {heartbeat: {url_file: g}, channels: {crew: {url_file: h}, desk: {url_file: i}}}
"""


def sections_below(kind: type[Section]) -> Iterator[type[Section]]:
    for one in kind.__subclasses__():
        yield from (one, *sections_below(one))


def sections() -> list[type[Section]]:
    """All that the configuration of a site may have."""
    assert issubclass(Site, Section)
    return [one for one in sections_below(Section) if one.__module__.startswith("reverie.site.")]


def names_a_path(annotation: Any) -> bool:
    return annotation is Path or any(map(names_a_path, typing.get_args(annotation)))


def test_each_field_that_names_a_file_says_whether_it_is_secret() -> None:
    paths = {
        (kind.__name__, name): is_secret(field)
        for kind in sections()
        for name, field in kind.model_fields.items()
        if names_a_path(field.annotation)
    }
    assert {name for name, secret in paths.items() if not secret} == NO_SECRETS
    assert len(paths) > len(NO_SECRETS)


def test_each_file_that_is_read_as_a_secret_is_marked_as_one() -> None:
    read: set[tuple[str, str]] = set()
    for kind in sections():
        for node in ast.walk(ast.parse(inspect.getsource(sys.modules[kind.__module__]))):
            if not isinstance(node, ast.ClassDef) or node.name != kind.__name__:
                continue
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "SecretFile":
                    read |= {(kind.__name__, one.attr) for one in call.args if isinstance(one, ast.Attribute)}
    assert len(read) >= 4
    kinds = {kind.__name__: kind for kind in sections()}
    assert [(kind, name) for kind, name in read if not is_secret(kinds[kind].model_fields[name])] == []


def test_all_secrets_of_a_site_are_found_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "reverie.yaml").write_text(SITE)
    found = {path.name: way for way, path in secret_paths(load_site(tmp_path / "reverie.yaml"))}
    assert sorted(found) == list("abcdefghi")
    assert found["h"] == ("notify", "channels", "crew", "url_file")
