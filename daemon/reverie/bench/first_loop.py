# pyright: basic
# TensorFlow, note_seq and Magenta have no types.
"""From nothing to two bars, in a process of its own: ``python -m reverie.bench.first_loop engine|magenta FILE``.

Once the loop is there it says, as JSON, how many notes it has, when that was by the machine's monotonic clock, and how
much memory the process needed at most.
"""

from __future__ import annotations

import json
import re
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

BARS = 2
_SEED = 1
_BEAT = 0.5
_HIGHEST = re.compile(r"VmHWM:\s*(\d+) kB")


def _with_engine(path: Path) -> int:
    from reverie.compose.engines.recurrent import RecurrentEngine
    from reverie.compose.recipe import LoopLimits, Recipe
    from reverie.models.library.index import read_model_file
    from reverie.music.time import Metre

    engine, model = RecurrentEngine(), read_model_file(path)
    engine.load(model)
    recipe = Recipe(
        scene="bench",
        scene_hash="",
        voice="drums",
        kind="drums",
        model=model.name,
        model_hash=model.sha256,
        operator="reset",
        seed=_SEED,
        temperature=1.0,
        bars=BARS,
        metre=Metre(),
        primer=(),
        primer_steps=0,
        limits=LoopLimits(),
    )
    return len(engine.generate(recipe)[0].notes)


def _with_magenta(path: Path) -> int:
    """As ``drums_rnn_generate``, the command line of Magenta's DrumsRNN, does it; its primer is a bass drum, too."""
    import reverie.magenta  # noqa: F401, I001 - makes TensorFlow and Magenta importable
    import numpy as np
    from magenta.models.drums_rnn import drums_rnn_model, drums_rnn_sequence_generator
    from magenta.models.shared import sequence_generator_bundle
    from note_seq.protobuf import generator_pb2, music_pb2

    config = drums_rnn_model.default_configs["drum_kit"]
    config.hparams.override_from_dict({"batch_size": 1})
    generator = drums_rnn_sequence_generator.DrumsRnnSequenceGenerator(
        drums_rnn_model.DrumsRnnModel(config),
        config.details,
        config.steps_per_quarter,
        bundle=sequence_generator_bundle.read_bundle_file(str(path)),
    )
    seconds = _BEAT / config.steps_per_quarter
    told = music_pb2.NoteSequence()
    told.tempos.add(qpm=60 / _BEAT)
    told.notes.add(pitch=36, velocity=100, start_time=0.0, end_time=seconds, is_drum=True)
    options = generator_pb2.GeneratorOptions()
    options.args["temperature"].float_value = 1.0
    options.generate_sections.add(start_time=seconds, end_time=BARS * 4 * _BEAT)
    np.random.seed(_SEED)  # noqa: NPY002 - Magenta draws from NumPy's global generator
    with generator:
        made: Any = generator.generate(told, options)
        return len(made.notes)


def peak_memory() -> int:
    """The most memory that this process had at a time, in bytes.

    Linux counts that of the process before exec into getrusage's answer, hence /proc where it is.
    """
    status = Path("/proc/self/status")
    found = _HIGHEST.search(status.read_text(encoding="ascii")) if status.exists() else None
    if found:
        return int(found[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def main(engine: str, path: str) -> None:
    """Compose a loop and answer."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the process that asked says that it was interrupted
    notes = (_with_engine if engine == "engine" else _with_magenta)(Path(path))
    print(json.dumps({"notes": notes, "at": time.monotonic(), "peak": peak_memory()}))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(*sys.argv[1:])
