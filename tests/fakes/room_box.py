"""``reverie run`` that writes down what it plays: ``python -m fakes.room_box CONFIG FILE``.

Each line of the file is JSON: a bar that began (``begins`` by this process's monotonic clock), one that went out
(``sent`` notes), or how the box stands in its ``room``.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from reverie.conductor.conductor import Conductor
from reverie.conductor.run import run
from reverie.watch.happenings import BarEntered, BarSounded, RoomLooked


def watched(written: TextIO, *arguments: Any, **more: Any) -> Conductor:
    conductor = Conductor(*arguments, **more)

    def write(**line: Any) -> None:
        written.write(json.dumps(line) + "\n")
        written.flush()

    def begun(said: BarEntered) -> None:
        bar, music = said.bar, conductor.music
        section = music.course.at(bar.scene_bar).section if music and music.course else None
        write(
            begins=bar.begins,
            scene=bar.scene,
            bar=bar.scene_bar,
            seconds=bar.seconds,
            section=section and section.name,
            moods=conductor.page.desk.report.play.dreams.weights(),
            chords=repr(harmony.at(bar.scene_bar)) if (harmony := music and music.arrangement.harmony) else None,
        )

    conductor.bus.subscribe(BarEntered, begun)
    conductor.bus.subscribe(
        BarSounded, lambda said: write(sent=said.bar.due, tacet=said.bar.tacet, bar=said.bar.scene_bar)
    )
    conductor.bus.subscribe(RoomLooked, lambda said: write(room=asdict(said.view)))
    return conductor


if __name__ == "__main__":
    config, file = sys.argv[1:]
    with Path(file).open("w", encoding="utf-8") as opened:
        sys.exit(run(Path(config), None, conductor=partial(watched, opened)))
