"""Looking for devices for months: whoever looks keeps nothing, and finds again what was unplugged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fakes.jack import Jack, wait_until
from fakes.playing import RealPlayer
from fakes.stalls import Stalls
from fakes.synth import JackSynth
from reverie.play.messages import SlotState

SCAN = """
import json, psutil
from reverie.midi.ports import PortScanner
process, figures = psutil.Process(), []
with PortScanner() as room:
    room.heard()
    for scans in (1000, 10_000):
        for _ in range(scans):
            names = [port.port for port in room.ports()]
        figures.append([process.memory_info().rss, process.num_fds(), process.num_threads()])
print(json.dumps([names, figures]))
"""

BIND = """
import sys
from reverie.midi.errors import DeviceError
from reverie.play.outputs.midi_port import MidiPort
port = MidiPort(device={"name": "in", "client": "grey"}, api="jack")
for line in sys.stdin:
    try:
        if line == "open\\n":
            port.close()
            port.open()
        port.poll()
        print("up", flush=True)
    except DeviceError as error:
        print(error, flush=True)
"""


def child(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )


@pytest.mark.real
def test_ten_thousand_scans_leak_nothing(jack: Jack) -> None:
    synth = JackSynth("grey")
    synth.plug()
    try:
        with child(SCAN) as process:
            answer, _ = process.communicate(timeout=100)
    finally:
        synth.unplug()
    names, ((memory, *before), (later, *after)) = json.loads(answer)
    assert names == ["grey:in"]
    assert after == before
    assert later - memory < 1_000_000, "a leak of 100 bytes a scan would be seen"


@pytest.mark.real
def test_a_device_is_found_again_each_time_it_returns(jack: Jack) -> None:
    synth = JackSynth("grey")
    decoy = JackSynth("decoy")
    decoy.plug()
    with child(BIND) as process:
        questions, answers = process.stdin, process.stdout
        assert questions is not None
        assert answers is not None

        def ask(what: str) -> str:
            questions.write(f"{what}\n")
            questions.flush()
            return answers.readline().strip()

        try:
            assert ask("open").startswith("no MIDI port is the device with client grey, name in; there are decoy:in")
            for _ in range(3):
                synth.plug()
                assert ask("open") == "up"
                assert ask("poll") == "up"
                synth.unplug()
                wait_until(lambda: ask("poll").startswith("the MIDI port grey:in is gone"))
        finally:
            synth.unplug()
            decoy.unplug()
            questions.close()


@pytest.mark.real
def test_a_running_player_has_its_device_back_within_five_seconds(jack: Jack, tmp_path: Path, stalls: Stalls) -> None:
    synth = JackSynth("grey")
    synth.plug()
    device = {"name": "in", "client": "grey"}
    player = RealPlayer(tmp_path, {"main": {"kind": "port", "device": device, "label": "grey synth"}})
    took: list[float] = []
    try:
        assert player.hear(SlotState, lambda state: state.up).detail.endswith("grey:in (jack): grey synth")
        for _ in range(3):
            player.heard.clear()
            synth.unplug()
            assert "grey:in is gone" in player.hear(SlotState, lambda state: not state.up).detail
            synth.plug()
            plugged = time.monotonic()
            player.hear(SlotState, lambda state: state.up)
            took.append(time.monotonic() - plugged)
    finally:
        player.end()
        synth.unplug()
    assert sorted(took)[1] < 5 + stalls.longest
