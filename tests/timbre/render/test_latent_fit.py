"""The search for a sound's latent: it comes nearer, stays in tune, and goes on from wherever it was frozen."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pytest

from fakes import notes
from fakes.gansynth import LATENT, gansynth
from reverie.models.gansynth.latents import latent
from reverie.models.gansynth.listener import Listener
from reverie.models.library.bundle import read_bundle
from reverie.places import models_folder, sounds_folder
from reverie.timbre.errors import TimbreError
from reverie.timbre.render.gansynth import GanSynth
from reverie.timbre.render.latent_fit import DRAWN, STEPS, Array, Goal, LatentFit, WantedNote
from reverie.timbre.render.renderer import Code
from reverie.timbre.sound import NoteRequest, Sound
from reverie.timbre.sources.source import read_source

RATE = 16_000


@functools.cache
def small() -> GanSynth:
    return GanSynth(gansynth(), workers=1)


def own_note(seed: int, label: int = 1) -> Sound:
    """A sound that a model can make exactly."""
    return Sound(small().samples(latent(LATENT, seed), label, 160), 1000)


@functools.cache
def shipped(*, listens: bool = True) -> GanSynth:
    bundle = read_bundle(models_folder() / "timbre.safetensors")
    return GanSynth(bundle, Listener(bundle) if listens else None)


def read(name: str) -> Sound:
    return read_source(sounds_folder() / f"{name}.flac", rate=RATE).sound


def found(fit: LatentFit) -> Code:
    while not fit.advance():
        pass
    return fit.code()


def goal_of(fit: LatentFit) -> Goal:
    return fit._goal


@pytest.mark.parametrize("seed", [1000, 1001, 1002])
def test_it_comes_nearer_to_a_sound_than_the_best_that_was_drawn(seed: int) -> None:
    """Of a sound that the model can make exactly."""
    plain = goal_of(small().fit(own_note(seed), 52.0))
    magnitudes, _ = plain.gradient.magnitudes(latent(LATENT, seed), 1, plain.frames)
    wanted = (WantedNote(1, plain.likeness.levels(magnitudes)),)
    goal = dataclasses.replace(plain, wanted=wanted, tried=())
    drawn = min(goal.distance(latent(LATENT, number)) for number in range(DRAWN))
    assert goal.distance(latent(LATENT, seed)) < 0.01
    assert goal.distance(found(LatentFit(goal, LATENT, None))) < 0.9 * drawn


@pytest.mark.parametrize("pitch", [52.0, None])
def test_frozen_after_every_slice_and_on_any_number_of_threads_it_finds_the_same(pitch: float | None) -> None:
    sound = own_note(1000)
    undisturbed = found(small().fit(sound, pitch))
    model = GanSynth(gansynth(), workers=3)
    fit = model.fit(sound, pitch)
    done = [fit.done]
    while not fit.advance():
        fit = model.fit(sound, pitch).thawed(fit.freeze())
        done.append(fit.done)
    assert done == sorted(done)
    assert done[0] == 0
    assert fit.done == 1
    assert len(done) > STEPS
    assert fit.code().tobytes() == undisturbed.tobytes()
    assert small().fit(sound, pitch).thawed(fit.freeze()).code().tobytes() == undisturbed.tobytes()


def test_what_is_damaged_or_of_another_size_is_begun_anew() -> None:
    sound = own_note(1000)
    fit = small().fit(sound, 52.0)
    for frozen in (b"", b"x" * 100, fit.freeze()[:-9]):
        assert small().fit(sound, 52.0).thawed(frozen).done == 0
    other = shipped().fit(read("flute"), 72.0)
    other.advance()
    assert fit.thawed(other.freeze()).done == 0
    with pytest.raises(RuntimeError, match="not begun"):
        fit.code()


def test_a_listener_says_where_it_begins() -> None:
    class Listens:
        def latent(self, specgram: Array, label: int | None) -> Code:
            del specgram, label
            return np.full(LATENT, 0.25, np.float32)

    fit = GanSynth(gansynth(), Listens(), workers=1).fit(own_note(1000), 52.0)
    fit.advance()
    assert fit._search is not None
    np.testing.assert_array_equal(fit._search.begin, np.full(LATENT, 0.25, np.float32))


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class InTuneNear(Goal):
    """Everything nearer to a place than so far is in tune, and nothing else."""

    place: Array = dataclasses.field(default_factory=lambda: np.zeros(LATENT, np.float32))
    far: float = 0.0

    def in_tune(self, point: Array) -> int:
        return len(self.tried) if np.linalg.norm(point - self.place) <= self.far else 0


@pytest.mark.parametrize(("share", "kept"), [(1.0, 1.0), (0.85, 0.8), (0.55, 0.5), (0.1, 0.0)])
def test_where_it_is_out_of_tune_it_goes_back_until_it_is_as_much_in_tune_as_it_began(
    share: float, kept: float
) -> None:
    plain = small().fit(own_note(1000), 52.0)
    found(plain)
    search = plain._search
    assert search is not None
    way = search.best - search.begin
    fields = {field.name: getattr(goal_of(plain), field.name) for field in dataclasses.fields(Goal)}
    goal = InTuneNear(**fields, place=search.begin, far=(share + 1e-3) * float(np.linalg.norm(way)))
    point = found(LatentFit(goal, LATENT, search.begin))
    np.testing.assert_allclose(point, search.begin + np.float32(kept) * way, atol=1e-4)


def test_what_began_out_of_tune_may_stay_so() -> None:
    plain = small().fit(own_note(1000), 52.0)
    fields = {field.name: getattr(goal_of(plain), field.name) for field in dataclasses.fields(Goal)}
    fit = LatentFit(InTuneNear(**fields, far=-1.0), LATENT, latent(LATENT, 3))
    point = found(fit)
    assert fit._search is not None
    np.testing.assert_allclose(point, fit._search.best, atol=1e-6)


@pytest.mark.parametrize(
    "broken", [np.zeros(0, np.float32), np.full(99, np.nan, np.float32)], ids=["nothing", "no numbers"]
)
def test_what_is_no_sound_is_refused(broken: Array) -> None:
    with pytest.raises(TimbreError, match="empty, or has samples that are no numbers"):
        small().fit(Sound(broken, 1000), 52.0)


def distance(model: GanSynth, code: Code, sound: Sound, pitch: float) -> float:
    """From a sound to the note at its own pitch, by a measure that knows nothing of the search's."""
    rendering = model.begin([code], [NoteRequest(round(pitch), 127, 1.5)], 0)
    while not rendering.advance():
        pass
    made = rendering.sounds()[0].samples
    return notes.distance(sound.samples[: len(made)], made[: len(sound.samples)], RATE)


