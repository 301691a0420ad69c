"""A log that nobody reads must not hold up the music."""

from __future__ import annotations

import os
import subprocess
import sys

from fakes.patience import PATIENCE

COMPLAIN = """
import sys
from reverie.midi.errors import log_line
for number in range(1000):
    log_line(f"{number} " + "a" * 200)
print("done")
"""


def test_a_full_log_holds_nobody_up() -> None:
    reading, writing = os.pipe()
    program = subprocess.run(
        [sys.executable, "-c", COMPLAIN],
        stdout=subprocess.PIPE,
        stderr=writing,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    os.close(writing)
    assert program.stdout == "done\n"
    lines = os.read(reading, 1 << 20).decode().splitlines()
    os.close(reading)
    assert 100 < len(lines) < 1000
    assert [int(line.split()[0]) for line in lines] == list(range(len(lines)))


def test_a_closed_log_is_no_matter() -> None:
    script = f"import os; os.close(2){COMPLAIN}"
    program = subprocess.run(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, timeout=PATIENCE, check=True
    )
    assert program.stdout == "done\n"
