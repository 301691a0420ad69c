"""What `reverie check` says of models that cannot be a voice, of names in vain, and of scenes that are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverie.cli.main import main
from reverie.conductor.arranging.check import check
from reverie.conductor.arranging.scene_remarks import remarks_on
from reverie.documents import DocumentError, parse_document
from reverie.scenes.folder import Sounds, read_scene

HEAD = "name: study\ntitle: Study\ntempo: 90\nkey: C\nscale: major\nvoices:\n"
OUTPUT = "output: {slot: main, channel: 1}"
TUNE = f"kind: melody, register: [C4, C6], {OUTPUT}"


def scene_of(folder: Path, *voices: str) -> Path:
    path = folder / "study.yaml"
    path.write_text(HEAD + "".join(f"  voice{number}: {{{voice}}}\n" for number, voice in enumerate(voices)))
    return path


def told(path: Path) -> list[str]:
    return [fault.message for fault in check([path])]


@pytest.mark.parametrize(
    ("voice", "sentence"),
    [
        (f"{TUNE}, model: timbre", "the model 'timbre' renders the sounds of `timbres`, and cannot be a voice of kind"),
        (
            f"kind: drums, {OUTPUT}, model: humanize",
            "the model 'humanize' plays 'groove' for voices of other models, as `evolve` may say, and cannot be",
        ),
        (
            f"kind: drums, {OUTPUT}, model: chord_pitches_improv",
            "the model 'chord_pitches_improv' composes melody, bass, and cannot be a voice of kind 'drums';",
        ),
    ],
)
def test_a_model_that_is_for_something_else_is_told_with_what_it_is_for(
    tmp_path: Path, voice: str, sentence: str
) -> None:
    path = scene_of(tmp_path, voice)
    [fault] = told(path)
    assert fault.startswith(sentence)
    assert not remarks_on([path]), "what is wrong has no second sentence that is false"


def test_where_no_model_of_a_kind_is_there_the_way_to_one_is_told(tmp_path: Path) -> None:
    document = parse_document(scene_of(tmp_path, f"{TUNE}, model: my_tunes").read_text(), "study.yaml")
    for there in ({}, {"drum_kit": ("drums",)}):
        with pytest.raises(DocumentError) as caught:
            read_scene(document, there, sounds=Sounds((), ()))
        assert "there is no model 'my_tunes'; no model that is here can; `reverie models pull` gets one" in str(
            caught.value
        )


def test_of_models_that_are_not_there_those_of_the_kind_are_offered(tmp_path: Path) -> None:
    [fault] = told(scene_of(tmp_path, f"kind: drums, {OUTPUT}, model: zzz"))
    assert fault == "there is no model 'zzz'; possible here: drum_kit, drums_2bar"


@pytest.mark.parametrize("key", ["groove: nobody", "drumify: tap2drum", "walk: {steps: 4}", "interpolate: {steps: 4}"])
def test_what_is_said_of_an_operator_that_is_not_named_is_told(tmp_path: Path, key: str) -> None:
    [fault] = told(scene_of(tmp_path, f"kind: drums, model: drums_2bar, evolve: {{then: [continue], {key}}}, {OUTPUT}"))
    name = key.partition(":")[0]
    assert fault == f"'{name}' is about the operator of that name, which 'then' does not have; leave it out"


def test_check_takes_the_name_of_a_scene(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check", "first-light"]) == 0
    assert "1 file is right." in capsys.readouterr().out
    assert main(["check", "first-lihgt"]) != 0
    sentence = "there is no such file, and there is no scene 'first-lihgt'; did you mean 'first-light'?"
    assert sentence in capsys.readouterr().out


def test_a_name_that_is_not_there_hides_no_other_fault(tmp_path: Path) -> None:
    path = scene_of(
        tmp_path,
        f"{TUNE}, model: atention_rnn, density: [9, 3]",
        f"kind: drums, model: drum_kit, listen: [{{lock: nobody}}], {OUTPUT}",
        "kind: drums, model: drum_kit, output: {slot: nowhere, channel: 10}",
    )
    faults = "\n".join(told(path))
    assert "there is no model 'atention_rnn'; did you mean 'attention_rnn'?" in faults
    assert "there is no slot 'nowhere'" in faults
    assert "a density is the least and the most notes a bar, not [9, 3]" in faults
    assert "'nobody'" not in faults, "what needs all voices waits until each is right by itself"
    path.write_text(path.read_text().replace("density: [9, 3]", "density: [3, 9]"))
    faults = "\n".join(told(path))
    assert "atention_rnn" in faults
    assert "'nobody'" in faults
