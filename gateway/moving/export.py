"""Without this file a broken box would mean enrolling every pendant again, and its unsent calls would be lost.

Writes all that makes a gateway into one sealed file, beside a running gateway or without one. The store is copied as
it is at one moment, packed (VACUUM INTO: a backup that a busy writer would make begin again does not come to an end).
"""

import io
import os
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

from gateway import beside
from gateway.clock import rfc3339
from gateway.config import Config
from gateway.errors import SetUpError
from gateway.moving.contents import Entry, Manifest, entries
from gateway.moving.sealed import CHUNK_BYTES, Opener, Sealer
from gateway.space import used_bytes

MANIFEST = "manifest.json"
_SPARE_BYTES = 8_000_000
_COPIES = "export-"
_SQLITE = b"SQLite format 3\0"


def export(config: Config, target: Path, passphrase: str, now_s: float, work: Path | None = None) -> Manifest:
    """Write the export; it is there under its name only when it is whole and was read back. Raises SetUpError."""
    beside_target = target.with_name(target.name + ".part")
    data_dir = next(named.written for named in config.named_files if named.path == config.data_dir)
    made = rfc3339(int(now_s * 1_000))
    for left in config.data_dir.glob(f"{_COPIES}*"):  # by an export that was killed: its room is for alarms
        shutil.rmtree(left, ignore_errors=True)
    try:
        with tempfile.TemporaryDirectory(prefix=_COPIES, dir=work or config.data_dir) as folder:
            found = entries(config)
            manifest = Manifest(config.gateway, config.site, made, data_dir, tuple(found))
            spare = config.store.reserve_mb * 1_000_000 + _SPARE_BYTES
            sources = {entry: _still(path, Path(folder), spare) for entry, path in found.items()}
            _write(beside_target, passphrase, manifest, sources)
        verify(beside_target, passphrase)
        beside_target.rename(target)
    except OSError as fault:
        raise SetUpError(f"{target}: cannot be written ({fault.strerror}); make room there, or name another.") from None
    finally:
        beside_target.unlink(missing_ok=True)
    return manifest


def verify(path: Path, passphrase: str) -> Manifest:
    """Read an export from its beginning to its end; SetUpError if it is not whole."""
    with path.open("rb") as file:
        opener = Opener(file, passphrase, path.name)
        with tarfile.open(fileobj=opener, mode="r|") as tar:  # type: ignore[call-overload]
            manifest, count = None, 0
            for member in tar:
                content = tar.extractfile(member)
                assert content
                if member.name == MANIFEST:
                    manifest = Manifest.read(content.read(), path.name)
                else:
                    count += 1
                    while content.read(CHUNK_BYTES):
                        pass
        while opener.read(CHUNK_BYTES):  # to the mark at its end
            pass
    if manifest is None or count != len(manifest.entries):
        raise SetUpError(f"{path}: is not whole; export again.")
    return manifest


def _write(path: Path, passphrase: str, manifest: Manifest, sources: dict[Entry, Path]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        sealer = Sealer(file, passphrase)
        with tarfile.open(fileobj=sealer, mode="w|") as tar:  # type: ignore[call-overload]
            _add(tar, MANIFEST, io.BytesIO(manifest.text()), len(manifest.text()))
            for number, source in enumerate(sources.values()):
                with source.open("rb") as content:
                    _add(tar, str(number), content, os.fstat(content.fileno()).st_size)
        sealer.close()
        file.flush()
        os.fsync(file.fileno())


def _add(tar: tarfile.TarFile, name: str, content: io.BufferedIOBase | io.BytesIO, size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size = size
    tar.addfile(member, content)


def _still(path: Path, folder: Path, spare: int) -> Path:
    """The file itself, or of a database a copy that nobody writes to."""
    with path.open("rb") as file:
        if file.read(len(_SQLITE)) != _SQLITE:
            return path
    copy = folder / path.name
    with beside.opened(path) as db:
        _refuse_if_tight(folder, used_bytes(db), spare)
        db.execute("VACUUM INTO ?", (str(copy),))
    with closing(sqlite3.connect(copy)) as db:
        if db.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise SetUpError(f"{path}: is damaged; start the gateway, which sets it aside, and export again.")
    return copy


def _refuse_if_tight(folder: Path, needed: int, spare: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + spare:
        raise SetUpError(
            f"{folder.parent}: the copy of the store needs {needed / 1e6:.0f} MB and {spare / 1e6:.0f} MB must stay"
            f" free, for alarms first, but only {free / 1e6:.0f} MB are; name another folder with --work."
        )
