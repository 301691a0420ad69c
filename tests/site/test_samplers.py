"""What a site says of the samplers behind its slots."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverie.documents import DocumentError
from reverie.play.slot_settings import SlotSettings
from reverie.site.load import load_site
from reverie.site.sampler import SamplerSettings
from reverie.site.schema import Site


def site(folder: Path, sampler: str, kind: str = "{kind: virtual") -> Site:
    path = folder / "reverie.yaml"
    path.write_text(f"slots:\n  main: {kind}, sampler: {sampler}}}\n", encoding="utf-8")
    return load_site(path)


def test_a_sampler_is_what_its_slot_says_and_no_business_of_the_players(tmp_path: Path) -> None:
    read = site(tmp_path, '{folder: banks, keep: 2, osc: "[::1]:9001", programs: [3, 4], loading: 0.5}')
    assert read.samplers() == {"main": SamplerSettings(tmp_path / "banks", 2, ("::1", 9001), (3, 4), 0.5)}
    assert "sampler" not in SlotSettings.read(read.slots_as_json()["main"]).output


def test_slots_without_one_have_none(tmp_path: Path) -> None:
    assert site(tmp_path, "null").samplers() == {}
    assert Site().samplers() == {}


@pytest.mark.parametrize(
    "sampler",
    [
        "{folder: a, keep: 0}",
        "{folder: a, osc: here}",
        '{folder: a, osc: "here:0"}',
        '{osc: "here:9000"}',
        "{programs: [1, 1]}",
        "{programs: [1, 2, 3]}",
        "{programs: [128]}",
        "{loading: -1}",
        "{foldr: a}",
    ],
)
def test_what_cannot_be_is_refused_at_its_place(sampler: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        site(tmp_path, sampler)
    assert [fault.line for fault in caught.value.faults] == [2]


def test_fluidsynth_takes_banks_by_itself(tmp_path: Path) -> None:
    with pytest.raises(DocumentError):
        site(tmp_path, "{folder: a}", "{kind: fluidsynth")
