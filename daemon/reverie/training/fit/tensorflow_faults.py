# pyright: basic, reportMissingModuleSource=false
# TensorFlow has no types.
"""What TensorFlow says of a full disk or of a file that is damaged, as a sentence."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Generator
from pathlib import Path

import tensorflow.compat.v1 as tf

from reverie.training.errors import TrainingError

_OF_DISKS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES)


@contextlib.contextmanager
def faults_told(folder: Path) -> Generator[None]:
    """Turn its errors into those of a training in ``folder``.

    Raises:
        TrainingError: if there is one.
    """
    try:
        yield
    except tf.errors.OpError as error:
        raise TrainingError(
            f"{folder}: TensorFlow cannot go on ({_words(str(error.message)) or type(error).__name__}); see that there"
            " is room on the disk and that its files can be read, and give the same command again: it goes on from what"
            " is whole"
        ) from error


def _words(message: str) -> str:
    """The reason in a message of many lines: what the system has said, else the first line that says something."""
    of_system = next((reason for reason in map(os.strerror, _OF_DISKS) if reason in message), "")
    return of_system or next((line for line in message.split("\n") if line and not line.endswith(":")), "")
