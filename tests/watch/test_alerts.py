import re
import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from reverie.bus import Bus
from reverie.conductor.far.report import UNLIKE
from reverie.watch.fault_kinds import KINDS
from reverie.watch.metrics import Metrics

TRIAL = Path(__file__).with_name("alerts.yaml")

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "monitoring.md").read_text()
FOLDER = ROOT / "config" / "prometheus"
RULES = FOLDER / "rules.yaml"


FAULTS = FOLDER / "faults.yaml"
TOOL: dict[str, Any] = runpy.run_path(str(ROOT / "tools" / "make_fault_rules.py"))


def rules(path: Path = RULES) -> list[dict[str, Any]]:
    return yaml.safe_load(path.read_text())["groups"][0]["rules"]


def names_in_code() -> set[str]:
    metrics = Metrics("0", "dice")
    metrics.subscribe_to(Bus())
    families = text_string_to_metric_families(metrics.render()[0].decode())
    return {f"{family.name}_total" if family.type == "counter" else family.name for family in families}


def test_the_page_names_every_metric_and_no_other() -> None:
    assert set(re.findall(r"^\| `(reverie_\w+)", PAGE, re.MULTILINE)) == names_in_code()


def test_alerts_watch_metrics_that_exist() -> None:
    watched = {name for rule in rules() for name in re.findall(r"reverie_\w+", rule["expr"])}
    assert watched
    assert watched <= names_in_code()


def test_alerts_name_faults_that_exist() -> None:
    named = {
        one for rule in rules() for ids in re.findall(r'\bid[=!~]+"([^"]+)"', rule["expr"]) for one in ids.split("|")
    }
    assert named
    assert named <= {kind.id for kind in KINDS}


def test_the_rules_of_faults_are_up_to_date() -> None:
    assert FAULTS.read_text() == TOOL["text"](), "run: .venv/bin/python tools/make_fault_rules.py"


def test_every_kind_of_fault_calls_a_person_and_none_calls_twice() -> None:
    told = [rule["labels"]["id"] for rule in rules(FAULTS) if "id" in rule["labels"]]
    elsewhere = [one for ids in TOOL["COVERED"].values() for one in ids]
    assert sorted(told + elsewhere) == sorted(kind.id for kind in KINDS)
    assert {kind.id for kind in UNLIKE} == set(TOOL["COVERED"]["ReverieConfigurationRefused"])
    assert set(TOOL["COVERED"]) <= {rule["alert"] for rule in rules()}


def test_each_alert_has_one_advice_and_an_urgency() -> None:
    for rule in [*rules(), *rules(FAULTS)]:
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}, rule["alert"]
        summary, advice = rule["annotations"]["summary"], rule["annotations"]["advice"]
        assert set(rule["annotations"]) == {"summary", "advice"}
        assert "$labels.instance" in summary, rule["alert"]
        assert advice.strip().endswith("."), rule["alert"]
        assert re.search(r"[.!?] [A-Z]", advice) is None, f"{rule['alert']} gives more than one advice"


def test_no_rule_needs_a_job_name_that_nobody_is_told() -> None:
    assert not [rule for rule in [*rules(), *rules(FAULTS)] if re.search(r"job\s*=", rule["expr"])]


def test_the_page_names_every_alert_and_the_trial_fires_each() -> None:
    names = {rule["alert"] for rule in rules()} | {"ReverieFault"}
    assert set(re.findall(r"^\| `(Reverie\w+)`", PAGE, re.MULTILINE)) == names
    fired = set(re.findall(r'alertname="(Reverie\w+)"[^}]*}\', value', TRIAL.read_text()))
    assert fired == names | {"ReverieFaultNoNewLoop"}


