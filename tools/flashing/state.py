"""Without this file a second flash would forget a key, reuse a nonce and lose an alarm: what a board knew, and keeps.

Two rules keep the seal safe. A key is kept only together with its boot number: without the number, frames would be
sealed twice under one nonce. And boot numbers of a pendant never go back, whatever its key: they are part of its
events' ids, and an old id would be taken for a repeat and thrown away. So where the old number
cannot be read, counting begins at the number of minutes since 2026, which no pendant reaches by starting once a minute.
"""

import json
import re
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.flashing.faults import Fault
from tools.flashing.private import write_private
from tools.flashing.programs import KEPT, STATE
from tools.flashing.repl import Repl

_FIRST_S = 1_767_225_600  # 2026-01-01T00:00:00Z
_BOOT_MOST = 0xFFFFFF
_SPARE_BOOTS = 8  # a board may have started again between being read and being erased


@dataclass
class State:
    """Files of a board by path, its MicroPython's version, and its identity (None: bare, or of somebody else)."""

    version: tuple[int, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def identity(self) -> dict[str, Any] | None:
        """What identity.json says, or None if there is none that makes sense."""
        try:
            said = json.loads(self.files["identity.json"])
        except (KeyError, ValueError):
            return None
        is_ours = isinstance(said, dict) and re.fullmatch(r"[0-9a-f]{12}", str(said.get("id")))
        return said if is_ours else None

    @property
    def boot(self) -> int | None:
        """The newest boot number on flash, or None."""
        numbers = []
        for path in ("boot", "boot.new"):
            try:
                numbers.append(int(self.files[path]))
            except (KeyError, ValueError):
                continue
        return max(numbers) if numbers else None

    @property
    def slot(self) -> str:
        """The folder of the update that is in force, or "" for the root."""
        return self.files.get("slot", b"").decode("ascii", "replace")

    @property
    def owed_bytes(self) -> int:
        """How much of the journal has not been delivered; a rough figure for people."""
        return len(self.files.get("journal", b""))

    def log(self) -> str:
        """The crash log, oldest first."""
        return b"".join(self.files.get(path, b"") for path in ("crash.old", "crash.log")).decode("utf-8", "replace")

    # ---- between two runs of the tool

    def save(self, path: Path) -> None:
        """Keep what must not be lost while the board is being erased. The file holds a key."""
        files = {name: b64encode(data).decode() for name, data in self.files.items() if name in KEPT}
        write_private(path, json.dumps({"version": list(self.version), "files": files}))

    @classmethod
    def load(cls, path: Path) -> "State | None":
        """What an interrupted run has saved, or None."""
        try:
            said = json.loads(path.read_text("utf-8"))
            files = {name: b64decode(data) for name, data in said["files"].items()}
            return cls(tuple(said["version"]), files)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None


def read(repl: Repl) -> State:
    """Ask a board at its prompt."""
    said = repl.ask(STATE)
    files = {path: b64decode(data) for path, data in said["files"].items() if data is not None}
    return State(tuple(said["version"]), files)


def boot_floor(now_s: float | None = None) -> int:
    """Where counting begins if nobody knows the old number: minutes since 2026. Fault clock."""
    now_s = time.time() if now_s is None else now_s
    minutes = int(now_s - _FIRST_S) // 60
    if not 0 < minutes < _BOOT_MOST:
        raise Fault("clock", now=time.strftime("%Y-%m-%d %H:%M", time.gmtime(now_s)))
    return minutes


def next_boot(state: State | None) -> int:
    """The boot number to write onto a board: its own and a few to spare, or the floor."""
    known = state.boot if state else None
    return boot_floor() if known is None else min(known + _SPARE_BOOTS, _BOOT_MOST)
