"""Without this module the virtual board would forget everything, and no power cut could be tried.

A block device for littlefs in a file of the host. Every write is in the file when it returns, so that killing the VM is
an honest power cut; a planned cut stops in the middle of a block.
"""

import struct

import host
import wire

_BLOCK_BYTES = 4096
_ERASED = b"\xff" * _BLOCK_BYTES


class Flash:
    """The extended block protocol of MicroPython (os.AbstractBlockDev)."""

    def __init__(self, path, cut=None):
        self._file = open(path, "r+b")
        self._blocks = self._file.seek(0, 2) // _BLOCK_BYTES
        self._until_cut = cut[0] if cut else -1  # writes and erasures that still succeed
        self._cut_permille = cut[1] if cut else 0  # how much of the interrupted one is done

    def readblocks(self, block, buf, offset=0):
        """Fill buf from a block."""
        self._file.seek(block * _BLOCK_BYTES + offset)
        self._file.readinto(buf)

    def writeblocks(self, block, buf, offset=None):
        """Program bytes; without an offset the block is erased first."""
        if offset is None:
            self._erase(block)
            offset = 0
        self._store(block, offset, buf)
        host.note(wire.NOTE_FLASH_WRITE, struct.pack(">HH", block, len(buf)))

    def ioctl(self, op, arg):
        """4 blocks, 5 bytes a block, 6 erase."""
        if op == 4:
            return self._blocks
        if op == 5:
            return _BLOCK_BYTES
        if op == 6:
            self._erase(arg)
        return 0

    def _erase(self, block):
        self._store(block, 0, _ERASED)
        host.note(wire.NOTE_FLASH_ERASE, struct.pack(">H", block))

    def _store(self, block, offset, data):
        self._file.seek(block * _BLOCK_BYTES + offset)
        if self._until_cut == 0:
            self._file.write(memoryview(data)[: len(data) * self._cut_permille // 1000])
            host.call(wire.POWER_IS_CUT)
        self._until_cut -= 1
        self._file.write(data)
