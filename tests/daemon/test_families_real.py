"""Every family of models that can be a voice, and Studio's five as operators, on a real port for a hundred bars.

A kick on each downbeat, which is written, says where the bars are. Then the loops that the daemon has kept are made
again by their recipes, here, in another process.
"""

from __future__ import annotations

import json
import logging
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

import reverie
from fakes.coconet import coconet_bundle, random_variables
from fakes.daemon import Daemon
from fakes.data import data_folder
from fakes.jack import Jack, Receiver, wait_until
from fakes.vae import random_weights
from reverie.compose.composer import compose
from reverie.compose.engines.by_family import make_engine
from reverie.compose.good_loop import GoodLoop
from reverie.compose.recipe import Recipe
from reverie.compose.state_cache import Memories
from reverie.models.coconet.design import CoconetDesign
from reverie.models.golden import with_golden
from reverie.models.library.bundle import make_bundle, write_bundle
from reverie.models.library.card import ModelCard
from reverie.models.library.importing import ImportRequest, import_model
from reverie.models.library.index import read_model_file
from reverie.music.notes import Loop

log = logging.getLogger(__name__)
pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(900)]

MakeDaemon = Callable[..., Daemon]
PORT = {"main": {"kind": "port", "match": "^synth:", "api": "jack"}}
SHIPPED = Path(reverie.__file__).parent / "shipped" / "models"
BARS, SIXTEENTHS = 100, 16
NEAR = 0.2
"""Of a sixteenth: 10 to 12 ms. Of notes that begin anywhere, two fifths are as near to a sixteenth."""
COMMON = """
metre: 4/4
key: C
scale: major
touch: off
harmony: "C | Am | F | G"
"""
PULSE = """
  pulse: {kind: drums, pattern: {kick: "x... .... .... ...."}, output: {channel: 10}}
"""


@dataclass(frozen=True)
class Case:
    """A scene; ``weights`` are models that are imported for it, with their configurations, and ``models`` all it has.

    ``free`` are voices whose notes begin between sixteenths, ``operators`` those that must have made loops.
    """

    tempo: int
    voices: str
    models: frozenset[str]
    operators: frozenset[str]
    weights: Mapping[str, str] = field(default_factory=dict[str, str])
    free: frozenset[str] = frozenset()

    @property
    def scene(self) -> str:
        return f"name: families\ntitle: Families\ntempo: {self.tempo}{COMMON}voices:{PULSE}{self.voices}"

    @property
    def channels(self) -> dict[str, int]:
        """By voice, as they are in a message."""
        voices: Mapping[str, Any] = yaml.safe_load(self.scene)["voices"]
        return {name: voice["output"]["channel"] - 1 for name, voice in voices.items()}


