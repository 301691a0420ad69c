"""Only files are read: a pipe or a device in a model's place would be read for ever."""

from __future__ import annotations

import errno
from pathlib import Path


def regular(path: Path) -> Path:
    """A path, which must be that of a file if there is anything.

    Raises:
        OSError: if it is something else.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no file")
    return path
