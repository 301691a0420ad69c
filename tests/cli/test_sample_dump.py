"""A bank's samples over a cable, as the command sends them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from fakes.banks import make_bank
from fakes.jack import need, running_jack, wait_until
from fakes.patience import PATIENCE
from fakes.sample_dump import CANCEL, NAK, DumpReceiver
from reverie.cli.sample_dump import samples_of, send
from reverie.midi.errors import DeviceError
from reverie.midi.sample_dump.cable import answering, chosen
from reverie.timbre.errors import TimbreError

FAST = 1e9


class Loop:
    """A cable to a receiver in this process, with a clock that moves when somebody waits."""

    def __init__(self, receiver: DumpReceiver) -> None:
        self.receiver = receiver
        self.now = 0.0
        self._waiting: list[bytes] = []

    def send(self, message: bytes) -> None:
        self._waiting += self.receiver.hear(message)

    def heard(self) -> Iterator[bytes]:
        while self._waiting:
            yield self._waiting.pop(0)

    def wait(self, seconds: float) -> None:
        self.now += max(seconds, 1e-6)


def nothing(_: float) -> None:
    pass


@pytest.mark.parametrize("bits", [8, 16, 24])
def test_what_arrives_is_what_is_in_the_bank(bits: int, tmp_path: Path) -> None:
    bank = make_bank(tmp_path, 1, (48, 60), 1.0)
    loop = Loop(receiver := DumpReceiver(5))
    for words in samples_of(bank, None, 7, bits):
        assert send(words, loop, 5, FAST, nothing, lambda: loop.now)
    assert receiver.faults == []
    assert [sample.number for sample in receiver.samples] == [7, 8]
    for path, sample, zone in zip(bank.samples, receiver.samples, bank.card["zones"], strict=True):
        read: Any = soundfile.read(path)
        got = (np.array(sample.words) - (1 << bits - 1)) / (1 << bits - 1)
        assert np.abs(got - read[0]).max() <= 1.01 / (1 << bits - 1)
        assert sample.period == round(1e9 / read[1])
        assert sample.loop == ((zone["loop"]["start"], zone["loop"]["end"] - 1, 0) if zone["loop"] else sample.loop)


def test_one_note_alone_and_none_that_is_not_there(tmp_path: Path) -> None:
    bank = make_bank(tmp_path, 1, (48, 60))
    assert len(samples_of(bank, 60, 0, 16)) == 1
    with pytest.raises(TimbreError, match="its notes are 48, 60"):
        samples_of(bank, 61, 0, 16)
    with pytest.raises(TimbreError, match="16383"):
        samples_of(bank, None, 16_383, 16)


@pytest.mark.parametrize(("mood", "said"), [(CANCEL, "cancelled the dump"), (NAK, "did not get sample")])
def test_a_sampler_that_will_not_is_told_of_in_a_sentence(mood: int, said: str, tmp_path: Path) -> None:
    [words] = samples_of(make_bank(tmp_path, 1), None, 0, 16)
    loop = Loop(DumpReceiver(moods=lambda _: mood))
    with pytest.raises(TimbreError, match=said):
        send(words, loop, 0, FAST, nothing, lambda: loop.now)


def test_who_interrupts_it_has_the_sampler_told(tmp_path: Path) -> None:
    [words] = samples_of(make_bank(tmp_path, 1), None, 0, 16)
    loop = Loop(receiver := DumpReceiver())

    def interrupt(done: float) -> None:
        if done > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(words, loop, 0, FAST, interrupt, lambda: loop.now)
    assert receiver.cancelled


def test_a_port_is_meant_by_its_whole_name_or_by_a_part_that_only_it_has() -> None:
    ports = ["S950:in", "S1000:in", "S1000:in 2"]
    assert chosen("s950", ports) == "S950:in"
    assert chosen("S1000:in", ports) == "S1000:in"
    for name in ("s1000", "esi"):
        with pytest.raises(DeviceError, match="MIDI port has"):
            chosen(name, ports)


def test_a_device_answers_by_the_port_beside_its_own() -> None:
    assert answering("S950:in", ["S950:out", "other:out"], "s950") == "S950:out"
    assert answering("mio 20:0", ["mio 20:0", "mio 20:1"], "mio") == "mio 20:0"
    assert answering("S950 in", ["S950 out"], "S950") == "S950 out"
    assert answering("S950:in", ["other:out"], "s950") is None


class JackSampler:
    """The receiver behind two JACK ports, in a thread of its own."""

    def __init__(self, receiver: DumpReceiver) -> None:
        import rtmidi  # pyright: ignore[reportMissingTypeStubs]

        module: Any = rtmidi
        self.receiver = receiver
        self._in = module.MidiIn(module.API_UNIX_JACK, name="Akai", queue_size_limit=10_000)
        self._in.ignore_types(False, False, False)
        self._out = module.MidiOut(module.API_UNIX_JACK, name="Akai")
        self._in.open_virtual_port("in")
        self._out.open_virtual_port("out")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._answer)
        self._thread.start()

    def _answer(self) -> None:
        while not self._over.wait(0.002):
            while event := self._in.get_message():
                for said in self.receiver.hear(bytes(event[0])):
                    self._out.send_message(said)

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        for one in (self._in, self._out):
            one.close_port()
            one.delete()


@pytest.fixture
def sampler(monkeypatch: pytest.MonkeyPatch) -> Iterator[JackSampler]:
    need("jackd")
    with running_jack(monkeypatch):
        there = JackSampler(DumpReceiver(moods=lambda heard: NAK if heard in {3, 9} else None))
        try:
            yield there
        finally:
            there.close()


def command(bank: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "reverie.cli.main", "timbre", "dump", str(bank), "--port", "Akai", *more]


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.mark.real
def test_a_bank_goes_over_real_midi_ports(sampler: JackSampler, tmp_path: Path) -> None:
    bank = make_bank(tmp_path, 1, (48, 60), 0.1)
    done = subprocess.run(
        command(bank.folder, "--fast"), env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "All is sent."), done.stderr
    assert sampler.receiver.faults == []
    assert [sample.words for sample in sampler.receiver.samples] == [
        list(words.values) for words in samples_of(bank, None, 0, 16)
    ]


@pytest.mark.real
def test_ctrl_c_has_the_sampler_told(sampler: JackSampler, tmp_path: Path) -> None:
    bank = make_bank(tmp_path, 1, (60,), 2.0)
    process = subprocess.Popen(
        command(bank.folder), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    wait_until(lambda: sampler.receiver.heard > 3)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert b"Interrupted; the sampler is told so." in said
    wait_until(lambda: sampler.receiver.cancelled)
