# pyright: basic, reportMissingModuleSource=false
# TensorFlow, tf_slim and Magenta have no types.
"""What Magenta 2.1.4, of 2022, needs in order to run on the TensorFlow of today.

This is the only place that changes other packages at run time. Nothing is edited on disk, and every mend adds a name
that is missing: where a package has the name again, it keeps its own.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import logging
import os
import tempfile
import types
import warnings
from collections.abc import Callable, Generator
from typing import NamedTuple

_NOISY = ("absl", "tensorflow", "h5py", "numba", "matplotlib")
_OLD_FASHIONED = r"(tensorflow|tf_keras|tf_slim|magenta|note_seq|pretty_midi|pydub|librosa)"


@functools.cache
def prepare() -> None:
    """Make Magenta importable and quiet; further calls do nothing.

    Raises:
        ImportError: if TensorFlow or tf_slim is not installed.
    """
    _set_environment()
    with _first_words_held_back(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _mend_tf_slim()
        _hush()
        _build_graphs()
        import magenta  # noqa: F401 - its first import warns; later ones do not
    warnings.filterwarnings("ignore", module=_OLD_FASHIONED)


@functools.cache
def prepare_gansynth() -> None:
    """Make Magenta's GANSynth importable as well; further calls do nothing.

    TensorFlow-GAN, which it is built with, was written for a TensorFlow with estimators and a Python with
    ``getargspec``. Its own estimators cannot be used then.

    Raises:
        ImportError: if TensorFlow-GAN is not installed.
    """
    prepare()
    import tensorflow as tf

    for module in (tf, tf.compat.v1):
        if not hasattr(module, "estimator"):
            estimators = _Absent("estimator")
            setattr(estimators, "tpu", _Absent("tpu"))  # noqa: B010 - no type knows the name
            setattr(module, "estimator", estimators)  # noqa: B010
    if not hasattr(inspect, "getargspec"):
        setattr(inspect, "getargspec", _getargspec)  # noqa: B010
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tensorflow_gan  # noqa: F401 - its first import warns; later ones do not


class _ArgSpec(NamedTuple):
    args: list[str]
    varargs: str | None
    keywords: str | None
    defaults: tuple[object, ...] | None


def _getargspec(function: Callable[..., object]) -> _ArgSpec:
    """What Python answered up to 3.10."""
    return _ArgSpec(*inspect.getfullargspec(function)[:4])


class _Absent(types.ModuleType):
    """A module of which only subclasses are made: any name in it is a class without anything."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


@contextlib.contextmanager
def _first_words_held_back() -> Generator[None]:
    """Keep TensorFlow's C++ from writing to the log of a technician how it might have been compiled.

    It does so while it is imported, before any log level can reach it. Where importing fails, its words are let out.
    """
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(stderr, held.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def _set_environment() -> None:
    # TensorFlow reads these once, when it is first imported or first computes.
    settings = {
        # Magenta's cells are built from Keras 2, which TensorFlow left for Keras 3 in 2.16.
        "TF_USE_LEGACY_KERAS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        # A composing model multiplies one small vector at a time: more threads bring nothing, take a core from the
        # player, and may add up sums in another order.
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
    }
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def _mend_tf_slim() -> None:
    """tf_slim, which makes every train op, looks for IndexedSlices in a module of TensorFlow that has lost it."""
    import tensorflow as tf
    from tensorflow.python.framework import ops  # pyright: ignore[reportAttributeAccessIssue]

    if not hasattr(ops, "IndexedSlices"):
        ops.IndexedSlices = tf.IndexedSlices  # pyright: ignore[reportAttributeAccessIssue]


def _build_graphs() -> None:
    """Magenta builds graphs and runs sessions, as TensorFlow 1 did; its own scripts begin with this call."""
    import tensorflow.compat.v1 as tf

    tf.disable_v2_behavior()


def _hush() -> None:
    """Keep out of the journal what only Magenta's authors could mend."""
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)
