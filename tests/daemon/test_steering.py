"""What evolves is steered in a real daemon and heard at the receiving port: each act on its bar line, on record."""

from __future__ import annotations

import contextlib
import json
import urllib.request
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

import pytest
from pythonosc.udp_client import SimpleUDPClient

from fakes.daemon import Daemon, free_udp_port
from fakes.heard_bars import SCENE, SLOTS, TURN, HeardNote, Listener, heard_bars
from fakes.jack import Jack, Receiver, wait_until
from fakes.surface import Surface

pytestmark = pytest.mark.real

KEYS = {"keep": 36, "mutate": 37, "undo": 38, "return": 39, "another": 40}
CONTROLS = {
    name: {"action": name, "note": note, **({} if name == "undo" else {"voice": "lead"})} for name, note in KEYS.items()
}
Press = Callable[[str], None]


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


@contextlib.contextmanager
def pressing(by: str, daemon: Daemon, osc: int) -> Generator[Press]:
    """A way to have one of the acts done to the melody."""

    def wanted(act: str) -> Mapping[str, Any]:
        return {"action": act} if act == "undo" else {"action": act, "voice": "lead"}

    def post(act: str) -> None:
        headers = {"X-Reverie": "control", "Content-Type": "application/json"}
        url = f"http://127.0.0.1:{daemon.port}/control"
        request = urllib.request.Request(url, json.dumps(wanted(act)).encode(), headers)
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            assert json.loads(answer.read())["ok"]

    def do(act: str) -> None:
        done = daemon.run("do", *wanted(act).values())
        assert (done.returncode, done.stderr) == (0, "")

    if by == "midi":
        surface = Surface("desk")
        wait_until(lambda: all(one["up"] for one in daemon.status()["overrides"]["inputs"]))
        yield lambda act: surface.send(0x90, KEYS[act], 100)
        surface.close()
    elif by == "osc":
        with contextlib.closing(SimpleUDPClient("127.0.0.1", osc)) as client:
            yield lambda act: client.send_message(f"/reverie/{act}" + ("" if act == "undo" else "/lead"), [])
    else:
        yield post if by == "http" else do


@pytest.mark.parametrize(
    "by", ["midi", *(pytest.param(by, marks=pytest.mark.slow) for by in ("osc", "http", "command"))]
)
def test_what_is_kept_comes_back_and_what_was_done_is_taken_back_each_on_its_bar_line(
    by: str, synth: Receiver, make_daemon: Callable[..., Daemon]
) -> None:
    port = free_udp_port()
    control = {"midi": {"match": "desk", "api": "jack"}} if by == "midi" else {"osc": {"port": port}}
    daemon = make_daemon(SLOTS, SCENE, control=control, controls=CONTROLS if by == "midi" else {}).start()
    listener = Listener(daemon, synth, TURN)
    first = listener.settle()
    assert any(first)
    kept = listener.recipe
    with pressing(by, daemon, port) as press:
        press("keep")
        wait_until(lambda: daemon.status()["overrides"]["kept"]["voices"].get("lead"))
        press("mutate")
        mutated = listener.changed(first)
        press("another")
        another = listener.changed(mutated)
        assert another != first
        press("undo")
        assert listener.changed(another) == mutated, "note for note, and as loud"
        press("undo")
        assert listener.changed(mutated) == first
        press("mutate")
        again = listener.changed(first)
        press("return")
        assert listener.changed(again) == first
    wait_until(lambda: len(daemon.records()) >= 7)
    rows = [(row["action"], row["voice"], row.get("undid"), row.get("loops")) for row in daemon.records()]
    back = next(row["loops"] for row in daemon.records() if row.get("undid") == "another lead")
    assert rows == [
        ("keep", "lead", None, {"lead": kept}),
        ("mutate", "lead", None, None),
        ("another", "lead", None, None),
        ("undo", None, "another lead", back),
        ("undo", None, "mutate lead", {"lead": kept}),
        ("mutate", "lead", None, None),
        ("return", "lead", None, {"lead": kept}),
    ]
    assert {row["source"] for row in daemon.records()} == {by}
    assert not any(row["refused"] for row in daemon.records())
    assert "Traceback" not in daemon.log.read_text()
    assert daemon.stop()[0] == 0
    favourites = json.loads((daemon.state / "favourites" / "study.json").read_text())
    assert [keep["loops"]["lead"]["id"] for keep in favourites["keeps"]] == [kept]
    assert favourites["keeps"][0]["loops"]["lead"]["recipe"]["voice"] == "lead"


def test_a_good_moment_comes_back_after_a_restart(synth: Receiver, make_daemon: Callable[..., Daemon]) -> None:
    port = free_udp_port()
    scene = SCENE.replace("hold: 1, then: [continue, mutate]", "hold: 300")
    daemon = make_daemon(SLOTS, scene, control={"osc": {"port": port}}).start()
    listener = Listener(daemon, synth, TURN)
    moment = listener.settle()

    def beat() -> dict[int, tuple[HeardNote, ...]]:
        return heard_bars(synth, 10)

    drums = beat()[len(beat()) - 1]
    with contextlib.closing(SimpleUDPClient("127.0.0.1", port)) as client:
        client.send_message("/reverie/keep", [])
        wait_until(lambda: len(daemon.status()["overrides"]["kept"]["together"]) == 1)
        [kept] = daemon.status()["overrides"]["kept"]["together"]
        assert daemon.stop()[0] == 0
        bars = len(synth.messages)
        daemon.start()
        wait_until(lambda: len(synth.messages) > bars + 100)
        later = Listener(daemon, synth, TURN)
        wait_until(lambda: {"lead", "beat"} <= daemon.status()["loops"].keys())
        wait_until(lambda: len({row["operator"] for row in daemon.status()["loops"].values()} - {None}) > 0, 90)
        assert not {*moment} <= {*later.heard().values()}, "it begins with other music"
        client.send_message("/reverie/return", [])
        wait_until(lambda: moment[0] in later.heard().values() and drums in beat().values(), 60)
        wait_until(lambda: daemon.records()[-1]["action"] == "return")
        assert daemon.records()[-1]["loops"] == kept["recipes"]
        bars = len(beat())
        wait_until(lambda: len(beat()) >= bars + 2 * TURN + 1)
        assert {beat()[bar] for bar in range(bars, bars + 2 * TURN)} == {drums}
        assert {later.heard()[bar] for bar in range(bars, bars + 2 * TURN)} == {*moment}
    assert "Traceback" not in daemon.log.read_text()
