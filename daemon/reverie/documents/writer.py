"""Plain data as YAML text that the reader takes for the same data.

PyYAML leaves texts without quotes that YAML 1.2 takes for numbers, such as a serial number 0012e45.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

_PLAIN = re.compile(r"(?!(?:true|false|null|yes|no|on|off|y|n)$)[a-z][a-z0-9_./ -]*(?<! )", re.IGNORECASE)


class _Dumper(yaml.SafeDumper):
    """Writes texts in quotes unless they are plain words, and no anchors, which are not for people."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = None if _PLAIN.fullmatch(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)  # pyright: ignore[reportUnknownMemberType]


_Dumper.add_representer(str, _text)  # pyright: ignore[reportUnknownMemberType]


def write_text(data: dict[str, Any]) -> str:
    """The text of a document that says ``data``."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
