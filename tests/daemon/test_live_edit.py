"""A scene's file is edited while a real daemon plays it, as people and their editors do: what is heard at the port."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes.daemon import Daemon
from fakes.heard_bars import SCENE, SLOTS, TURN, Listener, heard_bars
from fakes.jack import Jack, Receiver, wait_until

pytestmark = pytest.mark.real

OTHER = 5
"""The melody's channel after an edit: by it bars before and after are told apart."""


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


def saved_as_editors_do(path: Path, text: str) -> None:
    """Into another file, which then takes the place of the first; vim and many others do so."""
    beside = path.with_name(f".{path.name}.swp")
    beside.write_text(text)
    beside.replace(path)


def test_an_edit_is_heard_on_a_bar_line_and_the_music_goes_on_from_where_it_was(
    synth: Receiver, make_daemon: Callable[..., Daemon]
) -> None:
    daemon = make_daemon(SLOTS, SCENE).start()
    path = daemon.folder / "scenes" / "study.yaml"
    listener = Listener(daemon, synth, TURN)
    loop = listener.settle()

    def broken() -> bool:
        return daemon.metric("reverie_fault", id="scene-broken") == 1

    def channel(number: int) -> str:
        return SCENE.replace("channel: 1,", f"channel: {number},")

    def goes_on(on: int, off: int) -> None:
        """The same loop goes on, from one bar line on at the other channel, and at none in both or in neither."""
        begun = len(heard_bars(synth, off))
        wait_until(lambda: any(bars for bar, bars in heard_bars(synth, on).items() if bar >= begun - 1), 60)
        change = next(bar for bar, notes in heard_bars(synth, on).items() if bar >= begun - 1 and notes)
        while change > 0 and not loop[(change - 1 - listener.first) % TURN] and not heard_bars(synth, off)[change - 1]:
            change -= 1  # a bar of rests belongs to whichever
        wait_until(lambda: len(heard_bars(synth, on)) >= change + 2 * TURN)
        before, after = heard_bars(synth, off), heard_bars(synth, on)
        for bar in range(max(change - 2 * TURN, listener.first), change):
            assert (before[bar], after[bar]) == (loop[(bar - listener.first) % TURN], ())
        for bar in range(change, change + 2 * TURN):
            assert (before[bar], after[bar]) == ((), loop[(bar - listener.first) % TURN])

    saved_as_editors_do(path, channel(OTHER))
    goes_on(OTHER, 1)

    whole = channel(1)
    with path.open("w") as file:  # others write in place, and in pieces
        for start in range(0, len(whole), 150):
            file.write(whole[start : start + 150])
            file.flush()
            os.fsync(file.fileno())
            time.sleep(0.4)  # so that files are looked at meanwhile, and never found the same twice
    goes_on(1, OTHER)
    assert not broken()
    assert "scene-broken" not in daemon.log.read_text()

    saved_as_editors_do(path, SCENE.replace("key: D", "key: H"))
    wait_until(broken)
    assert any("study.yaml:6:6: " in concern for concern in daemon.status()["concerns"])
    path.write_bytes(b"\xff\xfe voices: [")
    path.unlink()
    wait_until(lambda: any("there is no" in concern for concern in daemon.status()["concerns"]))
    bars = len(listener.heard())
    wait_until(lambda: len(listener.heard()) > bars + 2 * TURN)
    for bar in range(bars - TURN, bars + TURN):
        assert listener.heard()[bar] == loop[(bar - listener.first) % TURN], "what is wrong changes nothing"

    path.write_text(channel(1))
    wait_until(lambda: not broken())
    saved_as_editors_do(path, channel(OTHER))
    goes_on(OTHER, 1)
    wait_until(lambda: len(daemon.records()) >= 3)
    rows = [{key: row[key] for key in ("source", "action", "value", "voice", "refused")} for row in daemon.records()]
    change = {"source": "file", "action": "change", "value": "study", "voice": None, "refused": ""}
    assert rows == [change] * 3
    assert "Traceback" not in daemon.log.read_text()
    assert daemon.stop()[0] == 0
