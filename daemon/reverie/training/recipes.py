"""What can be trained: for each model which of Magenta's configurations, on what, how large, and how it is cut.

Sizes are those that two cores train in an hour or two, and that a package of 30 MB has room for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from reverie.files import write_atomically
from reverie.generations import read_as
from reverie.training.errors import TrainingError
from reverie.training.workspace import Workspace, digest_of

ModelName = Literal["drums", "melody", "improv", "polyphony", "performance", "music-vae", "piano-genie", "coconet"]
LearnedPart = Literal["any", "tune", "bass"]
PARTS: tuple[LearnedPart, ...] = get_args(LearnedPart)


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """How a model is trained.

    Attributes:
        model: what people name it by.
        config: Magenta's configuration.
        hparams: what is otherwise than in that configuration.
        window: the longest example in sixteenths (in events, where a model counts events); 0 leaves pieces whole.
            Examples are cut on bar lines, whatever the metre; those of Piano Genie have so many notes.
        keys: by how many semitones pieces are transposed besides; models that move every piece to one key need none.
        stretches: by what factors pieces are stretched besides, where time is not counted in sixteenths.
        metres: the time signatures that are learned from; empty: any.
        weights: how often examples are learned from, by the name of their folder or style; others once.
        steady: how many times as often those are whose bars are all alike; 1 makes no difference.
        begins: the model whose weights it begins with, and by what they are known; empty: with weights that are drawn.
        part: what a melody model learns from: every line of a piece, its tune, or its bass.
        repeats: whether what a melody repeats after one or two bars is learned as a repetition, as Magenta does, rather
            than as the note that it is.
        seed: draws splits, orders and weights.
        shorten_bars: whether to learn ``metres`` from longer bars besides, of which a part is left out.
        key: the major key to which a MusicVAE's melodies are moved, counted from C; None leaves them in their own. A
            small model that hears one key need not learn each melody twelve times.
    """

    model: ModelName
    config: str
    hparams: Mapping[str, Any] = field(default_factory=dict[str, Any])
    window: int = 128
    keys: tuple[int, ...] = ()
    stretches: tuple[float, ...] = ()
    metres: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict[str, float])
    steady: float = 1.0
    begins: str = ""
    part: LearnedPart = "any"
    repeats: bool = True
    seed: int = 0
    shorten_bars: bool = False
    key: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain data, also for digests, which what is left at its default since it was added does not change."""
        data = asdict(self)
        if not self.shorten_bars:
            del data["shorten_bars"]
        if self.key is None:
            del data["key"]
        return data


_TWO_BARS = 32
_LATENT: Mapping[str, Any] = {
    "batch_size": 64,
    "enc_rnn_size": [128],
    "learning_rate": 0.002,
    "decay_rate": 0.9998,
    # Magenta's schedule lets a model hear itself after some thousand steps; hardly more are taken here.
    "sampling_schedule": "constant",
    "sampling_rate": 0,
}
_GROOVE: Mapping[str, Any] = {
    "batch_size": 64,
    "z_size": 64,
    "enc_rnn_size": [128],
    "dec_rnn_size": [128, 128],
    # What is heard is to be said again, stroke for stroke, so that a place must tell much: 111 nats of it cost nothing.
    "free_bits": 160,
    # Of layers a quarter as large as Magenta's, more must be kept than its 0.3.
    "dropout_keep_prob": 0.9,
    "learning_rate": 0.002,
    "decay_rate": 0.9998,
}

RECIPES: Mapping[str, TrainingRecipe] = {
    "drum_kit": TrainingRecipe(
        model="drums",
        config="drum_kit",
        hparams={
            "batch_size": 16,
            "rnn_layer_sizes": [128, 128],
            # With attention over 16 steps its feedback on itself grew without bound, and nothing was learnt.
            "attn_length": 0,
            "dropout_keep_prob": 0.7,
            "learning_rate": 0.001,
        },
        # Sixteen bars of 4/4: what comes back after eight can only be learned from more than eight.
        window=256,
    ),
    "attention_rnn": TrainingRecipe(
        model="melody",
        config="attention_rnn",
        hparams={
            "batch_size": 32,
            "rnn_layer_sizes": [128, 128],
            "attn_length": 40,
            "dropout_keep_prob": 0.7,
            "learning_rate": 0.002,
        },
        repeats=False,
    ),
    "chord_pitches_improv": TrainingRecipe(
        model="improv",
        config="chord_pitches_improv",
        hparams={
            "batch_size": 32,
            "rnn_layer_sizes": [128, 128],
            "dropout_keep_prob": 0.7,
            "learning_rate": 0.002,
        },
    ),
    "polyphony": TrainingRecipe(
        model="polyphony",
        config="polyphony",
        hparams={
            "batch_size": 32,
            "rnn_layer_sizes": [192, 192],
            "dropout_keep_prob": 0.7,
            "learning_rate": 0.001,
        },
        window=256,
        keys=(-5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6),
    ),
    "performance_with_dynamics": TrainingRecipe(
        model="performance",
        config="performance_with_dynamics",
        hparams={
            "batch_size": 8,
            "rnn_layer_sizes": [256, 256],
            "dropout_keep_prob": 0.8,
            "learning_rate": 0.001,
        },
        window=512,
        # What Magenta transposes and stretches performances by.
        keys=(-3, -2, -1, 1, 2, 3),
        stretches=(0.95, 0.975, 1.025, 1.05),
    ),
    "cat-mel_2bar_small": TrainingRecipe(
        model="music-vae",
        config="cat-mel_2bar_small",
        hparams={
            **_LATENT,
            "z_size": 32,
            "dec_rnn_size": [128, 128],
            # Magenta's own takes a hundred thousand steps to weigh the divergence.
            "beta_rate": 0.999,
            # Of its 48 all that is said is free, and what is drawn from the prior lies between what was learned.
            "free_bits": 12,
        },
        window=_TWO_BARS,
        key=0,
    ),
    "cat-drums_2bar_small": TrainingRecipe(
        model="music-vae",
        config="cat-drums_2bar_small",
        hparams={**_LATENT, "z_size": 32, "dec_rnn_size": [96, 96], "free_bits": 16},
        window=_TWO_BARS,
    ),
    "groovae_2bar_humanize": TrainingRecipe(
        model="music-vae", config="groovae_2bar_humanize", hparams=_GROOVE, window=_TWO_BARS
    ),
    "groovae_2bar_tap_fixed_velocity": TrainingRecipe(
        model="music-vae", config="groovae_2bar_tap_fixed_velocity", hparams=_GROOVE, window=_TWO_BARS
    ),
    "piano_genie": TrainingRecipe(
        model="piano-genie",
        config="piano_genie",
        # Magenta learns at an even 0.0003, for days.
        hparams={"batch_size": 32, "learning_rate": 0.003, "decay_rate": 0.9994, "grad_clip": 1.0},
        window=128,
    ),
    "coconet": TrainingRecipe(
        model="coconet",
        config="coconet",
        hparams={"batch_size": 16, "num_layers": 14, "num_filters": 32, "learning_rate": 0.006, "halved_after": 700},
        # Four bars of 4/4, on eighths.
        window=64,
    ),
}
"""By Magenta's configuration; the first of a model is what is trained if none is named."""


