"""How commands find the daemon of their own site, and that they never take a living one for dead."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fakes.jack import wait_until
from fakes.pages import status_page, talker
from fakes.patience import PATIENCE
from reverie.cli.main import main
from reverie.cli.reach import Whereabouts, do, panic, reload, status
from reverie.conductor.single_instance import Alone
from reverie.files import open_file
from reverie.site.actions import ControlError
from reverie.watch.faults import Faults
from reverie.watch.verdict import Verdict
from reverie.web.local_socket import MOST_ASKERS, NAME, LocalServer, SilentError, ask

NOTHING_THERE = 9
"""A port at which nobody listens."""


@pytest.fixture(autouse=True)
def behind_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of a museum: everything goes by proxies, which do not know the daemon."""
    for name in ("http_proxy", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)


class House:
    def __init__(self) -> None:
        self.panics = 0
        self.wanted: list[tuple[object, str]] = []
        self.done = Verdict(ok=True, sentence="It is done: mutate lead.")
        self.dreams: list[tuple[bytes, str]] = []
        self.reloaded = Verdict(ok=True, sentence="Nothing has changed.")
        self.told: dict[str, Any] = {"alive": {"ok": True, "sentence": "Playing."}, "slots": [], "processes": []}

    def status(self) -> Mapping[str, Any]:
        return self.told

    def panic(self) -> None:
        self.panics += 1

    def control(self, wanted: object, source: str) -> Verdict:
        self.wanted.append((wanted, source))
        if wanted == {"action": "nonsense"}:
            raise ControlError("'action' is none")
        return self.done

    def dream_of(self, written: bytes, source: str) -> Verdict:
        self.dreams.append((written, source))
        done = b"fear" in written
        return Verdict(ok=done, sentence="A dream of fear begins." if done else "There is no such mood.")

    def reload(self) -> Verdict:
        return self.reloaded


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Deeper than an address of a socket is long."""
    folder = tmp_path / ("deep" * 30) / ("deeper" * 20)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def house(state: Path) -> Iterator[House]:
    """A daemon that answers by the socket in its state folder, as the daemon's loop has it."""
    house, loop = House(), asyncio.new_event_loop()
    serving = loop.create_task(LocalServer(house, state, Faults(), look=0.01).run())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    wait_for(state / NAME)
    yield house
    loop.call_soon_threadsafe(serving.cancel)
    loop.call_soon_threadsafe(loop.call_later, 0.05, loop.stop)
    thread.join(PATIENCE)
    loop.close()
    assert not (state / NAME).exists(), "whoever leaves takes the socket along"


