"""Scenes edited from the page: nobody's work is lost, and nothing is written but what is right."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from fakes.conductors import Theatre
from fakes.scenes import TEXT
from reverie.compose.ensemble import Ensemble
from reverie.conductor.page import scene_editor
from reverie.conductor.page.scene_editor import VERSIONS, SceneEditor, SceneText
from reverie.documents import DocumentError
from reverie.scenes.text_errors import SceneTextError
from reverie.site.schema import Site

SHIPPED = "first-light"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "scenes"
    folder.mkdir()
    (folder / "study.yaml").write_text(TEXT)
    return folder


@pytest.fixture
def editor(own: Path, tmp_path: Path) -> SceneEditor:
    return SceneEditor(site_with(own), tmp_path / "versions")


def site_with(*folders: Path) -> Site:
    return Site.model_validate({"scenes": [str(folder) for folder in folders], "slots": {"main": {"kind": "port"}}})


def key_of(error: pytest.ExceptionInfo[SceneTextError]) -> str:
    return error.value.key


def test_what_is_saved_is_what_is_read_and_what_was_before_is_kept(editor: SceneEditor, own: Path) -> None:
    before = editor.read("study")
    assert before.own
    after = editor.save("study", TEXT.replace("tempo: 120", "tempo: 96"), before.mark)
    assert (own / "study.yaml").read_text() == after.text == editor.read("study").text
    [version] = editor.versions("study")
    assert editor.version("study", version) == TEXT


def test_whoever_has_not_read_what_a_scene_says_now_does_not_overwrite_it(editor: SceneEditor, own: Path) -> None:
    mine = theirs = editor.read("study")
    editor.save("study", TEXT.replace("tempo: 120", "tempo: 96"), theirs.mark)
    with pytest.raises(SceneTextError) as refused:
        editor.save("study", TEXT.replace("tempo: 120", "tempo: 60"), mine.mark)
    assert key_of(refused) == "artist.scene.changed"
    assert "tempo: 96" in (own / "study.yaml").read_text()


def test_of_many_who_save_at_once_each_saves_over_what_they_read_or_not_at_all(editor: SceneEditor) -> None:
    begun, saved, refused = threading.Barrier(6), list[SceneText](), list[str]()

    def save(tempo: int) -> None:
        mark = editor.read("study").mark
        begun.wait()
        try:
            saved.append(editor.save("study", TEXT.replace("tempo: 120", f"tempo: {tempo}"), mark))
        except SceneTextError as error:
            refused.append(error.key)

    threads = [threading.Thread(target=save, args=(60 + number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(saved) == 1
    assert refused == ["artist.scene.changed"] * 5
    assert editor.read("study").text == saved[0].text


def test_a_text_with_faults_is_not_written(editor: SceneEditor, own: Path) -> None:
    mark = editor.read("study").mark
    with pytest.raises(DocumentError) as refused:
        editor.save("study", TEXT.replace("tempo: 120", "tempo: fast"), mark)
    [fault] = refused.value.faults
    assert (fault.line, fault.column) == (4, 8)
    assert (own / "study.yaml").read_text() == TEXT
    assert editor.versions("study") == []


def test_faults_have_places_and_say_what_was_meant(editor: SceneEditor) -> None:
    assert editor.check("study", TEXT) == ()
    [fault] = editor.check("study", TEXT.replace("model: drum_kit", "model: drum_kid"))
    assert fault.line == 12
    assert "did you mean 'drum_kit'" in fault.message
    [fault] = editor.check("study", "name: [")
    assert fault.message == "a value is missing here"


def test_a_shipped_scene_is_copied_to_the_sites_own_after_a_question(editor: SceneEditor, own: Path) -> None:
    shipped = editor.read(SHIPPED)
    assert not shipped.own
    with pytest.raises(SceneTextError) as refused:
        editor.save(SHIPPED, shipped.text + "\n", shipped.mark)
    assert key_of(refused) == "artist.scene.shipped"
    assert not (own / f"{SHIPPED}.yaml").exists()
    copied = editor.save(SHIPPED, shipped.text + "\n", shipped.mark, copy=True)
    assert copied.own
    assert (own / f"{SHIPPED}.yaml").read_text() == shipped.text + "\n"


def test_without_a_folder_of_its_own_the_site_says_what_is_missing(tmp_path: Path) -> None:
    editor = SceneEditor(site_with(), tmp_path / "versions")
    shipped = editor.read(SHIPPED)
    with pytest.raises(SceneTextError, match="scenes") as refused:
        editor.save(SHIPPED, shipped.text, shipped.mark, copy=True)
    assert key_of(refused) == "artist.scene.no_folder"


@pytest.mark.parametrize("name", ["../study", "a/b", "..", "", "x" * 64, "study\0"])
def test_no_name_leads_out_of_the_folders(editor: SceneEditor, name: str) -> None:
    with pytest.raises(SceneTextError):
        editor.save(name, TEXT, "")
    with pytest.raises(SceneTextError):
        editor.read(name)
    assert editor.versions(name) == []
    with pytest.raises(SceneTextError):
        editor.version("study", "../../study")


def test_what_lies_beside_the_texts_of_before_is_none_of_them(editor: SceneEditor, tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    (tmp_path / "secret.yaml").write_text("word: mine")
    assert editor.versions("..") == []
    with pytest.raises(SceneTextError):
        editor.version("..", "secret")


def test_the_last_texts_are_kept_and_no_more(editor: SceneEditor, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(VERSIONS + 3):
        mark = editor.read("study").mark
        editor.save("study", TEXT.replace("tempo: 120", f"tempo: {60 + number}"), mark)
    versions = editor.versions("study")
    assert len(versions) == VERSIONS
    assert f"tempo: {60 + VERSIONS + 1}" in editor.version("study", versions[0])
    monkeypatch.setattr(scene_editor, "LARGEST", 10)
    with pytest.raises(SceneTextError, match="10 bytes"):
        editor.check("study", TEXT)


def test_a_draft_is_heard_beside_what_runs_and_goes_as_it_came(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, {"study": TEXT})
    theatre.begin()
    theatre.answer()
    theatre.player.starts()
    theatre.play(4)
    trial, editor = theatre.conductor.page.artist.trial, SceneEditor(site_with(theatre.folder), tmp_path / "versions")
    assert not trial.end().ok

    def music() -> Ensemble:
        found = theatre.conductor.music
        assert found is not None
        return found

    before = music()
    draft = editor.scene_of("study", TEXT.replace("tempo: 120", "tempo: 90"))
    assert trial.begin(draft).ok
    assert trial.status() == {"draft": "study", "before": "study"}
    theatre.hear()
    assert music() is not before
    assert music().tempo() == 90
    theatre.play(2)
    assert trial.end().ok
    theatre.hear()
    assert music().tempo() == 120
    assert music().arrangement.plans["lead"].limits == before.arrangement.plans["lead"].limits
    assert (theatre.folder / "study.yaml").read_text() == TEXT, "nothing of it touches the file"
    assert trial.status() is None
