"""The status page: one HTML text without a script, for whoever stands before the installation with a telephone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, cast

from reverie.errors import printable
from reverie.watch.evidence import Verdict
from reverie.watch.summary import Summary

RENAMED = {"hands", "faults"}
"""Keys of the status whose content is there under a newer name too; the page shows that one."""
TABLED = {"loops"}
"""Keys of the status of which the page has a table."""


def page(summary: Summary, ready: Verdict, status: Mapping[str, Any]) -> str:
    """The page; everything in it that people or devices named is escaped."""
    return printable(
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Reverie</title>\n'
        '<meta http-equiv="refresh" content="10">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head>\n'
        f"<body><h1>Reverie</h1>\n<p><strong>{escape(summary.text)}</strong></p>\n<p>{_mark(ready)}</p>\n"
        f"{_loops(status.get('loops', {}))}"
        f"{_show({key: value for key, value in status.items() if key not in RENAMED | TABLED})}\n"
        '<p><a href="status">status</a> <a href="metrics">metrics</a> '
        '<a href="healthz">healthz</a> <a href="readyz">readyz</a></p></body></html>\n'
    )


def _mark(verdict: Verdict) -> str:
    return f"{'✓' if verdict.ok else '✗'} {escape(verdict.sentence)}"


def _loops(loops: Mapping[str, Mapping[str, Any]]) -> str:
    """The last loop of each voice, and why it was kept."""
    heads = ("voice", "from bar", "operator", "score", "bent by the guard", "candidates refused", "recipe")
    rows = [
        (
            voice,
            loop["from_bar"],
            loop["operator"] or "was there already",
            *(
                ", ".join(f"{name} {value}" for name, value in loop[key].items())
                for key in ("score", "bent", "refused")
            ),
            loop["recipe"],
        )
        for voice, loop in loops.items()
    ]
    if not rows:
        return ""
    head = "".join(f"<th>{one}</th>" for one in heads)
    cells = ("".join(f"<td>{escape(str(one))}</td>" for one in row) for row in rows)
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return f"<h2>The last loop of each voice</h2>\n<table><tr>{head}</tr>{body}</table>\n"


def _show(value: object) -> str:
    """Plain data as nested lists."""
    if isinstance(value, Mapping):
        fields = cast("Mapping[object, object]", value)
        rows = "".join(f"<dt>{escape(str(name))}</dt><dd>{_show(field)}</dd>" for name, field in fields.items())
        return f"<dl>{rows}</dl>"
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = cast("Sequence[object]", value)
        return f"<ul>{''.join(f'<li>{_show(item)}</li>' for item in items)}</ul>"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else escape(str(value))
