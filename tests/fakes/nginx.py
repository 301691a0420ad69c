"""A real nginx before a page, with the configuration that the documentation gives."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path

from fakes.certificate_files import make_certificate

DOCUMENTED = Path(__file__).parents[2] / "docs" / "how-to" / "page-access.md"
_AROUND = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {server}
}}
"""


def find_nginx() -> str | None:
    """Where nginx is on this machine."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def documented_server(folder: Path, listen: int, page: int) -> str:
    """The documented ``server`` with this test's ports and certificate."""
    written = DOCUMENTED.read_text(encoding="utf-8")
    server = re.search(r"```nginx\n(.*?)```", written, re.DOTALL)
    assert server is not None
    text = server[1]
    for old, new in (
        ("listen 443 ssl", f"listen 127.0.0.1:{listen} ssl"),
        ("127.0.0.1:8765", f"127.0.0.1:{page}"),
        ("/etc/letsencrypt/live/music.example.org/fullchain.pem", str(folder / "certificate.pem")),
        ("/etc/letsencrypt/live/music.example.org/privkey.pem", str(folder / "key.pem")),
    ):
        assert old in text
        text = text.replace(old, new)
    return text


@contextlib.contextmanager
def running_nginx(program: str, folder: Path, listen: int, page: int) -> Generator[Path]:
    """The certificate of an nginx that listens at port ``listen`` and asks the page at port ``page``."""
    certificate = folder / "certificate.pem"
    make_certificate(certificate, folder / "key.pem", "music.example.org")
    configuration = folder / "nginx.conf"
    configuration.write_text(_AROUND.format(folder=folder, server=documented_server(folder, listen, page)))
    command = [program, "-p", str(folder), "-c", str(configuration), "-e", str(folder / "error.log")]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            yield certificate
        finally:
            process.terminate()
            process.wait(10)
