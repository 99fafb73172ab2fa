"""Without this file a full, broken or suddenly powerless disk could be met only in the field.

A layer between SQLite and the operating system (an SQLite VFS, made with ctypes in the library that Python's own
sqlite3 module has loaded). It lets every call through, notes every write and sync, and fails those that a test wants to
fail. The store itself knows nothing of it.
"""

import ctypes
import sqlite3
from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path
from typing import NamedTuple, Self

FULL, IO_WRITE, IO_SYNC, READ_ONLY = 13, 10 | 3 << 8, 10 | 4 << 8, 8  # SQLite's result codes
_OK = 0


class Op(NamedTuple):
    """One thing that was asked of the disk."""

    kind: str  # write, truncate, sync, delete; or whatever a test notes between
    path: str
    at: int = 0  # offset of a write, size of a truncation
    data: bytes = b""


_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)  # the name as it is: SQLite keeps the pointer
_Delete = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
_Close = CFUNCTYPE(c_int, c_void_p)
_Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)


class _Methods(Structure):
    _fields_ = (
        ("version", c_int),
        ("close", _Close),
        ("read", c_void_p),
        ("write", _Write),
        ("truncate", _Truncate),
        ("sync", _Sync),
        *((name, c_void_p) for name in ("size", "lock", "unlock", "check", "control", "sector", "traits")),
        *((name, c_void_p) for name in ("shm_map", "shm_lock", "shm_barrier", "shm_unmap", "fetch", "unfetch")),
    )


class _File(Structure):
    _fields_ = (("methods", POINTER(_Methods)),)


class _Vfs(Structure):
    _fields_ = (
        ("version", c_int),
        ("file_size", c_int),
        ("longest_path", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", _Open),
        ("delete", _Delete),
        *((f"f{number}", c_void_p) for number in range(14)),  # the rest is passed on as it is
    )


_ALIVE: list["WatchedDisk"] = []  # a connection that is closed late still calls back


class Unavailable(Exception):
    """Python carries an SQLite of its own here, which cannot be reached from outside."""


class WatchedDisk:
    """While entered, every database of this process goes through it."""

    def __init__(self, fault: Callable[[str, str], int] = lambda kind, path: _OK) -> None:
        """The result code with which a write, truncate, sync, open or delete fails is fault(kind, path); 0: none."""
        self.log: list[Op] = []
        self.fault = fault
        self._paths: dict[int, str] = {}
        self._patched: dict[int, _Methods] = {}
        self._base_methods: dict[int, _Methods] = {}
        self._library = _library()
        self._library.sqlite3_vfs_find.restype = POINTER(_Vfs)
        self._base = self._library.sqlite3_vfs_find(None).contents
        self._vfs = _Vfs.from_buffer_copy(self._base)
        self._vfs.name = b"watched"
        self._vfs.next = None
        self._keep = (_Open(self._open), _Delete(self._delete))
        self._vfs.open, self._vfs.delete = self._keep
        _ALIVE.append(self)
        self._callbacks = (_Close(self._close), _Write(self._write), _Truncate(self._truncate), _Sync(self._sync))

    def __enter__(self) -> Self:
        self._library.sqlite3_vfs_register(byref(self._vfs), 1)
        return self

    def __exit__(self, *_: object) -> None:
        self._library.sqlite3_vfs_unregister(byref(self._vfs))
        self._library.sqlite3_vfs_register(byref(self._base), 1)

    def note(self, kind: str, text: str = "") -> None:
        """Put a mark of one's own between what the disk was asked."""
        self.log.append(Op(kind, text))

    # ---- called by SQLite

    def _open(self, _vfs: int, name: int | None, file: int, flags: int, out_flags: int) -> int:
        path = ctypes.string_at(name).decode() if name else ""
        if code := self.fault("open", path):
            return code
        code = self._base.open(byref(self._base), name, file, flags, out_flags)
        found = _File.from_address(file)
        if code == _OK and path and found.methods:
            self._paths[file] = path
            found.methods = ctypes.pointer(self._methods(ctypes.addressof(found.methods.contents)))
        return int(code)

    def _methods(self, address: int) -> _Methods:
        """The table of an open file's methods, with ours in it."""
        if address not in self._patched:
            base = _Methods.from_address(address)
            patched = _Methods.from_buffer_copy(base)
            patched.close, patched.write, patched.truncate, patched.sync = self._callbacks
            self._patched[address] = patched
            self._base_methods[ctypes.addressof(patched)] = base
        return self._patched[address]

    def _of(self, file: int) -> _Methods:
        return self._base_methods[ctypes.addressof(_File.from_address(file).methods.contents)]

    def _close(self, file: int) -> int:
        self._paths.pop(file, None)
        return int(self._of(file).close(file))

    def _write(self, file: int, data: int, size: int, at: int) -> int:
        path = self._paths[file]
        if code := self.fault("write", path):
            return code
        code = int(self._of(file).write(file, data, size, at))
        self.log.append(Op("write", path, at, ctypes.string_at(data, size)))
        return code

    def _truncate(self, file: int, size: int) -> int:
        path = self._paths[file]
        if code := self.fault("truncate", path):
            return code
        self.log.append(Op("truncate", path, size))
        return int(self._of(file).truncate(file, size))

    def _sync(self, file: int, flags: int) -> int:
        path = self._paths[file]
        if code := self.fault("sync", path):
            return code
        code = int(self._of(file).sync(file, flags))
        self.log.append(Op("sync", path))
        return code

    def _delete(self, _vfs: int, name: bytes, sync_directory: int) -> int:
        path = name.decode()
        if code := self.fault("delete", path):
            return code
        self.log.append(Op("delete", path))
        return int(self._base.delete(byref(self._base), name, sync_directory))


def _library() -> ctypes.CDLL:
    """The SQLite that Python's own module uses; Unavailable if it is not a shared library."""
    sqlite3.connect(":memory:").close()
    maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    paths = {line.split()[-1] for line in maps.splitlines() if "libsqlite3" in line}
    if len(paths) != 1:
        raise Unavailable(
            "Python carries an SQLite of its own here: run it with a Python that uses the system's, as Debian's does"
        )
    return ctypes.CDLL(paths.pop())
