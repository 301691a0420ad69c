import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from reverie.watch.metrics import Metrics

PAGE = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text()


def rules() -> str:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    return block


def names_in_code() -> set[str]:
    families = text_string_to_metric_families(Metrics("0", "dice").render()[0].decode())
    return {f"{family.name}_total" if family.type == "counter" else family.name for family in families}


def test_the_page_names_every_metric_and_no_other() -> None:
    assert set(re.findall(r"^\| `(reverie_\w+)", PAGE, re.MULTILINE)) == names_in_code()


def test_alerts_watch_metrics_that_exist() -> None:
    groups = yaml.safe_load(rules())["groups"]
    watched = {name for rule in groups[0]["rules"] for name in re.findall(r"reverie_\w+", rule["expr"])}
    assert watched
    assert watched <= names_in_code()


@pytest.mark.real
def test_prometheus_understands_the_rules(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is missing: apt install prometheus")
    path = tmp_path / "rules.yaml"
    path.write_text(rules())
    checked = subprocess.run([promtool, "check", "rules", path], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
