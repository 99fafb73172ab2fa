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
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from gateway import beside
from gateway.clock import rfc3339
from gateway.config import Config
from gateway.errors import SetUpError
from gateway.moving.contents import STORE, Entry, Manifest, entries
from gateway.moving.sealed import CHUNK_BYTES, Opener, Sealer
from gateway.space import used_bytes

MANIFEST = "manifest.json"
_SPARE_BYTES = 8_000_000


def export(config: Config, target: Path, passphrase: str, now_s: float, work: Path | None = None) -> Manifest:
    """Write the export; it is there under its name only when it is whole and was read back. Raises SetUpError."""
    beside_target = target.with_name(target.name + ".part")
    data_dir = next(named.written for named in config.named_files if named.path == config.data_dir)
    try:
        with _packed_store(config, work) as packed:
            found = entries(config)
            made = rfc3339(int(now_s * 1_000))
            manifest = Manifest(config.gateway, config.site, made, data_dir, tuple(found))
            sources = {entry: packed or path if entry.kind == STORE else path for entry, path in found.items()}
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


@contextmanager
def _packed_store(config: Config, work: Path | None) -> Iterator[Path | None]:
    """A copy of the store as it is now, gone afterwards; None if there is no store."""
    store = config.data_dir / "store.db"
    if not store.exists():
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="export-", dir=work or config.data_dir) as folder:
        copy = Path(folder) / "store.db"
        with beside.opened(store) as db:
            _refuse_if_tight(Path(folder), used_bytes(db), config.store.reserve_mb * 1_000_000)
            db.execute("VACUUM INTO ?", (str(copy),))
        with closing(sqlite3.connect(copy)) as db:
            if db.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise SetUpError(f"{store}: is damaged; start the gateway, which sets it aside, and export again.")
        yield copy


def _refuse_if_tight(folder: Path, needed: int, reserve: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + reserve + _SPARE_BYTES:
        raise SetUpError(
            f"{folder.parent}: the copy of the store needs {needed / 1e6:.0f} MB and {reserve / 1e6:.0f} MB must stay"
            f" free for alarms, but only {free / 1e6:.0f} MB are; name another folder with --work."
        )
