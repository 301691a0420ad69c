from __future__ import annotations

import json
import os
import time
from pathlib import Path

from reverie.browser_sounds.sound_files import SAFE, SoundFiles

OLD = SAFE + 100


def page_of(files: SoundFiles, sound: bytes) -> tuple[str, str]:
    audio = files.put(sound, "flac")
    return files.put(json.dumps({"audio": {"file": audio}}).encode(), "json"), audio


def age(folder: Path, name: str, seconds: float) -> None:
    moment = time.time() - seconds
    os.utime(folder / name, (moment, moment))


def test_what_was_made_is_found_again_by_what_it_was_made_of(tmp_path: Path) -> None:
    files = SoundFiles(tmp_path, 1000)
    page, audio = page_of(files, b"sound")
    files.remember("bank aa", page)
    assert files.recall("bank aa") == page
    assert files.recall("bank bb") is None
    (tmp_path / audio).unlink()
    assert files.recall("bank aa") is None, "a page without its sound is none"


def test_what_was_not_used_for_longest_makes_room(tmp_path: Path) -> None:
    files = SoundFiles(tmp_path, 2500)
    pages = [page_of(files, bytes([number]) * 1000) for number in range(4)]
    for number, (page, audio) in enumerate(pages):
        files.remember(str(number), page)
        for name in (page, audio):
            age(tmp_path, name, OLD + 100 * (4 - number))
    files.touch([pages[0][0]])
    files.tidy()
    assert [files.recall(str(number)) is not None for number in range(4)] == [True, False, False, True]
    assert len([*(tmp_path / "made-of").iterdir()]) == 2


def test_what_was_just_used_stays_whatever_the_quota(tmp_path: Path) -> None:
    files = SoundFiles(tmp_path, 10)
    page, _ = page_of(files, b"x" * 1000)
    files.tidy()
    assert files.audio_of(page) is not None


def test_a_damaged_page_has_no_sound(tmp_path: Path) -> None:
    files = SoundFiles(tmp_path, 1000)
    for written in (b"{", b"[]", b'{"audio": 3}', b'{"audio": {"file": "../../etc/passwd"}}'):
        assert files.audio_of(files.put(written, "json")) is None
