"""What the weights of a MusicVAE are called, in a run-time bundle and in TensorFlow's checkpoints.

====================================  ====================================================  ========================
run-time bundle                       TensorFlow                                            shape
====================================  ====================================================  ========================
encoder.forward.N.kernel, .bias       encoder/cell_N/bidirectional_rnn/fw/multi_rnn_cell/   inputs + H, 4 H; 4 H
                                      cell_0/lstm_cell/kernel, bias
encoder.backward.N.kernel, .bias      likewise, bw                                          likewise
encoder.L.forward.N...                encoder/hierarchical_level_L/cell_N/...               likewise
encoder.mu.kernel, .bias              encoder/mu/kernel, bias                               2 H, Z; Z
encoder.sigma.kernel, .bias           encoder/sigma/kernel, bias                            2 H, Z; Z
decoder.initial.kernel, .bias         decoder/z_to_initial_state/kernel, bias               Z, sum of 2 H (cell,
                                                                                            output of each layer)
decoder.layers.N.kernel, .bias        decoder/multi_rnn_cell/cell_N/lstm_cell/kernel, bias  classes + Z + H, 4 H
decoder.output.kernel, .bias          decoder/output_projection/kernel, bias                H, classes
decoder.conductor.initial...          decoder/hierarchical_level_0/initial_state            Z, sum of 2 H
decoder.conductor.layers.N...         decoder/hierarchical_level_0/cell_N/lstm_cell         1 + H, 4 H
decoder.C.initial...                  core_decoder/decoder/... where there is one core,     as decoder's, Z being the
                                      core_decoder/core_decoder_C/decoder/... of several    conductor's H
====================================  ====================================================  ========================

A first layer's rows are its input's (classes, then the latent vector), then its own output's. Gates are in TensorFlow's
order i, j, f, o, without the forget bias that is added when they run. deeplearn.js writes underscores for slashes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from reverie.models.errors import ModelError
from reverie.models.library.formats.tensors import refuse_unused
from reverie.models.lstm import Array
from reverie.models.vae.wirings import Wiring, wiring_of

_BIDIRECTIONAL = "cell_{}/bidirectional_rnn/{}/multi_rnn_cell/cell_0/lstm_cell"


def weights_from(
    config: str, tensors: Mapping[str, NDArray[np.float32]], absent: Collection[str] = ()
) -> dict[str, Array]:
    """The canonical weights among TensorFlow's variables.

    Some dumps list an encoder whose LSTM kernels are not there. It is left out wholly then: what remains can decode,
    sample and interpolate.

    Args:
        config: the configuration.
        tensors: the variables.
        absent: those that the file lists but does not have.

    Raises:
        ModelError: if one is missing, of the wrong shape, or no part of such a model.
    """
    wiring = wiring_of(config)
    names: dict[str, str] = {}
    for name in tensors:
        flat = _flat(name.removesuffix(":0"))
        if flat in names:
            raise ModelError(f"{name} and {names[flat]} are the same variable, and both are in it")
        names[flat] = name
    found = {flat: tensors[name] for flat, name in names.items()}
    weights: dict[str, Array] = {}
    encoder = dict(_encoder_stacks(wiring))
    kernels = {_flat(name.format(0) + "/kernel") for name in encoder.values()}
    used: set[str] = set()
    if any(name.startswith("encoder_") for name in found):
        if kernels & {_flat(name.removesuffix(":0")) for name in absent}:
            used |= {name for name in found if name.startswith("encoder_")}
        else:
            used |= _take(weights, found, encoder, {f"encoder.{name}": f"encoder/{name}" for name in ("mu", "sigma")})
    used |= _take(weights, found, dict(_decoder_stacks(wiring)), dict(_decoder_dense(wiring)))
    check_shapes(config, weights)
    refuse_unused(tensors, [names[flat] for flat in used], config)
    return weights


def _flat(name: str) -> str:
    return name.replace("/", "_")


def _encoder_stacks(wiring: Wiring) -> Iterator[tuple[str, str]]:
    for level, name in enumerate(wiring.encoder_names):
        scope = f"encoder/hierarchical_level_{level}" if wiring.levels else "encoder"
        yield f"{name}.forward", f"{scope}/{_BIDIRECTIONAL.format('{}', 'fw')}"
        yield f"{name}.backward", f"{scope}/{_BIDIRECTIONAL.format('{}', 'bw')}"


def _core_scopes(wiring: Wiring) -> Iterator[tuple[str, str]]:
    for number, name in enumerate(wiring.core_names):
        if not wiring.conductor:
            yield name, "decoder"
        elif len(wiring.cores) == 1:
            yield name, "core_decoder/decoder"
        else:
            yield name, f"core_decoder/core_decoder_{number}/decoder"


def _decoder_stacks(wiring: Wiring) -> Iterator[tuple[str, str]]:
    if wiring.conductor:
        yield "decoder.conductor.layers", "decoder/hierarchical_level_0/cell_{}/lstm_cell"
    for name, scope in _core_scopes(wiring):
        yield f"{name}.layers", scope + "/multi_rnn_cell/cell_{}/lstm_cell"


def _decoder_dense(wiring: Wiring) -> Iterator[tuple[str, str]]:
    if wiring.conductor:
        yield "decoder.conductor.initial", "decoder/hierarchical_level_0/initial_state"
    for name, scope in _core_scopes(wiring):
        yield f"{name}.initial", f"{scope}/z_to_initial_state"
        yield f"{name}.output", f"{scope}/output_projection"


def _take(
    weights: dict[str, Array], found: Mapping[str, Array], stacks: Mapping[str, str], dense: Mapping[str, str]
) -> set[str]:
    """Put the tensors of these parts among the canonical weights.

    Returns:
        The names of those that were found.

    Raises:
        ModelError: if one is missing.
    """
    parts = dict(dense)
    used: set[str] = set()
    for name, scope in stacks.items():
        layers = 1
        while any(_flat(f"{scope.format(layers)}/{kind}") in found for kind in ("kernel", "bias")):
            layers += 1
        parts |= {f"{name}.{layer}": scope.format(layer) for layer in range(layers)}
    for name, scope in parts.items():
        for kind in ("kernel", "bias"):
            tensor = found.get(_flat(f"{scope}/{kind}"))
            if tensor is None:
                raise ModelError(f"{scope}/{kind} is missing among the model's {len(found)} variables")
            weights[f"{name}.{kind}"] = np.asarray(tensor, np.float32)
            used.add(_flat(f"{scope}/{kind}"))
    return used


def canonical_name(config: str, variable: str) -> str | None:
    """The run-time name of a variable of TensorFlow's; None for what is none, such as an optimizer's slot.

    Raises:
        ModelError: if ``config`` is none of MusicVAE's.
    """
    wiring, flat = wiring_of(config), _flat(variable.removesuffix(":0"))
    stacks = {**dict(_encoder_stacks(wiring)), **dict(_decoder_stacks(wiring))}
    dense = {**{f"encoder.{name}": f"encoder/{name}" for name in ("mu", "sigma")}, **dict(_decoder_dense(wiring))}
    for name, scope in (*stacks.items(), *dense.items()):
        pattern = r"(?P<layer>\d+)".join(re.escape(part) for part in _flat(scope).split("{}"))
        if found := re.fullmatch(rf"{pattern}_(?P<kind>kernel|bias)", flat):
            layer = f".{found['layer']}" if name in stacks else ""
            return f"{name}{layer}.{found['kind']}"
    return None


def layer_count(weights: Mapping[str, Array], stack: str) -> int:
    """How many layers a stack such as ``decoder.layers`` has."""
    count = 0
    while f"{stack}.{count}.kernel" in weights:
        count += 1
    return count


def has_encoder(weights: Mapping[str, Array]) -> bool:
    """Whether the model can encode."""
    return "encoder.mu.kernel" in weights


def check_shapes(config: str, weights: Mapping[str, Array]) -> None:
    """Check canonical weights against each other and against what the configuration says.

    Raises:
        ModelError: if one is missing or of the wrong shape.
    """
    wiring, check = wiring_of(config), _WeightCheck(weights)
    latent = check.rows("decoder.conductor.initial" if wiring.conductor else "decoder.initial")
    below = latent
    if wiring.conductor:
        units = check.stack("decoder.conductor.layers", 1)
        check.dense("decoder.conductor.initial", latent, 2 * sum(units))
        below = units[-1]
    for name, classes in zip(wiring.core_names, wiring.cores, strict=True):
        depth = sum(classes) or check.columns(f"{name}.output")
        units = check.stack(f"{name}.layers", depth + below)
        check.dense(f"{name}.initial", below, 2 * sum(units))
        check.dense(f"{name}.output", units[-1], depth)
        if not classes and depth % 3:
            raise ModelError(f"{name}.output has {depth} columns, not a hit, a velocity and an offset for each drum")
    if not has_encoder(weights):
        return
    inputs: int | None = None
    for name in wiring.encoder_names:
        inputs = check.bidirectional(name, inputs)
    for name in ("encoder.mu", "encoder.sigma"):
        check.dense(name, inputs or 0, latent)


class _WeightCheck:
    """Looks weights up and says what is wrong with them."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._weights = weights

    def _matrix(self, name: str) -> Array:
        kernel = self._weights.get(f"{name}.kernel")
        if kernel is None:
            raise ModelError(f"{name}.kernel is missing among the model's weights; import the model anew")
        if kernel.ndim != 2:  # noqa: PLR2004 - a matrix
            raise ModelError(f"{name}.kernel is of shape {kernel.shape}, no matrix")
        return kernel

    def rows(self, name: str) -> int:
        return self._matrix(name).shape[0]

    def columns(self, name: str) -> int:
        return self._matrix(name).shape[1]

    def dense(self, name: str, rows: int, columns: int) -> None:
        if self._matrix(name).shape != (rows, columns):
            raise ModelError(f"{name}.kernel is of shape {self._matrix(name).shape}, not {(rows, columns)}")
        bias = self._weights.get(f"{name}.bias")
        if bias is None:
            raise ModelError(f"{name}.bias is missing among the model's weights; import the model anew")
        if bias.shape != (columns,):
            raise ModelError(f"{name}.bias is of shape {bias.shape}, not {(columns,)}")

    def cell(self, name: str, inputs: int | None) -> int:
        """An LSTM's cell with that many inputs, or any where None; returns its units."""
        units = self.columns(name) // 4
        rows = self.rows(name) if inputs is None else inputs + units
        self.dense(name, max(rows, units + 1), 4 * units)
        return units

    def stack(self, name: str, inputs: int) -> list[int]:
        units: list[int] = []
        for layer in range(max(1, layer_count(self._weights, name))):
            units.append(self.cell(f"{name}.{layer}", inputs))
            inputs = units[-1]
        return units

    def bidirectional(self, name: str, inputs: int | None) -> int:
        """Both directions, of which each layer hears both of the one below; returns the outputs of the last."""
        for layer in range(max(1, layer_count(self._weights, f"{name}.forward"))):
            forward, backward = f"{name}.forward.{layer}", f"{name}.backward.{layer}"
            units = self.cell(forward, inputs)
            inputs = units + self.cell(backward, self.rows(forward) - units)
        return inputs or 0
