"""The command ``reverie doctor``: examines box and installation, and says in plain sentences what is well."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverie.cli.arguments import FAULT, add_command, add_config, add_json
from reverie.foreign import Printable

if TYPE_CHECKING:
    from reverie.cli.reach import Reply, Whereabouts
    from reverie.conductor.configuration.site_resources import InForce
    from reverie.doctor.examination import Examination
    from reverie.doctor.finding import Finding

LANGUAGES = ("en", "de")
TESTED_WITHIN = 15.0
"""Seconds in which the daemon has tried a slot."""
_MARKS = {"well": "✓", "doubtful": "!", "bad": "✗", "unknown": "?"}

Trial = Callable[[], Sequence[Mapping[str, Any]]]


def add_parsers(commands: Any) -> None:
    """Add ``doctor`` to the commands of ``reverie``."""
    doctor = add_command(
        commands, "doctor", "examine the machine and the installation, and tell what is well and what is not"
    )
    doctor.add_argument(
        "--play", action="store_true", help="also play a quiet figure on each slot, and tell which were heard"
    )
    doctor.add_argument(
        "--report",
        type=Path,
        metavar="FILE",
        help="also write an acceptance checklist, filled in as far as a machine can: Markdown, or .html",
    )
    doctor.add_argument("--language", choices=LANGUAGES, default="en", help="the language of all that; en if not said")
    add_config(doctor)
    add_json(doctor)
    doctor.set_defaults(command=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    from reverie.doctor.acceptance import acceptance_sheet
    from reverie.doctor.finding import Outcome
    from reverie.doctor.finding_texts import finding_texts
    from reverie.files import check_writable, write_atomically

    if options.report is not None:
        check_writable(options.report)
    texts = finding_texts(options.language)
    examination = _examination(options)
    found: list[Finding] = []
    for finding in examination.findings():
        found.append(finding)
        if not options.json:
            print(f"{_MARKS[finding.outcome]} {texts.title(finding.point)}: {texts.sentence(finding)}")
            if finding.outcome is not Outcome.WELL and (advice := texts.advice(finding)):
                print(f"    {advice}")
            sys.stdout.flush()
    if options.json:
        rows = [
            {
                "point": one.point,
                "outcome": one.outcome.value,
                "sentence": texts.sentence(one),
                "advice": "" if one.outcome is Outcome.WELL else texts.advice(one),
            }
            for one in found
        ]
        print(json.dumps({"ok": not _failed(found), "findings": rows}, indent=2, ensure_ascii=False))
    if options.report is not None:
        sheet = acceptance_sheet(found, texts, examination.path, examination.machine, time.time())
        page = sheet.as_html() if options.report.suffix in {".html", ".htm"} else sheet.as_markdown()
        write_atomically(options.report, page.encode())
        _say(f"{options.report} is written.")
    return FAULT if _failed(found) else 0


def _failed(found: Sequence[Finding]) -> bool:
    return any(one.outcome == "bad" for one in found)


def _examination(options: argparse.Namespace) -> Examination:
    from reverie.cli.configuration import state_that_counts
    from reverie.cli.daemon import find_daemon
    from reverie.cli.reach import status
    from reverie.doctor.examination import DaemonReply, Examination
    from reverie.site.load import find_site

    force, where, _ = find_daemon(options.config, quietly=True)
    site = force.site.model_copy(update={"state": state_that_counts(force.site)})
    force = replace(force, site=site)  # what the service keeps is looked at, whoever asks
    reply = status(where)
    daemon = DaemonReply(reply.answer, reply.sentence, lives=reply.lives)
    trial = _trial(force, where, reply) if options.play else None
    return Examination((options.config or find_site()).absolute(), force, daemon, where.page, trial, say=_say)


def _trial(force: InForce, where: Whereabouts, reply: Reply) -> Trial:
    """The figure on each slot, by the daemon if one lives: the ports are not opened twice."""
    if reply.lives:
        return lambda: _by_daemon(where, reply)
    return lambda: _by_itself(force)


def _by_itself(force: InForce) -> Sequence[Mapping[str, Any]]:
    from reverie.conductor.single_instance import Alone
    from reverie.doctor.slot_trial import try_slots
    from reverie.watch.faults import Faults

    with Alone(force.site.state_folder, Faults()):  # no daemon may begin meanwhile
        return try_slots(force.site.slots_as_json(), force.site.monitor, _say)


def _by_daemon(where: Whereabouts, reply: Reply) -> Sequence[Mapping[str, Any]]:
    """Have the daemon test its slots, and wait for what comes of it."""
    from reverie.cli.reach import self_test, status

    before = (reply.answer or {}).get("self_test")
    begun = self_test(where)
    if begun.answer is None or not begun.answer.get("ok"):
        said = begun.sentence if begun.answer is None else begun.answer.get("said") or "it knows no self-test"
        return [{"slot": "", "outcome": "refused", "sentence": str(said)}]
    slots = (reply.answer or {}).get("slots", ())
    limit = time.monotonic() + TESTED_WITHIN * max(len(slots), 1)
    while time.monotonic() < limit:
        time.sleep(0.5)
        told = status(where).answer or {}
        if (tested := told.get("self_test")) and tested != before:
            return tested["slots"]
    return [{"slot": "", "outcome": "running", "sentence": ""}]


def _say(what: str) -> None:
    """Tell how far it is, where a person waits."""
    if sys.stderr.isatty():
        print(f"... {what}", file=Printable(sys.stderr))
