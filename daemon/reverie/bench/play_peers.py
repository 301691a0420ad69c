# pyright: basic
# Magenta, note_seq and isobar have no types.
"""One peer plays the score, in a process of its own: ``python -m reverie.bench.play_peers NAME --bars N [--compose]``.

Each is run as its own documentation runs it, and plays to a port that only notes the moment. It answers with one JSON
object: when its first note was due and when each note arrived, by the clock that the peer itself goes by.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from reverie.bench.play_score import BAR, LENGTH, METRE, PARTS, QPM, onsets
from reverie.music.time import TICKS_PER_QUARTER

LEAD = 1.0
"""Seconds from the start to the first note."""
NEEDS = {"magenta": ("magenta", "note_seq"), "magenta_sleeper": ("magenta", "note_seq"), "isobar": ("isobar",)}
"""What has to be installed for a peer."""
_COMPOSES = "attention_rnn"


def missing(peer: str) -> str | None:
    """What a peer needs and is not installed; None if it can play."""
    return next((name for name in NEEDS.get(peer, ()) if importlib.util.find_spec(name) is None), None)


Arrivals = list[tuple[float, int]]


def _port(arrivals: Arrivals) -> Any:
    """A port of mido's that notes when each note began, by the wall clock that Magenta and mido go by."""
    from mido.ports import BaseOutput

    class Port(BaseOutput):
        def _send(self, message: Any) -> None:
            if message.type == "note_on" and message.velocity:
                arrivals.append((time.time(), message.note))

    return Port("stamps")


def _magenta(bars: int, compose: Callable[[], object]) -> tuple[float, Arrivals]:
    """A MidiHub that plays a sequence: what ``magenta_midi`` does while its other thread generates the next."""
    import reverie.magenta  # noqa: F401, I001 - makes TensorFlow and Magenta importable
    from magenta.interfaces.midi.midi_hub import MidiHub, TextureType
    from note_seq.protobuf import music_pb2

    arrivals: Arrivals = []
    hub = MidiHub(None, [_port(arrivals)], TextureType.POLYPHONIC)
    compose()
    start = time.time() + LEAD
    sequence = music_pb2.NoteSequence()
    for at, pitch in onsets(bars):
        end = start + at + LENGTH * BAR / METRE.bar_ticks
        sequence.notes.add(pitch=pitch, velocity=100, start_time=start + at, end_time=end)
    player = hub.start_playback(sequence, start_time=start)
    while player.is_alive():
        compose()
    player.join()
    return start, arrivals


def _sleeper(bars: int, compose: Callable[[], object]) -> tuple[float, Arrivals]:
    """Magenta's Sleeper, with which its metronome waits: asleep until shortly before each moment, then spinning."""
    import reverie.magenta  # noqa: F401, I001 - makes TensorFlow and Magenta importable
    from magenta.common.concurrency import Sleeper
    from mido import Message

    arrivals: Arrivals = []
    port = _port(arrivals)
    sleeper = Sleeper()
    compose()
    start = time.time() + LEAD

    def play() -> None:
        for at, pitch in onsets(bars):
            sleeper.sleep_until(start + at)
            port.send(Message("note_on", note=pitch, velocity=100))

    player = threading.Thread(target=play)
    player.start()
    while player.is_alive():
        compose()
    player.join()
    return start, arrivals


def _mido(bars: int, _compose: Callable[[], object]) -> tuple[float, Arrivals]:
    """``for message in file.play(): port.send(message)``."""
    from mido import Message, MetaMessage, MidiFile, MidiTrack, bpm2tempo

    file = MidiFile(ticks_per_beat=TICKS_PER_QUARTER)
    tempo = MidiTrack([MetaMessage("set_tempo", tempo=bpm2tempo(QPM))])
    file.tracks.append(tempo)
    for channel, loop in enumerate(PARTS.values()):
        events = sorted(
            (bar * METRE.bar_ticks + (note.end if ends else note.start), not ends, note.pitch)
            for bar in range(bars)
            for note in loop.notes
            for ends in (True, False)
        )
        track, before = MidiTrack(), 0
        for tick, starts, pitch in events:
            kind = "note_on" if starts else "note_off"
            track.append(Message(kind, channel=channel, note=pitch, velocity=100, time=tick - before))
            before = tick
        file.tracks.append(track)
    arrivals: Arrivals = []
    port = _port(arrivals)
    moments: list[float] = []

    def now() -> float:
        moments.append(time.time())
        return moments[-1]

    for message in file.play(now=now):
        port.send(message)
    return moments[0], arrivals


