"""A scene is changed while it plays: it is heard from the next bar line on, and what did not change goes on."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from fakes.conductors import Theatre, heard
from fakes.patience import PATIENCE
from fakes.scenes import TEXT
from reverie.file_changes import FileChanges, FileWatch
from reverie.music.midi_file import ConductorTrack, Track, midi_bytes, note_events
from reverie.music.notes import Note
from reverie.play.messages import SlotState
from reverie.scenes.folder import SceneFolder
from reverie.watch.verdict import Verdict


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    theatre = Theatre(tmp_path, {"study": TEXT, "other": TEXT.replace("name: study", "name: other")})
    theatre.begin()
    go(theatre, 21)
    return theatre


def go(theatre: Theatre, bars: int) -> None:
    for _ in range(bars):
        theatre.answer()
        theatre.play()


def change(theatre: Theatre, text: str) -> None:
    """Save the scene, and let it be found."""
    path = theatre.write("study", text)
    theatre.conductor.files_changed({path})
    theatre.hear()


def test_a_scene_that_is_changed_goes_on_at_the_bar_where_it_was(theatre: Theatre) -> None:
    epoch = theatre.scenes_set[-1].epoch
    change(theatre, TEXT.replace("tempo: 120", "tempo: 90"))
    assert theatre.bar == 20
    scene = theatre.scenes_set[-1]
    assert (scene.epoch, scene.first_bar, scene.tempo.qpm) == (epoch + 1, 22, 90)
    go(theatre, 2)
    assert theatre.score
    assert theatre.score.scene is scene
    assert theatre.bar == 22


def test_voices_that_did_not_change_keep_their_loops_and_their_place(theatre: Theatre) -> None:
    theatre.answer()
    before = theatre.sounds(4)
    change(theatre, TEXT.replace("velocity: [50, 90]", "velocity: [50, 90], program: 12").replace("program: 11, ", ""))
    theatre.answer()
    theatre.play()
    assert theatre.score
    assert theatre.score.scene.epoch == 2
    assert theatre.sounds(3) == before[1:]
    after = theatre.conductor.music
    assert after
    assert [part.program for part in after.parts if part.name == "lead"] == [12]


def test_only_the_voice_that_changed_changes(theatre: Theatre) -> None:
    theatre.answer()
    before = theatre.sounds(8)
    change(theatre, TEXT.replace("register: [C4, C6]", "register: [C2, C3]").replace("D4 - F4 - A4", "D2 - F2 - A2"))
    theatre.answer()
    theatre.play()
    after = theatre.sounds(7)
    assert [bar["beat"] for bar in after] == [bar["beat"] for bar in before[1:]]
    assert [note.start for note in after[0]["lead"]] == [note.start for note in before[1]["lead"]]
    for bar in after:
        assert all(36 <= note.pitch <= 48 for note in bar["lead"])


def test_another_evolution_is_heard_after_the_loop_that_plays(theatre: Theatre) -> None:
    theatre.answer()
    [before, *_] = theatre.sounds()
    change(theatre, TEXT.replace("bars: 2\n", "bars: 2\n    temperature: 0.4\n"))
    assert {recipe.temperature for _, recipe in theatre.questions if recipe.voice == "lead"} == {0.4}
    assert theatre.sounds()[0] == before


def test_a_new_voice_joins_and_one_that_is_taken_out_leaves(theatre: Theatre) -> None:
    text = TEXT.replace("  beat:", "  drums:").replace("channel: 10", "channel: 9")
    change(theatre, text)
    theatre.play()
    assert theatre.score
    assert {part.name for part in theatre.score.scene.parts} == {"drums", "lead"}
    assert all(set(bar) == {"drums", "lead"} for bar in theatre.sounds(12))
    go(theatre, 30)
    assert theatre.faults == {}


def test_another_metre_is_played_at_once_and_no_bar_is_empty(theatre: Theatre) -> None:
    change(theatre, TEXT.replace("metre: 4/4", "metre: 3/4"))
    theatre.play()
    assert theatre.score
    assert str(theatre.score.scene.metre) == "3/4"
    assert all(set(bar) == {"beat", "lead"} for bar in theatre.sounds(8))
    go(theatre, 20)
    assert theatre.bar == 41


def test_a_scene_that_breaks_while_it_plays_is_told_and_plays_on_until_it_is_mended(theatre: Theatre) -> None:
    epoch = theatre.scenes_set[-1].epoch
    change(theatre, TEXT.replace("tempo: 120", "tmepo: 90"))
    [sentence] = theatre.faults.values()
    assert "study.yaml:" in sentence
    assert "did you mean 'tempo'" in sentence
    assert "the last good version plays" in theatre.status["faults"][0]["advice"]
    assert "reverie_configuration_ok 0.0" in theatre.metrics
    assert 'reverie_fault{id="scene-broken",subject="study"} 1.0' in theatre.metrics
    go(theatre, 4)
    assert theatre.scenes_set[-1].epoch == epoch
    change(theatre, TEXT.replace("tempo: 120", "tempo: 90"))
    assert theatre.faults == {}
    assert "reverie_configuration_ok 1.0" in theatre.metrics
    assert theatre.scenes_set[-1].tempo.qpm == 90


def test_what_a_scene_asks_for_and_nobody_has_is_told_once_until_it_asks_no_more(
    theatre: Theatre, caplog: pytest.LogCaptureFixture
) -> None:
    change(theatre, TEXT.replace("slot: main", "slot: elsewhere"))
    theatre.conductor.play_scene("study")
    assert set(theatre.faults) == {"scene-unmet study"}
    assert caplog.text.count("names the slot 'elsewhere'") == TEXT.count("slot: main")
    assert any("only the tape has it" in concern for concern in theatre.status["concerns"])
    assert "reverie_configuration_ok 0.0" in theatre.metrics
    change(theatre, TEXT)
    assert theatre.faults == {}
    assert "reverie_configuration_ok 1.0" in theatre.metrics


def test_the_status_remembers_what_was_mended_and_how_severe_it_was(theatre: Theatre) -> None:
    change(theatre, TEXT.replace("tempo: 120", "tmepo: 90"))
    [told] = theatre.status["fault_register"]["now"]
    assert (told["id"], told["severity"], told["cleared"]) == ("scene-broken", "impaired", None)
    change(theatre, TEXT)
    register = theatre.status["fault_register"]
    assert register["now"] == []
    [mended] = register["cleared"]
    assert mended["id"] == "scene-broken"
    assert mended["cleared"] >= mended["since"]


def test_a_missing_device_is_in_register_and_metrics_and_no_concern_beside_the_slots(theatre: Theatre) -> None:
    away = SlotState("main", up=False, detail="there is no port 'synth'")
    theatre.player.says(away)
    now = theatre.status["fault_register"]["now"]
    assert {fault["id"] for fault in now} == {"nothing-heard", "slot-missing"}
    assert 'reverie_fault{id="slot-missing",subject="main"} 1.0' in theatre.metrics
    assert theatre.status["faults"] == theatre.status["concerns"] == []


def test_a_scene_that_is_deleted_while_it_plays_is_told_and_plays_on(theatre: Theatre) -> None:
    (theatre.folder / "study.yaml").unlink()
    theatre.conductor.files_changed({theatre.folder / "study.yaml"})
    assert "there is no scene 'study'" in theatre.faults["scene-broken study"]
    go(theatre, 4)
    change(theatre, TEXT)
    assert theatre.faults == {}
    assert len(theatre.scenes_set) == 1


def test_a_broken_scene_that_nobody_wants_is_mended_by_deleting_it(theatre: Theatre) -> None:
    path = theatre.write("other", "voices: 3")
    assert not theatre.conductor.play_scene("other")
    theatre.conductor.files_changed({path})
    assert "scene-broken other" in theatre.faults
    path.unlink()
    theatre.conductor.files_changed({path})
    assert theatre.faults == {}


def test_a_scene_that_is_deleted_is_told_of_until_another_plays_unless_the_site_names_it(theatre: Theatre) -> None:
    texts = {name: TEXT.replace("name: study", f"name: {name}") for name in ("one", "two")}
    paths = {name: theatre.write(name, text) for name, text in texts.items()}
    theatre.conductor.play_scene("one")
    paths["one"].unlink()
    (theatre.folder / "study.yaml").unlink()
    theatre.conductor.files_changed({paths["one"]})
    assert set(theatre.faults) == {"scene-broken one"}
    theatre.conductor.play_scene("study")
    assert set(theatre.faults) == {"scene-broken study"}
    theatre.conductor.play_scene("two")
    assert set(theatre.faults) == {"scene-broken study"}


def test_a_broken_scene_that_was_wanted_is_looked_at_until_it_is_mended(theatre: Theatre) -> None:
    path = theatre.write("other", "voices: 3")
    assert not theatre.conductor.play_scene("other")
    assert "scene-broken other" in theatre.faults
    assert path in theatre.conductor.watched_files()
    theatre.write("other", TEXT.replace("name: study", "name: other"))
    theatre.conductor.files_changed({path})
    assert theatre.faults == {}
    assert path not in theatre.conductor.watched_files()
    assert theatre.scenes_set[-1].name == "study"


def test_what_people_set_stays_with_the_voices_that_a_changed_file_still_has(theatre: Theatre) -> None:
    def now() -> list[str]:
        return theatre.status["overrides"]["now"]

    wanted = ({"action": "mute", "voice": "lead", "value": True}, {"action": "temperature", "value": 0.7})
    for one in (*wanted, {"action": "loop", "voice": "beat"}):
        assert theatre.conductor.control(one, "http").ok
    change(theatre, TEXT.replace("tempo: 120", "tempo: 90"))
    assert now() == [
        "lead is muted.",
        "beat is composed at temperature 0.7.",
        "lead is composed at temperature 0.7.",
        "beat repeats the loop that it plays.",
    ]
    change(theatre, TEXT.replace("  lead:", "  reed:"))
    assert now() == ["beat is composed at temperature 0.7.", "beat repeats the loop that it plays."]
    uses = theatre.status["overrides"]["last"]
    assert [(use["source"], use["action"], use["value"]) for use in uses[-2:]] == [("file", "change", "study")] * 2
    change(theatre, TEXT.replace("  lead:", "  reed:"))
    assert theatre.status["overrides"]["last"] == uses, "what says the same is no change"


def test_a_comment_changes_nothing(theatre: Theatre) -> None:
    change(theatre, "# by hand\n" + TEXT)
    assert len(theatre.scenes_set) == 1


def test_reload_does_the_same_at_once(theatre: Theatre) -> None:
    theatre.write("study", TEXT.replace("tempo: 120", "tempo: 90"))
    done = theatre.conductor.reload()
    theatre.hear()
    assert (theatre.scenes_set[-1].first_bar, theatre.scenes_set[-1].tempo.qpm) == (22, 90)
    read = f"The scene study was read again from {theatre.folder / 'study.yaml'}"
    assert done == Verdict(ok=True, sentence=f"{read} and has changed; it is heard from the next bar line on.")


def test_reload_says_what_came_of_it(theatre: Theatre) -> None:
    read = f"The scene study was read again from {theatre.folder / 'study.yaml'}"
    again = Verdict(ok=True, sentence=f"{read}; it plays already as this file says.")
    assert theatre.conductor.reload() == again
    theatre.write("study", TEXT.replace("key: D", "key: H"))
    broken = theatre.conductor.reload()
    assert (broken.ok, broken.sentence.split(", ")[0]) == (False, "The scene study is at fault")
    theatre.write("study", TEXT)
    assert theatre.conductor.reload() == again
    theatre.conductor.stop()
    assert not theatre.conductor.reload().ok


def test_reload_names_the_shipped_file_that_plays_once_a_persons_own_of_that_name_is_deleted(tmp_path: Path) -> None:
    theatre, shipped = Theatre(tmp_path, {"study": TEXT}), tmp_path / "shipped" / "study.yaml"
    shipped.parent.mkdir()
    shipped.write_text(TEXT.replace("tempo: 120", "tempo: 90"))
    theatre.conductor._repertoire._scenes = SceneFolder([theatre.folder, shipped.parent])
    theatre.begin()
    (theatre.folder / "study.yaml").unlink()
    for what in ("and has changed", "; it plays already"):
        done = theatre.conductor.reload()
        assert done.ok
        assert f"{shipped}{what}" in done.sentence.replace(f"{shipped} ", f"{shipped}")


def test_a_scene_that_asks_too_much_is_looked_at_until_it_is_mended_while_another_plays(theatre: Theatre) -> None:
    other = TEXT.replace("name: study", "name: other")
    path = theatre.write("other", other.replace("slot: main", "slot: elsewhere"))
    theatre.conductor.play_scene("other")
    theatre.conductor.play_scene("study")
    assert set(theatre.faults) == {"scene-unmet other"}
    assert path in theatre.conductor.watched_files()
    theatre.write("other", other)
    theatre.conductor.files_changed({path})
    assert theatre.faults == {}
    assert path not in theatre.conductor.watched_files()


def test_a_scene_that_asks_too_much_and_that_nobody_wants_is_mended_by_deleting_it(theatre: Theatre) -> None:
    path = theatre.write("other", TEXT.replace("name: study", "name: other").replace("slot: main", "slot: elsewhere"))
    theatre.conductor.play_scene("other")
    theatre.conductor.play_scene("study")
    assert path in theatre.conductor.watched_files()
    path.unlink()
    theatre.conductor.files_changed({path})
    assert theatre.faults == {}


def test_changes_that_follow_each_other_within_a_bar_skip_none(theatre: Theatre) -> None:
    for tempo in (90, 91, 92):
        change(theatre, TEXT.replace("tempo: 120", f"tempo: {tempo}"))
        assert theatre.scenes_set[-1].first_bar == 22
    go(theatre, 30)
    assert theatre.bar == 50


@pytest.mark.parametrize("text", ["register: [C2, C4]", "bars: 4", "density: [1, 9]", "temperature: 0.3", "hold: 7"])
def test_a_player_that_dies_right_after_a_change_plays_what_it_would_have(theatre: Theatre, text: str) -> None:
    key = text.split(":", maxsplit=1)[0]
    lead = {
        "register": TEXT.replace("register: [C4, C6]", "register: [C3, C6]"),
        "bars": TEXT.replace("bars: 2", text),
        "density": TEXT.replace("    bars: 2", f"    bars: 2\n    {text}"),
        "temperature": TEXT.replace("    bars: 2", f"    bars: 2\n    {text}"),
        "hold": TEXT.replace("hold: 1", text),
    }[key]
    change(theatre, lead)
    theatre.answer()
    before = len(theatre.player.sent)
    theatre.player.starts()
    old = theatre.next
    assert old
    theatre.next = None
    assert len(theatre.player.sent) > before
    theatre.hear()
    assert theatre.next
    assert theatre.next is not old
    assert theatre.next.scene.first_bar == 22
    for bar in range(22, 34):
        assert heard(theatre.next, bar) == heard(old, bar)


def test_a_file_that_is_being_written_is_left_alone_until_it_is_whole(tmp_path: Path) -> None:
    path, changes = tmp_path / "a.yaml", FileChanges()
    path.write_text("one")
    assert changes.look([path]) == frozenset()
    assert changes.look([path]) == {path}, "what is seen for the first time has changed"
    assert changes.look([path]) == frozenset()
    for text in ("t", "tw", "two more"):
        path.write_text(text)
        assert changes.look([path]) == frozenset()
    assert changes.look([path]) == {path}
    assert changes.look([path]) == frozenset()


def test_a_file_that_an_editor_replaces_or_takes_away_has_changed(tmp_path: Path) -> None:
    path, changes = tmp_path / "a.yaml", FileChanges()
    path.write_text("one")
    for _ in range(2):
        changes.look([path])
    stamp = path.stat()
    other = tmp_path / "b"
    other.write_text("two")
    os.utime(other, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    other.replace(path)
    assert [changes.look([path]) for _ in range(3)] == [frozenset(), {path}, frozenset()]
    path.unlink()
    assert [changes.look([path]) for _ in range(3)] == [frozenset(), {path}, frozenset()]


def test_a_file_that_is_touched_and_put_back_within_two_looks_has_not_changed(tmp_path: Path) -> None:
    path, changes = tmp_path / "a.yaml", FileChanges()
    for _ in range(3):
        changes.look([path])
    path.write_text("one")
    changes.look([path])
    path.unlink()
    assert [changes.look([path]) for _ in range(2)] == [frozenset(), frozenset()]


def test_a_scene_that_is_put_in_front_of_the_one_that_plays_is_looked_at(tmp_path: Path) -> None:
    folders = [tmp_path / "mine", tmp_path / "shipped"]
    assert SceneFolder(folders).candidates("study") == tuple(folder / "study.yaml" for folder in folders)


def test_a_look_that_goes_wrong_is_not_the_last(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    told, looks = threading.Event(), iter((True, False))

    def paths() -> list[Path]:
        if next(looks, False):
            raise OSError("the mount is gone")
        return [tmp_path]

    watch = FileWatch(paths, lambda _: told.set(), every=0.01)
    watch.start()
    assert told.wait(PATIENCE)
    watch.stop()
    assert "could not be looked at" in caplog.text


def test_the_file_of_a_pattern_is_part_of_its_scene(tmp_path: Path) -> None:
    def save(*notes: Note) -> Path:
        path = tmp_path / "riff.mid"
        path.write_bytes(midi_bytes([Track("riff", note_events(notes, 1))], ConductorTrack(), 1920))
        return path

    old, new = (Note(0, 480, 61, 33), Note(160, 160, 50, 120)), (Note(0, 1920, 66, 77),)
    voices = "voices:\n  riff: {kind: melody, pattern: {file: riff.mid}, output: {channel: 4}}\n"
    theatre = Theatre(tmp_path, {"study": TEXT.replace("voices:\n", voices)})
    riff = save(*old).rename(theatre.folder / "riff.mid")
    theatre.begin()
    go(theatre, 9)
    assert riff in theatre.conductor.watched_files()
    assert all(bar["riff"] == old for bar in theatre.sounds(4))
    save(*new).rename(riff)
    theatre.conductor.files_changed({riff})
    theatre.hear()
    go(theatre, 4)
    assert all(bar["riff"] == new for bar in theatre.sounds(4))
    riff.unlink()
    theatre.conductor.files_changed({riff})
    go(theatre, 2)
    assert all(bar["riff"] == new for bar in theatre.sounds(4)), "the last good version plays on"
    assert "there is no file 'riff.mid'" in theatre.faults["scene-broken study"]
