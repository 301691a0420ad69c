"""The maker: a process for one instrument, at the lowest priority, so that what is heavy disturbs no music.

It is run as ``-m reverie.browser_sounds.maker FOLDER QUOTA``, reads what to make from its standard input, puts the
files into the folder, which they may fill up to the quota, and answers on its standard output.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from reverie.browser_sounds.instrument import AUDIO, PAGE
from reverie.browser_sounds.sound_files import SoundFiles
from reverie.browser_sounds.sound_jobs import BankSound, SoundJob, SoundMade
from reverie.errors import reason_of
from reverie.midi.errors import DeviceError
from reverie.processes.codec import from_message, to_message
from reverie.processes.errands import be_errand


def make(wanted: SoundJob, files: SoundFiles) -> SoundMade:
    """Make an instrument, and tell its page or why there is none."""
    # What computes is imported once the process is as modest as it shall be.
    from reverie.browser_sounds.bank_samples import bank_instrument
    from reverie.browser_sounds.program_samples import program_instrument
    from reverie.timbre.bank.bank import read_bank

    try:
        if isinstance(wanted, BankSound):
            packed = bank_instrument(read_bank(Path(wanted.folder)), wanted.title)
        else:
            packed = program_instrument(wanted)
        files.put(packed.audio, AUDIO)
        page = files.put(packed.instrument.page, PAGE)
        files.remember(wanted.origin, page)
        files.tidy()
    except OSError as error:
        return SoundMade(fault=reason_of(error))
    except (DeviceError, ValueError, RuntimeError) as error:
        return SoundMade(fault=str(error))
    return SoundMade(page)


def main(arguments: list[str]) -> int:
    """Make what standard input says."""
    be_errand()
    folder, quota = arguments
    wanted: SoundJob = from_message(SoundJob, json.loads(sys.stdin.buffer.read()))
    sys.stdout.write(json.dumps(to_message(make(wanted, SoundFiles(Path(folder), int(quota))))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
