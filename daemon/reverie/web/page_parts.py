"""What the page is made of: the parts of the daemon that it shows, sounds, and lets people use.

The conductor puts them together before the web server is imported, so nothing here may import aiohttp.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reverie.site.page_section import PageSection

if TYPE_CHECKING:
    from reverie.control.visitors import Playable
    from reverie.web.artist_routes import ArtistSource
    from reverie.web.live_feed import LiveFeed
    from reverie.web.moment_routes import KeepsMoments
    from reverie.web.pictures import TimbrePictures
    from reverie.web.sounds import BrowserSounds
    from reverie.web.technician_routes import TechnicianSource


@dataclass(frozen=True, slots=True)
class PageParts:
    """A part that is None is not there, and neither are its routes.

    ``controls`` is whether ``POST /control`` steers; None: for this machine alone. ``section`` is what the
    site says of the page, ``live`` what pages are told of the music, ``play`` what visitors play with, ``sounds`` what
    browsers hear, ``pictures`` those of sounds, ``artist`` what artists steer, ``desk`` what technicians see and do,
    ``moments`` what people keep.
    """

    controls: bool | None = None
    section: PageSection | None = None
    live: LiveFeed | None = None
    play: Playable | None = None
    sounds: BrowserSounds | None = None
    pictures: TimbrePictures | None = None
    artist: ArtistSource | None = None
    desk: TechnicianSource | None = None
    moments: KeepsMoments | None = None
