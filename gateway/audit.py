"""Without this file nobody could say next year who disowned a pendant, or who answered a call.

An append-only trail of what was asked of this gateway, by whom, and what came of it: JSON lines in files of their own,
so that it outlives a damaged store. It is bounded in size, written by a thread of its own and never waited for; on a
full disk it waits in memory. Keys are never handed to it.
"""

import json
import os
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.clock import Clock, boot_id, rfc3339
from gateway.keys import alone
from gateway.trace import Trace, silent_sink

NAME = "audit.jsonl"  # in data_dir; older parts are audit.1.jsonl ... audit.3.jsonl
MOST_BYTES = 512 * 1024  # of one part
OLDER_PARTS = 3
LEAST_FREE_BYTES = 4_000_000  # below it the disk is for alarms
MOST_WAITING = 1_000  # entries in memory while the disk takes none
_MOST_AT_ONCE = 100
_MOST_TEXT = 160
_MOST_DETAILS = 12


@dataclass(frozen=True)
class Entry:
    """One thing that was asked."""

    when: str | None  # RFC 3339, UTC; None while nobody knew the time
    actor: str  # "platform:operator 12", "station:zhang", "shell:pi", "gateway"
    action: str  # "revoke", "answer", "configure", ...
    about: str  # the pendant, the alarm, the file
    outcome: str  # "done", "refused", ...
    detail: dict[str, Any] = field(default_factory=dict)
    boot_id: str = ""  # with stamp_ms: what dates an entry that was made before the time was known
    stamp_ms: int = 0


class Audit:
    """The trail of one gateway. `note` may be called from any thread and from the event loop."""

    def __init__(self, data_dir: Path, clock: Clock, trace: Trace | None = None) -> None:
        self._path = data_dir / NAME
        self._clock = clock
        self._trace = trace or Trace(silent_sink)
        self._boot_id = boot_id()
        self._waiting: deque[Entry] = deque(maxlen=MOST_WAITING)
        self._lock = threading.Lock()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="audit")

    def note(self, actor: str, action: str, about: str, outcome: str, detail: dict[str, Any] | None = None) -> None:
        """Put it down. Back at once; it is on the disk soon."""
        offset_ms, stamp_ms = self._clock.offset_ms(), self._clock.stamp_ms()
        when = None if offset_ms is None else rfc3339(stamp_ms + offset_ms)
        few = dict(list((detail or {}).items())[:_MOST_DETAILS])
        short = {_short(str(name)): _short(value) for name, value in few.items()}
        self._waiting.append(
            Entry(when, _short(actor), _short(action), _short(about), _short(outcome), short, self._boot_id, stamp_ms)
        )
        with suppress(RuntimeError):  # closed: it stays in memory, which ends
            self._writer.submit(self._write)

    def recent(self, limit: int) -> list[Entry]:
        """The newest entries, the newest first. Reads files: call it off the event loop."""
        with self._lock:
            waiting = list(self._waiting)
            kept = list(_read(self._path, max(0, limit - len(waiting))))
        return [*reversed(waiting), *kept][:limit]

    def close(self) -> None:
        """Write what is waiting; back when it is on the disk, or cannot be."""
        self._writer.shutdown()

    # ---- the writer's thread

    def _write(self) -> None:
        with self._lock:
            while entries := list(self._waiting)[:_MOST_AT_ONCE]:
                try:
                    self._append("".join(json.dumps(asdict(entry), ensure_ascii=False) + "\n" for entry in entries))
                except (OSError, ValueError) as fault:
                    text = f"{self._path}: the trail cannot be written ({fault}); it waits in memory"
                    self._trace.trouble("audit", text)
                    return
                self._drop(entries)
        self._trace.well("audit", "the trail is written again")

    def _drop(self, written: list[Entry]) -> None:
        """Written: a full queue may have dropped some of them itself meanwhile."""
        done = {id(entry) for entry in written}
        while self._waiting and id(self._waiting[0]) in done:
            self._waiting.popleft()

    def _append(self, text: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        disk = os.statvfs(self._path.parent)
        if disk.f_bavail * disk.f_frsize < LEAST_FREE_BYTES:
            raise OSError("what is left of the disk is for alarms")
        data = text.encode("utf-8", "replace")
        with alone(self._path):  # the command line notes as well
            if self._path.exists() and self._path.stat().st_size + len(data) > MOST_BYTES:
                _move_on(self._path)
            _append_synced(self._path, data)


def read_trail(data_dir: Path, limit: int) -> list[Entry]:
    """The newest entries of a trail, the newest first, whoever writes it."""
    return list(_read(data_dir / NAME, limit))


def _short(value: Any) -> Any:
    """Bounded, and one value: whoever asks chooses the words, not the size of our files."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value).encode("utf-8", "replace").decode()
    return text if len(text) <= _MOST_TEXT else text[: _MOST_TEXT - 1] + "…"


def _part(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}.{number}{path.suffix}") if number else path


def _move_on(path: Path) -> None:
    """Begin a new part; the oldest goes."""
    for number in range(OLDER_PARTS, 0, -1):
        younger = _part(path, number - 1)
        if younger.exists():
            younger.rename(_part(path, number))


def _append_synced(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        folder = path.parent.stat()
        if os.geteuid() == 0 and folder.st_uid:  # noted by root at the command line: the gateway must go on with it
            os.fchown(descriptor, folder.st_uid, folder.st_gid)
        size = os.fstat(descriptor).st_size
        is_torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"  # the power went in the middle of a line
        try:
            _write_all(descriptor, b"\n" * is_torn + data)
        except OSError:
            os.ftruncate(descriptor, size)  # it comes again as a whole: nothing shall stand there twice
            raise
    finally:
        os.close(descriptor)


def _read(path: Path, limit: int) -> Iterator[Entry]:
    """Newest first; lines that were torn or damaged are left out."""
    offsets: dict[str, int] = {}
    for number in range(OLDER_PARTS + 1):
        try:
            lines = _part(path, number).read_text("utf-8", "replace").split("\n")
        except OSError:
            continue
        for line in reversed(lines):  # of "\n" alone: what else ends a line for Unicode may stand in a text
            if limit <= 0:
                return
            entry = _entry(line)
            if entry is not None:
                limit -= 1
                yield _dated(entry, offsets)


def _entry(line: str) -> Entry | None:
    try:
        said = json.loads(line)
        entry = Entry(**said)
    except (ValueError, TypeError):
        return None
    texts = (entry.actor, entry.action, entry.about, entry.outcome, entry.boot_id)
    is_whole = all(isinstance(text, str) for text in texts) and isinstance(entry.stamp_ms, int)
    return entry if is_whole and isinstance(entry.detail, dict) else None


def _dated(entry: Entry, offsets: dict[str, int]) -> Entry:
    """An entry from before the time was known gets its date from a later one of the same switching-on."""
    if entry.when is not None:
        with suppress(ValueError):
            offsets[entry.boot_id] = int(datetime.fromisoformat(entry.when).timestamp() * 1000) - entry.stamp_ms
        return entry
    if entry.boot_id not in offsets:
        return entry
    return replace(entry, when=rfc3339(entry.stamp_ms + offsets[entry.boot_id]))


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:  # a disk that is nearly full takes a part, and says no to the rest
        rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)
