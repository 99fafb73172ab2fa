"""The detector's trees stay on flash and are read while a blow is weighed; without this file they would fill the heap.

tools/forest_file.py makes the file "shared/forest.bin" out of shared/forest.py; it stands where the firmware stands.
A head names for each forest its trees and its limits; then follow its trees, some at a time: all six tables of those,
one after another, the last ones filled up with trees that say nothing.
"""

import struct

from shared.compat import const
from shared.fall_forest import TABLES, Forest

MAGIC = b"TXF1"
PART_TREES = const(5)  # read at once: 455 bytes of heap, and few enough reads
_HEAD = ">HHiii"  # trees, bytes a tree, limits for low, normal and high sensitivity
HEAD_BYTES = const(4 + 2 * 16)


class FlashForest:
    """A Forest (shared/fall_forest.py) whose trees are on flash: the same answers, a thirtieth of the memory."""

    def __init__(self, file, head, at, part):
        """head: the 16 bytes that describe it; at: where its trees begin in the file; part: a Part to read into."""
        self.count, tree_bytes, low, normal, high = struct.unpack(_HEAD, head)
        if tree_bytes != sum(size for _name, size in TABLES):
            raise ValueError("forest.bin was made for another firmware: flash this board again")
        self.limits = (low, normal, high)
        self._file = file
        self._at = at
        self._part = part

    @property
    def size(self):
        """Bytes of the file that are its trees."""
        return -(-self.count // PART_TREES) * len(self._part.buffer)

    def score(self, features, first, end):
        """The sum over the trees from first to end of the leaves the features lead to. OSError: flash is lost."""
        total = 0
        while first < end:
            part = first // PART_TREES
            self._load(part)
            inside = first - part * PART_TREES
            count = min(PART_TREES - inside, end - first)
            total += self._part.trees.score(features, inside, inside + count)
            first += count
        return total

    def _load(self, number):
        buffer = self._part.buffer
        at = self._at + number * len(buffer)
        if at == self._part.holds:
            return
        self._part.holds = -1
        self._file.seek(at)
        if self._file.readinto(buffer) != len(buffer):
            raise OSError(5)  # EIO: the file is shorter than its head says
        self._part.holds = at


class Part:
    """Room for some trees of either forest, which are never judged at the same time."""

    def __init__(self):
        self.buffer = bytearray(PART_TREES * sum(size for _name, size in TABLES))
        self.holds = -1  # where in the file they stand
        self.trees = Forest(limits=(0, 0, 0), **_split(memoryview(self.buffer)))


def load(path=None):
    """(first, second) from the file beside the firmware; None where there is none, as on a developer's machine."""
    try:
        file = open(path or _beside_firmware(), "rb")
    except OSError:
        return None
    head = file.read(HEAD_BYTES)
    if head[:4] != MAGIC or len(head) != HEAD_BYTES:
        raise ValueError("forest.bin is spoilt: flash this board again")
    part = Part()
    first = FlashForest(file, head[4:20], HEAD_BYTES, part)
    return first, FlashForest(file, head[20:], HEAD_BYTES + first.size, part)


def _beside_firmware():
    """An update stands in a folder of its own, and its trees with it."""
    return "/".join(__file__.split("/")[:-3] + ["shared", "forest.bin"])


def _split(view):
    """The buffer of a part as the tables of a Forest."""
    tables = {}
    at = 0
    for name, size in TABLES:
        tables[name] = view[at : at + PART_TREES * size]
        at += PART_TREES * size
    return tables
