"""Without this file a board that failed in the afternoon could not be understood in the evening: one log a board.

A secret that was told to the log is never written, wherever it turns up.
"""

import threading
import time
from pathlib import Path

from tools.flashing.private import desk_fault

_HIDDEN = "********"


class Log:
    """Lines with seconds since the start. Takes lines from any thread."""

    def __init__(self, folder: Path, port: str) -> None:
        """Begin <folder>/logs/<time>-<port>.log. Raises Fault."""
        stamp = time.strftime("%Y%m%d-%H%M%S")
        self.path = folder / "logs" / f"{stamp}-{Path(port).name}-{threading.get_ident() % 10_000}.log"
        self._start_s = time.monotonic()
        self._secrets: list[str] = []
        self._lock = threading.Lock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a", encoding="utf-8")
        except OSError as why:
            raise desk_fault(self.path, why) from None

    def hide(self, secret: str) -> None:
        """Never write this."""
        if secret:
            self._secrets.append(secret)

    def write(self, text: str) -> None:
        """One line; a full disk must not stop a board that is nearly done, its record will say so."""
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        with self._lock:
            try:
                self._file.write(f"{time.monotonic() - self._start_s:8.2f}  {text}\n")
                self._file.flush()
            except (OSError, ValueError):
                return

    def close(self) -> None:
        """End it."""
        self._file.close()
