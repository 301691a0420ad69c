"""An event loop whose time is made up: it jumps to whatever comes next, so that a day of waiting takes no time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits: where nothing is to be read, the time for which it should have waited has passed."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everything waits for something that never comes")
        if not ready and timeout is not None and timeout > 0:
            self.now += timeout
        return ready


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Timers go off in their order and at their moment; what would run in a thread is done at once."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - whoever awaits it has it
            future.set_exception(error)
        return future


class SimulatedDay:
    """The clocks of a loop: its seconds, and the time of day in a place in UTC."""

    def __init__(self, loop: SimulatedLoop, begin: str) -> None:
        self._loop = loop
        self._begin = datetime.fromisoformat(begin)

    def now(self) -> float:
        return self._loop.time()

    def wall(self) -> float:
        return self.local().replace(tzinfo=UTC).timestamp()

    def local(self) -> datetime:
        return self._begin + timedelta(seconds=self._loop.time())

    def until(self, clock: str) -> float:
        """Seconds from the begin of the day to this time of it, or of the next."""
        hour, minute = map(int, clock.split(":"))
        at = self._begin.replace(hour=hour, minute=minute)
        return (at - self._begin).total_seconds() % 86_400