def wait_for(path: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not path.exists():
        assert time.monotonic() < end, f"{path} does not come"
        time.sleep(0.01)


def at(state: Path, port: int = NOTHING_THERE, address: str = "127.0.0.1", *more: Path) -> Whereabouts:
    return Whereabouts(state / "reverie.yaml", (state, *more), address, port)


def test_behind_a_proxy_and_without_a_page_the_daemon_is_reached_by_its_socket(house: House, state: Path) -> None:
    assert status(at(state)).answer == house.told
    assert panic(at(state)).answer == {"said": "Every note is being ended."}
    assert house.panics == 1


def test_what_controls_can_do_is_done_by_the_socket(house: House, state: Path) -> None:
    wanted = {"action": "mutate", "voice": "the lead " * 10}
    assert do(at(state), wanted).answer == {"said": "It is done: mutate lead.", "ok": True}
    assert house.wanted == [(wanted, "command")]
    assert do(at(state), {"action": "nonsense"}).answer == {"said": "'action' is none.", "ok": False}
    house.done = Verdict(ok=False, sentence="It was refused: nothing plays yet.")
    assert do(at(state), wanted).answer == {"said": "It was refused: nothing plays yet.", "ok": False}
    for words in ("do", "do {", "do " + "[" * 1000, "do " + "x" * 5000):
        with contextlib.suppress(SilentError):
            answer = ask(state, words, PATIENCE)
            assert answer == {"said": "This is no JSON.", "ok": False}
    assert len(house.wanted) == 3
    assert status(at(state)).answer == house.told


def test_by_the_page_alone_nothing_is_done_but_a_panic(tmp_path: Path) -> None:
    with status_page(tmp_path) as server:
        reply = do(at(tmp_path, server.port), {"action": "mutate"})
        assert (reply.answer, reply.lives, server.taken) == (None, True, [])
        assert "takes this only by the socket" in reply.sentence
        assert "reload" not in reply.sentence


@pytest.mark.parametrize(
    ("configured", "listens"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104
        ("localhost", "127.0.0.1"),
        ("127.0.0.2", "127.0.0.2"),
        ("::1", "::1"),
        ("::", "::1"),
        ("0:0:0:0:0:0:0:1", "::1"),
    ],
)
def test_behind_a_proxy_the_page_is_reached_at_every_form_of_address(
    configured: str, listens: str, tmp_path: Path
) -> None:
    try:
        page = status_page(tmp_path, address=listens)
        with page as server:
            assert status(at(tmp_path, server.port, configured)).answer is not None
            assert panic(at(tmp_path, server.port, configured)).answer == {"said": "Every note is being ended."}
            assert server.taken == ["panic"]
    except OSError as error:
        if ":" not in listens:
            raise
        pytest.skip(f"this machine has no IPv6 ({error})")


def test_the_daemon_of_another_state_folder_is_not_ours_whatever_its_port(tmp_path: Path) -> None:
    with status_page(tmp_path / "other", tmp_path / "other.yaml") as server:
        reply = panic(at(tmp_path, server.port))
        assert (reply.answer, reply.lives, server.taken) == (None, False, [])
        assert f"the one there plays from {tmp_path / 'other'}" in reply.sentence


def test_a_service_that_a_person_asks_from_another_home_is_known_by_its_configuration(tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(tmp_path / "reverie.yaml")
    with status_page(tmp_path / "of the service", link) as server:
        assert panic(at(tmp_path, server.port)).answer is not None
        assert server.taken == ["panic"]


def test_the_socket_of_a_service_is_asked_whose_it_is(house: House, state: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    where = Whereabouts(tmp_path / "reverie.yaml", (mine, state), "127.0.0.1", NOTHING_THERE)
    house.told |= {"state": str(state), "configuration": "/etc/reverie/other.yaml"}
    assert not panic(where).lives
    house.told |= {"configuration": str(tmp_path / "reverie.yaml")}
    assert panic(where).answer is not None
    assert house.panics == 1


def test_a_daemon_of_before_it_said_whose_it_is_is_taken_at_its_word(tmp_path: Path) -> None:
    with status_page(None) as server:
        assert panic(at(tmp_path, server.port)).answer is not None


def drip(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"H")
        time.sleep(0.2)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.0 200 OK\r\n\r\n<html>Welcome to nginx!</html>",
        b'HTTP/1.0 200 OK\r\n\r\n{"status": "UP"}',
        b"HTTP/1.0 200 OK\r\n\r\n" + b"[" * 100_000,
        b"HTTP/1.0 200 OK\r\n\r\n[1, 2]",
        b'HTTP/1.0 200 OK\r\n\r\n{"alive": true, "slots": [], "processes": []}',
        b'HTTP/1.0 200 OK\r\n\r\n{"alive": {}, "ready": 1, "concerns": 2, "hands": 3, "slots": 4, "processes": 5}',
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\xff\xfe\x00",
        b"",
    ],
)
def test_another_program_at_the_port_is_not_believed(said: bytes, tmp_path: Path) -> None:
    with talker(lambda connection: connection.sendall(said) if connection.recv(4096) else None) as port:
        for ask_for in (status, panic):
            reply = ask_for(at(tmp_path, port))
            assert (reply.answer, reply.lives) == (None, False)
            assert "No daemon answers" in reply.sentence


def test_a_program_that_drips_is_not_waited_for_without_end(tmp_path: Path) -> None:
    with talker(drip) as port:
        begun = time.monotonic()
        assert not status(at(tmp_path, port), seconds=1.0).lives
        assert time.monotonic() - begun < PATIENCE


def test_a_daemon_that_hangs_lives(state: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        folder = os.open(state, os.O_RDONLY)
        listener.bind(f"/proc/self/fd/{folder}/{NAME}")
        os.close(folder)
        listener.listen()
        reply = panic(at(state), seconds=0.2)
    assert reply.lives
    assert reply.answer is None
    assert f"(process {os.getpid()}), and has not answered" in reply.sentence
    assert not panic(at(state), seconds=0.2).lives, "what is left of a socket is nobody"


def test_the_lock_tells_of_a_daemon_that_can_be_asked_nowhere(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.touch()
    assert not panic(at(tmp_path)).lives
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        reply = panic(at(tmp_path))
    assert reply.lives
    assert reply.answer is None


def test_where_there_are_no_locks_the_name_of_the_folder_tells_of_a_daemon(tmp_path: Path) -> None:
    with Alone(tmp_path, Faults()):
        (tmp_path / "lock").unlink()
        assert panic(at(tmp_path)).lives
    assert not panic(at(tmp_path)).lives


def test_a_folder_that_cannot_be_entered_may_hold_a_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("reverie.web.local_socket.os.open", refused)
    reply = panic(at(tmp_path))
    assert reply.lives
    assert f"{tmp_path} (Permission denied) cannot be seen: ask as a user who may" in reply.sentence


@pytest.mark.parametrize("name", ["loop", "loop/below", "n" * 300, "below/" * 1000])
def test_where_no_folder_can_be_nobody_is_said_to_hide(name: str, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for ask_for in (status, panic):
        reply = ask_for(at(tmp_path / name))
        assert (reply.answer, reply.lives) == (None, False)
        assert "No daemon answers" in reply.sentence


def test_panic_touches_no_port_of_a_daemon_that_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config, lock = tmp_path / "reverie.yaml", tmp_path / "state" / "lock"
    config.write_text(f"state: state\nhealth: {{port: {NOTHING_THERE}}}\n")
    lock.parent.mkdir()
    lock.touch()
    silenced: list[str] = []

    def silence(*_: Any) -> tuple[str, ...]:
        silenced.append("silenced")
        return ("main: silenced",)

    monkeypatch.setattr("reverie.play.panic.silence", silence)
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert main(["panic", "--config", str(config)]) == 1
        assert "No port was touched" in capsys.readouterr().err
        assert not silenced
    assert main(["panic", "--config", str(config)]) == 0
    assert silenced == ["silenced"]


def test_panic_does_not_play_with_other_ports_where_the_configuration_is_kept_from_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "reverie.yaml"
    config.write_text("slots: {synth: {kind: port, match: x}}\n")

    def refused(path: Path) -> Any:
        if path == config:
            raise PermissionError(13, "Permission denied")
        return open_file(path)

    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setattr("reverie.documents.reader.open_file", refused)
    monkeypatch.setattr("reverie.cli.daemon.os.access", lambda path, _: path != config)
    assert main(["panic", "--config", str(config)]) == 1
    said = capsys.readouterr()
    assert "Permission denied" in said.err
    assert "cannot be read by this user" in said.err
    assert not said.out


def test_a_socket_that_is_deleted_comes_back(house: House, state: Path) -> None:
    for _ in range(2):
        (state / NAME).unlink()
        wait_for(state / NAME)
        assert ask(state, "status", PATIENCE) == house.told


def test_a_folder_in_the_place_of_the_socket_is_set_aside(house: House, state: Path) -> None:
    (state / NAME).unlink()
    (state / NAME).mkdir()
    wait_until((state / NAME).is_socket)
    assert ask(state, "status", PATIENCE) == house.told
    assert len(list(state.glob(f"{NAME}.broken-*"))) == 1


def test_who_says_nothing_or_nonsense_takes_nothing_from_those_who_ask(house: House, state: Path) -> None:
    assert ask(state, "rm -rf", PATIENCE) == {"fault": "there is no word 'rm -rf'"}
    with pytest.raises(SilentError):
        ask(state, "x" * 10_000, PATIENCE)
    idle = silent(state, 2 * MOST_ASKERS)
    idle[0].settimeout(PATIENCE)
    with contextlib.suppress(ConnectionError):
        assert idle[0].recv(10) == b"", "whoever came first has made room"
    assert ask(state, "status", PATIENCE) == house.told, "while all the others still say nothing"
    for one in idle:
        one.close()


def silent(state: Path, count: int) -> list[socket.socket]:
    """So many connections that say nothing."""
    idle: list[socket.socket] = []
    folder = os.open(state, os.O_RDONLY)
    for _ in range(count):
        idle.append(socket.socket(socket.AF_UNIX))
        idle[-1].connect(f"/proc/self/fd/{folder}/{NAME}")
    os.close(folder)
    return idle


def descriptors() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


def test_commands_that_say_nothing_take_no_descriptors_from_the_music(house: House, state: Path) -> None:
    """asyncio's own server takes as many at once as wait, each with a descriptor, and turns them away only then."""
    before = descriptors()
    idle: list[socket.socket] = []
    for _ in range(4):
        idle += silent(state, MOST_ASKERS)
    assert ask(state, "status", PATIENCE) == house.told
    ours = descriptors() - before - len(idle)
    assert ours <= MOST_ASKERS + 1
    for one in idle:
        one.close()


def test_names_that_are_no_text_are_answered_all_the_same(house: House, state: Path) -> None:
    house.told["slots"] = [os.fsdecode(b"caf\xe9")]
    assert ask(state, "status", PATIENCE) == house.told
    assert json.dumps(house.told)


def test_who_has_no_state_folder_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def try_for_a_while() -> None:
        serving = asyncio.create_task(LocalServer(House(), tmp_path / "missing", faults, look=0.01).run())
        await asyncio.sleep(0.2)
        assert [fault.id for fault in faults.active] == ["commands-away"]
        (tmp_path / "missing").mkdir()
        async with asyncio.timeout(PATIENCE):
            while faults.active:  # noqa: ASYNC110 - the server looks again by itself
                await asyncio.sleep(0.01)
        serving.cancel()

    faults = Faults()
    asyncio.run(try_for_a_while())
    assert len(caplog.messages) == 1
    assert "can reach this daemon by its status page only" in caplog.messages[0]


@pytest.mark.parametrize("ok", [True, False])
def test_reload_says_what_came_of_it(house: House, state: Path, ok: bool, capsys: pytest.CaptureFixture[str]) -> None:
    house.reloaded = Verdict(ok=ok, sentence="The scene dusk was read again.")
    config = state / "reverie.yaml"
    config.write_text(f"state: {state}\nhealth: {{port: {NOTHING_THERE}}}\n")
    assert main(["reload", "--config", str(config)]) == (0 if ok else 1)
    assert capsys.readouterr().out == "The scene dusk was read again.\n"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("mutate lead", {"action": "mutate", "voice": "lead"}),
        ("undo", {"action": "undo"}),
        ("tempo --to 90", {"action": "tempo", "value": 90.0}),
        ("tempo 90", {"action": "tempo", "value": 90.0}),
        ("temperature lead --to 1.2", {"action": "temperature", "voice": "lead", "value": 1.2}),
        ("pause --to off", {"action": "pause", "value": False}),
        ("mute lead --to on", {"action": "mute", "voice": "lead", "value": True}),
        ("scene 2", {"action": "scene", "value": "2"}),
        ("dream fear", {"action": "dream", "value": "fear"}),
    ],
)
def test_what_a_command_wants_done_reaches_the_daemon_with_its_value(
    house: House, state: Path, words: str, wanted: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(state))
    assert main(["do", *words.split()]) == 0
    assert house.wanted == [(wanted, "command")]


def test_a_word_that_is_no_value_is_refused_before_anybody_is_asked(
    house: House, state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(state))
    assert main(["do", "tempo", "fast"]) == 1
    assert capsys.readouterr().err == "tempo: a number, on or off is needed, not 'fast'.\n"
    assert house.wanted == []


@pytest.mark.parametrize(
    ("form", "line"),
    [
        (
            {"chapter": "late", "section": "walk", "bar": 3, "bars": 16, "next": "still"},
            "chapter late, section walk: bar 3 of 16, then still",
        ),
        ({"chapter": None, "section": "walk", "bar": 3, "bars": 16, "next": None}, "section walk: bar 3 of 16"),
    ],
)
def test_the_status_tells_the_section(
    house: House,
    state: Path,
    form: Mapping[str, Any],
    line: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(state))
    house.told |= {"ready": {"ok": True, "sentence": "Ready."}, "concerns": [], "hands": {"now": [], "inputs": []}}
    house.told["form"] = form
    assert main(["status"]) == 0
    assert capsys.readouterr().out.splitlines() == ["Playing.", "Ready.", line]
    house.told["passage"] = {"into": "dusk"}
    assert main(["status"]) == 0
    ends = line.removesuffix(", then still")
    assert capsys.readouterr().out.splitlines() == ["Playing.", "Ready.", ends], "dusk follows, and no section"


def test_a_dream_is_wanted_and_ended_by_a_command(
    house: House, state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(state))
    assert main(["dream", "fear", "--weight", "0.5", "--length", "2 min", "--text", "fünf Katzen\n"]) == 0
    assert capsys.readouterr().out == "A dream of fear begins.\n"
    assert main(["dream", "joy"]) == 1
    assert capsys.readouterr().err == "There is no such mood.\n"
    assert main(["dream", "--wake", "fear"]) == 0
    told = [json.loads(written) for written, _ in house.dreams]
    assert told == [
        {"mood": "fear", "weight": 0.5, "length": "2 min", "text": "fünf Katzen\n"},
        {"mood": "joy"},
        {"wake": "fear"},
    ]
    assert {source for _, source in house.dreams} == {"command"}


def test_reload_says_that_there_is_no_daemon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "reverie.yaml"
    config.write_text(f"state: state\nhealth: {{port: {NOTHING_THERE}}}\n")
    assert main(["reload", "--config", str(config)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert f"No daemon answers in {tmp_path / 'state'}" in said.err


def test_reload_of_a_daemon_that_only_its_page_can_reach_does_nothing_else(tmp_path: Path) -> None:
    with status_page(tmp_path) as server:
        reply = reload(at(tmp_path, server.port))
        assert (reply.answer, reply.lives) == (None, True)
        assert "systemctl reload reverie" in reply.sentence
        assert not server.taken, "nothing was asked of it but how it is"


def test_a_daemon_that_knows_no_reload_is_not_believed_to_have_done_it(
    house: House, state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("reverie.cli.reach.RELOAD", "a word of the future")
    config = state / "reverie.yaml"
    config.write_text(f"state: {state}\nhealth: {{port: {NOTHING_THERE}}}\n")
    assert main(["reload", "--config", str(config)]) == 1
    assert "older than this command" in capsys.readouterr().err
