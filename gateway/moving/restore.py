"""Without this file an export could not become a gateway again.

Everything is unpacked beside its place and checked; only then, at once, it takes its place (swap.py). The new box gets
an id of its own for what it says to pendants: the old one may have sealed further frames after the export, and no
nonce may come twice under one key. Pendants take a gateway that they do not know yet as they take any other.
"""

import os
import pwd
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

from gateway import tables
from gateway.alone import NAME as LOCK_NAME
from gateway.alone import Alone
from gateway.config import Config, load
from gateway.errors import SetUpError
from gateway.moving.contents import CONFIG, DATA, KINDS, MOST_ENTRIES, PENDANTS, STORE, STORE_NAME, Entry, Manifest
from gateway.moving.export import MANIFEST
from gateway.moving.sealed import CHUNK_BYTES, Opener
from gateway.moving.swap import Swap, staged
from gateway.registry import Registry

USER = "tiexin"  # to whom a service's files belong


def restore(source: Path, config: Path, passphrase: str, *, is_replacing: bool = False) -> tuple[Manifest, list[Path]]:
    """Put an export in place; return what it was and where its files are. SetUpError, and nothing has changed."""
    config = config.absolute()
    unpacked: list[Path] = []
    try:
        with source.open("rb") as file:
            manifest, places = _unpack(Opener(file, passphrase, source.name), config, unpacked, is_replacing)
        data_dir = _data_dir(manifest, config)
        with Alone(data_dir):
            _check(config, places)
            _give_to_service(places, data_dir)
            # What is left of an old store must not be taken for a part of the new one, nor its events for ours.
            databases = {data_dir / STORE_NAME, *(place for place in places.values() if place.suffix == ".db")}
            gone = [place.with_name(place.name + end) for place in databases for end in ("", "-wal", "-shm")]
            Swap(config).commit(list(places.values()), [path for path in gone if not staged(path).exists()])
            Swap(config).finish()
    except (ValueError, KeyError, TypeError, tarfile.TarError) as fault:
        raise SetUpError(f"{source}: is not what an export looks like ({fault}); export again.") from None
    except OSError as fault:
        raise SetUpError(
            f"{fault.filename or source}: {fault.strerror}; make room or give access, import again."
        ) from None
    finally:
        if not Swap(config).note.exists():
            for path in unpacked:
                staged(path).unlink(missing_ok=True)
    return manifest, list(places.values())


# ---- unpacking


def _unpack(
    opener: Opener, config: Path, unpacked: list[Path], is_replacing: bool
) -> tuple[Manifest, dict[Entry, Path]]:
    with tarfile.open(fileobj=opener, mode="r|") as tar:  # type: ignore[call-overload]
        members = _members(tar)
        name, content = next(members, ("", None))
        if name != MANIFEST or content is None:
            raise SetUpError("The export has no list of contents; export again.")
        manifest = Manifest.read(content.read(), "The export")
        places = _places(manifest, config, is_replacing)
        for (entry, place), (_, content) in zip(places.items(), members, strict=True):
            unpacked.append(place)
            _make_folder(place.parent, is_private=entry.kind in {DATA, STORE} or entry.is_credential)
            _put(content, staged(place), entry.mode)
    while opener.read(CHUNK_BYTES):  # the mark at its end says that nothing is missing
        pass
    return manifest, places


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    for member in tar:
        content = tar.extractfile(member)
        if content is None:
            raise SetUpError("The export holds something that is no file; export again.")
        yield member.name, content


def _places(manifest: Manifest, config: Path, is_replacing: bool) -> dict[Entry, Path]:
    if len(manifest.entries) > MOST_ENTRIES:
        raise SetUpError(f"The export has more than {MOST_ENTRIES} files; export again.")
    places = {}
    for entry in manifest.entries:
        if entry.kind not in KINDS or (entry.kind in {DATA, STORE} and Path(entry.written).name != entry.written):
            raise SetUpError("The export holds a file that belongs nowhere; export again.")
        places[entry] = entry.place(config, manifest.data_dir)
    there = [str(place) for place in places.values() if place.exists()]
    if there and not is_replacing:
        raise SetUpError(
            f"{', '.join(there)}: there already; this box is in service. Write --replace to give up what is there."
        )
    return places


def _make_folder(folder: Path, *, is_private: bool) -> None:
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o700 if is_private else 0o755)


def _put(content: IO[bytes], path: Path, mode: int) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while chunk := content.read(CHUNK_BYTES):
            file.write(chunk)
        file.flush()
        os.fchmod(file.fileno(), mode & 0o666)
        os.fsync(file.fileno())


# ---- checking


def _check(config: Path, places: dict[Entry, Path]) -> Config:
    """All of it is readable: the configuration with its secrets, the list, the store, which becomes a new gateway's."""
    waiting = {place: staged(place) for place in places.values()}
    said = load(config, waiting=waiting)
    for entry, place in places.items():
        if entry.kind == PENDANTS:
            Registry(staged(place)).refresh()
        if entry.kind == STORE:
            _renew(staged(place))
    return said


def _renew(store: Path) -> None:
    """Check the store and make it that of a new gateway, as far as pendants see."""
    try:
        with closing(sqlite3.connect(store)) as db:
            if db.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise SetUpError("The store in the export is damaged; use an earlier export.")
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version > tables.FORMAT:
                raise SetUpError("The store in the export is of a later version; install that one here first.")
            tables.renew_identity(db)
            db.commit()
    except sqlite3.Error as fault:
        raise SetUpError(f"The store in the export cannot be read ({fault}); use an earlier export.") from None


def _data_dir(manifest: Manifest, config: Path) -> Path:
    return Entry(STORE, ".", 0).place(config, manifest.data_dir).absolute()


def _give_to_service(places: dict[Entry, Path], data_dir: Path) -> None:
    """As root: the configuration stays root's, everything else belongs to the service's user, if there is one."""
    if os.geteuid() != 0:
        return
    owner = data_dir.stat()
    uid, gid = owner.st_uid, owner.st_gid
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        pass
    else:
        uid, gid = user.pw_uid, user.pw_gid
        os.chown(data_dir, uid, gid)
    os.chown(data_dir / LOCK_NAME, uid, gid)
    for entry, place in places.items():
        if entry.kind != CONFIG and not entry.is_credential:
            os.chown(staged(place), uid, gid)