def _isobar(bars: int, _compose: Callable[[], object]) -> tuple[float, Arrivals]:
    """A timeline with its default clock and a track for each part.

    Its first tick comes a 480th of a beat after its start, as isobar means it to, and is not counted as lateness.
    """
    import isobar

    arrivals: Arrivals = []

    class Device(isobar.io.OutputDevice):
        def note_on(self, note: int = 60, *_: object, **__: object) -> None:
            arrivals.append((time.time(), int(note)))

    timeline = isobar.Timeline(QPM, output_device=Device())
    timeline.stop_when_done = True
    for channel, loop in enumerate(PARTS.values()):
        chords: dict[int, list[int]] = {}
        for note in loop.notes:
            chords.setdefault(note.start, []).append(note.pitch)
        starts = [*chords, METRE.bar_ticks]
        beats = [(end - begin) / TICKS_PER_QUARTER for begin, end in pairwise(starts)]
        timeline.schedule(
            {
                "note": isobar.PSequence([tuple(pitches) for pitches in chords.values()], bars),
                "duration": isobar.PSequence(beats, bars),
                "gate": LENGTH / TICKS_PER_QUARTER / max(beats),
                "channel": channel,
            }
        )
    start = time.time()
    timeline.run()
    return start + 60 / (QPM * TICKS_PER_QUARTER), arrivals


PEERS = {"magenta": _magenta, "magenta_sleeper": _sleeper, "isobar": _isobar, "mido": _mido}


def _generator() -> Callable[[], object]:
    """Magenta's own generator, asked as its interactions ask it: to go on for four bars after the two last of its own.

    Its weights are random ones of the published shape; how long it takes does not depend on what they are.
    """
    import reverie.magenta  # noqa: F401, I001 - makes TensorFlow and Magenta importable
    from magenta.models.melody_rnn import melody_rnn_model, melody_rnn_sequence_generator
    from magenta.models.shared import sequence_generator_bundle
    from note_seq import extract_subsequence
    from note_seq.protobuf import generator_pb2, music_pb2

    from reverie.magenta.reference import Reference

    config = melody_rnn_model.default_configs[_COMPOSES]
    with tempfile.TemporaryDirectory(prefix="reverie-bench-") as folder:
        bundle = Path(folder) / f"{_COMPOSES}.mag"
        reference = Reference(_COMPOSES)
        reference.write_bundle(bundle)
        reference.close()
        generator = melody_rnn_sequence_generator.MelodyRnnSequenceGenerator(
            melody_rnn_model.MelodyRnnModel(config),
            config.details,
            config.steps_per_quarter,
            bundle=sequence_generator_bundle.read_bundle_file(str(bundle)),
        )
        generator.initialize()
    options = generator_pb2.GeneratorOptions()
    options.args["temperature"].float_value = 1.0
    options.generate_sections.add(start_time=2 * BAR, end_time=6 * BAR)
    heard = music_pb2.NoteSequence()
    heard.tempos.add(qpm=QPM)
    heard.notes.add(pitch=60, velocity=100, start_time=0, end_time=BAR)

    def generate() -> None:
        nonlocal heard
        made: Any = generator.generate(heard, options)
        heard = extract_subsequence(made, 4 * BAR, 6 * BAR)

    return generate


def main() -> None:
    """Play and answer."""
    parser = argparse.ArgumentParser(prog="reverie.bench.play_peers", description="Let a peer play.")
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--bars", type=int, required=True)
    parser.add_argument("--compose", action="store_true", help="generate all the while, in this process")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the process that asked says that it was interrupted
    logging.disable(logging.WARNING)
    made = 0
    generate = _generator() if options.compose else None

    def compose() -> None:
        nonlocal made
        if generate is None:
            time.sleep(0.1)
        else:
            generate()
            made += 1

    start, arrivals = PEERS[options.peer](options.bars, compose)
    answer = {"start": start, "arrivals": arrivals, "composed": made}
    print(json.dumps(answer), file=sys.__stdout__)


if __name__ == "__main__":
    main()
