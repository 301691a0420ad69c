"""FluidSynth as a slot: it sounds, it says what is missing, and it is started again when it hangs or dies."""

from __future__ import annotations

import math
import os
import signal
import struct
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from fakes.fluidsynth import install
from fakes.jack import Jack, need, wait_until
from fakes.patience import PATIENCE
from fakes.playing import RealPlayer, loop, place, scene, steps
from fakes.soundfonts import font
from reverie.midi.errors import DeviceError
from reverie.music.notes import Note
from reverie.music.time import Tempo
from reverie.play.messages import BarPlayed, SlotState
from reverie.play.outputs.factory import make_output
from reverie.play.outputs.fluidsynth import FluidSynth


def refusal(synth: FluidSynth) -> str:
    """The sentence with which it does not open."""
    try:
        synth.open()
        wait_until(synth.poll)
    except DeviceError as error:
        return str(error)
    finally:
        synth.close()
    pytest.fail("it opened")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A machine with nothing on it."""
    module = "reverie.play.outputs.fluidsynth.soundfonts"
    monkeypatch.setattr(f"{module}.FOLDERS", ())
    monkeypatch.setattr(f"{module}.jack_server", lambda: None)
    monkeypatch.delenv("REVERIE_SOUNDFONT", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    install(monkeypatch, tmp_path)
    return monkeypatch


def test_a_missing_program_is_named(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare.setenv("PATH", str(tmp_path))
    assert refusal(FluidSynth()) == "FluidSynth is not installed; install the package fluidsynth"


def test_a_missing_soundfont_is_named(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert refusal(FluidSynth()).startswith("no soundfont is installed; install the package fluid-soundfont-gm")
    bare.setenv("REVERIE_SOUNDFONT", "/nowhere/a.sf2")
    assert refusal(FluidSynth()).startswith("there is no soundfont /nowhere/a.sf2")


@pytest.mark.skipif(Path("/proc/asound/cards").exists(), reason="this machine has a sound card")
def test_a_missing_sound_device_is_named(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    font(tmp_path / "a.sf2")
    assert refusal(FluidSynth(str(tmp_path / "a.sf2"))).startswith("there is no sound device; plug a sound card in")


def test_settings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(
        DeviceError, match="`kind` is one of browser, din, fluidsynth, osc, port, rtp, virtual, not 'organ'"
    ):
        make_output("main", {"kind": "organ"})
    with pytest.raises(DeviceError, match="slot main: these settings do not fit kind port"):
        make_output("main", {"kind": "port", "mach": "x"})


@pytest.mark.real
def test_what_fluidsynth_says_on_stderr_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need("fluidsynth")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nobody")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    assert refusal(FluidSynth(audio="jack")).startswith("FluidSynth has no sound device (Failed to connect to Jack")
    unknown = refusal(FluidSynth(audio="Alsa"))
    assert unknown == "FluidSynth has no audio driver 'Alsa'; mend `audio`"
    for option, told in (
        ({"audio.alsa.devise": "hw:2"}, "Setting parameter 'audio.alsa.devise' not found"),
        ({"synth.polyphony": "0"}, "Failed to set integer parameter 'synth.polyphony'"),
    ):
        assert refusal(FluidSynth(options=option, audio="file")) == (
            f"FluidSynth refuses its options ({told}); mend `options`"
        )
    (tmp_path / "text.sf2").write_text("no soundfont at all")
    quiet = {"audio.file.name": "/dev/null"}
    assert refusal(FluidSynth(str(tmp_path / "text.sf2"), "file", options=quiet)).startswith("FluidSynth cannot read")


@pytest.mark.real
def test_it_sounds_at_the_right_pitch_and_leaves_with_its_pipe(tmp_path: Path) -> None:
    need("fluidsynth")
    sound = tmp_path / "sound.wav"
    synth = FluidSynth(audio="file", options={"audio.file.name": str(sound)})
    synth.open()
    wait_until(synth.poll)
    synth.send(bytes((0xC0, 73)))  # a flute: nearly a sine
    synth.send(bytes((0x90, 69, 110)))
    synth.flush()
    silent = sound.stat().st_size
    wait_until(lambda: sound.stat().st_size > silent + 44100 * 4)
    synth.send(bytes((0x80, 69, 0)))
    synth.flush()
    assert synth._shell is not None
    child = synth._shell._child
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(PATIENCE) == 0

    with wave.open(str(sound)) as file:
        rate = file.getframerate()
        file.setpos(file.getnframes() - rate)
        left = struct.unpack(f"<{rate * 2}h", file.readframes(rate))[: rate // 2 * 2 : 2]
    strength = {hertz: abs(sum(s * math.e ** (-2j * math.pi * hertz * n / rate) for n, s in enumerate(left)))
                for hertz in (220, 330, 415, 440, 466, 550, 660)}  # fmt: skip
    assert max(abs(sample) for sample in left) > 300
    assert max(strength, key=strength.__getitem__) == 440
    synth._shell = None
    for stream in (child.stdout, child.stderr):
        assert stream is not None
        stream.close()


@pytest.fixture
def player(jack: Jack, tmp_path: Path) -> Iterator[RealPlayer]:
    need("fluidsynth")
    worker = RealPlayer(tmp_path, {"main": {"kind": "fluidsynth"}})
    yield worker
    worker.end()


def children(player: RealPlayer) -> list[psutil.Process]:
    return psutil.Process(player.process.pid).children()


@pytest.mark.real
@pytest.mark.parametrize(
    ("harm", "sentence"), [(signal.SIGKILL, "FluidSynth ended"), (signal.SIGSTOP, "FluidSynth hangs")]
)
def test_a_dead_or_hung_synth_is_started_again(player: RealPlayer, harm: signal.Signals, sentence: str) -> None:
    player.hear(SlotState, lambda state: state.up)
    player.tell(scene(tempo=Tempo(240)), place(steps(60, 62, 64, 65)))
    player.hear(BarPlayed, lambda bar: bar.sent == 4)
    (synth,) = children(player)
    synth.send_signal(harm)
    assert player.hear(SlotState, lambda state: not state.up).detail.startswith(sentence)
    silent = player.hear(BarPlayed, lambda bar: bar.sent == 0)
    player.hear(BarPlayed, lambda bar: bar.bar > silent.bar and bar.sent == 4)
    (again,) = children(player)
    assert again.pid != synth.pid


@pytest.mark.real
def test_a_jack_server_that_answers_nobody_is_named(jack: Jack) -> None:
    assert jack.pid is not None
    jack.freeze()
    try:
        assert refusal(FluidSynth(audio="jack")).startswith("JACK does not answer: its server hangs; start JACK again")
    finally:
        os.kill(jack.pid, signal.SIGCONT)


@pytest.mark.real
def test_the_synth_hears_when_its_jack_server_is_gone(player: RealPlayer, jack: Jack) -> None:
    player.hear(SlotState, lambda state: state.up)
    jack.kill()
    assert player.hear(SlotState, lambda state: not state.up).detail.startswith(
        "FluidSynth has no sound device (Help! Lost the connection to the JACK server)"
    )


@pytest.mark.real
@pytest.mark.parametrize("kill", [True, False])
def test_no_synth_outlives_its_player_and_none_is_real_time(
    player: RealPlayer, kill: bool, ended: Callable[[int], bool]
) -> None:
    player.hear(SlotState, lambda state: state.up)
    player.tell(scene(tempo=Tempo(60)), place(loop(Note(0, 1900, 60))))
    (synth,) = children(player)
    assert os.sched_getscheduler(synth.pid) == os.SCHED_OTHER
    if kill:
        player.process.kill()
    else:
        player.process.terminate()
    assert player.process.wait(PATIENCE) == (-signal.SIGKILL if kill else 0)
    wait_until(lambda: ended(synth.pid))


def test_a_synth_stuck_in_its_driver_does_not_outlive_its_killed_player(
    bare: pytest.MonkeyPatch, tmp_path: Path, ended: Callable[[int], bool]
) -> None:
    font(tmp_path / "a.sf2")
    slot = {"kind": "fluidsynth", "soundfont": str(tmp_path / "a.sf2"), "audio": "file"}
    player = RealPlayer(tmp_path, {"main": slot})
    try:
        player.hear(SlotState, lambda state: state.up)
        (synth,) = children(player)
    finally:
        player.end()
    wait_until(lambda: ended(synth.pid))


@pytest.fixture
def ended() -> Callable[[int], bool]:
    """Whether a process is over, be it that nobody has fetched its status yet."""

    def check(pid: int) -> bool:
        try:
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    return check
