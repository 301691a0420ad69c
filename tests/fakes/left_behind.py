"""What a daemon that was killed left on the disk for its next life."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fakes.daemon import Daemon


@dataclass(frozen=True, slots=True)
class Left:
    """By what the next life goes on; nothing at first."""

    bar: int = 0
    """The scene bar that was noted as the last."""
    tries: int = 0
    """Lives that went on with the same music."""
    takes: int = 0
    """How often the scene was begun."""
    voices: frozenset[str] = frozenset()
    """Those of which there are good loops."""
    kept: list[str] = field(default_factory=list[str])
    """The ids of the loops that people kept."""
    sounded: int = 0
    """Loops in the history."""
    unfinished: bool = False
    """Whether a database has a journal that the next life has to read."""

    @classmethod
    def read(cls, daemon: Daemon, copies: Path) -> Left:
        """Read what is there, and see that the databases are whole.

        These are looked at in a copy: whoever opens one puts it in order, which is up to the next life.
        """
        state, standing = daemon.state, _standing(daemon)
        good = _json(state / "loops" / f"{daemon.scene}.json")["voices"]
        keeps = _json(state / "favourites" / f"{daemon.scene}.json")["keeps"]
        copies.mkdir(parents=True)
        databases = [path for path in sorted(state.iterdir()) if ".sqlite" in path.name]
        for path in databases:
            shutil.copy(path, copies)
        for path in copies.glob("*.sqlite"):
            with closing(sqlite3.connect(path)) as database:
                assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",), path
        with closing(sqlite3.connect(copies / "history.sqlite")) as history:
            [sounded] = history.execute("SELECT count(*) FROM entries WHERE kind = 'loop'").fetchone()
        return cls(
            standing["bar"],
            standing["tries"],
            _json(state / "takes.json")["takes"][daemon.scene],
            frozenset(voice for voice, loops in good.items() if loops),
            [loop["id"] for keep in keeps for loop in keep["loops"].values()],
            sounded,
            any(path.name.endswith("-wal") and path.stat().st_size for path in databases),
        )

    @staticmethod
    def is_complete(daemon: Daemon) -> bool:
        """Whether all of it has been written at least once."""
        files = ("takes.json", f"loops/{daemon.scene}.json", f"favourites/{daemon.scene}.json", "novelty.sqlite")
        if not all((daemon.state / name).exists() for name in files) or not _standings(daemon):
            return False
        return bool(json.loads(daemon.run("history", "--kind", "loop", "--json").stdout or "[]"))

    def follows(self, before: Left) -> bool:
        """Whether nothing of what was there before is gone."""
        return (
            self.takes >= before.takes
            and self.voices >= before.voices
            and self.sounded >= before.sounded
            and (self.bar >= before.bar or self.tries <= before.tries)
        )


def _json(path: Path) -> Any:
    return json.loads(path.read_text())


def _standings(daemon: Daemon) -> list[Any]:
    volatile = (daemon.folder / "run").rglob("standing-*.json")
    return [_json(path) for path in (*volatile, daemon.state / "standing.json") if path.exists()]


def _standing(daemon: Daemon) -> Any:
    """Where the music stands; the younger of the two counts."""
    return max(_standings(daemon), key=lambda one: one["number"])
