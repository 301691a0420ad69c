"""What is shipped for browsers is whole, small and heard: whoever has no soundfont hears this."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from reverie.browser_sounds.shipped_set import KIT, ShippedSet
from reverie.browser_sounds.sound_files import SoundFiles, hash_of
from reverie.places import browser_sounds_folder

FOLDER = browser_sounds_folder()
SHIPPED = ShippedSet.read(FOLDER)
MOST = 2_000_000


def instrument(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / SHIPPED.pages[name]).read_text())


def samples(page: dict[str, Any]) -> tuple[NDArray[np.float64], int]:
    sound: Any = soundfile
    return sound.read(io.BytesIO((FOLDER / page["audio"]["file"]).read_bytes()), dtype="float64")


def test_all_of_it_takes_two_megabytes_at_most_and_bears_its_content_as_name() -> None:
    files = [path for path in FOLDER.iterdir() if path.name != "set.json"]
    assert sum(path.stat().st_size for path in files) <= MOST
    assert {path.stem for path in files} == {hash_of(path.read_bytes()) for path in files}
    assert {path.stem for path in files if path.suffix == ".json"} == {
        page.partition(".")[0] for page in SHIPPED.pages.values()
    }


def test_every_program_and_every_drum_has_a_sound_at_every_key() -> None:
    assert len(SHIPPED.programs) == 128
    for name in {*SHIPPED.programs}:
        zones = instrument(name)["zones"]
        assert [sum(low <= key <= high for low, high in (zone["keys"] for zone in zones)) for key in range(128)] == [
            1
        ] * 128
    drums = {key for zone in instrument(KIT)["zones"] for key in range(zone["keys"][0], zone["keys"][1] + 1)}
    assert drums >= {*range(35, 82)}


@pytest.mark.parametrize("name", sorted({*SHIPPED.programs}))
def test_each_sample_sounds_at_its_own_pitch(name: str) -> None:
    page = instrument(name)
    sound, rate = samples(page)
    for zone in page["zones"]:
        begins, (first, last) = zone["at"], zone["loop"]
        held = sound[round((begins + first) * rate) : round((begins + last) * rate)]
        spectrum = np.abs(np.fft.rfft(np.tile(held, 4) * np.hanning(4 * len(held))))
        wanted = 440 * 2 ** ((zone["root"] - 69) / 12)
        near = slice(round(wanted * 0.97 * 4 * len(held) / rate), round(wanted * 1.03 * 4 * len(held) / rate) + 2)
        found = (near.start + int(np.argmax(spectrum[near]))) * rate / (4 * len(held))
        assert abs(12 * np.log2(found / wanted)) < 0.35, zone["root"]
        assert spectrum[near].max() > 0.1 * spectrum.max(), zone["root"]


@pytest.mark.parametrize("name", sorted({*SHIPPED.programs}))
def test_no_loop_has_a_seam(name: str) -> None:
    page = instrument(name)
    sound, rate = samples(page)
    for zone in page["zones"]:
        first, last = (round((zone["at"] + moment) * rate) for moment in zone["loop"])
        held = np.concatenate([sound[first:last], sound[first:last]])
        steps = np.abs(np.diff(held, 2))
        seam = steps[last - first - 3 : last - first + 1].max()
        assert seam <= 1.3 * steps[: last - first - 3].max(), zone["root"]


def test_instruments_are_about_equally_loud() -> None:
    loud: dict[str, float] = {}
    for name in {*SHIPPED.programs}:
        page = instrument(name)
        sound, rate = samples(page)
        each = [sound[round(zone["at"] * rate) :][: rate // 2] * page["gain"] for zone in page["zones"]]
        loud[name] = 20 * np.log10(np.mean([np.sqrt(np.mean(np.square(one))) for one in each]))
    assert max(loud.values()) - min(loud.values()) < 6, loud


def test_a_voice_without_a_program_has_what_suits_its_kind() -> None:
    assert SHIPPED.name_for(None, "drums", drums=True) == KIT
    assert SHIPPED.name_for(None, "bass", drums=False) == "bass"
    assert SHIPPED.name_for(None, "melody", drums=False) == "vibraphone"
    assert SHIPPED.name_for(12, "melody", drums=False) == "marimba"
    assert SHIPPED.name_for(0, "melody", drums=True) == KIT, "channel 10 is drums, whatever the kind"


def test_a_set_that_lacks_a_page_says_which(tmp_path: Path) -> None:
    (tmp_path / "set.json").write_text(json.dumps({"instruments": {"drums": "aa"}, "programs": ["harp"]}))
    with pytest.raises(ValueError, match="no page of harp"):
        ShippedSet.read(tmp_path)


def test_shipped_files_are_found_and_nothing_else_is(tmp_path: Path) -> None:
    files = SoundFiles(tmp_path, 1000, FOLDER)
    page = SHIPPED.pages[KIT]
    assert files.find(page) == FOLDER / page
    assert files.audio_of(page) == instrument(KIT)["audio"]["file"]
    for other in ("set.json", f"../browser/{page}", page.replace(".json", ".txt"), page.upper(), ""):
        assert files.find(other) is None