def promtool(*arguments: str | Path) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is missing: apt install prometheus")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.real
def test_every_alert_fires_when_it_must_and_not_when_it_must_not(tmp_path: Path) -> None:
    """Killed every 25 s for 7 minutes, the only slot down, a clock in the past, a night's rest, a full disk."""
    for path in (RULES, FAULTS, TRIAL):
        shutil.copy(path, tmp_path)
    promtool("test", "rules", tmp_path / TRIAL.name)


@pytest.mark.real
def test_prometheus_understands_the_rules_and_how_they_are_collected(tmp_path: Path) -> None:
    for path in FOLDER.iterdir():
        shutil.copy(path, tmp_path)
    promtool("check", "rules", tmp_path / RULES.name, tmp_path / FAULTS.name)
    promtool("check", "config", tmp_path / "scrape.yaml")


def trial_of(wait: str, of_kinds: list[dict[str, Any]]) -> dict[str, Any]:
    """Faults of these kinds come and last: nobody is called before their time, and then with subject and advice."""
    minutes = {"5m": 5, "15m": 15, "1h": 60}[wait]
    series: list[dict[str, str]] = []
    tests: list[dict[str, Any]] = []
    for rule in of_kinds:
        [kind] = [kind for kind in KINDS if kind.id == rule["labels"]["id"]]
        subject = {"subject": "main"} if kind.subject else {}
        words = {"{{ $labels.instance }}": "box", "{{ $labels.subject }}": "main"}
        annotations = dict(rule["annotations"])
        for word, value in words.items():
            annotations = {name: text.replace(word, value) for name, text in annotations.items()}
        labels = {"job": "museum", "instance": "box", **subject, **rule["labels"]}
        fires = {"exp_labels": labels, "exp_annotations": annotations}
        name = f'reverie_fault{{job="museum", instance="box", id="{kind.id}", subject="{subject.get("subject", "")}"}}'
        series.append({"series": name, "values": f"_x5 1x{minutes + 10} _x20"})
        for at, alerts in ((minutes + 4, []), (minutes + 8, [fires]), (minutes + 30, [])):
            tests.append({"eval_time": f"{at}m", "alertname": rule["alert"], "exp_alerts": alerts})
    firing = {"labels": "{}", "value": len(of_kinds)}
    counted = {"expr": 'count(ALERTS{alertstate="firing"})', "eval_time": f"{minutes + 8}m", "exp_samples": [firing]}
    return {
        "name": wait,
        "interval": "1m",
        "input_series": series,
        "alert_rule_test": tests,
        "promql_expr_test": [counted],
    }


@pytest.mark.real
def test_the_alert_of_each_kind_of_fault_fires_in_its_time_and_is_over_with_it(tmp_path: Path) -> None:
    for path in (RULES, FAULTS):
        shutil.copy(path, tmp_path)
    of_kinds = [rule for rule in rules(FAULTS) if "id" in rule["labels"]]
    assert len(of_kinds) == len(TOOL["told_here"]())
    waits = {rule["for"] for rule in of_kinds}
    trials = [trial_of(wait, [rule for rule in of_kinds if rule["for"] == wait]) for wait in sorted(waits)]
    trial = tmp_path / "trial.yaml"
    data = {"rule_files": [RULES.name, FAULTS.name], "evaluation_interval": "1m", "tests": trials}
    trial.write_text(yaml.safe_dump(data))
    promtool("test", "rules", trial)


@pytest.mark.real
def test_alertmanager_understands_whom_it_is_to_call() -> None:
    program = shutil.which("amtool")
    if program is None:
        pytest.skip("amtool is missing: apt install prometheus-alertmanager")
    command: list[str | Path] = [program, "check-config", FOLDER / "alertmanager.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for severity, receiver in (("critical", "duty"), ("warning", "crew"), ("info", "crew")):
        command = [program, "config", "routes", "test", f"--config.file={FOLDER / 'alertmanager.yaml'}"]
        done = subprocess.run([*command, f"severity={severity}"], capture_output=True, text=True, check=False)
        assert done.stdout.strip() == receiver, done.stdout + done.stderr