CASES = {
    "a note at a time": Case(
        300,
        """
  beat:
    kind: drums
    model: drum_kit
    evolve: {hold: 2, candidates: 2, then: [continue, mutate, reset]}
    density: [1, 48]
    output: {channel: 11}
  lead:
    kind: melody
    model: attention_rnn
    primer: "C5 - - - E5 - G5 - F5 - - - E5 - D5 -"
    register: [C4, C6]
    evolve: {hold: 2, candidates: 2, then: [continue, mutate, reset]}
    output: {channel: 1}
  solo:
    kind: melody
    model: chord_pitches_improv
    primer: "C5 - - - E5 - G5 - F5 - - - E5 - D5 -"
    register: [C4, C6]
    evolve: {hold: 2, candidates: 2, then: [continue, reset]}
    output: {channel: 2}
  low:
    kind: bass
    model: bass_line
    primer: "C2 - - - G2 - - - C2 - E2 - G2 - - -"
    register: [C2, C4]
    evolve: {hold: 2, candidates: 2, then: [continue, mutate, reset]}
    output: {channel: 3}
""",
        frozenset({"drum_kit", "attention_rnn", "chord_pitches_improv", "bass_line"}),
        frozenset({"continue", "mutate", "reset"}),
    ),
    "several notes at a time": Case(
        240,
        """
  four:
    kind: polyphony
    model: polyphony
    primer: "[C4 E4 G4 C5]:4 [D4 F4 A4]:4 [E4 G4 C5]:4 [D4 G4 B4]:4"
    register: [C3, C6]
    evolve: {hold: 2, candidates: 2, then: [continue, mutate, reset]}
    output: {channel: 3}
  piano:
    kind: performance
    model: performance_chords
    primer: "[C3 G3 E4]:8 [A3 C4 E4]:8"
    register: [C2, C7]
    evolve: {hold: 1, candidates: 2, then: [continue, continue, reset]}
    output: {channel: 5}
  hands:
    kind: performance
    model: performance_with_dynamics
    primer: "[C3 G3 E4]:8 [A3 C4 E4]:8"
    register: [C2, C7]
    evolve: {hold: 1, candidates: 2, then: [continue, continue, reset]}
    output: {channel: 6}
""",
        frozenset({"polyphony", "performance_chords", "performance_with_dynamics"}),
        frozenset({"continue", "mutate", "reset"}),
        {"performance_chords": "chord_conditioned_performance"},
        free=frozenset({"piano", "hands"}),
    ),
    "from latent spaces": Case(
        300,
        """
  own:
    kind: melody
    model: melody_2bar
    primer: "C5 - - - E5 - G5 - F5 - - - E5 - D5 -"
    register: [C4, C6]
    temperature: 0.6
    evolve: {hold: 2, candidates: 2, then: [interpolate], interpolate: {to: primer, steps: 6}}
    output: {channel: 1}
  published:
    kind: melody
    model: mel_2bar_small
    register: [C4, C6]
    temperature: 0.6
    evolve: {hold: 2, candidates: 2, then: [interpolate, reset], interpolate: {to: new, steps: 6}}
    output: {channel: 2}
  beat:
    kind: drums
    model: drums_2bar
    evolve: {hold: 2, candidates: 2, then: [interpolate, continue, mutate, reset]}
    density: [1, 48]
    output: {channel: 11}
""",
        frozenset({"melody_2bar", "mel_2bar_small", "drums_2bar"}),
        frozenset({"interpolate", "latent-continue", "reset"}),
        {"mel_2bar_small": "cat-mel_2bar_small"},
    ),
    "a trio": Case(
        300,
        """
  lead:
    kind: melody
    model: trio
    bars: 4
    register: [C4, C6]
    density: [0.5, 64]
    evolve: {hold: 1, candidates: 4, then: [interpolate, mutate, reset], interpolate: {to: new, steps: 6}}
    output: {channel: 1}
  low:
    kind: bass
    model: trio
    bars: 4
    register: [C2, C4]
    density: [0.5, 64]
    evolve: {hold: 1, candidates: 4, then: [interpolate, mutate, reset], interpolate: {to: new, steps: 6}}
    output: {channel: 2}
  beat:
    kind: drums
    model: trio
    bars: 4
    density: [0.5, 144]
    evolve: {hold: 1, candidates: 4, then: [interpolate, mutate, reset], interpolate: {to: new, steps: 6}}
    output: {channel: 11}
""",
        frozenset({"trio"}),
        frozenset({"interpolate", "latent-mutate", "reset"}),
        {"trio": "flat-trio_16bar"},
    ),
    "models that play for others": Case(
        240,
        """
  lead:
    kind: melody
    model: attention_rnn
    primer: "C5 - - - E5 - G5 - F5 - - - E5 - D5 -"
    register: [C4, C6]
    evolve: {hold: 2, candidates: 2, then: [continue, reset]}
    output: {channel: 1}
  beat:
    kind: drums
    model: drum_kit
    evolve: {hold: 1, candidates: 2, groove: humanize, then: [groove, continue]}
    density: [1, 48]
    output: {channel: 11}
  tapped:
    kind: drums
    model: drum_kit
    listen: {fill: lead}
    evolve: {hold: 1, candidates: 2, drumify: tap2drum, then: [drumify]}
    density: [1, 48]
    output: {channel: 12}
  keys:
    kind: genie
    model: piano_genie
    listen: {follow: lead}
    register: [C3, C6]
    evolve: {hold: 2, then: [continue, reset]}
    output: {channel: 2}
  drawn:
    kind: genie
    model: piano_genie
    register: [C2, C5]
    evolve: {hold: 2, then: [continue, reset]}
    output: {channel: 3}
  choir:
    kind: harmonize
    model: four
    listen: {accompany: lead}
    register: [E2, A5]
    passes: 8
    evolve: {hold: 1, candidates: 2, then: [continue, mutate]}
    output: {channel: 4}
""",
        frozenset({"attention_rnn", "drum_kit", "humanize", "tap2drum", "piano_genie", "four"}),
        frozenset({"groove", "drumify", "continue", "reset"}),
        {"piano_genie": "piano_genie", "four": "coconet"},
        free=frozenset({"beat", "tapped"}),
    ),
}


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_hundred_bars_are_played_and_made_again(
    case: Case, synth: Receiver, make_daemon: MakeDaemon, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    for name, config in case.weights.items():
        imported(name, config, models)
    daemon = make_daemon(PORT, case.scene, models=str(models))
    made, kept = Counter[str](), dict[str, GoodLoop]()
    for _ in range(2):
        daemon.start()
        daemon.wait_for_bars(BARS // 2, seconds=240)
        wait_until(lambda: made_since(daemon).keys() >= case.operators, seconds=120)
        made += made_since(daemon)
        daemon.stop()
        wait_until(lambda: not synth.sounding())
        kept |= {good.recipe.id: good for good in kept_loops(daemon.state)}
    log.info("loops that were composed: %s", made)
    check_bars(case, synth)
    again = made_again(list(kept.values()), models)
    log.info("loops that were made again: %s", again)
    assert set(again) == case.models


def imported(name: str, config: str, models: Path) -> None:
    """Import weights that Magenta's authors published; of configurations of which there are none here, random ones."""
    if config == "coconet":
        design = CoconetDesign(lowest=36, pitches=49, steps_per_quarter=2, span=16)
        random = coconet_bundle(design, random_variables(layers=5, filters=6), name)
    elif config == "flat-trio_16bar":
        random = with_golden(make_bundle(ModelCard(name, config), random_weights(config)))
    else:
        import_model(data_folder("magenta-weights") / name, models, ImportRequest(config=config))
        return
    write_bundle(models / f"{name}.safetensors", random)


def made_since(daemon: Daemon) -> Counter[str]:
    """How many loops of each operator were composed since the daemon started."""
    operators = {operator for case in CASES.values() for operator in case.operators}
    return Counter(
        {
            operator: int(number)
            for operator in operators
            if (number := daemon.metric("reverie_loops_composed_total", operator=operator))
        }
    )


def check_bars(case: Case, synth: Receiver) -> None:
    """Whether the bars are as long as the tempo says, and who is to sound does, on sixteenths if bound to them."""
    starts: dict[int, list[float]] = {}
    for moment, message in zip(synth.moments, synth.messages, strict=True):
        if message[0] & 0xF0 == 0x90 and message[2]:
            starts.setdefault(message[0] & 0x0F, []).append(moment)
    assert set(starts) == set(case.channels.values())
    lines = starts[case.channels["pulse"]]
    assert len(lines) >= BARS
    bar = 4 * 60 / case.tempo
    lengths = [later - line for line, later in pairwise(lines)]
    steady = sum(abs(length - bar) < 0.1 * bar for length in lengths) / len(lengths)
    log.info("%d bars, %.3f of them as long as the tempo says", len(lines), steady)
    assert steady > 0.9
    for voice, channel in case.channels.items():
        if voice == "pulse":
            continue
        share = share_on_sixteenths(starts[channel], lines, bar)
        log.info("%s: %d notes, %.3f on sixteenths", voice, len(starts[channel]), share)
        assert len(starts[channel]) > BARS // 2
        assert voice in case.free or share > 0.8


def share_on_sixteenths(moments: Sequence[float], lines: Sequence[float], bar: float) -> float:
    """How many of the notes begin near a sixteenth, of those in bars that are about as long as the tempo says."""
    near: list[bool] = []
    for moment in moments:
        number = bisect_right(lines, moment)
        if 0 < number < len(lines) and abs((length := lines[number] - lines[number - 1]) - bar) < 0.1 * bar:
            place = (moment - lines[number - 1]) / length * SIXTEENTHS
            near.append(abs(place - round(place)) < NEAR)
    return sum(near) / len(near)


def kept_loops(state: Path) -> Iterator[GoodLoop]:
    """All loops that the daemon has kept with their recipes."""
    for path in state.rglob("*.json"):
        yield from map(GoodLoop.from_json, _loops(json.loads(path.read_text())))


def _loops(data: object) -> Iterator[dict[str, object]]:
    """Whatever is a loop with its recipe, wherever it stands in a kept file."""
    if isinstance(data, dict):
        if {"recipe", "loop"} <= data.keys():
            yield data
        else:
            for one in data.values():
                yield from _loops(one)
    elif isinstance(data, list):
        for one in data:
            yield from _loops(one)


def made_again(loops: Sequence[GoodLoop], models: Path) -> Counter[str]:
    """By model, how many of the loops come out the same once more, by their recipes alone.

    A loop that was made beside another needs that one, which is in the state too as long as it was not replaced.
    """
    engine = make_engine("numpy")
    by_hash: dict[str, Loop] = {good.loop.content_hash: good.loop for good in loops}
    again = Counter[str]()
    for name in {good.recipe.model for good in loops if good.recipe.by_a_model}:
        path = models / f"{name}.safetensors"
        engine.load(read_model_file(path if path.exists() else SHIPPED / path.name))
    for good in loops:
        recipe = good.recipe
        if recipe.by_a_model and all(one.loop in by_hash for one in recipe.heard):
            whole = Recipe.from_json(recipe.as_json(), by_hash)
            assert compose(engine, whole, Memories()).loop == good.loop, f"{recipe.voice}, by {recipe.operator}"
            again[recipe.model] += 1
    return again
