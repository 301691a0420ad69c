"""What a day was like, in two languages, as text and as a page."""

from __future__ import annotations

import datetime as dt
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fakes.hand_clock import HandClock
from reverie.cli.main import main
from reverie.history.day_book import FILE, DayRecord, FaultOfDay, KnownDays, RestartOfDay
from reverie.notify.morning_report import MorningReport
from reverie.notify.notice_words import TEXTS, NoticeWords, texts_of
from reverie.notify.report_shelf import FOLDER, KEPT, ReportShelf
from reverie.watch.fault_kinds import KINDS

DAY = dt.date(2026, 11, 28)
AT = dt.datetime(2026, 11, 28, 10, 30).timestamp()  # noqa: DTZ001 - people's own time
BUSY = DayRecord(
    DAY,
    running=86_400.0,
    rest=36_000.0,
    sounded=50_100.0,
    loops=812,
    starts=2,
    crashes=1,
    refused={"sparse": 40, "one_pitch": 2},
    scenes={"first-light": 30_000.0, "night-watch": 20_100.0},
    restarts=(RestartOfDay(AT, "composer", "hang"),),
    faults=(
        FaultOfDay("tape-unwritable", "", "notice", "The tape cannot be written", 3, AT, AT + 600),
        FaultOfDay("slot-missing", "<b>main</b>", "silent", "Slot <b>main</b> has no device", 1, AT, None),
    ),
    free={"state": 4_000_000_000},
)


def report(record: DayRecord | None = BUSY, language: str = "en") -> MorningReport:
    return MorningReport(NoticeWords(language, "West"), KnownDays((record,) if record else ()), 7, "9.9")


def said(text: str, label: str) -> str:
    [line] = [line for line in text.splitlines() if line.startswith(f"{label}:")]
    return line.removeprefix(f"{label}:").strip()


def test_it_says_all_that_was_counted() -> None:
    text = report().text(DAY)
    assert text.startswith("West, Saturday 28 November 2026: there was silence that nobody intended\n")
    assert said(text, "Open") == "14 h 00 min (ran for 24 h 00 min)"
    assert said(text, "Silence that nobody intended") == "5 min"
    assert said(text, "Scenes") == "first-light 8 h 20 min, night-watch 5 h 35 min"
    assert said(text, "New loops") == "812"
    assert said(text, "Refused by guards") == "42 (too sparse 40, one pitch only 2)"
    assert said(text, "Workers started anew") == "28 Nov 10:30 composer (it hung)"
    assert said(text, "Starts of the daemon") == "2, 1 of them after a crash"
    assert said(text, "Moments kept") == "7"
    assert said(text, "Disk") == "state: 4.0 GB are free"
    faults = text[text.index("What was wrong:") :].splitlines()[1:]
    assert faults[0] == "- 28 Nov 10:30 to still: Slot <b>main</b> has no device.", "the most severe is first"
    assert faults[1].endswith("The tape cannot be written. (3 times)")


def test_it_speaks_german() -> None:
    text = report(language="de").text(DAY)
    assert text.startswith("West, Samstag 28.11.2026: es war still")
    assert said(text, "Geöffnet") == "14 h 00 min (lief 24 h 00 min)"
    assert said(text, "Neu gestartete Prozesse") == "28.11. 10:30 composer (hing)"
    assert "Ein Ausgang hat kein Gerät" in text


def test_a_good_day_is_called_one() -> None:
    good = DayRecord(DAY, running=86_400.0, sounded=86_395.0, loops=4)
    message = report(good).message(DAY, 0.0)
    assert message.title.endswith("a good day")
    assert message.mood == "good"
    assert "What was wrong" not in message.text


def test_a_day_of_which_nothing_is_known_is_no_good_day() -> None:
    message = report(None).message(DAY, 0.0)
    assert message.mood == "bad"
    assert "did not run" in message.text


