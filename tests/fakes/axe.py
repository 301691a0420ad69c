"""axe-core, which looks at an open page for what keeps people out of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakes.browser import Visit

AXE = Path(__file__).parents[2] / "build" / "page" / "node_modules" / "axe-core" / "axe.min.js"


async def findings(here: Visit) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA that is serious or critical: the rule, and where."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed (make page-tools)")
    await here.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = await here.page.evaluate(
        "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })"
    )
    assert len(found["passes"]) > 10, "axe has looked at all"
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]
