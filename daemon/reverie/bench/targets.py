"""What the engine has to reach against Magenta's own generators, and the report that holds figures against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

PER_EVENT = {
    "drum_kit": (10.0, 20.0),
    "attention_rnn": (10.0, 30.0),
    "polyphony": (6.0, 14.0),
    "performance_with_dynamics": (3.0, 8.0),
}
"""How many times as fast an event has to be: one passage at a time, and 32."""
HISTORY_AT_MOST = 1.05
"""How much longer a long history may make the same extension."""
START_AT_LEAST = 10.0
MEMORY_AT_LEAST = 5.0
CORES_AT_MOST = 0.5
"""What sixteen voices that hear each other may keep busy."""


class Target(NamedTuple):
    """A figure of the report and the bound that it has to keep."""

    field: str
    bound: float
    at_most: bool = False

    def met(self, figure: float) -> bool:
        """Whether a figure keeps the bound."""
        return figure <= self.bound if self.at_most else figure >= self.bound

    def verdict(self, figure: float) -> str:
        """The same in words."""
        bound = f"{'at most' if self.at_most else 'at least'} {self.bound:g}"
        return f"{bound}: {'met' if self.met(figure) else 'missed'}"


START_TARGETS = (Target("start_ratio", START_AT_LEAST), Target("rss_ratio", MEMORY_AT_LEAST))

VOICES_TARGETS = (Target("cores", CORES_AT_MOST, at_most=True),)


def targets_of(config: str) -> tuple[Target, ...]:
    """The targets of a configuration."""
    speed = zip(("ratio_batch1", "ratio_batch32"), PER_EVENT.get(config, ()), strict=False)
    history = Target("engine_history2048_over_16", HISTORY_AT_MOST, at_most=True)
    return (*(Target(field, bound) for field, bound in speed), history)


def held_against(targets: tuple[Target, ...], figures: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The targets with the figures, for JSON."""
    return {
        target.field: {
            "figure": figures[target.field],
            "at_most" if target.at_most else "at_least": target.bound,
            "met": target.met(figures[target.field]),
        }
        for target in targets
    }


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The report for people."""
    machine = report["machine"]
    load = " to ".join(f"{load:.1f}" for load in machine["load"])
    yield f"{machine['processor']}, {machine['cores']} cores; one thread each. Medians by the clock, [of CPU time]."
    if max(machine["load"]) > machine["cores"]:
        yield f"Other programs ran too (load {load}): times by the clock are too long, most where threads wait."
    for config, figures in report["configs"].items():
        yield from _lines_of(config, figures)
    yield "From the start of a process to its first loop"
    for field, figure, unit in (
        ("start_ratio", "start_seconds", "s"),
        ("rss_ratio", "peak_rss_mb", "MB"),
    ):
        compared = f"Magenta {report[f'magenta_{figure}']:,.1f} {unit}, engine {report[f'engine_{figure}']:,.2f} {unit}"
        yield _line("time" if unit == "s" else "memory", compared, report, START_TARGETS, field)
    yield from _lines_of_voices(report["many_voices"])


def _lines_of(config: str, figures: Mapping[str, Any]) -> Iterator[str]:
    targets = targets_of(config)
    floor = f"read in {figures['weights_floor_us']:,.0f} us ({figures['ratio_batch1_at_floor']:.1f} times at best)"
    yield f"{config}: {figures['weights_bytes'] / 1e6:.1f} MB of weights, {floor}"
    magenta = f"Magenta {figures['magenta_us_per_event']:,.0f} us"
    for what, field, ratio in (
        ("event", "engine_us_per_event", "ratio_batch1"),
        ("event of 32 passages", "engine_batch32_us_per_event", "ratio_batch32"),
    ):
        yield _line(what, f"{magenta}, engine {figures[field]:,.1f} us", figures, targets, ratio)
    both = figures["ratio_batch32_of_both"]
    yield f"  {'both with 32':<22} Magenta {figures['magenta_batch32_us_per_event']:,.0f} us: {both:.1f} times"
    for name in ("magenta", "engine"):
        short, long = (figures[f"{name}_history{length}_us"] / 1000 for length in (16, 2048))
        compared = f"{name} {short:,.1f} ms after 16 events, {long:,.1f} ms after 2,048"
        yield f"  {'16 events more':<22} {compared}"
    yield _line("history, engine", "2,048 over 16", figures, targets, "engine_history2048_over_16")
    yield f"  {'after 2,048':<22} Magenta over engine: {figures['ratio_history2048']:,.0f} times"


def _lines_of_voices(cases: Mapping[str, Any]) -> Iterator[str]:
    together = cases["together"]
    yield f"{together['voices']} voices over {together['bars']} bars, in the CPU's time"
    for case, figures in cases.items():
        verdicts = "".join(
            f" ({target.verdict(figures[target.field])})"
            for target in VOICES_TARGETS
            if target.field in figures["targets"]
        )
        first = f"the first after {figures['first_loop_seconds'] * 1000:.0f} ms"
        made = f"{figures['loops']} loops of {figures['ms_a_loop']:.1f} ms, {first}"
        yield f"  {case:<22} {figures['cores']:.3f} cores{verdicts}; {made}; {figures['rss_mb'][-1]:.0f} MB"
    yield f"  {'a loop':<22} together over apart: {together['ms_a_loop'] / cases['apart']['ms_a_loop']:.2f} times"


def _line(what: str, compared: str, figures: Mapping[str, Any], targets: tuple[Target, ...], field: str) -> str:
    verdicts = [f" ({target.verdict(figures[field])})" for target in targets if target.field == field]
    cpu = f" [{figures['cpu'][field]:.2f}]" if field in figures.get("cpu", {}) else ""
    return f"  {what:<22} {compared}: {figures[field]:.2f}{cpu} times{''.join(verdicts)}"
