#!/usr/bin/env python3
"""Write config/prometheus/faults.yaml: an alert for each kind of fault, with what to do about it.

python tools/make_fault_rules.py

The kinds are those of the code; what config/prometheus/rules.yaml watches by figures of its own is left out, so that
nobody is called twice for one thing.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from reverie.errors import ended
from reverie.watch.fault_kinds import KINDS, FaultKind, Severity

FOLDER = Path(__file__).parents[1] / "config" / "prometheus"
FILE = FOLDER / "faults.yaml"
NOTE = """\
# Written by tools/make_fault_rules.py; change what it reads, not this file. A rule for each kind of fault that has none
# in rules.yaml: when it has lasted, a person is told what is wrong and what to do. ReverieFault tells of kinds that a
# daemon of another version knows and these rules do not.
"""
COVERED = {
    "ReverieInaudible": ("nothing-heard",),
    "ReverieSlotDown": ("slot-missing",),
    "ReverieLeaderGone": ("leader-missing",),
    "ReverieCrashLoop": ("crash-loop",),
    "ReverieConfigurationRefused": (
        "configuration",
        "configuration-changed",
        "model-unusable",
        "scene-broken",
        "scene-unmet",
    ),
    "ReverieStateUnwritable": ("state-unwritable", "tape-unwritable"),
}
"""The rule of rules.yaml that tells of a fault already."""
LASTS = {Severity.SILENT: "5m", Severity.IMPAIRED: "15m", Severity.NOTICE: "1h"}
"""For how long a fault must last before a person is told: these are people who are called at night."""
URGENCY = {Severity.SILENT: "critical", Severity.IMPAIRED: "warning", Severity.NOTICE: "info"}


def text() -> str:
    """The file."""
    known = "|".join(kind.id for kind in KINDS)
    unknown: dict[str, Any] = {
        "alert": "ReverieFault",
        "expr": f'max by (job, instance, id, subject) (reverie_fault{{id!~"{known}"}}) == 1',
        "for": LASTS[Severity.NOTICE],
        "labels": {"severity": "warning"},
        "annotations": {
            "summary": "Something is wrong on {{ $labels.instance }} of which these rules know nothing: "
            "{{ $labels.id }} {{ $labels.subject }}.",
            "advice": "Open the technician's page, which has the sentence and what to do, and renew these rules.",
        },
    }
    rules = [rule(kind) for kind in told_here()] + [unknown]
    data = {"groups": [{"name": "reverie-faults", "rules": rules}]}
    return NOTE + yaml.safe_dump(data, sort_keys=False, width=118, allow_unicode=True)


def told_here() -> list[FaultKind]:
    """The kinds of which no rule of rules.yaml tells."""
    elsewhere = {one for ids in COVERED.values() for one in ids}
    return [kind for kind in KINDS if kind.id not in elsewhere]


def rule(kind: FaultKind) -> dict[str, Any]:
    """The rule of a kind."""
    subject = " ({{ $labels.subject }})" if kind.subject else ""
    return {
        "alert": name_of(kind),
        "expr": f'max by (job, instance, subject) (reverie_fault{{id="{kind.id}"}}) == 1',
        "for": LASTS[kind.severity],
        "labels": {"severity": URGENCY[kind.severity], "id": kind.id},
        "annotations": {
            "summary": f"{{{{ $labels.instance }}}}{subject}: {kind.meaning}",
            "advice": ended(kind.advice),
        },
    }


def name_of(kind: FaultKind) -> str:
    """What the alert of a kind is called, such as ``ReverieFaultSlotAtFault``."""
    return "ReverieFault" + re.sub(r"(?:^|-)(\w)", lambda match: match[1].upper(), kind.id)


def main() -> None:
    """Write the file."""
    FILE.write_text(text(), encoding="utf-8")
    print(f"{FILE}: {len(told_here())} kinds of fault")


if __name__ == "__main__":
    main()
