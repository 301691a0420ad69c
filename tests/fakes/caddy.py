"""A real Caddy before a page, with the configuration that the documentation gives."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path

from fakes.certificate_files import make_certificate

DOCUMENTED = Path(__file__).parents[2] / "docs" / "how-to" / "page-access.md"
_AROUND = """
{{
  admin off
  auto_https disable_redirects
}}
{site}
"""


def find_caddy() -> str | None:
    """Where Caddy is on this machine."""
    return shutil.which("caddy")


def documented_site(folder: Path, listen: int, page: int) -> str:
    """The documented site with this test's ports and certificate: no authority of the network can be asked for one."""
    written = DOCUMENTED.read_text(encoding="utf-8")
    site = re.search(r"```caddyfile\n(.*?)```", written, re.DOTALL)
    assert site is not None
    text = site[1]
    certificate = f"tls {folder / 'certificate.pem'} {folder / 'key.pem'}"
    for old, new in (
        ("music.example.org {", f"music.example.org:{listen} {{\n    bind 127.0.0.1\n    {certificate}"),
        ("127.0.0.1:8765", f"127.0.0.1:{page}"),
    ):
        assert old in text
        text = text.replace(old, new)
    return text


@contextlib.contextmanager
def running_caddy(program: str, folder: Path, listen: int, page: int) -> Generator[Path]:
    """The certificate of a Caddy that listens at port ``listen`` and asks the page at port ``page``."""
    certificate = folder / "certificate.pem"
    make_certificate(certificate, folder / "key.pem", "music.example.org")
    configuration = folder / "Caddyfile"
    configuration.write_text(_AROUND.format(site=documented_site(folder, listen, page)))
    home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    command = [program, "run", "--adapter", "caddyfile", "--config", str(configuration)]
    log = (folder / "caddy.log").open("wb")
    with log, subprocess.Popen(command, stderr=log, env=os.environ | home) as caddy:
        try:
            yield certificate
        finally:
            caddy.terminate()
            caddy.wait(10)
