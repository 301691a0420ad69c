"""RTP-MIDI and OSC where they live: in an output process, which outlives its player long enough to end the notes."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from fakes.jack import wait_until
from fakes.pumping import until
from fakes.relay import free_port_pair
from fakes.rtp import Ear
from reverie.midi.errors import DeviceError
from reverie.play.output_process.proxy import OutputProxy
from reverie.play.outputs.factory import open_output
from reverie.play.outputs.rtp_midi import RtpMidi
from reverie.play.recording.ledger import Ledger
from reverie.processes.children import reap

pytestmark = pytest.mark.real
LOOPBACK = "127.0.0.1"


def test_notes_pass_through_an_output_process_and_end_when_it_or_its_player_dies(tmp_path: Path) -> None:
    ear = Ear()
    port = free_port_pair()
    mac = RtpMidi("mac", port, LOOPBACK, advertise=False, hear=ear.hear)
    mac.open()
    settings = {"kind": "rtp", "port": 0, "address": LOOPBACK, "invite": [f"{LOOPBACK}:{port}"], "advertise": False}
    ledger = Ledger(tmp_path, "studio")
    output = open_output("studio", settings, ledger)
    assert isinstance(output, OutputProxy)
    try:
        output.open()
        until(output.poll, output, mac)
        assert output.description == "playing over the network to mac"

        def strike(*pitches: int) -> None:
            for pitch in pitches:
                ledger.note_on(2, pitch)
                output.send(bytes((0x92, pitch, 100)))
            until(lambda: set(ear.sounding) == {(2, pitch) for pitch in pitches}, output, mac)

        strike(60, 64, 67)
        pid = output.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(DeviceError):
            until(lambda: output.poll() and False, output, mac)
        output.open()
        until(output.poll, output, mac)
        ledger.close(output)
        until(lambda: not ear.sounding, output, mac)
        strike(72)
        output.close()  # as the system does when the player is killed
        until(lambda: not ear.sounding, mac)
        wait_until(reap)
    finally:
        output.close()
        mac.close()
        wait_until(reap)


def test_whom_a_slot_waits_for_is_told(tmp_path: Path) -> None:
    settings = {"kind": "rtp", "port": 0, "address": LOOPBACK, "invite": ["127.0.0.1:9"], "advertise": False}
    output = open_output("studio", settings, Ledger(tmp_path, "studio"))
    output.open()
    try:
        until(lambda: "nothing listens at 127.0.0.1:9" in output.description, output)
        assert not output.poll()
        assert output.lacks == output.description
    finally:
        output.close()
        wait_until(reap)
