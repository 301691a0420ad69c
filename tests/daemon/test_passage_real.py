"""One scene passes into the next, at a real port."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterator

import pytest

from fakes.daemon import Daemon
from fakes.jack import Jack, Receiver, wait_until
from fakes.stalls import Stalls

pytestmark = pytest.mark.real

MakeDaemon = Callable[..., Daemon]
PORT = {"main": {"kind": "port", "match": "^synth:", "api": "jack", "clock": True}}
LAST, FIRST, NEXT = 2, 3, 5
"""The channels, from 0, of the voice that leaves last, of the one that leaves first, and of the scene that follows."""
SCENE = """
name: {name}
title: A scene called {name}
tempo: {tempo}
key: {key}
scale: {scale}
harmony: "{chords}"
touch: off
passage: {{kind: end, bars: {bars}, pause: 1}}
voices:
"""
VOICE = "  {name}: {{kind: chords, bars: 1, register: [C3, C5], style: broken, output: {{channel: {channel}}}}}\n"
DAWN = SCENE.format(bars=4, name="dawn", tempo=240, key="D", scale="dorian", chords="Dm9 | G13") + "".join(
    VOICE.format(name=name, channel=channel + 1) for name, channel in (("stays", LAST), ("leaves", FIRST))
)
DUSK = SCENE.format(bars=4, name="dusk", tempo=200, key="A", scale="minor", chords="F | E7") + VOICE.format(
    name="after", channel=NEXT + 1
)


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


def begun(make_daemon: MakeDaemon, dawn: str = DAWN) -> Daemon:
    daemon = make_daemon(PORT, dawn)
    (daemon.folder / "scenes" / "dusk.yaml").write_text(DUSK)
    daemon.start()
    daemon.wait_for_bars(5)
    assert daemon.run("do", "scene", "dusk").returncode == 0
    return daemon


def struck(synth: Receiver, channel: int) -> list[tuple[float, int, int]]:
    """When each note of a channel began, its pitch and its velocity."""
    messages = synth.messages
    return [
        (at, data[1], data[2])
        for at, data in zip(synth.moments, messages, strict=True)
        if data[0] == 0x90 | channel and data[2]
    ]


def tempo(pulses: list[float]) -> float:
    """Quarters a minute of a MIDI clock, in the mean."""
    return 60 / 24 * (len(pulses) - 1) / (pulses[-1] - pulses[0])


def test_what_plays_ends_and_the_next_scene_begins_after_a_pause(
    synth: Receiver, make_daemon: MakeDaemon, stalls: Stalls
) -> None:
    daemon = begun(make_daemon)
    waiting = daemon.status()["passage"]
    assert waiting["into"] == "dusk"
    assert waiting["sentence"].startswith("passing into dusk in ")
    wait_until(lambda: len(struck(synth, NEXT)) > 16)
    assert daemon.status()["passage"] is None

    stays, leaves, after = (struck(synth, channel) for channel in (LAST, FIRST, NEXT))
    late = stalls.longest
    assert max(at for at, *_ in leaves) < max(at for at, *_ in stays) - 1.1 + late, "a bar or two earlier"
    loud, soft = stays[0][2], stays[-1][2]
    assert soft == pytest.approx(loud * 0.6, abs=8)
    bar = 4 * 60 / 200
    last = [pitch % 12 for at, pitch, _ in stays if at >= after[0][0] - 2 * bar - 0.05]
    assert last, "the last bar, and then one of silence"
    assert {*last} <= {9, 0, 4}, "A minor belongs to both keys"
    assert {pitch % 12 for _, pitch, _ in after[:4]} <= {5, 9, 0}, "and then F, its own first chord"
    pulses = [at for at, data in zip(synth.moments, synth.messages, strict=False) if data[0] == 0xF8]
    end = bisect(pulses, after[0][0] - bar)
    assert tempo(pulses[:48]) == pytest.approx(240, rel=0.03)
    assert tempo(pulses[end - 48 : end]) == pytest.approx(200, rel=0.03), "the last bar goes as the next scene does"
    silence = after[0][0] - stays[-1][0]
    assert bar - late < silence < 2.6 * bar + late, "the last bar may end in one long note"
    assert daemon.stop()[0] == 0


def test_asked_for_twice_it_begins_with_the_next_bar_line(synth: Receiver, make_daemon: MakeDaemon) -> None:
    daemon = begun(make_daemon, DAWN.replace("bars: 4", "bars: 48"))
    left = daemon.status()["passage"]["bars"]
    assert left > 24
    assert daemon.run("do", "scene", "dusk").returncode == 0
    heard = len(synth.messages)
    wait_until(lambda: struck(synth, NEXT))
    first = next(number for number, data in enumerate(synth.messages) if data[0] == 0x90 | NEXT)
    pulses = sum(data[0] == 0xF8 for data in synth.messages[heard:first])
    assert pulses / (4 * 24) < left / 4, "it does not wait for the bars that were left"
    assert daemon.status()["scene"]["name"] == "dusk"
    assert daemon.stop()[0] == 0
