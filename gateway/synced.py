"""Without this file a power cut could take a file's new name back: a folder is on the disk only when it is told so."""

import os
from pathlib import Path


def sync_folder(path: Path) -> None:
    """What was made, renamed and removed in this folder is on the disk when this returns. OSError."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
