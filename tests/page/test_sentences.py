"""What the daemon answers a hand, in the languages of the house."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from fakes.browser import Visit
from fakes.conductors import Theatre
from fakes.hall import Hall
from fakes.scenes import TEXT
from reverie.conductor.care.fresh_start import StartedWith, begin_anew_in_rests
from reverie.conductor.keeping.history_keeping import keep_history

DAEMON = Path(__file__).parents[2] / "daemon" / "reverie"
SENTENCES = DAEMON / "web" / "static" / "sentences"
LANGUAGES = ("de", "fr")
HANDS = (
    *("compose/by_hand.py", "control/loop_hand.py", "control/mutes.py", "control/scene_choice.py"),
    *(
        "conductor/page/candidates.py",
        "conductor/page/scene_trial.py",
        "conductor/keeping/moment_keeping.py",
        "control/effect.py",
    ),
)
"""Where sentences are written that people at an artist's desk read, and no programs alone."""
OTHER = ("there is no scene {}{}", " ")
"""What begins so names what somebody has written to a program, or is a part of another sentence."""
Visitor = Callable[..., Awaitable[Visit]]


@cache
def texts(language: str) -> dict[str, str]:
    return json.loads((SENTENCES / f"{language}.json").read_text(encoding="utf-8"))


def written(path: Path) -> Iterator[str]:
    """The sentences of a module: texts with spaces that are no docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts = {id(part) for one in ast.walk(tree) if isinstance(one, ast.JoinedStr) for part in one.values}
    spoken = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    for one in ast.walk(tree):
        if id(one) in parts | spoken:
            continue
        match one:
            case ast.Constant(value=str(text)):
                yield text
            case ast.JoinedStr(values=values):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in values)
            case _:
                pass


@cache
def pieces() -> str:
    """All that the daemon may say, in one text, without what varies."""
    return "\n".join(text.casefold() for path in DAEMON.rglob("*.py") for text in written(path))


def test_the_languages_have_the_same_sentences_with_what_varies_in_them() -> None:
    german, french = texts("de"), texts("fr")
    assert list(german) == sorted(german)
    assert list(german) == list(french)
    for catalogue in (german, french):
        for english, text in catalogue.items():
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english)), english
            assert text.strip()


def test_no_sentence_is_translated_that_the_daemon_does_not_say() -> None:
    for english in texts("de"):
        longest = max(re.split(r"\{\w+\}", english), key=len).strip(" ,;.()")
        assert longest.casefold() in pieces(), english


@pytest.mark.parametrize("module", HANDS)
def test_what_a_hand_is_answered_has_its_translation(module: str) -> None:
    known = [
        re.compile(".*".join(map(re.escape, re.split(r"\s*\{\w+\}", text))), re.IGNORECASE) for text in texts("de")
    ]
    said = {text.strip(".") for text in written(DAEMON / module) if text.count(" ") > 2 and not text.startswith(OTHER)}
    assert {text for text in said if not any(one.fullmatch(text) for one in known)} == set()
    assert said


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_done_in_rests_was_told_in_english(tmp_path: Path, language: str) -> None:
    conductor = Theatre(tmp_path, {"study": TEXT}).conductor
    keep_history(conductor, conductor._housekeeping, conductor.config.site.storage)
    environment = {"NOTIFY_SOCKET": "/run/systemd/notify", "SYSTEMD_EXEC_PID": str(os.getpid())}
    begin_anew_in_rests(conductor, StartedWith.now([]), asked=False, environment=environment)
    names = [one["name"] for one in conductor.day.work.status()]
    assert len(names) == 4
    assert [name for name in names if name not in texts(language)] == []


@pytest.mark.real
@pytest.mark.parametrize(
    ("language", "sentence", "spoken"),
    [
        (
            "de",
            "It was refused: kit has strokes, and no register.",
            "Es wurde abgelehnt: kit hat Schläge und kein Register.",
        ),
        (
            "fr",
            "It was refused: Lead is the last voice that sounds, and is not muted; pause, if silence is wanted.",
            "Refusé : Lead est la dernière voix qui sonne et reste audible ; pour le silence, mettez en pause.",
        ),
        ("de", "It is done: every voice evolves again.", "Es ist geschehen: jede Stimme entwickelt sich wieder."),
        ("de", "The bell has cracked.", "The bell has cracked."),
        ("en", "It is done: lead is muted.", "It is done: lead is muted."),
    ],
)
async def test_a_sentence_is_said_with_its_reason(
    hall: Hall, visitor: Visitor, language: str, sentence: str, spoken: str
) -> None:
    here = await visitor(hall.address, language=language)
    asked = """async (sentence) => {
        const { spoken, startSentences } = await import('/static/js/sentences.js');
        await new Promise((there) => startSentences(() => there(null)));
        return spoken(sentence);
    }"""
    assert await here.page.evaluate(asked, sentence) == spoken
