"""What is right in what a site says of its page, and yet worth knowing: who can be technician there, if anybody."""

from __future__ import annotations

from collections.abc import Iterator

from reverie.documents import Keys
from reverie.site.page_section import PageSection
from reverie.web.forwarded import networks_of, overlap_loopback


def page_remarks(page: PageSection) -> Iterator[tuple[Keys, str]]:
    """Where nobody at the machine itself is technician, and no token makes anybody one."""
    if page.technician_token_file is not None or page.role_header is not None:
        return
    but = "so nobody is unless the service has the credential `technician-token`; `technician_token_file` names a token"
    if page.here != "technician":
        yield ("page", "here"), f"at the machine itself nobody is technician on the page without a token, {but}"
    elif overlap_loopback(networks_of(page.proxies)):
        yield (
            ("page", "proxies"),
            f"with a proxy on this machine nobody at it is technician on the page without a token, {but}",
        )
