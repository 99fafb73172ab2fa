"""Without this file a key could be changed only with a screwdriver and an editor.

Writes the list of pendants (registry.py reads it): another key, a key to come, a pendant that is revoked. The file is
replaced whole, after an fsync, so that a power cut leaves the old list or the new one. Blocks: call it off the loop.
"""

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway import vault
from gateway.errors import SetUpError
from gateway.synced import sync_folder

KEY_BYTES = 16
DESCRIBED = ("name", "room", "address", "phone")


def new_key() -> bytes:
    """16 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def begin_rotation(path: Path, pendant: bytes, key: bytes, next_key: bytes) -> None:
    """Note the key to come beside the one in force; both open frames from now on."""
    _change(path, pendant, {"key": key.hex(), "next_key": next_key.hex()})


def finish_rotation(path: Path, pendant: bytes, key: bytes) -> None:
    """The pendant speaks under the new key: the old one is forgotten."""
    _change(path, pendant, {"key": key.hex(), "next_key": None})


def cancel_rotation(path: Path, pendant: bytes) -> None:
    """The pendant has refused the new key and keeps the old one."""
    _change(path, pendant, {"next_key": None})


def revoke(path: Path, pendant: bytes, key_file: Path | None = None) -> None:
    """It does not belong to us any more. Its key stays: only so can it be told from somebody who uses its name."""
    _change(path, pendant, {"revoked": True}, key_file)


def describe(path: Path, pendant: bytes, facts: dict[str, str], key_file: Path | None = None) -> None:
    """Who wears it and where: facts of name, room, address, phone; an empty one is forgotten."""
    _change(path, pendant, {name: facts[name] or None for name in facts if name in DESCRIBED}, key_file)


def _change(path: Path, pendant: bytes, fields: dict[str, Any], key_file: Path | None = None) -> None:
    """Change the last line of a pendant, the one that counts, and drop those before it; SetUpError if it cannot be."""
    try:
        with alone(path):
            lines = vault.read_lines(path, key_file)
            if not any(_is_about(line, pendant.hex()) for line in lines):
                raise SetUpError(f"{path}: has no pendant {pendant.hex()}; write the 12 digits on its label.")
            text = "".join(line + "\n" for line in _changed(lines, pendant.hex(), fields))
            replace_file(path, vault.rewritten(path, text, key_file))
    except FileNotFoundError:
        raise SetUpError(f"{path}: there is no list of pendants; `tiexin-gateway enrol` makes it.") from None
    except (OSError, ValueError) as fault:
        raise SetUpError(
            f"{path}: cannot be rewritten ({fault}); give the gateway's user write access to the file and its folder."
        ) from None


def _changed(lines: list[str], pendant: str, fields: dict[str, Any]) -> list[str]:
    kept = []
    entry: dict[str, Any] = {}
    for line in lines:
        if _is_about(line, pendant):
            entry = json.loads(line)
        elif line.strip():
            kept.append(line)
    entry.update(fields)
    kept.append(json.dumps({name: value for name, value in entry.items() if value is not None}, ensure_ascii=False))
    return kept


def _is_about(line: str, pendant: str) -> bool:
    return bool(line.strip()) and str(json.loads(line).get("id", "")).lower() == pendant


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """One writer of the list at a time, be it a rotation or an enrolment: neither may undo the other. OSError.

    The lock is a file of its own: the list itself is replaced, and a lock on the old one would hold nobody up.
    """
    with path.with_name(path.name + ".lock").open("w") as held:
        give_to_owner(held.fileno(), path)
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def give_to_owner(descriptor: int, path: Path) -> None:
    """What root makes beside or instead of a list belongs to whom the list (or its folder) belongs: the gateway."""
    if os.geteuid() == 0:
        status = path.stat() if path.exists() else path.parent.stat()
        os.fchown(descriptor, status.st_uid, status.st_gid)


def begin_file(path: Path) -> None:
    """An empty file of secrets; FileExistsError if there is one."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        give_to_owner(descriptor, path.parent)
    finally:
        os.close(descriptor)


def replace_file(path: Path, text: str) -> None:
    """Another text for a file of secrets, whole, on the disk when this returns. OSError."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    # Half a character (JSON can name one) becomes "?": it must not stand in the way of a pendant's being revoked.
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
        give_to_owner(descriptor, path)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
    sync_folder(path.parent)
