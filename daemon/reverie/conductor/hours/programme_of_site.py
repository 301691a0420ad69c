"""The programme of a site as a value."""

from __future__ import annotations

from reverie.conductor.hours.playlist import Playlist
from reverie.conductor.hours.programme import Programme, ProgrammeEntry
from reverie.site.schema import Site


def programme_of(site: Site) -> Programme:
    """What plays at which hour, with the playlists that it draws from."""
    return Programme(
        (ProgrammeEntry(one.at, one.scene, one.mood, one.playlist) for one in site.programme),
        {
            name: Playlist(name, tuple(one.scenes.items()), one.seconds, one.bars or 0, one.seed)
            for name, one in site.playlists.items()
        },
    )
