"""Notes of a GANSynth, rendered slice by slice."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.gansynth import LATENT, PITCHES, gansynth, random_weights
from reverie.models.library.index import identity
from reverie.timbre.errors import TimbreError
from reverie.timbre.render.gansynth import GanRendering, GanSynth
from reverie.timbre.render.renderer import Code, Renderer
from reverie.timbre.sound import NoteRequest, Sound

RATE, SAMPLES = 1000, 160


@pytest.fixture
def model() -> GanSynth:
    return GanSynth(gansynth())


def _rendered(rendering: GanRendering) -> list[Sound]:
    while not rendering.advance():
        pass
    return list(rendering.sounds())


def _render(model: GanSynth, *notes: tuple[int, NoteRequest]) -> list[Sound]:
    return _rendered(model.begin([model.latent(seed) for seed, _ in notes], [note for _, note in notes], 0))


def test_it_is_a_renderer(model: GanSynth) -> None:
    renderer: Renderer = model
    assert renderer.model == identity(gansynth().card)


def test_notes_come_in_the_order_in_which_they_were_asked_for(model: GanSynth) -> None:
    asked = [(1, NoteRequest(48, 127, 0.1)), (2, NoteRequest(52, 127, 0.2)), (1, NoteRequest(55, 127, 0.05))]
    sounds = _render(model, *asked)
    assert [len(sound.samples) for sound in sounds] == [100, SAMPLES, 50]
    for sound, (seed, note) in zip(sounds, asked, strict=True):
        assert (sound.rate, sound.samples.dtype) == (RATE, np.float32)
        alone = model.samples(model.latent(seed), PITCHES.index(note.pitch), SAMPLES)
        np.testing.assert_allclose(sound.samples, alone[: len(sound.samples)], atol=1e-5)


def test_a_short_note_is_the_beginning_of_a_long_one(model: GanSynth) -> None:
    long, *short = (_render(model, (3, NoteRequest(52, 127, seconds)))[0] for seconds in (0.2, 0.1, 0.001))
    for sound in short:
        np.testing.assert_allclose(sound.samples, long.samples[: len(sound.samples)], atol=1e-5)


def test_a_note_is_no_longer_than_the_models(model: GanSynth) -> None:
    assert len(_render(model, (3, NoteRequest(52, 127, 9.0)))[0].samples) == SAMPLES


def test_velocity_is_level(model: GanSynth) -> None:
    loud, soft, silent = _render(model, *((1, NoteRequest(48, velocity, 0.1)) for velocity in (127, 64, 0)))
    np.testing.assert_allclose(soft.samples, loud.samples * np.float32(64 / 127), rtol=1e-6)
    assert not silent.samples.any()


def test_what_several_notes_are_made_of_is_made_once(model: GanSynth) -> None:
    notes = [NoteRequest(48, 127, 0.1), NoteRequest(48, 30, 0.2), NoteRequest(47, 127, 0.1), NoteRequest(52, 127, 0.1)]
    rendering = model.begin([model.latent(1)] * 4, notes, 0)
    assert rendering.advance()  # two labels, by two workers at once
    assert [len(sound.samples) for sound in rendering.sounds()] == [100, SAMPLES, 100, 100]


@pytest.mark.parametrize(("pitch", "label"), [(47, 0), (49, 0), (51, 1), (53, 1), (60, 2), (127, 2), (0, 0)])
def test_other_pitches_are_made_of_the_nearest(model: GanSynth, pitch: int, label: int) -> None:
    found, speed = model.nearest(pitch)
    assert found == label
    assert speed == pytest.approx(2 ** ((pitch - PITCHES[label]) / 12))
    (sound,) = _render(model, (1, NoteRequest(pitch, 127, 0.1)))
    assert len(sound.samples) == pytest.approx(min(100, SAMPLES / speed), abs=1)


def test_a_resampled_note_sounds_at_its_pitch() -> None:
    class Sine(GanSynth):
        def samples(self, code: Code, label: int, samples: int) -> NDArray[np.float32]:
            del code, label
            return np.sin(2 * np.pi * 100 * np.arange(samples) / RATE).astype(np.float32)

    sine = Sine(gansynth(random_weights(6), audio_length=2000))
    for pitch, hertz in ((55, 100.0), (67, 200.0), (43, 100.0 * 2 ** (-5 / 12))):
        (sound,) = _render(sine, (1, NoteRequest(pitch, 127, 0.8)))
        spectrum = np.abs(np.fft.rfft(sound.samples * np.hanning(len(sound.samples)), 16384))
        assert spectrum.argmax() * RATE / 16384 == pytest.approx(hertz, rel=5e-3)


def test_a_rendering_goes_on_from_wherever_it_was_frozen(model: GanSynth) -> None:
    notes = [NoteRequest(pitch, 100, 0.15) for pitch in (40, 48, 50, 55, 52)] + [NoteRequest(48, 20, 0.01)]
    codes = [model.latent(seed) for seed in range(len(notes))]
    whole = [sound.samples.tobytes() for sound in _rendered(model.begin(codes, notes, 0))]
    rendering = model.begin(codes, notes, 0)
    done = [rendering.done]
    while not rendering.advance():
        rendering = GanSynth(gansynth()).thaw(rendering.freeze())
        done.append(rendering.done)
    assert done == sorted(set(done))
    assert [sound.samples.tobytes() for sound in model.thaw(rendering.freeze()).sounds()] == whole


def test_how_many_work_at_once_changes_nothing(model: GanSynth) -> None:
    notes = [(seed, NoteRequest(48, 100, 0.15)) for seed in range(5)]
    many = GanSynth(gansynth(), workers=5)
    for one, other in zip(_render(model, *notes), _render(many, *notes), strict=True):
        assert one.samples.tobytes() == other.samples.tobytes()


def test_nothing_to_do_is_done(model: GanSynth) -> None:
    rendering = model.begin([], [], 0)
    assert (rendering.done, rendering.advance(), rendering.sounds()) == (1.0, True, [])
    assert model.thaw(rendering.freeze()).advance()


def test_what_is_damaged_or_of_another_model_is_not_gone_on_with(model: GanSynth) -> None:
    rendering = model.begin([model.latent(1)], [NoteRequest(48, 100, 0.1)], 0)
    rendering.advance()
    frozen = rendering.freeze()
    with pytest.raises(TimbreError, match="of another model"):
        GanSynth(gansynth(random_weights(seed=1))).thaw(frozen)
    for damaged in (b"", frozen[:-40], b"x" * 100):
        with pytest.raises(TimbreError, match="damaged"):
            model.thaw(damaged)


def test_codes_of_another_size_and_notes_without_one_are_refused(model: GanSynth) -> None:
    with pytest.raises(TimbreError, match="not of the model small"):
        model.begin([np.zeros(LATENT + 1, np.float32)], [NoteRequest(48, 100, 0.1)], 0)
    with pytest.raises(TimbreError, match="0 codes for 1 notes"):
        model.begin([], [NoteRequest(48, 100, 0.1)], 0)
    with pytest.raises(TimbreError, match="cannot be mixed"):
        model.mix([model.latent(1)], [0.5])


def test_latents_are_seeded_and_mixed(model: GanSynth) -> None:
    one, other = model.latent(1), model.latent(2)
    assert one.shape == (LATENT,)
    np.testing.assert_array_equal(one, model.latent(1))
    np.testing.assert_allclose(model.mix([one, other], [0.5, 0.5]), (one + other) / 2, rtol=1e-5)
    assert not np.allclose(model.mix([one, other], [0.5, 0.5], spherical=True), (one + other) / 2)


def test_a_model_without_a_listener_says_that_sounds_must_be_searched_for(model: GanSynth) -> None:
    with pytest.raises(TimbreError, match="has no listener; its latents of sounds must be searched for"):
        model.code(Sound(np.zeros(9, np.float32), RATE), 60)


class Remembering:
    """A listener that keeps what it is given."""

    def __init__(self) -> None:
        self.heard: list[tuple[NDArray[np.float32], int | None]] = []

    def latent(self, specgram: NDArray[np.float32], label: int | None) -> Code:
        self.heard.append((specgram, label))
        return np.full(LATENT, len(self.heard), np.float32)


def test_a_listener_hears_the_sound_at_the_nearest_pitch_that_the_model_knows() -> None:
    listener = Remembering()
    model = GanSynth(gansynth(), listener)
    sound = Sound(np.sin(np.arange(300) / 3).astype(np.float32), RATE)
    codes = [model.code(sound, 60), model.code(sound, 60, own_pitch=52.0), model.code(sound, 60, own_pitch=64.0)]
    assert [int(code[0]) for code in codes] == [1, 2, 3]
    assert [label for _, label in listener.heard] == [None, 1, 2]
    np.testing.assert_array_equal(listener.heard[0][0], model.specgrams.specgram(sound.samples))
    np.testing.assert_array_equal(listener.heard[0][0], listener.heard[1][0])
    assert not np.array_equal(listener.heard[0][0], listener.heard[2][0])
    for broken in (np.zeros(0, np.float32), np.full(9, np.nan, np.float32)):
        with pytest.raises(TimbreError, match="empty, or has samples that are no numbers"):
            model.code(Sound(broken, RATE), 60)
