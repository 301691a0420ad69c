"""The acceptance sheet: what was found, what is left to people, and who signs, in two languages and two forms."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from fakes.box import Box
from fakes.html_pages import ReadPage
from reverie.doctor import finding_texts as module
from reverie.doctor.acceptance import PEOPLE, AcceptanceSheet, acceptance_sheet
from reverie.doctor.finding import bad, doubtful, unknown, well
from reverie.doctor.finding_texts import LANGUAGES, finding_texts

DOCTOR = Path(module.__file__).parent
TEXTS: dict[str, dict[str, list[str]]] = json.loads((DOCTOR / "texts.json").read_text(encoding="utf-8"))
FINDINGS = [
    well("heat", "heat.well", degrees=51),
    doubtful("rtc", "rtc.none"),
    bad("slots", "slot.away", slot="a|b <script>", detail="it is away"),
    unknown("daemon", "daemon.none"),
]


@pytest.fixture
def box(tmp_path: Path) -> Box:
    box = Box(tmp_path / "box")
    box.put("/sys/firmware/devicetree/base/model", "Raspberry Pi 5 Model B Rev 1.0\0")
    box.put("/etc/os-release", 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"')
    return box


def sheet(box: Box, language: str) -> AcceptanceSheet:
    return acceptance_sheet(FINDINGS, finding_texts(language), Path("/etc/reverie/reverie.yaml"), box.view, 0.0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_has_each_finding_and_a_line_for_each_point_of_people(box: Box, language: str) -> None:
    text = sheet(box, language).as_markdown()
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == len(FINDINGS) + len(PEOPLE) + 4
    columns = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
    assert columns == {4}, "whatever a slot is called, a row has three cells"
    assert text.count("☐") == len(PEOPLE)
    assert "Raspberry Pi 5 Model B Rev 1.0" in text
    assert "Debian GNU/Linux 12 (bookworm)" in text
    assert text.count("_" * 40) == 3


def test_failures_are_counted_and_advice_stands_with_what_is_not_well(box: Box) -> None:
    text = sheet(box, "en").as_markdown()
    assert "**1 failed, 1 passed, 1 doubtful, 1 not told.**" in text
    assert "Fit a real-time clock" in text
    assert "**1 nicht bestanden, 1 bestanden, 1 zweifelhaft, 1 nicht feststellbar.**" in sheet(box, "de").as_markdown()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole_fetches_nothing_and_has_no_markup_of_others(box: Box, language: str) -> None:
    page = ReadPage(sheet(box, language).as_html())
    assert page.fetched == []
    assert page.of("script") == []
    assert page.of("html") == [{"lang": language}]
    assert any("a|b <script>" in text for text in page.text)
    assert Counter(cell.get("class") for cell in page.of("td"))["line"] == len(PEOPLE) + 3


def test_every_text_is_in_every_language_with_the_same_places() -> None:
    assert list(TEXTS) == sorted(TEXTS)
    for key, said in TEXTS.items():
        assert set(said) == set(LANGUAGES), key
        english, german = ("".join(said[language]) for language in LANGUAGES)
        places = [set(re.findall(r"\{\w+\}", text)) for text in (english, german)]
        assert places[1] <= places[0], key
        assert [bool(text) for text in said["en"]] == [bool(text) for text in said["de"]], key


def test_every_text_that_is_used_exists_and_none_is_left_over() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in DOCTOR.glob("*.py"))
    used = set(re.findall(r'"([a-z]+(?:\.[a-z_]+)?)"', code))
    made = {f"person.{name}" for name in PEOPLE}
    made |= {key for key in TEXTS if key.startswith(("title.", "outcome.", "trial.", "slot."))}
    assert sorted(set(TEXTS) - used - made) == []
    points = set(re.findall(r'(?:well|bad|doubtful|unknown|judge)\(\s*"(\w+)"', code))
    assert points <= {key.removeprefix("title.") for key in TEXTS if key.startswith("title.")} | {"state", "tape"}
