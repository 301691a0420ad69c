"""OSC, heard by python-osc's own server."""

from __future__ import annotations

import socket
from collections.abc import Generator
from typing import Any

import pytest
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer

from fakes.patience import PATIENCE
from fakes.pumping import until
from reverie.midi.errors import DeviceError
from reverie.play.outputs.factory import make_output
from reverie.play.outputs.osc_output import Osc
from reverie.play.outputs.output import BarLine, ChordLine, SectionLine

LOOPBACK = "127.0.0.1"


class Listener:
    def __init__(self, port: int = 0) -> None:
        dispatcher = Dispatcher()
        dispatcher.set_default_handler(self._hear)
        self.heard: list[tuple[Any, ...]] = []
        self._server = BlockingOSCUDPServer((LOOPBACK, port), dispatcher)
        self._server.timeout = PATIENCE
        self.port: int = self._server.server_address[1]

    def take(self, count: int) -> list[tuple[Any, ...]]:
        while len(self.heard) < count:
            before = len(self.heard)
            self._server.handle_request()
            assert len(self.heard) > before, f"nothing more came after {self.heard}"
        taken, self.heard = self.heard[:count], self.heard[count:]
        return taken

    def close(self) -> None:
        self._server.server_close()

    def _hear(self, address: str, *arguments: Any) -> None:
        self.heard.append((address, *arguments))


@pytest.fixture
def listener() -> Generator[Listener]:
    made = Listener()
    yield made
    made.close()


def opened(listener: Listener, **settings: Any) -> Osc:
    output = Osc(LOOPBACK, listener.port, **settings)
    output.open()
    until(output.poll, output)
    return output


def test_every_message_has_its_word(listener: Listener) -> None:
    output = opened(listener)
    for message in (
        *(b"\x90\x3c\x64", b"\x90\x3c\x00", b"\x9f\x7f\x01", b"\x8f\x7f\x40", b"\xb2\x07\x50", b"\xc3\x05"),
        *(b"\xe0\x00\x40", b"\xe0\x7f\x7f", b"\xd0\x11", b"\xa0\x3c\x12"),
        *(b"\xf8", b"\xfa", b"\xfb", b"\xfc", b"\xf2\x10\x01", b"\xfe"),
    ):
        output.send(message)
    output.tell(BarLine("Night", 0, 92, "3/4"))
    output.tell(BarLine("Night", 1, 92.5, "3/4"))
    output.tell(SectionLine("late"))
    output.tell(ChordLine("G7/F", 7, 5, (2, 5, 7, 11)))
    output.close()
    assert listener.take(21) == [
        ("/reverie/hello",),
        ("/reverie/note", 1, 60, 100),
        ("/reverie/note", 1, 60, 0),
        ("/reverie/note", 16, 127, 1),
        ("/reverie/note", 16, 127, 0),
        ("/reverie/control", 3, 7, 80),
        ("/reverie/program", 4, 5),
        ("/reverie/bend", 1, 0),
        ("/reverie/bend", 1, 8191),
        ("/reverie/pressure", 1, 17),
        ("/reverie/touch", 1, 60, 18),
        ("/reverie/clock",),
        ("/reverie/start",),
        ("/reverie/continue",),
        ("/reverie/stop",),
        ("/reverie/position", 144),
        ("/reverie/scene", "Night"),
        ("/reverie/bar", "Night", 0, 92.0, "3/4"),
        ("/reverie/bar", "Night", 1, 92.5, "3/4"),
        ("/reverie/section", "late"),
        ("/reverie/chord", "G7/F", 7, 5, 2, 5, 7, 11),
    ]


def test_the_prefix_is_the_sites(listener: Listener) -> None:
    output = opened(listener, prefix="/hall/lights")
    output.send(b"\x90\x3c\x64")
    output.close()
    assert listener.take(2) == [("/hall/lights/hello",), ("/hall/lights/note", 1, 60, 100)]


def test_nobody_there_is_a_sentence_until_somebody_is(listener: Listener) -> None:
    listener.close()
    output = Osc(LOOPBACK, listener.port)
    output.open()
    with pytest.raises(DeviceError, match=f"nothing listens to OSC at 127.0.0.1:{listener.port}"):
        until(output.poll, output)
    output.close()
    again = Listener(listener.port)
    output.open()
    until(output.poll, output)
    assert output.description == f"sending OSC to 127.0.0.1:{listener.port}"
    again.close()
    output.send(b"\x90\x3c\x64")
    with pytest.raises(DeviceError, match="nothing listens"):
        until(lambda: output.send(b"\x80\x3c\x00"), output)
    output.close()


def test_a_machine_that_is_not_known_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    output = make_output("lights", {"kind": "osc", "host": "lights.local", "port": 9000})
    with pytest.raises(DeviceError, match=r"lights\.local is not found"):
        output.open()
    output.close()


def test_a_broadcast_address_reaches_whoever_listens() -> None:
    """The system refused it for want of an option, and people were told to connect the network."""
    with socket.socket(type=socket.SOCK_DGRAM) as everybody:
        everybody.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        everybody.bind(("127.255.255.255", 0))
        everybody.settimeout(PATIENCE)
        output = Osc("127.255.255.255", everybody.getsockname()[1])
        output.open()
        assert everybody.recv(4096).startswith(b"/reverie/hello")
        output.send(b"\x90\x3c\x64")
        assert everybody.recv(4096).startswith(b"/reverie/note")
        output.close()


def test_a_firewall_is_told_from_a_cable(monkeypatch: pytest.MonkeyPatch, listener: Listener) -> None:
    output = opened(listener)

    class Forbids:
        def send(self, _: bytes) -> None:
            raise PermissionError(1, "Operation not permitted")

        def close(self) -> None:
            pass

    output.close()
    monkeypatch.setattr(output, "_socket", Forbids())
    with pytest.raises(DeviceError, match="open the firewall"):
        output.send(b"\x90\x3c\x64")
