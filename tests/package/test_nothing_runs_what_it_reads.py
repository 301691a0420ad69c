"""No file and no message can make Reverie run code: no shell, no pickles, no tags of YAML, nothing evaluated."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [*sorted((ROOT / "daemon").rglob("*.py")), *sorted((ROOT / "tools").glob("*.py"))]

FOREIGN_OBJECTS = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "jsonpickle"}
"""Modules that build whatever a file says, and so run what it says."""

BY_A_SHELL = {
    *("os.system", "os.popen", "pty.spawn"),
    *("subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell"),
}
EVALUATED = {"eval", "exec", "compile", "__import__"}
WITH_TAGS = {
    *("yaml.load_all", "yaml.full_load", "yaml.full_load_all", "yaml.unsafe_load", "yaml.unsafe_load_all", "yaml.load"),
    *("yaml.Loader", "yaml.FullLoader", "yaml.UnsafeLoader", "yaml.CLoader", "yaml.YAMLObject", "yaml.add_constructor"),
}
"""What of PyYAML makes objects of tags; ``safe_load`` and ``SafeLoader`` do not."""
MAY_HAVE_PICKLES = {"load", "save", "savez", "savez_compressed", "fromregex"}
"""Functions of NumPy that read or write pickles unless they are told not to (``save`` and its like write them)."""
KEPT_RULES = {
    *("S102", "S103", "S108", "S301", "S302", "S306", "S307", "S308", "S312", "S313", "S314", "S324", "S501", "S506"),
    *("S602", "S604", "S605", "S609", "S610", "S611", "S612", "S202", "S113"),
}
"""ruff's rules on what is dangerous, which nobody may ignore for the whole project."""


def dotted(node: ast.expr) -> str:
    """``a.b.c`` of an expression; nothing of what is none."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or "", *(f"{node.module}.{name.name}" for name in node.names)]
    if isinstance(node, ast.Call) and dotted(node.func).endswith("import_module"):
        return [part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return []


def dangers(text: str) -> Iterator[str]:
    """Every danger with its line."""
    for node in ast.walk(ast.parse(text)):
        line = getattr(node, "lineno", 0)
        for module in modules(node):
            if module.partition(".")[0] in FOREIGN_OBJECTS or module in BY_A_SHELL | WITH_TAGS:
                yield f"{line}: {module}"
        if isinstance(node, ast.Attribute) and dotted(node) in BY_A_SHELL | WITH_TAGS:
            yield f"{line}: {dotted(node)}"
        if isinstance(node, ast.Call):
            yield from (f"{line}: {what}" for what in in_call(node))


def in_call(node: ast.Call) -> Iterator[str]:
    name, told = dotted(node.func), {word.arg: word.value for word in node.keywords}
    if name in EVALUATED:
        yield name
    shell = told.get("shell")
    if shell is not None and not (isinstance(shell, ast.Constant) and shell.value is False):
        yield f"{name}(shell=...)"
    root, _, function = name.rpartition(".")
    if root in {"np", "numpy"} and function in MAY_HAVE_PICKLES:
        allowed = told.get("allow_pickle")
        if not (isinstance(allowed, ast.Constant) and allowed.value is False):
            yield f"{name} without allow_pickle=False"


def test_no_source_runs_what_it_reads() -> None:
    assert len(SOURCES) > 400
    found = [f"{path.relative_to(ROOT)}:{danger}" for path in SOURCES for danger in dangers(path.read_text("utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from pickle import loads",
        "import importlib\nimportlib.import_module('dill')",
        "import os\nos.system('ls')",
        "from os import popen",
        "import subprocess\nsubprocess.run('ls', shell=True)",
        "import subprocess\nsubprocess.run('ls', shell=wanted)",
        "import asyncio\nasyncio.create_subprocess_shell('ls')",
        "eval('1')",
        "exec(text)",
        "import yaml\nyaml.load(text, yaml.Loader)",
        "import yaml\nclass Mine(yaml.FullLoader): ...",
        "import numpy as np\nnp.load(file)",
        "import numpy as np\nnp.load(file, allow_pickle=True)",
        "import numpy as np\nnp.save(file, array)",
    ],
)
def test_each_danger_would_be_found(text: str) -> None:
    assert [*dangers(text)]


@pytest.mark.parametrize(
    "text",
    [
        "import re\nre.compile('a')",
        "import yaml\nyaml.safe_load(text)",
        "import yaml\nclass Mine(yaml.SafeLoader): ...",
        "import numpy as np\nnp.load(file, allow_pickle=False)",
        "import subprocess\nsubprocess.run(['ls'], shell=False)",
        "session.exec_module(x)",
    ],
)
def test_what_is_safe_is_let_be(text: str) -> None:
    assert not [*dangers(text)]


def test_ruff_looks_for_it_too() -> None:
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    assert lint["select"] == ["ALL"]
    ignored = {*lint["ignore"], *(rule for rules in lint["per-file-ignores"].values() for rule in rules)}
    assert not [rule for rule in KEPT_RULES for one in ignored if rule.startswith(one)]
