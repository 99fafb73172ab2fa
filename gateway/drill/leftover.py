"""Without this file a drill that is killed would leave the copy of a store on the card, half as large as all it holds.

A drill's folder is locked for as long as the drill lives, and the kernel lets go of it however that ends: a folder that
can be locked is nobody's.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "drill-"


@contextmanager
def own_folder(data_dir: Path) -> Iterator[Path]:
    """A folder beside the store, removed at the end."""
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=data_dir) as name, _locked(Path(name)):
        yield Path(name)


def sweep(data_dir: Path) -> None:
    """Remove the folders that no living drill holds."""
    for folder in data_dir.glob(f"{PREFIX}*"):
        with suppress(OSError), _locked(folder):  # one that is in use, or not ours to remove
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
