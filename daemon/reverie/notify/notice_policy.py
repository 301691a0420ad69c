"""Which faults one channel is told, and when: none that is short, none twice, and at night only what must be.

Nothing is sent here. A fault that comes and goes all the time is told as such, once. What is held back is told in one
digest a day, so that nobody has to wonder what a quiet channel has kept to itself.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

from reverie.allowance import Allowance
from reverie.clock import LocalClock
from reverie.watch.fault_kinds import Severity
from reverie.watch.faults import Fault

SETTLES = 180.0
"""Seconds after a start in which what was wrong before it is found again, or is over."""
MOST_HELD = 200
"""Faults that wait for a digest; beyond them the oldest goes."""
RESTLESS = 5
"""Times within an hour that a fault comes and is over too soon to be told, from which on that is told."""
MOST_PASSES = 1000
"""Times of an hour that are counted of one fault."""
_HOUR = 3600.0
_DAY = dt.timedelta(days=1)
_WORST_FIRST = tuple(Severity)

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``begin`` to ``end``, over midnight if it ends before it begins; with ``silent_too`` nothing is excepted."""

    begin: dt.time
    end: dt.time
    silent_too: bool = False

    def at(self, time: dt.time) -> bool:
        """Whether it is quiet at that time of day."""
        if self.begin <= self.end:
            return self.begin <= time < self.end
        return time >= self.begin or time < self.end


@dataclass(frozen=True, slots=True)
class NoticeRules:
    """What a channel wants: the ``least`` severity, ``after`` how many seconds, and how much at most."""

    least: Severity
    after: float
    most_per_hour: int
    quiet: QuietHours | None
    digest_at: dt.time


@dataclass(frozen=True, slots=True)
class Told:
    """A fault that is to be told, and how often it came while it was held back.

    ``restless`` says that it comes and goes, ``times`` within the last hour, and never lasts.
    """

    fault: Fault
    times: int = 1
    restless: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """Faults that are told together, the most severe first; a ``digest`` has what was held back."""

    told: tuple[Told, ...]
    digest: bool = False


