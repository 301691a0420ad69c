# pyright: basic, reportMissingModuleSource=false
# TensorFlow, note_seq and Magenta have no types.
"""Magenta's bundles by the graph that is in them, beside the engine that plays what was read of them.

A graph is a program, and bundles come from anywhere, even by plain HTTP. So one is run only if all that is in it
computes; what Magenta's programs save and restore by is left alone, and a saver of our own reads the weights.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf
from note_seq.protobuf import generator_pb2

from reverie.magenta.families import family_of
from reverie.models.errors import ModelError
from reverie.models.library.bundle import Bundle
from reverie.models.library.comparison import Comparison
from reverie.models.recurrent.model import RecurrentModel

_SEED = 1
_LONGEST_RUN = 20_000
"""Milliseconds that a step may take; a graph may have a loop without an end."""

_COMPUTE = """
Abs Add AddN AddV2 All Any ArgMax Assert BatchMatMul BatchMatMulV2 BiasAdd BroadcastTo Cast Ceil Concat ConcatOffset
ConcatV2 Const Conv2D Div DivNoNan Elu Equal Exp ExpandDims Fill Floor FloorDiv FloorMod Gather GatherNd GatherV2
Greater GreaterEqual Identity IdentityN Inv InvertPermutation L2Loss Less LessEqual ListDiff Log LogSoftmax LogicalAnd
LogicalNot LogicalOr MatMul Max Maximum Mean Min Minimum Mod Mul Neg NoOp NotEqual OneHot OnesLike Pack Pad PadV2
Placeholder PlaceholderWithDefault Pow Prod RandomStandardNormal RandomUniform Range Rank RealDiv Reciprocal Relu
Relu6 Reshape Reverse ReverseV2 Rsqrt Select SelectV2 Selu Shape ShapeN Sigmoid Sign Size Slice Softmax Softplus
Softsign Split SplitV Sqrt Square SquaredDifference Squeeze StopGradient StridedSlice Sub Sum Tanh Tile TopK TopKV2
Transpose TruncatedNormal Unpack Where ZerosLike

Enter Exit LoopCond Merge NextIteration RefEnter RefExit RefIdentity RefMerge RefNextIteration RefSwitch Switch
TensorArray TensorArrayGather TensorArrayGatherV2 TensorArrayGatherV3 TensorArrayPack TensorArrayRead
TensorArrayReadV2 TensorArrayReadV3 TensorArrayScatter TensorArrayScatterV2 TensorArrayScatterV3 TensorArraySize
TensorArraySizeV2 TensorArraySizeV3 TensorArrayUnpack TensorArrayV2 TensorArrayV3 TensorArrayWrite TensorArrayWriteV2
TensorArrayWriteV3

