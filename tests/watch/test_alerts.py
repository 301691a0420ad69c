import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from reverie.conductor.report import UNLIKE
from reverie.watch.fault_kinds import KINDS
from reverie.watch.metrics import Metrics

TRIAL = Path(__file__).with_name("alerts.yaml")

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "monitoring.md").read_text()


FOLDER = Path(__file__).parents[2] / "config" / "prometheus"
RULES = FOLDER / "rules.yaml"


def rules() -> list[dict[str, str]]:
    return yaml.safe_load(RULES.read_text())["groups"][0]["rules"]


def names_in_code() -> set[str]:
    families = text_string_to_metric_families(Metrics("0", "dice").render()[0].decode())
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


def test_nobody_is_called_twice_for_a_fault_of_which_another_alert_tells() -> None:
    ids = {
        rule["alert"]: set("|".join(re.findall(r'\bid[=!~]+"([^"]+)"', rule["expr"])).split("|")) for rule in rules()
    }
    left_out = ids.pop("ReverieFault")
    assert {kind.id for kind in UNLIKE} <= left_out, "reverie_configuration_ok has an alert"
    assert set[str]().union(*ids.values()) - {""} <= left_out


def test_no_rule_needs_a_job_name_that_nobody_is_told() -> None:
    assert not [rule for rule in rules() if re.search(r"job\s*=", rule["expr"])]


def test_the_page_names_every_alert_and_the_trial_fires_each() -> None:
    names = {rule["alert"] for rule in rules()}
    assert set(re.findall(r"^\| `(Reverie\w+)", PAGE, re.MULTILINE)) == names
    fired = set(re.findall(r'alertname="(Reverie\w+)"[^}]*}\', value', TRIAL.read_text()))
    assert fired == names


def promtool(*arguments: str | Path) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is missing: apt install prometheus")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.real
def test_every_alert_fires_when_it_must_and_not_when_it_must_not(tmp_path: Path) -> None:
    """Killed every 25 s for 7 minutes, the only slot down, a clock in the past, a night's rest, a full disk."""
    for path in (RULES, TRIAL):
        shutil.copy(path, tmp_path)
    promtool("test", "rules", tmp_path / TRIAL.name)


@pytest.mark.real
def test_prometheus_understands_the_rules_and_how_they_are_collected(tmp_path: Path) -> None:
    for path in FOLDER.iterdir():
        shutil.copy(path, tmp_path)
    promtool("check", "rules", tmp_path / RULES.name)
    promtool("check", "config", tmp_path / "scrape.yaml")
