"""Configurations that are at fault: what is said of each stands in ``broken/expected.txt``."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.broken import BrokenFiles
from reverie.documents import DocumentError
from reverie.site.load import load_site

BROKEN = BrokenFiles(Path(__file__).parent / "broken")


@pytest.mark.parametrize("name", BROKEN.names())
def test_every_fault_is_told_at_its_place(name: str) -> None:
    with pytest.raises(DocumentError) as caught:
        load_site(BROKEN.path(name))
    assert str(caught.value).splitlines() == BROKEN.expected(name)