class Page(HTMLParser):
    """Tags and texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_page_stands_alone_and_names_are_no_markup(language: str) -> None:
    page = Page(report(language=language).html(DAY))
    assert "b" not in page.tags
    assert "script" not in page.tags
    assert {name for name, _ in page.attributes if name in {"src", "href"}} == set()
    assert ("lang", language) in page.attributes
    assert any("<b>main</b>" in text for text in page.texts)
    assert page.tags.count("tr") == len(report().lines(DAY))


def test_both_languages_have_the_same_texts() -> None:
    english, german = texts_of("en"), texts_of("de")
    assert {key for key in german if not key.startswith("fault.")} == set(english)
    for path in TEXTS.glob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def test_german_knows_the_faults_of_each_kind_and_no_other() -> None:
    ids = {key.split(".")[1] for key in texts_of("de") if key.startswith("fault.")}
    assert ids == {kind.id for kind in KINDS}, "a fault of each kind is told in German, too"


def shelf(folder: Path, clock: HandClock, *days: DayRecord) -> ReportShelf:
    return ReportShelf(folder, dt.time(7), NoticeWords("en", "West"), lambda: KnownDays(days), clock, "9.9")


def test_a_report_is_due_from_its_time_of_day_on_and_once(tmp_path: Path) -> None:
    clock = HandClock("2026-11-29 06:59")
    reports = shelf(tmp_path, clock, BUSY)
    assert reports.due() is None
    clock.go(120)
    write = reports.due()
    assert write is not None
    message = write()
    assert message is not None
    assert "West" in message.title
    assert (tmp_path / FOLDER / "2026-11-28.txt").read_text() == message.text
    assert (tmp_path / FOLDER / "2026-11-28.html").read_text() == message.html
    clock.go(3600)
    assert reports.due() is None


def test_after_a_restart_it_is_not_sent_again_and_after_an_outage_it_is_caught_up(tmp_path: Path) -> None:
    clock = HandClock("2026-11-29 15:00")
    write = shelf(tmp_path, clock, BUSY).due()
    assert write is not None
    assert write() is not None
    again = shelf(tmp_path, clock, BUSY).due()
    assert again is not None
    assert again() is None


def test_a_box_that_is_new_has_no_day_before(tmp_path: Path) -> None:
    today = DayRecord(DAY + dt.timedelta(days=1))
    assert shelf(tmp_path, HandClock("2026-11-29 15:00"), today).due() is None


def test_old_reports_go_and_a_disk_that_takes_none_keeps_none_from_being_sent(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    for number in range(KEPT + 10):
        (tmp_path / FOLDER / f"{dt.date(2026, 1, 1) + dt.timedelta(days=number)}.txt").touch()
    shelf(tmp_path, HandClock(), BUSY).write(DAY, KnownDays((BUSY,)))
    assert len(list((tmp_path / FOLDER).glob("*.txt"))) == KEPT
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / FOLDER).touch()
    assert shelf(blocked, HandClock(), BUSY).write(DAY, KnownDays((BUSY,))).text


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "reverie.yaml"
    path.write_text("state: state\nnotify: {place: West, language: de}\n")
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / FILE).write_text(json.dumps({"version": 1, "days": [BUSY.as_json()]}))
    return path


def test_the_command_prints_text_and_page(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--day", "2026-11-28", "--config", str(site)]) == 0
    assert capsys.readouterr().out.startswith("West, Samstag 28.11.2026")
    assert main(["report", "--day", "2026-11-28", "--html", "--language", "en", "--config", str(site)]) == 0
    assert "<h1>West, Saturday 28 November 2026" in capsys.readouterr().out


def test_the_command_says_which_days_it_knows(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--day", "2025-01-01", "--config", str(site)]) == 1
    assert "it knows 2026-11-28 to 2026-11-28" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["report", "--day", "someday", "--config", str(site)])
    assert "2026-11-29" in capsys.readouterr().err
