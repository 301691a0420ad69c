"""The files of the page: read once, packed once, and the same for everybody.

All of them are small and lie in memory, so that no request ever waits for a disk. A browser asks again each time
whether it has the present one (ETag), which costs it a few bytes, so that nobody sees half of an old page after an
update.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from reverie.web.page_texts import Texts, catalogues, language_for, translated

FOLDER = Path(__file__).with_name("static")
TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".ogg": "audio/ogg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
PACKED = {".css", ".html", ".js", ".json", ".svg"}
"""What gets smaller by packing; pictures and sounds are packed already."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""What a page may load: what comes from here, and nothing that stands in the page itself."""
OF_ONE = {"/moment"}
"""Pages that show one of many things, whose name stands behind their own in the address."""
CACHED = "no-cache"
"""A browser keeps a file and asks whether it is still the present one."""
VERSION = "version.json"
"""A file that is made here: a page that stays open for months learns by it that there is a newer one."""
PRELOADS = "<!-- preloads -->"
"""Where in a page the modules are named that it needs: a browser that learns of them one by one waits for each."""
_SCRIPT = re.compile(r'<script type="module" src="/static/([^"]+)"')
_IMPORT = re.compile(r"^(?:import|export)\b[^;'\"]*?['\"](\.{1,2}/[^'\"]+)['\"]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is sent: ``packed`` by gzip if that makes it smaller, ``mark`` its ETag."""

    body: bytes
    packed: bytes | None
    content_type: str
    mark: str

    @classmethod
    def of(cls, name: str, body: bytes) -> StaticFile:
        """The file of that name with these bytes.

        Raises:
            ValueError: if nothing is known of files that end so.
        """
        ending = posixpath.splitext(name)[1]
        if ending not in TYPES:
            raise ValueError(f"{name}: the page has no files that end in {ending!r}; known are {', '.join(TYPES)}")
        packed = gzip.compress(body, mtime=0) if ending in PACKED else body
        return cls(body, packed if len(packed) < len(body) else None, TYPES[ending], digest(body))


class StaticFiles:
    """All files of the page by their names below the folder, such as ``js/main.js``."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        """Take files by their names."""
        self.version = digest(*(part for name in sorted(contents) for part in (name.encode(), contents[name])))
        made = {VERSION: json.dumps({"version": self.version}).encode()}
        self.files = {name: StaticFile.of(name, body) for name, body in {**contents, **made}.items()}
        self.pages = {
            "/" if name == "index.html" else f"/{name.removesuffix('.html')}": {
                language: StaticFile.of(name, finished(body.decode(), contents, language, texts).encode())
                for language, texts in catalogues(contents).items()
            }
            for name, body in contents.items()
            if name.endswith(".html") and "/" not in name
        }
        """The pages by their addresses and languages: ``index.html`` is ``/``, ``wall.html`` is ``/wall``."""

    @classmethod
    def read(cls, folder: Path = FOLDER) -> StaticFiles:
        """Read all files below the folder; those that begin with a dot are editors' business."""
        found = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))
        return cls({path.relative_to(folder).as_posix(): path.read_bytes() for path in found})


def digest(*parts: bytes) -> str:
    """A short mark of these bytes, another one for all others."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:20]


def finished(page: str, contents: Mapping[str, bytes], language: str, texts: Texts) -> str:
    """The page in a language, with a line for its texts and for each module that its scripts import in the end."""
    modules = dict.fromkeys(name for script in _SCRIPT.findall(page) for name in imported(script, contents))
    lines = [f'<link rel="modulepreload" href="/static/{name}">' for name in modules]
    if texts:
        lines.insert(0, f'<link rel="preload" href="/static/i18n/{language}.json" as="fetch" crossorigin>')
    return translated(page.replace(PRELOADS, "\n    ".join(lines)), language, texts)


def imported(module: str, contents: Mapping[str, bytes]) -> list[str]:
    """The module and all that it imports when it is loaded, each once, those that it names itself first.

    Raises:
        ValueError: if a module is imported that is not there.
    """
    known, waiting = {module: None}, [module]
    while waiting:
        here = waiting.pop(0)
        for there in _imports(here, contents):
            if there not in contents:
                raise ValueError(f"{here} imports {there}, which is no file of the page")
            if there not in known:
                known[there] = None
                waiting.append(there)
    return list(known)


def static_routes(files: StaticFiles) -> list[web.RouteDef]:
    """Routes of the pages and of every file below ``/static``."""

    async def static(request: web.Request) -> web.StreamResponse:
        file = files.files.get(request.match_info["name"])
        if file is None or file.content_type == TYPES[".html"]:
            raise web.HTTPNotFound(text="There is no such file.\n")
        return _sent(request, file)

    def page_route(address: str, page: Mapping[str, StaticFile]) -> web.RouteDef:
        async def show(request: web.Request) -> web.StreamResponse:
            asked = request.query.get("lang", "")
            accepted = request.headers.get("Accept-Language", "")
            response = _sent(request, page[asked if asked in page else language_for(accepted, page)])
            response.headers["Content-Security-Policy"] = POLICY
            response.headers["Vary"] = "Accept-Encoding, Accept-Language"
            return response

        return web.get(address, show)

    pages = [page_route(address, page) for address, page in files.pages.items()]
    pages += [page_route(f"{address}/{{name}}", files.pages[address]) for address in OF_ONE & files.pages.keys()]
    return [*pages, web.get("/static/{name:.+}", static)]


def _imports(module: str, contents: Mapping[str, bytes]) -> Iterator[str]:
    folder = posixpath.dirname(module)
    for name in _IMPORT.findall(contents.get(module, b"").decode()):
        yield posixpath.normpath(posixpath.join(folder, name))


def _sent(request: web.Request, file: StaticFile) -> web.Response:
    headers = {"Cache-Control": CACHED, "ETag": f'"{file.mark}"', "Vary": "Accept-Encoding"}
    if any(mark.value in {file.mark, "*"} for mark in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = file.content_type
    if file.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=file.packed, headers={**headers, "Content-Encoding": "gzip"})
    return web.Response(body=file.body, headers=headers)
