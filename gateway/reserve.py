"""Without this file somebody else's logs could fill the disk, and the next alarm would find no room on it.

A file of nothing, as big as the reserve, lies beside the store. When the disk is full it is deleted: the space it held
is there for alarms. It is made again when there is room for it and as much again.
"""

import os
from contextlib import suppress
from pathlib import Path

_OPENING_BYTES = 1_000_000  # SQLite's log and its index, and what the first transaction writes


class Reserve:
    """Space on the disk that only alarms get."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self._path = path
        self._size_bytes = size_bytes

    @property
    def is_held(self) -> bool:
        """Whether the space is held back at this moment."""
        try:
            return self._path.stat().st_size >= self._size_bytes
        except OSError:
            return False

    @property
    def is_needed(self) -> bool:
        """Whether it is held on a disk that has nothing else left, not even for opening a file."""
        try:
            status = os.statvfs(self._path.parent)
        except OSError:
            return False
        return self.is_held and status.f_bavail * status.f_frsize < _OPENING_BYTES

    def hold(self) -> bool:
        """Hold the space back if there is enough of it; whether it is held now. Blocks."""
        if self.is_held:
            return True
        try:
            status = os.statvfs(self._path.parent)
            if status.f_bavail * status.f_frsize < 2 * self._size_bytes:
                return False
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size_bytes)  # really allocated, not only promised
        except OSError:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Give the space back."""
        with suppress(OSError):
            self._path.unlink()
