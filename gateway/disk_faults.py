"""Without this file a damaged index would be taken for a mistake of ours, and a mistake of ours for a damaged disk.

SQLite says what has failed in a primary code and often, in the bits above it, in an extended one. Faults that Python's
module finds by itself (a wrong number of values, a closed connection) carry no code at all.
"""

import sqlite3

_PRIMARY = 0xFF
_NONE = -1
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_OF_THE_DISK = (
    *_DAMAGE, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_INTERRUPT,
)  # fmt: skip


_PASSING = (
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_INTERRUPT,
)  # fmt: skip


def code_of(fault: BaseException) -> int:
    """The primary code of a fault; -1 if it has none."""
    code = getattr(fault, "sqlite_errorcode", None)
    return _NONE if code is None else int(code) & _PRIMARY


def is_damage(fault: BaseException) -> bool:
    """Whether the file is not what was written into it."""
    return code_of(fault) in _DAMAGE


def is_full(fault: BaseException) -> bool:
    """Whether the disk has no room."""
    return code_of(fault) == sqlite3.SQLITE_FULL


def is_of_the_disk(fault: BaseException) -> bool:
    """Whether the same statement could work on a well disk: anything else is a mistake of ours."""
    return code_of(fault) in _OF_THE_DISK


def says_nothing_of_the_file(fault: BaseException) -> bool:
    """Whether somebody stood in the way, or we called it wrongly: what stands in the file may be whole."""
    return code_of(fault) in _PASSING or isinstance(fault, sqlite3.ProgrammingError)
