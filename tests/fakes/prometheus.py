"""A real Prometheus and a real Alertmanager, the project's rules in a hurry, and an exporter of the real figures."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from fakes.daemon import free_port
from fakes.jack import wait_until
from fakes.patience import PATIENCE
from reverie.watch.metrics import Metrics

FOLDER = Path(__file__).parents[2] / "config" / "prometheus"
HURRY = {"5m": "2s", "2m": "2s", "1m": "1s", "10m": "2s", "15m": "3s", "30m": "3s", "1h": "4s", "2h": "5s"}
"""Instead of the time for which something must be so."""
WINDOW = "20s"
"""Instead of the quarter of an hour in which something is counted."""


class OffsetClock:
    """The machine's clock, but for what a test adds."""

    def __init__(self) -> None:
        self.later = self.wrong = 0.0

    def now(self) -> float:
        return time.monotonic() + self.later

    def wall(self) -> float:
        return time.time() + self.wrong


class Exporter:
    """Serves the figures of a real registry, as the daemon's page does."""

    def __init__(self, metrics: Metrics) -> None:
        self.port = free_port()
        exporter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                text, content_type = metrics.render()
                self.send_response(200)
                self.send_header("Content-Type", content_type)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                del format, args

        self._handler = Handler
        self._server: ThreadingHTTPServer | None = None
        exporter.start()

    def start(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class AlertSink:
    """Whom Alertmanager calls: ``now`` are the alerts that fire, ``advice`` what each said."""

    def __init__(self) -> None:
        self.port = free_port()
        self._firing: set[tuple[str, str]] = set()
        self.fired: dict[str, dict[str, str]] = {}
        self.resolved: set[str] = set()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.end_headers()
                for alert in told["alerts"]:
                    sink.told(alert)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def now(self) -> set[str]:
        """The alerts that fire, each as long as it does for one of those whom it befalls."""
        return {name for name, _ in [*self._firing]}

    def told(self, alert: dict[str, Any]) -> None:
        name = alert["labels"]["alertname"]
        if alert["status"] == "firing":
            self._firing.add((name, alert["fingerprint"]))
            self.fired[name] = alert["annotations"]
        else:
            self._firing.discard((name, alert["fingerprint"]))
            self.resolved.add(name)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def hurried(rules: str) -> str:
    """Rules whose waits take seconds, and whose thresholds are what they are."""
    text = re.sub(r"for: (\w+)", lambda match: f"for: {HURRY[match[1]]}", rules)
    return re.sub(r"\[15m\]", f"[{WINDOW}]", text)


class Prometheus:
    """Both programs in ``folder``, which collect from a port of this machine every second."""

    def __init__(self, folder: Path, target: int, sink: AlertSink) -> None:
        self._folder = folder
        self.port, alerts, cluster = free_port(), free_port(), free_port()
        for name in ("rules.yaml", "faults.yaml"):
            (folder / name).write_text(hurried((FOLDER / name).read_text()))
        scrape = yaml.safe_load((FOLDER / "scrape.yaml").read_text())
        [job] = scrape["scrape_configs"]
        job["scrape_interval"] = job["scrape_timeout"] = "1s"
        job["static_configs"][0]["targets"] = [f"127.0.0.1:{target}"]
        scrape["global"] = {"evaluation_interval": "1s"}
        scrape["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alerts}"]}]}]}
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(scrape))
        (folder / "alertmanager.yaml").write_text(yaml.safe_dump(_whom(sink.port)))
        self._started = [
            self._start(
                "prometheus",
                f"--config.file={folder / 'prometheus.yaml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                "--rules.alert.resend-delay=1s",
            ),
            self._start(
                "prometheus-alertmanager",
                f"--config.file={folder / 'alertmanager.yaml'}",
                f"--storage.path={folder / 'alerts'}",
                f"--web.listen-address=127.0.0.1:{alerts}",
                f"--cluster.listen-address=127.0.0.1:{cluster}",
            ),
        ]
        wait_until(self._ready, PATIENCE)

    def stop(self) -> None:
        for process in self._started:
            process.terminate()
        for process in self._started:
            process.wait(PATIENCE)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """What an expression gives now; an AssertionError if Prometheus does not understand it."""
        path = f"/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
        return self._get(path)["data"]["result"]

    def stirring(self) -> set[str]:
        """The alerts whose expressions hold, whether they have held for long enough to call anybody or not."""
        return {row["metric"]["alertname"] for row in self.query("ALERTS")}

    def _get(self, path: str) -> dict[str, Any]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=PATIENCE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.read().decode()}") from None

    def _ready(self) -> bool:
        for process in self._started:
            assert process.poll() is None, "".join(self._logs())
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def _logs(self) -> Iterator[str]:
        for path in self._folder.glob("*.log"):
            yield path.read_text()[-2000:]

    def _start(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        path = shutil.which(program)
        if path is None:
            pytest.skip(f"{program} is missing: apt install {program}")
        with (self._folder / f"{program}.log").open("ab") as log:
            return subprocess.Popen([path, *arguments], stdout=log, stderr=log, cwd=self._folder)


def _whom(port: int) -> dict[str, Any]:
    """The example's routes, in a hurry, to one sink."""
    config = yaml.safe_load((FOLDER / "alertmanager.yaml").read_text())
    hurry = {"group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h"}
    for route in (config["route"], *config["route"]["routes"]):
        route.update(hurry)
        route.pop("active_time_intervals", None)
    for receiver in config["receivers"]:
        receiver["webhook_configs"] = [{"url": f"http://127.0.0.1:{port}/", "send_resolved": True}]
    return config
