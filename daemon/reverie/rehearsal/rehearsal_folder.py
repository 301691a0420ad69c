"""The folder of a rehearsal: a file for each day, and the state folder as the last evening left it.

A day is there wholly or not at all, and its evening's state before it; so whoever interrupts a rehearsal loses the day
that is lived through, and the same command goes on behind the last one that is there.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import tarfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from reverie.errors import ReverieError
from reverie.files import read_file, write_atomically
from reverie.rehearsal.day_result import LivedDay

_RUN = "rehearsal.json"
_WRONG = (ValueError, KeyError, TypeError)


class RehearsalError(ReverieError):
    """A rehearsal cannot begin, or go on."""


class RehearsalFolder:
    """Keeps days.

    Args:
        folder: where; it is made.
        asked: what the rehearsal is of. Days of another one are none of this.

    Raises:
        RehearsalError: if days of another rehearsal lie there.
        OSError: if it cannot be written.
    """

    def __init__(self, folder: Path, asked: Mapping[str, Any]) -> None:
        self.path = folder
        self.state = folder / "state"
        run = folder / _RUN
        with contextlib.suppress(FileNotFoundError):
            if json.loads(read_file(run)) != asked:
                raise RehearsalError(
                    f"{folder} has days of another rehearsal: of other scenes, hours, days or seeds, or of another "
                    "version; name another folder with --out, or delete it"
                )
        write_atomically(run, (json.dumps(asked, indent=1, sort_keys=True) + "\n").encode())

    def day(self, day: date) -> LivedDay | None:
        """A day that was lived through; None where it was not, or its file is damaged."""
        try:
            return LivedDay.from_json(json.loads(read_file(self._day(day))))
        except FileNotFoundError:
            return None
        except _WRONG as error:
            raise RehearsalError(f"{self._day(day)} is damaged ({error}); delete it and all later ones") from error

    def keep(self, day: date, lived: LivedDay) -> None:
        """Keep a day, and the state that it left."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            archive.add(self.state, "state")
        write_atomically(self._evening(day), buffer.getvalue())
        write_atomically(self._day(day), json.dumps(lived.as_json(), separators=(",", ":")).encode())
        for path in self.path.glob("state-*.tar"):
            if path != self._evening(day):
                path.unlink()

    def go_on_after(self, day: date | None) -> None:
        """Have the state folder as it was in the evening of a day, or (None) before the first.

        Raises:
            RehearsalError: if that is not known.
        """
        shutil.rmtree(self.state, ignore_errors=True)
        if day is None:
            self.state.mkdir(parents=True)
            return
        try:
            with tarfile.open(self._evening(day)) as archive:
                archive.extractall(self.path, filter="data")
        except (FileNotFoundError, tarfile.TarError) as error:
            raise RehearsalError(
                f"the state of the evening of {day} is missing or damaged ({self._evening(day)}); delete {self.path} "
                "and begin anew"
            ) from error

    def _day(self, day: date) -> Path:
        return self.path / "days" / f"{day}.json"

    def _evening(self, day: date) -> Path:
        return self.path / f"state-{day}.tar"
