"""The dashboard is the one that its tool makes, shows figures that exist, and asks what Prometheus understands."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fakes.prometheus import AlertSink, Exporter, Prometheus
from reverie.watch.metrics import Metrics

ROOT = Path(__file__).parents[2]
TOOL: dict[str, Any] = runpy.run_path(str(ROOT / "tools" / "make_dashboard.py"))
FILE = ROOT / "config" / "grafana" / "reverie.json"


def panels() -> list[dict[str, Any]]:
    return [panel for panel in json.loads(FILE.read_text())["panels"] if panel["type"] != "row"]


def expressions() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def samples() -> set[str]:
    """Every name that a scrape can have, those of histograms and counters too."""
    families = text_string_to_metric_families(Metrics("0", "dice").render()[0].decode())
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    return {f"{family.name}{ending}" for family in families for ending in endings.get(family.type, ("",))}


def test_the_dashboard_is_up_to_date() -> None:
    assert FILE.read_text() == TOOL["text"](), "run: .venv/bin/python tools/make_dashboard.py"


def test_every_figure_that_it_shows_exists() -> None:
    shown = {name for expression in expressions() for name in re.findall(r"\breverie_\w+", expression)}
    assert len(shown) > 20
    assert shown <= samples()


def test_what_is_asked_is_of_the_boxes_that_are_chosen_and_each_panel_is_one_of_a_kind() -> None:
    assert [expression for expression in expressions() if "$box" not in expression] == []
    assert len({panel["title"] for panel in panels()}) == len({panel["id"] for panel in panels()}) == len(panels())
    for panel in panels():
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters) > 0, panel["title"]
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24


@pytest.mark.real
def test_prometheus_understands_every_expression(tmp_path: Path) -> None:
    sink, exporter = AlertSink(), Exporter(Metrics("0", "dice"))
    prometheus = Prometheus(tmp_path, exporter.port, sink)
    try:
        asked = [expression.replace("$box", ".*") for expression in expressions()]
        assert asked == list(TOOL["expressions"]())
        for expression in asked:
            prometheus.query(expression)
        with pytest.raises(AssertionError, match="parse error"):
            prometheus.query("reverie_healthy{what=")
    finally:
        prometheus.stop()
        exporter.stop()
        sink.stop()
