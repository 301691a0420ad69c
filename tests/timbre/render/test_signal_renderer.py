"""The renderer that has learned nothing: its ends are its sources, and what lies between them lies between them."""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from fakes import notes
from fakes.data import data_folder
from reverie.bench.timbre_morphs import judge_mixtures
from reverie.models.errors import ModelError
from reverie.models.library.bundle import make_bundle, read_bundle
from reverie.models.library.card import ModelCard
from reverie.places import models_folder, sounds_folder
from reverie.scenes.timbre import LONGEST_NOTE
from reverie.timbre.bank.tune import measure_pitch
from reverie.timbre.bank.unfinished import Unfinished
from reverie.timbre.bank_maker import BankMaker
from reverie.timbre.errors import TimbreError
from reverie.timbre.executors.executor import Here
from reverie.timbre.recipe import BankRecipe, Ingredient
from reverie.timbre.render.notes_of_recipe import render_notes
from reverie.timbre.render.progress_interval import unpaced
from reverie.timbre.render.renderer import Code
from reverie.timbre.render.signal_renderer import SignalRenderer
from reverie.timbre.request import BankRequest, Share
from reverie.timbre.signals.sound_parts import SoundParts
from reverie.timbre.sound import NoteRequest, Sound
from reverie.timbre.sources.source import SoundSource, read_source

RATE = 48_000
HEARD = 16_000
NAMES = sorted(path.stem for path in sounds_folder().glob("*.flac"))
PITCHED = ["bass", "bell", "cat", "flute", "pluck", "reed", "voice"]
STEPS = 9

Array = NDArray[np.float32]


@functools.cache
def renderer() -> SignalRenderer:
    return SignalRenderer(read_bundle(models_folder() / "signals.safetensors"))


@functools.cache
def source(name: str) -> SoundSource:
    return read_source(sounds_folder() / f"{name}.flac", rate=RATE)


def rendered(codes: Sequence[Code], pitches: Sequence[float | None], seconds: float = 3.0) -> list[Array]:
    asked = [NoteRequest(pitch, 127, seconds, own_key=60) for pitch in pitches]
    rendering = renderer().begin(codes, asked, 0)
    while not rendering.advance():
        pass
    return [sound.samples for sound in rendering.sounds()]


def coded(name: str, pitch: float | None) -> Code:
    one = source(name)
    return renderer().code(one.sound, pitch, own_pitch=one.pitch)


def heard(samples: Array) -> Array:
    return np.asarray(soxr.resample(samples, RATE, HEARD), np.float32)


def apart(one: Array, other: Array) -> float:
    size = max(len(one), len(other), round(0.6 * RATE))
    first, second = (heard(np.pad(samples, (0, size - len(samples)))) for samples in (one, other))
    return notes.distance(first, second, HEARD)


