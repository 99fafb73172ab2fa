"""Without this file the gateway would not know whose voice to trust.

The pendants of this home, one JSON object a line, as `make flash` appends them:
{"id": "<12 hex digits>", "key": "<32 hex digits>", "name": "...", "room": "...", "address": "...", "phone": "..."}; all
but the first two may be left out.
While its key is being changed it also has "next_key"; "revoked": true disowns it (keys.py writes both).
A later line about the same pendant replaces an earlier one. The file holds keys: only its owner may read it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gateway import vault
from gateway.config import refuse_open_secret
from gateway.errors import SetUpError
from gateway.seal import Ccm
from shared import frames

_MOST_WORDS = 120  # characters of a name, a room, an address or a telephone number


@dataclass(frozen=True)
class Pendant:
    """One pendant that belongs to us."""

    id: bytes
    key: bytes
    name: str
    room: str | None
    cipher: Ccm  # opens what it sends
    next_key: bytes | None = None  # the key to come, while it is changed
    next_cipher: Ccm | None = None
    is_revoked: bool = False
    address: str = ""  # where help has to go
    phone: str = ""
    is_guest: bool = False  # of a drill: served, but not one of ours

    def with_keys(self, key: bytes, next_key: bytes | None) -> "Pendant":
        """The same pendant with other keys."""
        return replace(
            self, key=key, cipher=Ccm(key), next_key=next_key, next_cipher=Ccm(next_key) if next_key else None
        )


class Registry:
    """Pendants by id; read again when the file has changed, so that enrolling needs no restart."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._pendants: dict[bytes, Pendant] = {}
        self._guests: dict[bytes, Pendant] = {}

    def __len__(self) -> int:
        return len(self._pendants)

    def __iter__(self) -> Iterator[Pendant]:
        return iter(self._pendants.values())

    def get(self, pendant: bytes) -> Pendant | None:
        """The pendant with this id of 6 bytes, or None."""
        return self._pendants.get(pendant) or self._guests.get(pendant)

    def put_guest(self, pendant: bytes, key: bytes) -> None:
        """Serve a drill's pendant until the end of this run; it stands in no list."""
        self._guests[pendant] = Pendant(pendant, key, "drill", None, Ccm(key), is_guest=True)

    def put(self, pendant: Pendant) -> None:
        """Another state of a pendant, in force at once; whoever asks for it also writes the file."""
        self._pendants[pendant.id] = pendant

    def refresh(self) -> bool:
        """Read the file if it has changed; True if so. SetUpError names file and line; the old list then stays."""
        try:
            status = self._path.stat()
        except PermissionError:  # "there is none" would have somebody begin another one
            raise SetUpError(
                f"{self._path}: this user may not look there; run this as the gateway's user or with sudo."
            ) from None
        except OSError:
            raise SetUpError(
                f"{self._path}: there is no list of pendants; `make flash` writes it, or begin with an empty file."
            ) from None
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp == self._stamp:
            return False
        refuse_open_secret(self._path)
        self._pendants = _read(self._path)
        self._stamp = stamp
        return True


def _read(path: Path) -> dict[bytes, Pendant]:
    try:
        lines = vault.read_lines(path)
    except PermissionError:
        raise SetUpError(f"{path}: this user may not read it; run this as the gateway's user or with sudo.") from None
    except (OSError, UnicodeDecodeError) as fault:
        raise SetUpError(f"{path}: cannot be read ({fault}); make it a readable text file.") from None
    pendants = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            pendant = _pendant(f"{path}, line {number}", line)
            pendants[pendant.id] = pendant
    return pendants


def _pendant(where: str, line: str) -> Pendant:
    try:
        entry = json.loads(line)
    except ValueError as fault:
        raise SetUpError(f"{where}: not a JSON object ({fault}); correct or remove that line.") from None
    if not isinstance(entry, dict):
        raise SetUpError(f'{where}: must be an object like {{"id": "...", "key": "..."}}.')
    identity = _bytes(where, entry, "id", frames.ID_SIZE)
    key = _bytes(where, entry, "key", 16)
    name, room = _words(entry, "name") or identity.hex(), _words(entry, "room") or None
    pendant = Pendant(
        identity, key, name, room, Ccm(key), is_revoked=entry.get("revoked") is True,
        address=_words(entry, "address"), phone=_words(entry, "phone"),
    )  # fmt: skip
    if entry.get("next_key") is not None:
        pendant = pendant.with_keys(key, _bytes(where, entry, "next_key", 16))
    return pendant


def _words(entry: dict[str, Any], name: str) -> str:
    # JSON can name half a character (a shell in another encoding writes such): no page and no topic could carry it.
    text = str(entry.get(name) or "").encode("utf-8", "replace").decode()
    return " ".join(text.split())[:_MOST_WORDS]


def _bytes(where: str, entry: dict[str, Any], name: str, size: int) -> bytes:
    # Never the value itself in the sentence: it may be a key.
    try:
        value = bytes.fromhex(entry[name])
    except (KeyError, TypeError, ValueError):
        value = b""
    if len(value) != size:
        raise SetUpError(f'{where}: "{name}" must have {2 * size} hex digits; write what the label of the board says.')
    return value
