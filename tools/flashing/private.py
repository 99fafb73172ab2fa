"""Without this file a key would lie about for everybody to read: files of mode 0600, written whole or not at all."""

import errno
import os
from pathlib import Path

from tools.flashing.faults import Fault


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read; after a power cut it is the old one or the new one. Raises Fault."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as why:
        part.unlink(missing_ok=True)
        raise desk_fault(path, why) from None


def desk_fault(path: Path, why: OSError) -> Fault:
    """What an error of this computer's disk means."""
    if why.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Fault("disk_full", path=path)
    return Fault("desk", path=path, why=why.strerror)
