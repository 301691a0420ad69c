"""What the player has to reach beside others, and the report that holds figures against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reverie.bench.play_loads import COMPOSE, IDLE, LOADS
from reverie.bench.targets import Target

RATIO = Target("ratio_p99_loaded", 20.0)
"""How many times as late as Reverie's latest of a hundred notes Magenta's is, while both compose."""
STEADY = Target("loaded_over_idle_p99", 2.0, at_most=True)
"""How much later the latest of a hundred notes may come under the worst load than without any."""
TARGETS = (RATIO, STEADY)
OURS, ORDINARY, MAGENTA = "reverie", "reverie_ordinary", "magenta"
NAMES = {
    OURS: "Reverie",
    ORDINARY: "Reverie, no priority",
    MAGENTA: "Magenta's MidiPlayer",
    "magenta_sleeper": "Magenta's Sleeper",
    "isobar": "isobar's Timeline",
    "mido": "mido's play()",
}


def summary(players: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """The figures that count, of those that the measured loads allow: all by player and load."""
    ours = {load: row["p99_us"] for load, row in players[OURS].items()}
    peers = {
        name: {load: row["p99_us"] for load, row in rows.items()}
        for name, rows in players.items()
        if name not in {OURS, ORDINARY}
    }
    loaded = [ours[load] for load in ours if load != IDLE]
    figures: dict[str, Any] = {"p99_us": ours, "peer_p99_us": peers}
    if COMPOSE in ours and MAGENTA in peers:
        figures[RATIO.field] = round(peers[MAGENTA][COMPOSE] / ours[COMPOSE], 2)
    if IDLE in ours and loaded:
        figures[STEADY.field] = round(max(loaded) / ours[IDLE], 2)
    row = players[OURS][IDLE if IDLE in ours else next(iter(ours))]
    figures |= {field: row[field] for field in ("drift_us_per_hour", "drift_error_us_per_hour")}
    return figures


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The report for people."""
    machine = report["machine"]
    load = " to ".join(f"{load:.1f}" for load in machine["load"])
    yield f"{machine['processor']}, {machine['cores']} cores; {report['seconds']:g} s of music each; lateness in us."
    if machine["load"][0] > _BUSY:
        yield f"Other programs ran too (load {load}): the figures are rough."
    if not report["realtime"]:
        yield "Reverie was not granted real-time priority; see docs/how-to/install.md."
    yield from report["left_out"].values()
    for name in report["loads"]:
        yield f"{name}: {LOADS[name]}"
        for player, rows in report["players"].items():
            row = rows[name]
            figures = "  ".join(f"{label} {row[field]:>8,.0f}" for label, field in _COLUMNS)
            yield f"  {NAMES[player]:<22} {figures}"
        if clock := report["players"][OURS][name]["clock"]:
            yield f"  Reverie's MIDI clock: p99 {clock['p99_us']:,.0f} us off its interval"
    yield (
        f"drift: {report['drift_us_per_hour']:,.0f} ± {report['drift_error_us_per_hour']:,.0f} us an hour by the slope "
        "of the lateness, "
        f"{report['drift_of_arithmetic_us']:.3f} us at most in an hour of beats on a clock turned by hand"
    )
    for target in TARGETS:
        if target.field in report:
            yield f"{target.field} {report[target.field]:.2f} ({target.verdict(report[target.field])})"


_BUSY = 0.3
_COLUMNS = (("p50", "p50_us"), ("p99", "p99_us"), ("p99.9", "p999_us"), ("max", "max_us"))
