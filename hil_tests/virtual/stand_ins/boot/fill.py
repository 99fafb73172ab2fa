"""Without this script a flash image would stay empty: it formats one and copies the board's files in.

Usage: micropython fill.py IMAGE LIST; LIST names a file with lines "source<TAB>destination".
"""

import os
import sys

import vfs

_BLOCK_BYTES = 4096


class _Image:
    def __init__(self, path):
        self._file = open(path, "r+b")
        self._blocks = self._file.seek(0, 2) // _BLOCK_BYTES

    def readblocks(self, block, buf, offset=0):
        self._file.seek(block * _BLOCK_BYTES + offset)
        self._file.readinto(buf)

    def writeblocks(self, block, buf, offset=0):
        self._file.seek(block * _BLOCK_BYTES + offset)
        self._file.write(buf)

    def ioctl(self, op, arg):
        if op == 4:
            return self._blocks
        if op == 5:
            return _BLOCK_BYTES
        return 0


def _make_folders(path):
    so_far = "/flash"
    for part in path.split("/")[:-1]:
        so_far += "/" + part
        try:
            os.mkdir(so_far)
        except OSError:  # it is there already
            pass


_image = _Image(sys.argv[1])
vfs.VfsLfs2.mkfs(_image)
vfs.mount(vfs.VfsLfs2(_image), "/flash")
with open(sys.argv[2]) as _list:
    for _line in _list:
        _source, _destination = _line.rstrip("\n").split("\t")
        _make_folders(_destination)
        with open(_source, "rb") as _from, open("/flash/" + _destination, "wb") as _to:
            _to.write(_from.read())
vfs.umount("/flash")