@pytest.mark.parametrize(("name", "pitch"), [("flute", 72.0), pytest.param("cat", 67.0, marks=pytest.mark.slow)])
def test_the_shipped_models_notes_come_a_fourth_nearer_than_its_listener_had_them(name: str, pitch: float) -> None:
    sound, model = read(name), shipped()
    fit = model.fit(sound, pitch)
    code, goal = found(fit), goal_of(fit)
    heard = model.code(sound, 60, own_pitch=pitch)
    assert goal.distance(code) < 0.75 * goal.distance(heard)
    assert distance(model, code, sound, pitch) < 0.75 * distance(model, heard, sound, pitch)
    assert len(goal.tried) > 7
    assert goal.in_tune(code) >= 0.96 * goal.in_tune(heard), "of 25 notes that were in tune one may be lost"


@pytest.mark.slow
def test_a_model_without_a_listener_hears_sounds_too() -> None:
    sound, model = read("flute"), shipped(listens=False)
    code = found(model.fit(sound, 72.0))
    assert distance(model, code, sound, 72.0) < 8.0


def test_sounds_beyond_the_labels_are_compared_within_them() -> None:
    model = shipped()
    for pitch in (12.0, 36.0, 60.0, 84.0, 100.0):
        labels = [one.label for one in goal_of(model.fit(read("flute"), pitch)).wanted]
        pitches = [model.generator.settings.pitches[label] for label in labels]
        assert np.diff(pitches).tolist() == [7, 7]
        assert min(abs(one - pitch) for one in pitches) == pytest.approx(min(abs(p - pitch) for p in range(36, 85)))


def test_what_is_untransposed_is_to_be_the_same_at_all_pitches() -> None:
    fit = small().fit(own_note(1000), None, untransposed=True)
    first, last = goal_of(fit).wanted
    assert first.label != last.label
    for one, other in zip(first.levels, last.levels, strict=True):
        np.testing.assert_array_equal(one, other)
    transposed = goal_of(small().fit(own_note(1000), None)).wanted
    assert not np.array_equal(transposed[0].levels[1], transposed[1].levels[1])
