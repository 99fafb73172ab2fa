"""Without this file nobody could teach the detector from the falls of real people: what each alarm turned out to be.

`outcomes.jsonl` beside the store, one JSON object a line, synced; the last line about an alarm counts. It names the
alarm and its pendant, never a person.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from gateway.case import Case
from gateway.clock import rfc3339

NAME = "outcomes.jsonl"


def line(case: Case) -> dict[str, Any]:
    """What is kept of a closed case."""
    happened_ms = case.happened_unix_ms
    return {
        "alarm": case.id,
        "pendant": case.pendant.hex(),
        "kind": case.kind,
        "service": case.service,
        "state": case.state,
        "outcome": case.outcome,
        "happened": None if happened_ms is None else rfc3339(happened_ms),
    }


def append(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    """Add lines and wait until the disk has them. Blocks; raises OSError."""
    text = "".join(json.dumps(one, separators=(",", ":")) + "\n" for one in lines)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "r+b", buffering=0) as file:
        file.write(_mended(file) + text.encode())
        os.fsync(file.fileno())


def _mended(file: BinaryIO) -> bytes:
    """A line that a power cut has torn is ended, so that the next one is whole."""
    size = file.seek(0, os.SEEK_END)
    return b"\n" if size and os.pread(file.fileno(), 1, size - 1) != b"\n" else b""
