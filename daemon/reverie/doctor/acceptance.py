"""The acceptance of an installation, to be filled in: what the machine has found, and what is left to people.

It is written in Markdown, or as a page of its own that prints well.
"""

from __future__ import annotations

import html
import platform
import socket
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reverie import __version__
from reverie.doctor.finding import Finding, Outcome
from reverie.doctor.finding_texts import FindingTexts
from reverie.doctor.machine_view import MachineView

PEOPLE = (
    "loudness",
    "power",
    "network",
    "device",
    "amplifier",
    "hours",
    "night",
    "alarm",
    "card",
    "access",
    "backup",
)
"""What no machine can see of itself; each has a text `person.NAME`."""
_MODELS = ("/sys/firmware/devicetree/base/model", "/sys/class/dmi/id/product_name")
_MARKS = {Outcome.WELL: "✓", Outcome.DOUBTFUL: "!", Outcome.BAD: "✗", Outcome.UNKNOWN: "?", Outcome.PERSON: "☐"}
_STYLE = """
body { font: 11pt/1.4 sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; color: #111; background: #fff; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { border: 1px solid #888; padding: .3rem .5rem; text-align: left; vertical-align: top; }
td.bad { background: #fbd5d5; } td.doubtful { background: #fdf0c8; } td.well { background: #d9f2dd; }
td.line { min-width: 9rem; height: 2.2rem; }
@media print { body { margin: 0; max-width: none; } tr { break-inside: avoid; } }
"""


@dataclass(frozen=True, slots=True)
class AcceptanceSheet:
    """What stands on the sheet: facts of the machine, its findings, what is left to people, and who signs."""

    language: str
    title: str
    facts: Sequence[tuple[str, str]]
    result: str
    headings: tuple[str, str]
    found: Sequence[tuple[str, str, str, str]]
    """By finding the outcome's word, its title, its mark with a word, and its sentence with the advice."""
    columns: tuple[str, str, str]
    people: Sequence[str]
    people_columns: tuple[str, str, str]
    signatures: tuple[str, Sequence[str]]

    def as_markdown(self) -> str:
        """The sheet in Markdown."""
        lines = [f"# {self.title}", "", *(f"- **{name}**: {_cell(value)}" for name, value in self.facts), ""]
        lines += [f"**{self.result}**", "", f"## {self.headings[0]}", ""]
        lines += _row(self.columns), _row(["---"] * 3)
        lines += [_row((title, mark, text)) for _, title, mark, text in self.found]
        lines += ["", f"## {self.headings[1]}", "", _row(self.people_columns), _row(["---"] * 3)]
        lines += [_row((text, "☐", " ")) for text in self.people]
        lines += ["", f"## {self.signatures[0]}", ""]
        lines += [f"{who}: ________________________________________\n" for who in self.signatures[1]]
        return "\n".join(lines)

    def as_html(self) -> str:
        """The sheet as a page that needs nothing beside it."""
        facts = "".join(_tags("tr", _tags("th", name), _tags("td", value)) for name, value in self.facts)
        found = "".join(
            f"<tr><td>{_safe(title)}</td><td class='{outcome}'>{_safe(mark)}</td><td>{_safe(text)}</td></tr>"
            for outcome, title, mark, text in self.found
        )
        people = "".join(f"<tr><td>{_safe(text)}</td><td>☐</td><td class='line'></td></tr>" for text in self.people)
        signatures = "".join(f"<tr><th>{_safe(who)}</th><td class='line'></td></tr>" for who in self.signatures[1])
        heads = ["".join(_tags("th", one) for one in columns) for columns in (self.columns, self.people_columns)]
        return (
            f"<!DOCTYPE html>\n<html lang='{self.language}'><head><meta charset='utf-8'>"
            f"<title>{_safe(self.title)}</title><style>{_STYLE}</style></head><body><h1>{_safe(self.title)}</h1><table>{facts}</table>"
            f"<p><strong>{_safe(self.result)}</strong></p><h2>{_safe(self.headings[0])}</h2>"
            f"<table><tr>{heads[0]}</tr>{found}</table><h2>{_safe(self.headings[1])}</h2>"
            f"<table><tr>{heads[1]}</tr>{people}</table><h2>{_safe(self.signatures[0])}</h2>"
            f"<table>{signatures}</table></body></html>\n"
        )


def acceptance_sheet(
    findings: Sequence[Finding], texts: FindingTexts, configuration: Path, machine: MachineView, wall: float
) -> AcceptanceSheet:
    """Fill in the sheet.

    Args:
        findings: What was found.
        texts: In whose language.
        configuration: The site's file.
        machine: The box.
        wall: When, in Unix time.
    """
    counts = Counter(finding.outcome.value for finding in findings)
    numbers = {outcome.value: counts[outcome.value] for outcome in Outcome}
    say = texts.say
    return AcceptanceSheet(
        language=texts.language,
        title=say("page.head"),
        facts=(
            (say("page.date"), time.strftime("%Y-%m-%d %H:%M %Z", time.localtime(wall))),
            (say("page.machine"), f"{socket.gethostname()}, {_model(machine)}"),
            (say("page.system"), f"{_system(machine)}, Linux {platform.release()}"),
            (say("page.versions"), f"Reverie {__version__}, Python {platform.python_version()}"),
            (say("page.site"), str(configuration)),
        ),
        result=say("page.failed" if counts["bad"] else "page.ok", **numbers),
        headings=(say("page.examined"), say("page.people")),
        found=[_found(finding, texts) for finding in findings],
        columns=(say("page.point"), say("page.result"), say("page.found")),
        people=[say(f"person.{name}") for name in PEOPLE],
        people_columns=(say("page.point"), say("page.done"), say("page.initials")),
        signatures=(say("page.sign"), (say("page.who"), say("page.maker"), say("page.place_date"))),
    )


def _found(finding: Finding, texts: FindingTexts) -> tuple[str, str, str, str]:
    word = texts.say(f"outcome.{finding.outcome}")
    advice = "" if finding.outcome is Outcome.WELL else texts.advice(finding)
    text = f"{texts.sentence(finding)} {advice}".strip()
    return finding.outcome.value, texts.title(finding.point), f"{_MARKS[finding.outcome]} {word}", text


def _model(machine: MachineView) -> str:
    return next((text for path in _MODELS if (text := machine.read(path))), platform.machine())


def _system(machine: MachineView) -> str:
    for line in (machine.read("/etc/os-release") or "").splitlines():
        name, _, value = line.partition("=")
        if name == "PRETTY_NAME":
            return value.strip('"')
    return platform.system()


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _safe(text: str) -> str:
    return html.escape(text)


def _tags(tag: str, *inner: str) -> str:
    return f"<{tag}>{''.join(inner if tag == 'tr' else (_safe(one) for one in inner))}</{tag}>"
