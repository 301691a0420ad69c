from __future__ import annotations

import pytest

from reverie.documents import parse_document, validate
from reverie.play.outputs.factory import make_output
from reverie.site.address import page_address
from reverie.site.schema import Site


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("127.0.0.1", "http://127.0.0.1:8765"),
        ("0.0.0.0", "http://127.0.0.1:8765"),  # noqa: S104 - the address of a configuration
        ("::", "http://[::1]:8765"),
        ("hall.local", "http://hall.local:8765"),
    ],
)
def test_the_page_has_an_address_that_a_browser_can_open(address: str, page: str) -> None:
    assert page_address(address, 8765) == page


def test_a_slot_of_browsers_is_told_where_its_page_is() -> None:
    site = validate(
        parse_document("slots: {main: {kind: browser}}\nhealth: {address: 0.0.0.0, port: 80}", "site"), Site
    )
    slot = site.slots_as_json()["main"]
    output = make_output("main", {"kind": slot["kind"], "page": slot["page"]})
    output.open()
    assert output.poll()
    assert output.description == "browsers play it: open http://127.0.0.1:80 and press Listen"