MODELS: tuple[str, ...] = get_args(ModelName)


def recipe_of(model: str, config: str | None = None) -> TrainingRecipe:
    """The recipe of a model, or of one of its configurations.

    Raises:
        TrainingError: if there is none.
    """
    known = [recipe for recipe in RECIPES.values() if recipe.model == model]
    for recipe in known:
        if config in (None, recipe.config):
            return recipe
    if not known:
        can = ", ".join(dict.fromkeys(recipe.model for recipe in RECIPES.values()))
        raise TrainingError(f"{model} cannot be trained yet; what can is {can}")
    configs = ", ".join(recipe.config for recipe in known)
    raise TrainingError(f"there is no recipe for {config!r} of {model}; there is {configs}")


def with_hparams(recipe: TrainingRecipe, hparams: Mapping[str, Any]) -> TrainingRecipe:
    """The recipe with other hyperparameters, those that are not named as before."""
    return replace(recipe, hparams={**recipe.hparams, **hparams})


def with_part(recipe: TrainingRecipe, part: LearnedPart) -> TrainingRecipe:
    """The recipe for a part of each piece.

    Raises:
        TrainingError: if such a model learns from all parts.
    """
    if recipe.model != "melody":
        raise TrainingError(f"--part: of {recipe.model} all parts are learned from; melody has a tune, or a bass")
    return replace(recipe, part=part)


def fit_inputs(recipe: TrainingRecipe, workspace: Workspace) -> str:
    """The digest of all that a training depends on: where it was another, training begins anew.

    Raises:
        TrainingError: if there are no examples yet, or only those of another configuration.
    """
    dataset = workspace.manifest("dataset")
    if dataset is None:
        raise TrainingError(
            f"{workspace.folder}: has no examples yet; run the step before, `reverie train dataset`, or the whole"
            " command, `reverie train MODEL --data DIR`"
        )
    census: Mapping[str, Any] = dataset.get("census") or {}
    made_for: str = census.get("config", recipe.config)
    if made_for != recipe.config:
        raise TrainingError(
            f"{workspace.folder}: its examples are for {made_for}, and not for {recipe.config}; run the step before,"
            f" `reverie train dataset {recipe.model}`, or name another folder with --work"
        )
    return digest_of({"recipe": recipe.as_json(), "dataset": dataset["inputs"]})


def check_trained(workspace: Workspace) -> None:
    """Whether there are weights that were measured.

    Raises:
        TrainingError: if not.
    """
    try:
        progress: Mapping[str, Any] = json.loads(workspace.progress.read_text(encoding="utf-8"))
    except FileNotFoundError:
        progress = {}
    if not progress.get("best_step"):
        raise TrainingError(
            f"{workspace.folder}: nothing is trained yet, or not long enough to be measured; run the step before,"
            " `reverie train fit`"
        )


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Whose music it is, for model cards.

    Attributes:
        name: what the collection is called.
        licence: the terms on which it may be used.
        source: where it is published; empty if it is not.
        split: how it is divided, in words.
        description: one line about a model that is trained on it.
    """

    name: str
    licence: str = "licence not stated"
    source: str = ""
    split: str = "by title"
    description: str = "Trained with Reverie"

    def write(self, path: Path) -> None:
        """Keep it in a file, for steps that are not told the folder again."""
        write_atomically(path, json.dumps(asdict(self), indent=1).encode())


def read_data(path: Path) -> TrainingData:
    """What :meth:`TrainingData.write` has kept; of music that nobody knows, if there is no such file."""
    try:
        return read_as(TrainingData, json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return TrainingData(name="music that is not named")