class NoticePolicy:
    """Hears of every fault that comes, changes and goes, and says now and then what is due.

    Args:
        rules: What the channel wants.
        clock: By which a fault lasts, and it is night.
        kept: What :meth:`as_json` said in the life before, if anything.

    Raises:
        TypeError, ValueError, KeyError: if ``kept`` is no such data.
    """

    def __init__(self, rules: NoticeRules, clock: LocalClock, kept: Mapping[str, Any] | None = None) -> None:
        self._rules = rules
        self._clock = clock
        self._there: dict[Key, tuple[Fault, float]] = {}
        self._told: dict[Key, Fault] = {}
        self._gone: dict[Key, tuple[Fault, float]] = {}
        self._held: dict[Key, Told] = {}
        self._passes: dict[Key, deque[float]] = {}
        """When faults were over that had not lasted, in the last hour."""
        self._passed: dict[Key, Fault] = {}
        """Those that came and went often enough to be told so."""
        self._restless: dict[Key, float] = {}
        """Those of which it was told that they come and go, and when they last did."""
        self._left = self._allowance(rules)
        self._digested = self._digest_day
        if kept is not None:
            self._restore(kept)

    def take(self, rules: NoticeRules) -> None:
        """Other rules hold from now on. What was told is not told again; what was held and matters now is told."""
        if rules.most_per_hour != self._rules.most_per_hour:
            self._left = self._allowance(rules)
        self._rules = rules
        self._digested = min(self._digested, self._digest_day)
        for key in [key for key, one in self._held.items() if key in self._there and self._matters(one.fault)]:
            del self._held[key]

    def heard(self, fault: Fault) -> None:
        """A fault came, changed or was mended."""
        key, now = (fault.id, fault.subject), self._clock.now()
        if fault.cleared is None:
            self._gone.pop(key, None)
            since = self._there[key][1] if key in self._there else now
            self._there[key] = fault, since
            return
        came = self._there.pop(key, None) is not None
        held = self._held.get(key)
        if key in self._told:
            self._gone[key] = fault, now
        elif came and (held is None or held.fault.cleared is not None):
            self._pass(key, fault)
            return
        if held is not None:
            self._held[key] = replace(held, fault=fault)

    def due(self) -> Notice | None:
        """What is to be told now; it counts as told from then on."""
        quiet = self._quiet
        due: dict[Key, Told] = {}
        for key, fault in self._ripe().items():
            if fault.cleared is not None:
                del self._gone[key]
                if key in self._held:  # it was held back in the life before, and is over since
                    self._held[key] = replace(self._held[key], fault=fault)
                    continue
            at_once = self._at_once(fault, quiet=quiet)
            if at_once and self._allowed(fault):
                held = self._held.pop(key, None)  # that it was over meanwhile needs no telling any more
                due[key] = Told(fault, held.times + 1 if held else 1)
            else:
                self._hold(key, fault)
        for key, one in due.items():
            self._tell(key, one.fault)
        for key, one in self._come_and_go(quiet=quiet).items():
            due.setdefault(key, one)
        if due:
            return Notice(_sorted(due.values()))
        return None if quiet else self._digest()

    def _allowance(self, rules: NoticeRules) -> Allowance:
        return Allowance(rules.most_per_hour / _HOUR, float(rules.most_per_hour), self._clock.now)

    def as_json(self) -> dict[str, Any]:
        """What must be known in the next life, as plain data."""
        return {
            "told": [asdict(fault) for fault in self._told.values()],
            "held": [{"fault": asdict(one.fault), "times": one.times} for one in self._held.values()],
            "restless": [[*key] for key in self._restless],
            "digested": self._digested.isoformat(),
        }

    @property
    def _digest_day(self) -> dt.date:
        """The day of the latest time for a digest, which may have to wait until it is quiet no more."""
        local = self._clock.local()
        return local.date() if local.time() >= self._rules.digest_at else local.date() - _DAY

    @property
    def _quiet(self) -> bool:
        return self._rules.quiet is not None and self._rules.quiet.at(self._clock.local().time())

    def _ripe(self) -> dict[Key, Fault]:
        """What has lasted, and is told neither yet nor held already."""
        now, after = self._clock.now(), self._rules.after
        waiting = {key for key, one in self._held.items() if one.fault.cleared is None}
        risen = {
            key: fault
            for key, (fault, since) in self._there.items()
            if key not in self._told and key not in waiting and now - since >= after
        }
        fallen = {
            key: fault if fault.cleared is not None else replace(fault, cleared=self._clock.wall())
            for key, (fault, since) in self._gone.items()
            if now - since >= after
        }
        return risen | fallen

    def _pass(self, key: Key, fault: Fault) -> None:
        """It is over, and was told neither at once nor for a digest: count it, and have it in the digest."""
        now, before = self._clock.now(), self._held.pop(key, None)
        self._keep(key, Told(fault, before.times + 1 if before else 1))
        passes = self._passes.setdefault(key, deque(maxlen=MOST_PASSES))
        passes.append(now)
        if key in self._restless:
            self._restless[key] = now
        else:
            self._passed[key] = fault

    def _come_and_go(self, *, quiet: bool) -> dict[Key, Told]:
        """What is to be told now as coming and going: once, and anew after an hour in which it did not."""
        since = self._clock.now() - _HOUR
        self._restless = {key: last for key, last in self._restless.items() if last > since}
        for passes in self._passes.values():
            while passes and passes[0] <= since:
                passes.popleft()
        self._passes = {key: passes for key, passes in self._passes.items() if passes}
        told: dict[Key, Told] = {}
        for key, fault in [*self._passed.items()]:
            times = len(self._passes.get(key, ()))
            if not times or key in self._told:
                del self._passed[key]
            elif times >= RESTLESS and self._at_once(fault, quiet=quiet) and self._allowed(fault):
                told[key] = Told(self._passed.pop(key), times, restless=True)
                self._restless[key] = self._clock.now()
        return told

    def _at_once(self, fault: Fault, *, quiet: bool) -> bool:
        return self._matters(fault) and (not quiet or self._breaks_silence(fault))

    def _allowed(self, fault: Fault) -> bool:
        return self._left.take("silent" if fault.severity is Severity.SILENT else "other")

    def _matters(self, fault: Fault) -> bool:
        return _WORST_FIRST.index(fault.severity) <= _WORST_FIRST.index(self._rules.least)

    def _breaks_silence(self, fault: Fault) -> bool:
        return fault.severity is Severity.SILENT and self._rules.quiet is not None and not self._rules.quiet.silent_too

    def _tell(self, key: Key, fault: Fault) -> None:
        if fault.cleared is None:
            self._told[key] = fault
        else:
            self._told.pop(key, None)

    def _hold(self, key: Key, fault: Fault) -> None:
        before = self._held.pop(key, None)
        rises_again = before is not None and before.fault.cleared is not None and fault.cleared is None
        self._keep(key, Told(fault, (before.times if before else 1) + rises_again))
        if fault.cleared is not None:
            self._told.pop(key, None)

    def _keep(self, key: Key, told: Told) -> None:
        """Have it in the next digest."""
        self._held[key] = told
        while len(self._held) > MOST_HELD:
            del self._held[next(iter(self._held))]

    def _digest(self) -> Notice | None:
        day = self._digest_day
        if day == self._digested or self._digested - day == _DAY:  # a clock that is set back a little tells none twice
            return None
        self._digested = day
        held, self._held = self._held, {}
        for key, one in held.items():
            self._tell(key, one.fault)
        return Notice(_sorted(held.values()), digest=True) if held else None

    def _restore(self, kept: Mapping[str, Any]) -> None:
        """Go on where the life before ended: what was told and does not come again is over."""
        if "digested" in kept:
            self._digested = min(dt.date.fromisoformat(kept["digested"]), self._digest_day)
        self._restless = {(f"{name}", f"{subject}"): self._clock.now() for name, subject in kept.get("restless", ())}
        settled = self._clock.now() + SETTLES
        for data in kept.get("told", ()):
            fault = _fault(data)
            self._told[fault.id, fault.subject] = fault
            self._gone[fault.id, fault.subject] = fault, settled
        for data in kept.get("held", ())[-MOST_HELD:]:
            fault = _fault(data["fault"])
            self._held[fault.id, fault.subject] = Told(fault, int(data.get("times", 1)))
            if fault.cleared is None:
                self._gone[fault.id, fault.subject] = fault, settled


def _sorted(told: Any) -> tuple[Told, ...]:
    return tuple(
        sorted(
            told,
            key=lambda one: (
                one.fault.cleared is not None and not one.restless,
                _WORST_FIRST.index(one.fault.severity),
            ),
        )
    )


def _fault(data: Mapping[str, Any]) -> Fault:
    """A fault that is kept, of another version too: what is missing is empty."""
    texts = [data["id"], *(data.get(name, "") for name in ("subject", "sentence", "advice"))]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a fault is told in words")
    cleared, severity = data.get("cleared"), data.get("severity")
    return Fault(
        *cast("list[str]", texts),
        severity=Severity(severity) if severity in set(Severity) else Severity.IMPAIRED,
        since=float(data.get("since", 0.0)),
        cleared=None if cleared is None else float(cleared),
    )
