import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from reverie.web.forwarded import AskedFrom, networks_of, origin_of, within

PROXIES = networks_of(["127.0.0.1", "10.0.0.0/24", "fd00::/64"])


def origin(peer: str, *headers: tuple[str, str]) -> AskedFrom:
    return origin_of(peer, CIMultiDictProxy(CIMultiDict(headers)), PROXIES)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "x-forwarded-for", "Forwarded", "X-Real-IP", "Via"])
def test_what_strangers_say_of_themselves_is_not_believed(header: str) -> None:
    said = origin("192.0.2.1", (header, "for=127.0.0.1" if header == "Forwarded" else "127.0.0.1"))
    assert (said.address, said.by_proxy, said.direct) == ("192.0.2.1", False, False)


@pytest.mark.parametrize(
    ("headers", "address", "https"),
    [
        ([("X-Forwarded-For", "192.0.2.1")], "192.0.2.1", False),
        ([("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Proto", "https")], "192.0.2.1", True),
        ([("X-Forwarded-For", "127.0.0.1, 192.0.2.1")], "192.0.2.1", False),
        ([("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-For", "192.0.2.1")], "192.0.2.1", False),
        ([("X-Forwarded-For", "198.51.100.9, 192.0.2.1, 10.0.0.7, fd00::3")], "192.0.2.1", False),
        ([("X-Forwarded-For", "192.0.2.1:4711")], "192.0.2.1", False),
        ([("X-Forwarded-For", "[2001:db8::1]:4711")], "2001:db8::1", False),
        ([("X-Forwarded-For", "::ffff:192.0.2.1")], "192.0.2.1", False),
        ([("X-Forwarded-For", "192.0.2.1, unknown")], "", False),
        ([("X-Forwarded-For", "")], "", False),
        ([("X-Forwarded-For", "127.0.0.1")], "", False),
        ([("Forwarded", 'for=127.0.0.1, for="[2001:db8::1]:80";proto=https')], "2001:db8::1", True),
        ([("Forwarded", "for=_hidden")], "", False),
        ([("Forwarded", "for=192.0.2.1"), ("X-Forwarded-For", "192.0.2.2")], "", False),
        ([("X-Forwarded-Proto", "https")], "127.0.0.1", True),
        ([("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Proto", "https, http")], "192.0.2.1", False),
    ],
)
def test_a_proxy_of_the_site_says_for_whom_it_asks(headers: list[tuple[str, str]], address: str, https: bool) -> None:
    said = origin("127.0.0.1", *headers)
    assert (said.address, said.https) == (address, https)
    assert said.by_proxy
    assert not said.direct


def test_without_a_header_nobody_stands_between() -> None:
    assert origin("127.0.0.1") == AskedFrom("127.0.0.1", direct=True, by_proxy=True, https=False)
    assert origin("::ffff:192.0.2.1").address == "192.0.2.1"
    assert origin("fe80::1%eth0").address == "fe80::1"
    assert origin("").address == ""


def test_who_has_no_address_is_in_no_network() -> None:
    everywhere = networks_of(["0.0.0.0/0", "::/0"])
    assert within("192.0.2.1", everywhere)
    assert within("2001:db8::1", everywhere)
    for none in ("", "unknown", "192.0.2", "host.example"):
        assert not within(none, everywhere)
