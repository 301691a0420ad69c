"""The types of the page's modules, which stand in their comments, hold."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPILER = ROOT / "build" / "page" / "node_modules" / "typescript" / "bin" / "tsc"
NODE = shutil.which("node") or shutil.which("node", path=ROOT / "build" / "node" / "bin")

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not (NODE and COMPILER.exists()), reason="TypeScript is not installed (make page-tools)"),
]


def test_every_module_of_the_page_keeps_its_types() -> None:
    assert NODE is not None
    command = [NODE, COMPILER, "--project", Path(__file__).parent / "node" / "tsconfig.json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
