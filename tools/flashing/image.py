"""Without this file any file could be written to a board: finds the pinned MicroPython image and refuses all others.

It is taken from the path that was named, from the cache, or from MicroPython's site, in this order.
"""

import hashlib
import threading
import tomllib
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tools.flashing.faults import Fault

PINS = Path(__file__).with_name("images.toml")
_TIMEOUT_S = 20.0
_DOWNLOADING = threading.Lock()  # boards are flashed together: the first one fetches it for all


@dataclass(frozen=True)
class Pin:
    """Which image a chip gets, and where in flash it belongs."""

    version: str
    file: str
    url: str
    sha256: str
    size: int
    offset: int


def pin(family: str, pins: Path = PINS) -> Pin:
    """What is pinned for a chip family ("ESP32", "ESP32-C3")."""
    table = tomllib.loads(pins.read_text("utf-8"))
    entry = table[family]
    return Pin(table["version"], entry["file"], entry["url"], entry["sha256"], int(entry["size"]), int(entry["offset"]))


def get(wanted: Pin, named: Path | None, cache: Path) -> Path:
    """A file with exactly the pinned bytes. named: a file, or a folder that has it. Raises Fault."""
    if named is not None:
        path = named / wanted.file if named.is_dir() else named
        if not path.exists():
            raise Fault("image_missing", file=path, url=wanted.url)
        return _checked(path, wanted)
    kept = cache / wanted.file
    with _DOWNLOADING:
        if not kept.exists():
            _download(wanted, kept)
    return _checked(kept, wanted)


def _checked(path: Path, wanted: Pin) -> Path:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != wanted.sha256:
        raise Fault("image_wrong", path=path, version=wanted.version, found=found, wanted=wanted.sha256)
    return path


def _download(wanted: Pin, kept: Path) -> None:
    try:
        with urllib.request.urlopen(wanted.url, timeout=_TIMEOUT_S) as answer:
            data = answer.read(wanted.size + 1)
    except urllib.error.HTTPError as why:
        raise Fault("image_download", url=wanted.url, why=why) from None
    except (OSError, ValueError):
        raise Fault("image_missing", file=wanted.file, url=wanted.url) from None
    part = kept.with_suffix(".part")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        _checked(part, wanted)
        part.replace(kept)
    except OSError as why:
        raise Fault("desk", path=kept, why=why.strerror) from None
    finally:
        part.unlink(missing_ok=True)
