"""What Magenta publishes."""

from __future__ import annotations

import re

import pytest

from reverie.models.configs import CONFIGS, TIMBRE_FAMILIES, config_of
from reverie.models.errors import ModelError
from reverie.models.library.catalogue import catalogue, entry_of

HOSTS = {
    "mag": r"http://download\.magenta\.tensorflow\.org/models/[\w-]+\.mag",
    "tar": r"https://storage\.googleapis\.com/magentadata/models/music_vae/checkpoints/[\w.-]+\.tar"
    r"|http://download\.magenta\.tensorflow\.org/models/nsynth/[\w-]+\.tar",
    "zip": r"https://storage\.googleapis\.com/magentadata/models/gansynth/\w+\.zip",
    "magenta.js": r"https://storage\.googleapis\.com/magentadata/js/checkpoints/\w+/[\w/]+",
}


def test_every_entry_is_one_that_can_be_pulled_and_imported() -> None:
    for name, entry in catalogue().items():
        assert entry.name == name
        assert re.fullmatch(r"[A-Za-z0-9][\w.-]*", name)
        assert re.fullmatch(HOSTS[entry.format], entry.url), entry.url
        assert entry.config is None or entry.config in CONFIGS
        assert entry.licence == "Apache-2.0"
        assert entry.description.endswith(".")


def test_no_model_is_there_twice() -> None:
    urls = [entry.url for entry in catalogue().values()]
    assert len(set(urls)) == len(urls) == 60


def test_every_family_is_there() -> None:
    families = {CONFIGS[entry.config].family for entry in catalogue().values() if entry.config}
    assert families == {config.family for config in CONFIGS.values()} - {"signals"}, "which nobody has to publish"


def test_most_can_be_played() -> None:
    assert sum(entry.config is not None for entry in catalogue().values()) == 37


@pytest.mark.parametrize(
    ("name", "config", "url"),
    [
        ("basic_rnn", "basic_rnn", "http://download.magenta.tensorflow.org/models/basic_rnn.mag"),
        (
            "cat-drums_2bar_small.hikl",
            "cat-drums_2bar_small",
            "https://storage.googleapis.com/magentadata/models/music_vae/checkpoints/cat-drums_2bar_small.hikl.tar",
        ),
        (
            "js-mel_2bar_small",
            "cat-mel_2bar_small",
            "https://storage.googleapis.com/magentadata/js/checkpoints/music_vae/mel_2bar_small",
        ),
    ],
)
def test_the_entries_say_where(name: str, config: str, url: str) -> None:
    entry = entry_of(name)
    assert (entry.config, entry.url) == (config, url)


def test_what_is_not_published_is_said() -> None:
    with pytest.raises(ModelError, match="no model 'basic' is published; `reverie models list` shows what is"):
        entry_of("basic")


def test_of_every_model_that_cannot_sound_it_is_said_why() -> None:
    for entry in catalogue().values():
        assert bool(entry.why_not) == (entry.config is None), entry.name


def test_every_model_that_can_be_pulled_sounds_but_for_those_that_are_told() -> None:
    silent = {
        entry.name
        for entry in catalogue().values()
        if entry.config
        and not (config := config_of(entry.config)).kinds
        and not config.operators
        and config.family not in TIMBRE_FAMILIES
    }
    assert silent == {"pianoroll_rnn_nade", "pianoroll_rnn_nade-bach", "groovae_2bar_add_closed_hh"}
