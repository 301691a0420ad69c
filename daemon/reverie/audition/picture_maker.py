"""The picture maker: a process that draws spectra of sounds, at the lowest priority, so that it disturbs no music.

It is run as ``-m reverie.audition.picture_maker``, and reads from its standard input a JSON list of pairs: a sound
file, and where its picture is to lie. A sound of which none can be made is left out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from reverie.files import write_atomically
from reverie.processes.errands import be_errand

COLUMNS, ROWS = 240, 96


def draw(sound: Path, picture: Path) -> str:
    """Draw the spectrum of a sound; what came in its way, or nothing."""
    # What computes is imported once the process is as modest as it shall be.
    from reverie.audition.spectrogram import NoSoundError, spectrogram

    try:
        write_atomically(picture, spectrogram(sound, COLUMNS, ROWS), lasting=False)
    except (OSError, NoSoundError) as error:
        return str(error)
    return ""


def main() -> int:
    """Draw what standard input says."""
    be_errand()
    wanted: list[tuple[str, str]] = json.loads(sys.stdin.buffer.read())
    sys.stdout.write(json.dumps([draw(Path(sound), Path(picture)) for sound, picture in wanted]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
