"""Make the pictures of the page in docs/page: whole daemons play, and a real browser looks at them.

    .venv/bin/python tools/make_page_pictures.py [VIEW ...] [--out FOLDER] [--seconds 45]

Needs what the tests of the page need: Playwright and Chromium. The pictures are other ones each time, as the music is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from fakes.browser import (  # noqa: E402
    DESK,
    TELEPHONE,
    Screen,
    Visit,
    find_chromium,
    running_chromium,
    visit,
    webp,
)
from fakes.daemon import Daemon  # noqa: E402

SLOTS = {"main": {"kind": "browser"}}
DREAM = "a lighthouse by the sea that waits for a letter from home"
QUALITY = 82
LONG_ENOUGH = 20.0
"""Seconds for which a page is open before it is taken, so that the roll is full."""
POCKET = Screen(TELEPHONE.width, TELEPHONE.height, ratio=1.5, touch=True)
STAGE = Screen(1920, 1080)


@dataclass(frozen=True, slots=True)
class View:
    """What is taken: a page of a scene; ``whole`` is all of it, and not the screen alone."""

    name: str
    scene: str
    path: str
    screen: Screen
    scheme: str = "dark"
    whole: bool = False
    language: str = "en-GB"


VIEWS = (
    View("hall", "cat-dreams", "/", DESK, whole=True),
    View("hall-bright", "cat-dreams", "/", DESK, scheme="light"),
    View("telephone", "cat-dreams", "/", POCKET, language="de-DE"),
    View("wall", "sleepers", "/wall", STAGE),
    View("artist", "cat-dreams", "/artist", DESK, whole=True),
    View("technician", "cat-dreams", "/technician", DESK, whole=True),
    View("login", "cat-dreams", "/login", DESK),
)


async def take(here: Visit, view: View, out: Path) -> None:
    """Take a picture of what is to be seen."""
    if view.whole:
        for _ in range(2):  # what is as high as the screen grows with it
            height = await here.page.evaluate("document.documentElement.scrollHeight")
            await here.page.set_viewport_size({"width": view.screen.width, "height": height})
            await asyncio.sleep(1.0)
    path = out / f"{view.name}.webp"
    path.write_bytes(await webp(here, QUALITY))
    print(f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}: {path.stat().st_size / 1000:.0f} kB")
    for complaint in here.complaints:
        print(f"  it complained: {complaint}")


def dream(port: int) -> None:
    """Have something dreamt."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/dream",
        json.dumps({"text": DREAM}).encode(),
        {"Content-Type": "application/json", "X-Reverie": "dream"},
    )
    with urllib.request.urlopen(request, timeout=5):  # noqa: S310  the address is our own
        pass


async def play(scene: str, views: list[View], out: Path, seconds: float) -> None:
    """Play a scene, and take views of it once it has played for so long."""
    program = find_chromium()
    if program is None:
        sys.exit("There is no Chromium here; apt install chromium.")
    with tempfile.TemporaryDirectory(prefix="reverie-pictures-") as folder:
        text = (ROOT / "scenes" / f"{scene}.yaml").read_text(encoding="utf-8")
        daemon = Daemon(Path(folder), SLOTS, text)
        daemon.start()
        try:
            await asyncio.to_thread(daemon.wait_for_bars, 2)
            if "\nmoods:" in text:
                await asyncio.to_thread(dream, daemon.port)
            await asyncio.sleep(seconds)
            async with running_chromium(program) as browser:
                for view in views:
                    here = await visit(browser, view.screen, view.language, color_scheme=view.scheme)
                    answer = await here.page.goto(f"http://127.0.0.1:{daemon.port}{view.path}")
                    if answer is not None and answer.ok:
                        await asyncio.sleep(LONG_ENOUGH)
                        await take(here, view, out)
                    await here.page.close()
        finally:
            daemon.kill()


def main() -> None:
    """Take the views that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("views", nargs="*", metavar="VIEW", help=", ".join(view.name for view in VIEWS))
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "page")
    parser.add_argument("--seconds", type=float, default=45.0, help="how long a scene plays before it is looked at")
    given = parser.parse_args()
    wanted = [view for view in VIEWS if not given.views or view.name in given.views]
    given.out.mkdir(parents=True, exist_ok=True)
    for scene in dict.fromkeys(view.scene for view in wanted):
        asyncio.run(play(scene, [view for view in wanted if view.scene == scene], given.out, given.seconds))


if __name__ == "__main__":
    main()