@functools.cache
def ends() -> dict[str, Array]:
    pitches = [source(name).pitch for name in NAMES]
    made = rendered([coded(name, pitch) for name, pitch in zip(NAMES, pitches, strict=True)], pitches)
    return dict(zip(NAMES, made, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_the_end_of_a_path_is_its_source(name: str) -> None:
    """7 dB for what has a pitch, 10 for noises, of which each moment is drawn anew; and no other sound is as near."""
    own = apart(ends()[name], source(name).sound.samples)
    others = [apart(ends()[name], source(other).sound.samples) for other in NAMES if other != name]
    assert own < (7 if name in PITCHED else 10)
    assert own < min(others)


@pytest.mark.parametrize(("one", "other"), [("cat", "bass"), ("flute", "metal"), ("voice", "wind"), ("bell", "reed")])
def test_nine_steps_lead_from_the_one_to_the_other(one: str, other: str) -> None:
    codes = coded(one, 60), coded(other, 60)
    shares = np.linspace(0.0, 1.0, STEPS)
    between = [renderer().mix(codes, (1 - share, share)) for share in shares]
    made = rendered(between, [60] * STEPS, 1.5)
    assert notes.spearman([apart(step, made[0]) for step in made]) >= 0.9
    assert notes.spearman([-apart(step, made[-1]) for step in made]) >= 0.9


def test_what_has_a_pitch_is_in_tune_all_the_way() -> None:
    cases = [
        (pair, share, pitch)
        for pair in itertools.combinations(PITCHED, 2)
        for share, pitch in ((0.25, 48), (0.5, 60), (0.75, 72))
    ]
    codes = [renderer().mix([coded(name, pitch) for name in pair], (1 - share, share)) for pair, share, pitch in cases]
    made = rendered(codes, [pitch for _, _, pitch in cases])
    found = [measure_pitch(Sound(samples, RATE)) for samples in made]
    right = [
        pitch is not None and abs((pitch - wanted + 6) % 12 - 6) <= 0.5
        for pitch, (_, _, wanted) in zip(found, cases, strict=True)
    ]
    assert np.mean(right) >= 0.98, [case for case, is_right in zip(cases, right, strict=True) if not is_right]


def formants(samples: Array, moment: float) -> list[float]:
    """The first two resonances by linear prediction over 60 ms, in Hz."""
    rate, order = 8_000, 8
    slow = np.asarray(soxr.resample(samples, RATE, rate), np.float64)
    frame = slow[round((moment - 0.03) * rate) : round((moment + 0.03) * rate)]
    frame = (frame - 0.9 * np.concatenate([[0.0], frame[:-1]])) * np.hamming(len(frame))
    likeness = np.correlate(frame, frame, "full")[len(frame) - 1 : len(frame) + order]
    matrix = np.array([[likeness[abs(row - column)] for column in range(order)] for row in range(order)])
    ahead = np.linalg.solve(matrix + 1e-4 * likeness[0] * np.eye(order), likeness[1:])
    poles = [pole for pole in np.roots([1.0, *-ahead]) if pole.imag > 0.01 and abs(pole) > 0.7]
    found = sorted(float(np.angle(pole)) * rate / 2 / np.pi for pole in poles)
    return [hertz for hertz in found if hertz > 200][:2]


@pytest.mark.parametrize("pitch", [55, 58, 62, 65, 69])
def test_a_meow_keeps_its_formants_and_its_glide(pitch: int) -> None:
    cat = source("cat")
    [made] = rendered([coded("cat", pitch)], [pitch])
    for moment in (0.3, 0.6, 0.9, 1.1):
        assert formants(made, moment) == pytest.approx(formants(cat.sound.samples, moment), rel=0.15)
    glides = [glide(samples) for samples in (cat.sound.samples, made)]
    assert abs(glides[0]) > 1.5
    assert glides[1] == pytest.approx(glides[0], rel=0.15)


def glide(samples: Array) -> float:
    """Semitones from the middle of a meow to its end."""
    parts = (Sound(samples[round(a * RATE) : round(b * RATE)], RATE) for a, b in ((0.5, 0.7), (1.3, 1.42)))
    first, last = (measure_pitch(part) for part in parts)
    assert first is not None
    assert last is not None
    return last - first


def test_a_recording_reaches_as_high_as_ears_do() -> None:
    [made] = rendered([coded("cat", 60)], [60])
    spectrum = np.abs(np.fft.rfft(made[: RATE // 2]))
    assert spectrum[int(12_000 / 2) : int(16_000 / 2)].max() > 1e-4 * spectrum.max()


def test_half_way_it_is_nearer_to_nsynth_than_a_crossfade_is() -> None:
    """Of 42 mixtures of 14 pairs of instruments most are; so many are by chance once in fifty times."""
    table = judge_mixtures("signals", data_folder("nsynth-sound-maker"), 14)
    spectrum, cepstra, _ = (table[:, :, 1] < table[:, :, 0]).sum(axis=0)
    assert min(spectrum, cepstra) >= 28
    assert (table[:, :, 1].mean(axis=0) < table[:, :, 0].mean(axis=0)).all()


@pytest.mark.slow
def test_three_in_four_mixtures_of_all_pairs_are_nearer_to_nsynth_than_a_crossfade_is() -> None:
    table = judge_mixtures("signals", data_folder("nsynth-sound-maker"), 40)
    spectrum, cepstra, _ = (table[:, :, 1] < table[:, :, 0]).mean(axis=0)
    assert min(spectrum, cepstra) >= 32 / 42


def test_a_rendering_goes_on_from_where_it_was_frozen() -> None:
    codes = [coded("bell", pitch) for pitch in range(60, 70)]
    asked = [NoteRequest(pitch, 90, 1.0) for pitch in range(60, 70)]
    whole, broken = renderer().begin(codes, asked, 5), renderer().begin(codes, asked, 5)
    broken.advance()
    assert 0 < broken.done < 1
    thawed = renderer().thaw(broken.freeze())
    for rendering in (whole, thawed):
        while not rendering.advance():
            pass
    for one, other in zip(whole.sounds(), thawed.sounds(), strict=True):
        assert np.array_equal(one.samples, other.samples)


@pytest.mark.parametrize("spoilt", [b"", b"nothing", b"\0" * 100])
def test_a_frozen_rendering_that_is_damaged_is_begun_anew(spoilt: bytes) -> None:
    with pytest.raises(TimbreError, match="begun anew"):
        renderer().thaw(spoilt)


def test_a_sound_that_is_none_is_refused() -> None:
    for samples in (np.zeros(100), np.array([0.1, np.nan])):
        with pytest.raises(TimbreError, match="empty"):
            renderer().code(Sound(samples.astype(np.float32), RATE), 60)


def test_the_shortest_sound_is_played() -> None:
    click = Sound(np.array([0.5] * 20, np.float32), RATE)
    [made] = rendered([renderer().code(click, None)], [None])
    assert np.isfinite(made).all()


def test_it_has_no_latents() -> None:
    with pytest.raises(TimbreError, match="model: timbre"):
        renderer().latent(1)


def test_a_bundle_of_another_version_is_refused() -> None:
    with pytest.raises(ModelError, match="another version"):
        SignalRenderer(make_bundle(ModelCard("old", "signals", settings={"version": 0}), {}))


def test_equal_recipes_are_equal_samples() -> None:
    """If a change of the renderer makes this fail, its VERSION and the shipped bundle must change, too."""
    again = SignalRenderer(read_bundle(models_folder() / "signals.safetensors"))
    first = renderer().begin([coded("bell", 60)], [NoteRequest(60, 100, 1.0)], 3)
    second = again.begin([again.code(source("bell").sound, 60, own_pitch=source("bell").pitch)],
                         [NoteRequest(60, 100, 1.0)], 3)  # fmt: skip
    for rendering in (first, second):
        rendering.advance()
    digests = {hashlib.sha256(one.sounds()[0].samples.tobytes()).hexdigest() for one in (first, second)}
    assert len(digests) == 1


def test_formants_move_along_where_that_is_asked(tmp_path: Path) -> None:
    """A meow an octave higher, once by the same cat and once on a tape that is played twice as fast."""
    maker = BankMaker(models_folder() / "signals.safetensors", tmp_path, 10**9)
    cat = str(sounds_folder() / "cat.flac")
    lengths: list[float] = []
    heard: list[list[float]] = []
    ids: set[str] = set()
    for moves in (False, True):
        share = Share("cat", 1.0, cat, pitch=67, formants_move=moves)
        made = maker.make(BankRequest("cat", (share,), (74,), (100,), 2.0, -20.0, 1)).bank
        samples, _ = soundfile.read(made.samples[0], dtype="float32")
        heard.append(formants(np.asarray(samples, np.float32), 0.4))
        lengths.append(len(samples) / RATE)
        ids.add(made.id)
    assert heard[1][1] > 1.25 * heard[0][1]
    assert lengths[1] < 0.8 * lengths[0]
    assert len(ids) == 2


def test_a_slow_tape_is_heard_for_no_longer_than_a_note_lasts(tmp_path: Path) -> None:
    """Five octaves lower, three seconds would be a minute and a half, which costs gigabytes to take apart."""
    sound = Sound((0.3 * np.sin(2 * np.pi * 2093.0 * np.arange(3 * RATE) / RATE)).astype(np.float32), RATE)
    tape = Ingredient(1.0, sound="whistle", own_pitch=96.0, formants_move=True)
    recipe = BankRecipe(renderer().model, (tape,), (36,), (100,), 2.0, -20.0, 1)
    kept = Unfinished(tmp_path)
    [made] = render_notes(recipe, lambda _: sound, renderer(), Here(), kept, unpaced)
    assert made.seconds == pytest.approx(2.0)
    code = (kept.get("code-36") or {})["code"]
    assert SoundParts.of_code(code).seconds == pytest.approx(LONGEST_NOTE, abs=0.01)


def test_recipes_without_it_keep_their_ids() -> None:
    assert "formants_move" not in Ingredient(1.0, sound="a").as_json()
    assert Ingredient(1.0, sound="a", formants_move=True).as_json()["formants_move"] is True
