"""Without this module a pendant would carry the detector's trees in its heap: it makes the file that stays on flash.

``shared/forest.py``, as tools/train.py wrote it, becomes ``shared/forest.bin`` on the way to a board; the layout is
told in firmware/pendant/forests.py, which reads it.
"""

import runpy
import struct
from pathlib import Path

from firmware.pendant.forests import MAGIC, PART_TREES
from shared.fall_forest import TABLES, Forest

SOURCE = "shared/forest.py"
ON_BOARD = "shared/forest.bin"
_QUIET = {"low": 128, "high": 128, "leaf": 128}  # what fills up the last part: a tree whose one leaf adds nothing


def made_from(source: Path) -> bytes:
    """The file for the tables of that Python file."""
    said = runpy.run_path(str(source))
    return pack(said["FIRST"], said["SECOND"])


def pack(first: Forest, second: Forest) -> bytes:
    """Both forests as one file."""
    tree_bytes = sum(size for _name, size in TABLES)
    heads = [struct.pack(">HHiii", forest.count, tree_bytes, *forest.limits) for forest in (first, second)]
    return bytes(MAGIC) + b"".join(heads) + _parts(first) + _parts(second)


def _parts(forest: Forest) -> bytes:
    """All tables of the first trees, all tables of the next."""
    out = bytearray()
    for begin in range(0, forest.count, PART_TREES):
        for name, size in TABLES:
            table = bytes(getattr(forest, "_" + name)[begin * size : (begin + PART_TREES) * size])
            out += table.ljust(PART_TREES * size, bytes((_QUIET.get(name, 0),)))
    return bytes(out)