ReadVariableOp VarHandleOp Variable VariableV2
"""
"""What a network is made of: sums and products, loops, variables."""
_START_AND_SAVE = """
Assign AssignVariableOp VarIsInitializedOp
MergeV2Checkpoints Restore RestoreSlice RestoreV2 Save SaveSlices SaveV2 ShardedFilename StringJoin
"""
"""What sets variables and what savers are made of: it is there, and is not run."""
_RUN = frozenset(_COMPUTE.split())
_KNOWN = _RUN | frozenset(_START_AND_SAVE.split())

_CHORDS = ("C", "Am7", "F#m7b5", "Bb", "N.C.", "Gm", "Ebmaj7", "E+")
_STEPS_A_CONTROL = 8
_SIGNALS: dict[str, Callable[[int], Any]] = {
    "NoteDensityPerformanceControlSignal": lambda number: float(2 ** (number % 7)),
    "PitchHistogramPerformanceControlSignal": lambda number: [float((number + tone) % 12) for tone in range(12)],
}


def compared(path: Path, bundle: Bundle, steps: int) -> Comparison:
    """Let the engine draw a passage, and the graph hear it too: how far apart what they expect is at each step.

    The graph is fed what Magenta's encoder makes of the passage, the engine what its own does. Chords, densities and
    histograms change every eight events where the configuration has them.

    Args:
        path: one of Magenta's bundles.
        bundle: what was made of it.
        steps: how many events.

    Raises:
        ModelError: if Magenta cannot play it; what is wrong, as the end of a sentence.
    """
    name = bundle.card.config
    try:
        config = family_of(name).config(name)
    except KeyError:
        raise ModelError(f"Magenta has no configuration {name}") from None
    encoder = config.encoder_decoder
    controls = [_control(config, number // _STEPS_A_CONTROL) for number in range(steps + 1)]
    model = RecurrentModel(bundle)
    encoding, stream, rng = model.encoding, model.stream(model.start()), np.random.default_rng(_SEED)
    stream.push([encoding.default_event])
    events = [encoder.class_index_to_event(encoder.default_event_label, [])]
    worst, at = -1.0, 0
    with _graph_of(path) as graph:
        for step in range(1, steps + 1):
            conditional = controls[step] is not None
            heard = encoder.events_to_input(*([controls, events] if conditional else [events]), step - 1)
            state = stream.states[0]
            [event] = stream.draw(rng, controls=[controls[step]] if conditional else None)
            for ours, theirs in zip(stream.latest, graph.hear(heard), strict=True):
                apart = np.abs(ours[:, 0] - theirs).max()
                if not apart <= worst:  # no number is the worst
                    worst, at = float(apart), step
            if worst != worst:  # noqa: PLR0124 - no number
                break
            events.append(encoder.class_index_to_event(encoding.label(state, event), events))
    return Comparison(worst, at, steps)


def _control(config: Any, number: int) -> Any:
    """What an event stands under; None where the configuration knows no conditions."""
    signals = getattr(config, "control_signals", None)
    if signals:
        values = tuple(_SIGNALS[type(signal).__name__](number) for signal in signals)
        return (number % 3 == 2, values) if config.optional_conditioning else values  # noqa: PLR2004
    if type(config.encoder_decoder).__name__ == "ConditionalEventSequenceEncoderDecoder":
        return _CHORDS[number % len(_CHORDS)]
    return None


class _Graph:
    """The graph of a bundle in a session, a step at a time."""

    def __init__(self, graph: Any, session: Any) -> None:
        ends = {name: graph.get_collection(name) for name in ("inputs", "temperature", "softmax")}
        missing = [name for name, found in ends.items() if not found]
        if missing:
            raise ModelError(f"its graph does not name its {' and '.join(missing)}")
        self._session = session
        [self._inputs, *_], [self._temperature, *_], self._softmax = ends.values()
        self._initial = graph.get_collection("initial_state")
        self._final = graph.get_collection("final_state")
        _check_run([*self._initial, *self._final, *self._softmax])
        self._state = session.run(self._initial)

    def hear(self, heard: Sequence[float]) -> list[np.ndarray]:
        """One input vector later: what it expects, of each head."""
        rows, width = self._inputs.shape[0], self._inputs.shape[-1]
        if width == 1 != len(heard):  # a graph of compact performances makes the vectors itself, of their places
            heard = [float(np.argmax(heard))]
        feed = dict(zip(self._initial, self._state, strict=True))
        feed |= {self._inputs: [[heard]] * int(rows or 1), self._temperature: 1.0}
        self._state, chances = self._session.run([self._final, self._softmax], feed)
        return [head[0, -1] for head in chances]


@contextmanager
def _graph_of(path: Path) -> Iterator[_Graph]:
    """The bundle's graph, with its weights.

    Raises:
        ModelError: if TensorFlow cannot run it, or it does more than to compute.
    """
    try:
        bundle = generator_pb2.GeneratorBundle.FromString(path.read_bytes())
        meta = tf.MetaGraphDef.FromString(bundle.metagraph_file)
        _check_known(meta.graph_def)
        graph = tf.Graph()
        options = tf.ConfigProto(
            operation_timeout_in_ms=_LONGEST_RUN, intra_op_parallelism_threads=1, inter_op_parallelism_threads=1
        )
        with graph.as_default(), tf.Session(config=options) as session, tempfile.TemporaryDirectory() as folder:
            checkpoint = Path(folder) / "model.ckpt"
            checkpoint.write_bytes(bundle.checkpoint_file[0])
            tf.train.import_meta_graph(meta, clear_devices=True)
            tf.train.Saver().restore(session, str(checkpoint))
            yield _Graph(graph, session)
    except ModelError:
        raise
    except Exception as error:  # TensorFlow has dozens of ways to say that it cannot run a graph
        reason = str(error).strip().partition("\n")[0][:200]
        raise ModelError(f"Magenta itself cannot play it ({reason or type(error).__name__})") from error


def _check_known(graph: Any) -> None:
    """Whether a graph has nothing in it but what graphs of Magenta's have: TensorFlow computes parts where it reads it.

    Raises:
        ModelError: if it has.
    """
    strange = {node.op for node in graph.node} - _KNOWN
    if strange or graph.library.function:
        raise ModelError(_refusal(strange or {"functions"}))


def _check_run(ends: Iterable[Any]) -> None:
    """Whether all that is run for these tensors only computes.

    Raises:
        ModelError: if not.
    """
    waiting = [tensor.op for tensor in ends]
    seen = set(waiting)
    while waiting:
        operation = waiting.pop()
        new = {tensor.op for tensor in operation.inputs} | set(operation.control_inputs)
        waiting += new - seen
        seen |= new
    if strange := {operation.type for operation in seen} - _RUN:
        raise ModelError(_refusal(strange))


def _refusal(strange: Iterable[str]) -> str:
    return f"its graph runs {', '.join(sorted(strange))}, which no graph of Magenta's does, so it was not run"
