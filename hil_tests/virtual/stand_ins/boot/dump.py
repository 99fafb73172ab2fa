"""Without this script nobody could see what a board without power has kept: it prints the files of a flash image.

Usage: micropython dump.py IMAGE. One line of JSON a file: path, data in hex.
"""

import binascii
import json
import os
import sys

import vfs

_BLOCK_BYTES = 4096
_FOLDER = 0x4000


class _Image:
    def __init__(self, path):
        self._file = open(path, "rb")
        self._blocks = self._file.seek(0, 2) // _BLOCK_BYTES

    def readblocks(self, block, buf, offset=0):
        self._file.seek(block * _BLOCK_BYTES + offset)
        self._file.readinto(buf)

    def writeblocks(self, block, buf, offset=0):
        raise OSError(30)  # EROFS

    def ioctl(self, op, arg):
        if op == 4:
            return self._blocks
        if op == 5:
            return _BLOCK_BYTES
        return 0


def _show(folder):
    for name, kind, *_ in os.ilistdir("/flash" + folder):
        path = folder + "/" + name
        if kind == _FOLDER:
            _show(path)
        else:
            with open("/flash" + path, "rb") as file:
                print(json.dumps({"path": path[1:], "data": binascii.hexlify(file.read()).decode()}))


vfs.mount(vfs.VfsLfs2(_Image(sys.argv[1])), "/flash")
_show("")
