"""Without this file a board could only be given what lies on this computer: the files of a release, packed and checked.

A bundle is what one kind of board gets, in a zip file: bundle.json says for which board it is, the rest are the files
as they will stand there. It is taken only as the release made it: SHA256SUMS, which lies beside it, has its hash.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.board_files import BoardFile
from tools.flashing.faults import Fault
from tools.flashing.image import PINS, pin
from tools.flashing.profile import CHIP_OF

SUMS = "SHA256SUMS"
_HEAD = "bundle.json"
_FORM = 1
_MODE = 0o100644 << 16  # a plain file that all may read, as zip writes it
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # a zip file knows no earlier time
_MOST_BYTES = 4_000_000  # a board's whole flash: more is none of ours


@dataclass(frozen=True)
class Bundle:
    """What one kind of board gets in one release."""

    version: str
    role: str
    board: str
    micropython: str
    files: Sequence[BoardFile]


def name_of(version: str, board: str) -> str:
    """The file's name in a release."""
    return f"tiexin-{version}-{board}.zip"


def pack(bundle: Bundle, path: Path) -> None:
    """Write it, the same bytes wherever and whenever: without times, in one order, not compressed."""
    head = {"form": _FORM, "version": bundle.version, "role": bundle.role, "board": bundle.board}
    head |= {"micropython": bundle.micropython}
    parts = [BoardFile(_HEAD, json.dumps(head, indent=2).encode() + b"\n"), *bundle.files]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for part in sorted(parts, key=lambda part: (part.path != _HEAD, part.path)):
            entry = zipfile.ZipInfo(part.path, _EARLIEST)
            entry.external_attr, entry.create_system = _MODE, 3  # 3: Unix, also where it is packed elsewhere
            archive.writestr(entry, part.data)


def read(named: Path, role: str, board: str, pins: Path = PINS) -> Bundle:
    """The bundle for such a board: of that file, or of a release's folder. Raises Fault."""
    path = named if named.is_file() else _in_folder(named, board)
    data = _as_released(path)
    try:
        bundle = _unpack(data)
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, OSError) as why:
        raise Fault("bundle_wrong", path=path, why=f"{type(why).__name__}: {why}") from None
    if (bundle.role, bundle.board) != (role, board):
        raise Fault("bundle_other", path=path, has=f"{bundle.role} {bundle.board}", wanted=f"{role} {board}")
    pinned = pin(CHIP_OF[board], pins).version
    if bundle.micropython != pinned:
        raise Fault("bundle_wrong", path=path, why=f"MicroPython {bundle.micropython}, not {pinned}")
    return bundle


def _in_folder(folder: Path, board: str) -> Path:
    found = sorted(folder.glob(name_of("*", board)))
    if len(found) != 1:
        raise Fault("bundle_missing", path=folder / name_of("*", board), count=len(found))
    return found[0]


def _as_released(path: Path) -> bytes:
    """Its bytes, if they are those that the release names."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise Fault("bundle_wrong", path=path, why=f"> {_MOST_BYTES} bytes")
        data = path.read_bytes()
        sums = path.with_name(SUMS).read_text("utf-8")
    except (OSError, ValueError) as why:
        raise Fault("bundle_wrong", path=path, why=why) from None
    if f"{hashlib.sha256(data).hexdigest()}  {path.name}" not in sums.splitlines():
        raise Fault("bundle_wrong", path=path, why=f"{SUMS} names another SHA-256")
    return data


def _unpack(data: bytes) -> Bundle:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        head: dict[str, Any] = json.loads(archive.read(_HEAD))
        if head["form"] != _FORM:
            raise ValueError(f"form {head['form']}")
        names = [name for name in archive.namelist() if name != _HEAD]
        files = [BoardFile(name, archive.read(name)) for name in names]
    return Bundle(head["version"], head["role"], head["board"], head["micropython"], files)
