"""Without this file nobody would know next year which board was flashed when, by whom, and how it did.

Two things remain of a board at the desk: a record with its key, 0600, which goes to the gateway; and a line in one CSV
file, without the key, which may go anywhere.
"""

import contextlib
import csv
import getpass
import io
import json
import threading
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.flashing.private import desk_fault, write_private

FORMAT = 1
COLUMNS = ("when", "id", "role", "board", "port", "result", "seconds", "what", "firmware", "self_test", "fault")
_LINE = threading.Lock()


@dataclass(frozen=True)
class Record:
    """One flashed board, as `python -m gateway enrol` takes it. boot: the least boot number that it will use."""

    id: str
    key: str
    role: str
    board: str
    site: str
    channel: int
    boot: int
    firmware: str
    micropython: str
    when: str
    who: str
    name: str = ""
    room: str = ""
    self_test: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT


def now() -> str:
    """RFC 3339, UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def who() -> str:
    """The person at the desk, as this computer knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def path_of(folder: Path, identity: str) -> Path:
    """Where the record of a board stands."""
    return folder / "records" / f"{identity}.json"


def write(record: Record, folder: Path) -> Path:
    """Write the record, readable by its owner only. Raises Fault."""
    path = path_of(folder, record.id)
    write_private(path, json.dumps(asdict(record), ensure_ascii=False, indent=1) + "\n")
    return path


def add_line(folder: Path, **columns: Any) -> None:
    """Append one board to flashed.csv. Raises Fault."""
    path = folder / "flashed.csv"
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    with _LINE:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                writer.writeheader()
            writer.writerow(columns)
            with path.open("a", encoding="utf-8") as file:
                file.write(text.getvalue())
        except OSError as why:
            raise desk_fault(path, why) from None


def forget(folder: Path, identity: str) -> None:
    """Remove what this computer keeps of a board, but for its lines in the CSV file."""
    for path in (
        path_of(folder, identity),
        folder / "rescue" / f"{identity}.json",
        *(folder / "labels" / f"{identity}.{kind}" for kind in ("png", "pdf")),
    ):
        with contextlib.suppress(OSError):
            path.unlink()
