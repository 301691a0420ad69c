#!/usr/bin/env python3
"""Write config/grafana/reverie.json: the dashboard of installations, for Grafana with Prometheus behind it.

python tools/make_dashboard.py

The figures are those of docs/how-to/monitoring.md. The dashboard is made by Grafana's own library for it
(grafana-foundation-sdk), and is imported as any other: Dashboards, New, Import.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from string import ascii_uppercase
from typing import Any, cast

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

FILE = Path(__file__).parents[1] / "config" / "grafana" / "reverie.json"
SOURCE = "${source}"
BOX = 'instance=~"$box"'
"""Every expression is of the boxes that are chosen at the top."""
GREEN, YELLOW, RED = "green", "yellow", "red"


@dataclass(frozen=True, slots=True)
class Curve:
    """An expression of Prometheus, and what its curves are called."""

    expression: str
    legend: str = "{{instance}}"


def quantile(share: float, histogram: str, over: str) -> str:
    """The expression of what a share of all values keeps under."""
    return f"histogram_quantile({share}, sum by (le) (rate({histogram}_bucket{{{BOX}}}[{over}])))"


ROWS: Sequence[tuple[str, Sequence[dict[str, Any]]]] = (
    (
        "Now",
        (
            {"kind": "truth", "title": "Sounds as it should", "of": f'reverie_healthy{{what="alive",{BOX}}}'},
            {"kind": "truth", "title": "Every slot is heard", "of": f'reverie_healthy{{what="ready",{BOX}}}'},
            {"kind": "truth", "title": "Open", "of": f"reverie_open{{{BOX}}}", "neutral": True},
            {
                "kind": "count",
                "title": "Faults",
                "of": f"count by (instance) (reverie_fault{{{BOX}}} == 1) or 0 * up{{{BOX}}}",
            },
            {"kind": "name", "title": "Scene", "of": f"reverie_scene_info{{{BOX}}} == 1", "legend": "{{scene}}"},
            {
                "kind": "span",
                "title": "Since the last note",
                "of": f"(reverie_silence_seconds{{{BOX}}} and on (job, instance) reverie_resting == 0) "
                "unless on (job, instance) reverie_muted == 1",
                "limits": (60.0, 300.0),
            },
        ),
    ),
    (
        "What is wrong",
        (
            {
                "kind": "faults",
                "title": "Faults now",
                "of": f"max by (instance, id, subject) (reverie_fault{{{BOX}}}) == 1",
            },
            {
                "kind": "timeline",
                "title": "Faults in time",
                "of": f"max by (instance, id, subject) (reverie_fault{{{BOX}}})",
                "legend": "{{id}} {{subject}} {{instance}}",
            },
        ),
    ),
    (
        "Music",
        (
            {
                "title": "Bars a minute, by scene",
                "curves": (Curve(f"sum by (scene) (rate(reverie_bars_played_total{{{BOX}}}[5m])) * 60", "{{scene}}"),),
            },
            {
                "title": "Notes a minute, by voice",
                "curves": (Curve(f"sum by (voice) (rate(reverie_notes_sent_total{{{BOX}}}[5m])) * 60", "{{voice}}"),),
            },
            {
                "title": "Silence, and when it is intended",
                "unit": "s",
                "curves": (
                    Curve(f"reverie_silence_seconds{{{BOX}}}", "silent for {{instance}}"),
                    Curve(f"reverie_resting{{{BOX}}} * 60", "rests {{instance}}"),
                ),
            },
            {
                "title": "Lateness of notes",
                "unit": "s",
                "curves": tuple(
                    Curve(
                        quantile(share, "reverie_note_lateness_seconds", "5m"),
                        name,
                    )
                    for share, name in ((0.5, "half of them"), (0.99, "99 of 100"))
                ),
            },
            {
                "title": "Notes that were left out, an hour",
                "curves": (
                    Curve(
                        f'sum by (severity) (rate(reverie_late_total{{severity!="noted",{BOX}}}[15m])) * 3600',
                        "{{severity}}",
                    ),
                ),
            },
            {
                "title": "How loud it is where it is listened to",
                "unit": "none",
                "negative": True,
                "curves": (Curve(f"reverie_sound_level_dbfs{{{BOX}}}", "dBFS {{listener}} {{instance}}"),),
            },
            {
                "title": "Slots that are heard",
                "curves": (Curve(f"reverie_slot_up{{{BOX}}}", "{{slot}} {{instance}}"),),
            },
        ),
    ),
    (
        "Composing",
        (
            {
                "title": "New loops an hour, by voice",
                "curves": (
                    Curve(f"sum by (voice) (rate(reverie_loops_composed_total{{{BOX}}}[15m])) * 3600", "{{voice}}"),
                ),
            },
            {
                "title": "Refused an hour, by reason",
                "curves": (
                    Curve(f"sum by (reason) (rate(reverie_loops_refused_total{{{BOX}}}[15m])) * 3600", "{{reason}}"),
                ),
            },
            {
                "title": "How long a loop takes",
                "unit": "s",
                "curves": (
                    Curve(
                        quantile(0.95, "reverie_compose_seconds", "15m"),
                        "95 of 100",
                    ),
                ),
            },
            {
                "title": "How new loops are, beside the last hour",
                "curves": (Curve(f'reverie_loop_novelty{{beside="hour",{BOX}}}', "{{voice}} {{instance}}"),),
            },
            {
                "title": "Workers started anew, an hour",
                "curves": (
                    Curve(
                        f"sum by (role, reason) (increase(reverie_worker_restarts_total{{{BOX}}}[1h])) > 0",
                        "{{role}}: {{reason}}",
                    ),
                ),
            },
            {
                "title": "Starts and crashes, a day",
                "curves": (
                    Curve(f"increase(reverie_starts_total{{{BOX}}}[1d])", "starts {{instance}}"),
                    Curve(f"increase(reverie_crashes_total{{{BOX}}}[1d])", "crashes {{instance}}"),
                ),
            },
        ),
    ),
    (
        "People",
        (
            {
                "title": "Dreams an hour, by mood",
                "curves": (Curve(f"sum by (mood) (rate(reverie_dreams_total{{{BOX}}}[1h])) * 3600", "{{mood}}"),),
            },
            {
                "title": "Controls an hour, by source",
                "curves": (
                    Curve(f"sum by (source) (rate(reverie_control_actions_total{{{BOX}}}[1h])) * 3600", "{{source}}"),
                ),
            },
            {"title": "Open pages", "curves": (Curve(f"reverie_page_listeners{{{BOX}}}"),)},
            {
                "title": "Messages that wait, and heartbeats a minute",
                "curves": (
                    Curve(f"reverie_notices_waiting{{{BOX}}}", "{{channel}} {{instance}}"),
                    Curve(f"rate(reverie_heartbeats_total{{{BOX}}}[10m]) * 60", "heart {{instance}}"),
                ),
            },
        ),
    ),
    (
        "Machine",
        (
            {"title": "Heat", "unit": "celsius", "curves": (Curve(f"reverie_machine_heat_celsius{{{BOX}}}"),)},
            {"title": "Load", "curves": (Curve(f"reverie_machine_load{{{BOX}}}"),)},
            {
                "title": "Memory that is left",
                "unit": "percentunit",
                "curves": (
                    Curve(f"reverie_machine_memory_available_bytes{{{BOX}}} / reverie_machine_memory_bytes{{{BOX}}}"),
                ),
            },
            {
                "title": "Room on disks",
                "unit": "percentunit",
                "curves": (
                    Curve(
                        f"reverie_free_bytes{{{BOX}}} / reverie_machine_disk_bytes{{{BOX}}}", "{{folder}} {{instance}}"
                    ),
                ),
            },
            {
                "title": "Until disks are full",
                "unit": "s",
                "curves": (Curve(f"reverie_machine_disk_full_seconds{{{BOX}}} < 1e8", "{{folder}} {{instance}}"),),
            },
            {
                "title": "Held back by the firmware, clock kept, card worn",
                "curves": (
                    Curve(f'reverie_machine_restrained{{when="now",{BOX}}} == 1', "{{what}} {{instance}}"),
                    Curve(f"reverie_machine_clock_kept{{{BOX}}}", "clock kept {{instance}}"),
                    Curve(f"reverie_machine_card_worn_ratio{{{BOX}}}", "card worn {{instance}}"),
                ),
            },
        ),
    ),
)
"""What is shown, row by row."""


def text() -> str:
    """The dashboard as JSON."""
    made = (
        dashboard.Dashboard("Reverie")
        .uid("reverie")
        .description("Installations that play by themselves. Written by tools/make_dashboard.py.")
        .tags(["reverie", "music"])
        .refresh("30s")
        .time("now-24h", "now")
        .timezone("browser")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .with_variable(dashboard.DatasourceVariable("source").label("Prometheus").type("prometheus"))
        .with_variable(
            dashboard.QueryVariable("box")
            .label("Box")
            .datasource(_source())
            .query("label_values(reverie_build_info, instance)")
            .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .multi(True)
            .include_all(True)
            .all_value(".*")
        )
    )
    numbers = count(1)
    for title, panels in ROWS:
        made = made.with_row(dashboard.Row(title).id(next(numbers)))
        for panel in panels:
            made = made.with_panel(cast("Any", _panel(panel)).id(next(numbers)))
    return json.dumps(made.build(), cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def expressions() -> Iterator[str]:
    """Every expression, with every box for ``$box``."""
    for _, panels in ROWS:
        for panel in panels:
            found = [panel["of"]] if "of" in panel else [curve.expression for curve in panel["curves"]]
            yield from (one.replace("$box", ".*") for one in found)


def _panel(panel: dict[str, Any]) -> object:  # noqa: PLR0911 - one for each kind
    title = panel["title"]
    match panel.get("kind"):
        case "truth":
            colours = ("blue", "text") if panel.get("neutral") else (GREEN, RED)
            return (
                _stat(panel, 4)
                .mappings([_words(*colours)])
                .thresholds(_thresholds((None, colours[1]), (1.0, colours[0])))
            )
        case "count":
            return _stat(panel, 4).thresholds(_thresholds((None, GREEN), (1.0, YELLOW)))
        case "name":
            return _stat(panel, 4).text_mode(looks.BigValueTextMode.NAME).thresholds(_thresholds((None, "blue")))
        case "span":
            yellow, red = panel["limits"]
            return _stat(panel, 4).unit("s").thresholds(_thresholds((None, GREEN), (yellow, YELLOW), (red, RED)))
        case "faults":
            query = _query(panel["of"], "").instant().format(PromQueryFormat.TABLE)
            return (
                table.Panel().title(title).datasource(_source()).with_target(query).span(12).height(8).show_header(True)
            )
        case "timeline":
            query = _query(panel["of"], panel["legend"])
            return (
                statetimeline.Panel()
                .title(title)
                .datasource(_source())
                .with_target(query)
                .span(12)
                .height(8)
                .row_height(0.9)
            )
        case _:
            made = (
                timeseries.Panel().title(title).datasource(_source()).span(8).height(7).unit(panel.get("unit", "short"))
            )
            made = (
                (made if panel.get("negative") else made.min(0))
                .fill_opacity(10)
                .legend(
                    common.VizLegendOptions()
                    .display_mode(looks.LegendDisplayMode.LIST)
                    .placement(looks.LegendPlacement.BOTTOM)
                )
            )
            for letter, curve in zip(ascii_uppercase, panel["curves"], strict=False):
                made = made.with_target(_query(curve.expression, curve.legend).ref_id(letter))
            return made


def _stat(panel: dict[str, Any], width: int) -> stat.Panel:
    query = _query(panel["of"], panel.get("legend", "{{instance}}")).instant()
    made = stat.Panel().title(panel["title"]).datasource(_source()).with_target(query).span(width).height(4)
    return made.graph_mode(looks.BigValueGraphMode.NONE).reduce_options(
        common.ReduceDataOptions().calcs(["lastNotNull"])
    )


def _query(expression: str, legend: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().datasource(_source()).expr(expression).legend_format(legend).ref_id("A")


def _source() -> Any:
    return model.DataSourceRef(type_val="prometheus", uid=SOURCE)


def _words(yes: str, no: str) -> Any:
    options = {
        "0": model.ValueMappingResult(text="no", color=no, index=0),
        "1": model.ValueMappingResult(text="yes", color=yes, index=1),
    }
    return model.ValueMap(options=options)


def _thresholds(*steps: tuple[float | None, str]) -> dashboard.ThresholdsConfig:
    made = [model.Threshold(value=value, color=colour) for value, colour in steps]
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(made)


def main() -> None:
    """Write the file."""
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")
    print(f"{FILE}: {len(list(expressions()))} expressions")


if __name__ == "__main__":
    main()
