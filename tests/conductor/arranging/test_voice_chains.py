"""Whether a scene could fall silent though nobody wants it is known before it plays, and said with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.scenes import TEXT
from reverie.cli.main import main
from reverie.compose.fallback import ShippedLoop
from reverie.conductor.arranging.check import check
from reverie.conductor.arranging.voice_chains import voice_chains
from reverie.documents import parse_document
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.scenes.folder import read_scene
from reverie.site.schema import Site

PORT = "kind: port, match: grey"
HEAD = "name: night\ntitle: Night\ntempo: 90\nkey: C\nscale: major\nvoices:\n"
VOICE = "  {name}: {{kind: chords, register: [C3, C5], output: {{slot: {slot}, channel: 1}}{more}}}\n"


def written(folder: Path, slots: str, *voices: tuple[str, str, str]) -> tuple[Path, Path]:
    """A site whose scene has these voices, each with its name, its slot, and what else is said of it."""
    (folder / "scenes").mkdir()
    scene, site = folder / "scenes" / "night.yaml", folder / "reverie.yaml"
    scene.write_text(
        HEAD.replace("voices:", 'harmony: "C | G"\nvoices:')
        + "".join(VOICE.format(name=name, slot=slot, more=more) for name, slot, more in voices)
    )
    site.write_text(f"scene: night\nscenes: [scenes]\nslots:\n{slots}")
    return scene, site


def told(scene: Path, site: Path) -> list[str]:
    return [str(fault) for fault in check([scene], site)]


def test_a_scene_whose_only_slot_can_be_unplugged_is_refused_at_the_slot_of_its_voice(tmp_path: Path) -> None:
    scene, site = written(tmp_path, f"  main: {{{PORT}}}\n", ("pad", "main", ""), ("lamp", "main", ""))
    [fault] = told(scene, site)
    assert fault.startswith(
        f"{scene}:8:58: night could fall silent: slot main: its device can be unplugged or switched off; let another "
        "slot sound meanwhile, by `absent: synth`"
    )
    [fault] = [str(one) for one in check([site], site)]
    assert fault.startswith(f"{site}:4:3: night could fall silent: slot main: ")


@pytest.mark.parametrize(
    "plays",
    [
        'programme: [{at: "08:00", playlist: late}]\nplaylists: {late: {scenes: {dusk: 1, night: 1}, minutes: 9}}\n',
        "supervision: {safe_scene: dusk}\n",
    ],
    ids=["drawn from a playlist", "when another crashes"],
)
def test_a_scene_that_plays_by_another_way_than_the_programmes_own_is_looked_at_too(tmp_path: Path, plays: str) -> None:
    slots = f"  main: {{kind: fluidsynth}}\n  grey: {{{PORT}}}\n"
    scene, site = written(tmp_path, slots + plays, ("pad", "main", ""))
    scene.with_name("dusk.yaml").write_text(scene.read_text().replace("night", "dusk").replace("main", "grey"))
    [fault] = [str(one) for one in check([site], site)]
    assert fault.startswith(f"{site}:5:3: dusk could fall silent: slot grey: ")


@pytest.mark.parametrize(
    "slots",
    [
        f"  main: {{{PORT}, absent: synth}}\n",
        f"  main: {{{PORT}, absent: spare}}\n  spare: {{kind: fluidsynth}}\n",
        f"  main: {{{PORT}, absent: other}}\n  other: {{{PORT}, absent: spare}}\n  spare: {{kind: fluidsynth}}\n",
        "  main: {kind: fluidsynth}\n",
    ],
)
def test_a_chain_of_slots_that_ends_in_a_synthesizer_of_this_machine_is_right(tmp_path: Path, slots: str) -> None:
    scene, site = written(tmp_path, slots, ("pad", "main", ""))
    assert told(scene, site) == []
    assert check([site], site) == []


def test_silence_that_is_written_is_declared(tmp_path: Path) -> None:
    scene, site = written(tmp_path, f"  main: {{{PORT}, absent: mute}}\n", ("pad", "main", ""))
    assert told(scene, site) == []


def test_two_slots_that_only_stand_in_for_each_other_end_nowhere(tmp_path: Path) -> None:
    slots = f"  main: {{{PORT}, absent: other}}\n  other: {{kind: osc, host: localhost, port: 9000, absent: main}}\n"
    scene, site = written(tmp_path, slots, ("pad", "main", ""))
    [fault] = told(scene, site)
    assert "slot main: its device can be unplugged" in fault
    assert "slot other: nobody is told whether anything listens there" in fault


def test_a_soundfont_that_is_not_there_makes_the_synthesizer_fallible(tmp_path: Path) -> None:
    scene, site = written(tmp_path, "  main: {kind: fluidsynth, soundfont: away.sf2}\n", ("pad", "main", ""))
    [fault] = told(scene, site)
    assert f"slot main: its soundfont {tmp_path / 'away.sf2'} is not there" in fault
    (tmp_path / "away.sf2").touch()
    assert told(scene, site) == []


def test_one_voice_that_always_sounds_is_enough(tmp_path: Path) -> None:
    slots = f"  main: {{kind: fluidsynth}}\n  grey: {{{PORT}}}\n"
    scene, site = written(tmp_path, slots, ("pad", "main", ""), ("lamp", "grey", ""))
    assert told(scene, site) == []


def test_one_that_sounds_in_some_bars_leaves_the_others_to_chance(tmp_path: Path) -> None:
    slots = f"  main: {{kind: fluidsynth}}\n  grey: {{{PORT}}}\n"
    part = ', schedule: {every: 4, bars: ["1-3"]}'
    scene, site = written(tmp_path, slots, ("pad", "main", part), ("lamp", "grey", ""))
    [fault] = told(scene, site)
    assert "night could fall silent in bar 4, where no other voice plays: slot grey: " in fault


def test_one_that_comes_and_goes_by_itself_is_not_counted_on(tmp_path: Path) -> None:
    slots = f"  main: {{kind: fluidsynth}}\n  grey: {{{PORT}}}\n"
    scene, site = written(tmp_path, slots, ("pad", "main", ", cycle: {on: 4, off: 4}"), ("lamp", "grey", ""))
    [fault] = told(scene, site)
    assert "night could fall silent: slot grey: " in fault


ROOM = "room: {{follow: hall.local, name: attic, voices: [{voices}], token_file: token}}\n"


def test_what_sounds_on_another_box_of_the_room_is_not_counted_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slots = f"  main: {{kind: fluidsynth}}\n  grey: {{{PORT}, absent: other}}\n  other: {{{PORT}, absent: grey}}\n"
    scene, site = written(tmp_path, slots + ROOM.format(voices="lamp"), ("pad", "main", ""), ("lamp", "grey", ""))
    (tmp_path / "token").write_text("x" * 40 + "\n")
    (tmp_path / "token").chmod(0o600)
    [fault] = told(scene, site)
    assert "night could fall silent on this box: slot grey: its device can be unplugged" in fault
    assert main(["check", "--chains", "--config", str(site), str(scene)]) == 1
    assert "  pad: the scene's chords -> another box of the room\n" in capsys.readouterr().out


def test_a_box_that_has_no_voice_of_the_scene_sounds_with_all_of_them(tmp_path: Path) -> None:
    slots = f"  main: {{kind: fluidsynth}}\n  grey: {{{PORT}}}\n"
    scene, site = written(tmp_path, slots + ROOM.format(voices="choir"), ("pad", "main", ""), ("lamp", "grey", ""))
    assert told(scene, site) == []


def test_schedules_that_all_rest_after_ten_thousand_bars_leave_the_others_to_chance(tmp_path: Path) -> None:
    slots = f"  main: {{kind: fluidsynth}}\n  grey: {{{PORT}}}\n"
    sure = [
        (f"v{every}", "main", f', schedule: {{every: {every}, bars: ["1-{every - 1}"]}}') for every in (97, 101, 103)
    ]
    scene, site = written(tmp_path, slots, *sure, ("lamp", "grey", ""))
    [fault] = told(scene, site)
    assert f"night could fall silent in bar {97 * 101 * 103}, where no other voice plays: slot grey: " in fault


def test_schedules_that_cannot_be_looked_at_to_the_end_are_not_taken_as_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reverie.music.schedule_gaps.PATIENCE", 0)
    slots = f"  main: {{kind: fluidsynth}}\n  grey: {{{PORT}}}\n"
    sure = [(f"v{every}", "main", f', schedule: {{every: {every}, bars: ["1-{every - 1}"]}}') for every in (4987, 4993)]
    scene, site = written(tmp_path, slots, *sure, ("lamp", "grey", ""))
    [fault] = told(scene, site)
    assert "night could fall silent, for all that can be told of the lengths of its schedules, in a bar" in fault


def test_the_chain_of_each_voice_is_shown_down_to_what_cannot_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slots = f"  main: {{{PORT}, absent: spare}}\n  spare: {{kind: fluidsynth}}\n"
    _, site = written(tmp_path, slots, ("pad", "main", ""))
    study = tmp_path / "scenes" / "study.yaml"
    study.write_text(TEXT)
    assert main(["check", "--chains", "--config", str(site), str(study)]) == 0
    said = capsys.readouterr().out
    assert (
        "  lead: attention_rnn -> last good loop -> shipped loop of its kind -> slot main -> redirect spare "
        "(infallible)" in said
    )


def test_a_voice_for_which_nothing_is_shipped_ends_in_its_primer_or_a_note() -> None:
    scene = read_scene(parse_document(TEXT, "study.yaml"))
    slots = Site().slots
    ends = {chain.voice: chain.sources[-1] for chain in voice_chains(scene, {}, slots, ())}
    assert ends == {"beat": "single note", "lead": "primer"}
    own = ShippedLoop("study", "lead", "melody", "own", Loop(2, Metre(), (Note(0, 9, 72),)))
    ends = {chain.voice: chain.sources[-1] for chain in voice_chains(scene, {}, slots, (own,))}
    assert ends["lead"] == "shipped loop"
