"""What has happened and is not yet in safe hands, on flash; without it a flat battery would take an alarm with it.

A file of records, each with a CRC, written behind one another: an event, or the note that an event is acknowledged. A
record counts when it is whole; anything else (the power went in the middle of a write) is skipped. When nothing is
owed any more, or the notes outweigh the events, a new file is written beside the old one and takes its name: littlefs
renames in one step.
"""

import os
import struct

from shared.compat import const
from shared.crc import crc16

_PATH = "journal"
_NEW_PATH = "journal.new"
_MARK = const(0xA7)
_EVENT = const(1)
_DONE = const(2)
_SIZE = const(32)
_HEAD_SIZE = const(2)
_BODY_SIZE = const(25)
_NAME_SIZE = const(6)  # of the body: boot and seq
_CODE_AT = const(6)
_FIRST_EVENT = const(16)  # codes below are alarms
_FULL_BYTES = const(4_096)  # a flash block: beyond it the dead records are thrown away
_KEPT_MOST = const(48)  # owed at once: a heap that is full would take the next alarm with it


class Entry:
    """One event that is owed to the gateway. ``born_ms`` is on the pendant's long clock of the epoch it names."""

    def __init__(self, boot, seq, code, delay_ms, arg, ref, epoch, born_ms):
        self.boot = boot
        self.seq = seq
        self.code = code
        self.delay_ms = delay_ms
        self.arg = arg
        self.ref = ref
        self.epoch = epoch
        self.born_ms = born_ms

    @property
    def id(self):
        """(boot, seq)."""
        return self.boot, self.seq


class Journal:
    """What is owed, oldest first; ``skipped_bytes`` is what was found on flash and made no sense.

    In RAM an event is a row of 25 bytes, what its record says, in a table that is made once: neither a thousand events
    nor the holes between them can fill the heap.
    """

    def __init__(self, path=_PATH, new_path=_NEW_PATH):
        self._path = path
        self._new_path = new_path
        self._file_bytes = 0
        self.skipped_bytes = 0
        self.is_safe = True  # everything that is owed is on flash
        self._rows = bytearray(_KEPT_MOST * _BODY_SIZE)  # bodies of records
        self._count = 0
        self._read_all()

    def __len__(self):
        return self._count

    def owed(self):
        """Each Entry that is owed, oldest first, made as it is asked for. Change nothing until it has ended."""
        for i in range(self._count):
            yield _unpack(self._row(i))

    def add(self, entry):
        """Keep entry; True once it is on flash. False if flash would not take it: then it lives in RAM only."""
        body = _pack(entry)
        if self._count >= _KEPT_MOST:
            self._drop_one()
        self._put(body)
        is_safe = self._append(_EVENT, body)
        if not is_safe:
            self.is_safe = False
        elif not self.is_safe:
            self._rewrite()  # flash takes something again: those before it as well
        return is_safe

    def done(self, boot, seq):
        """The gateway has it: forget it. True if it was owed."""
        i = self._find(_number(boot, 3) + _number(seq, 3))
        if i < 0:
            return False
        # If flash refuses the note, it will be sent again after a reset, under the same id.
        if self._append(_DONE, self._pop(i)):
            self._tidy()
        self.is_safe = self.is_safe or not self._count
        return True

    def _tidy(self):
        is_worth_it = self._file_bytes >= (_FULL_BYTES if self._count else _FULL_BYTES // 4)
        if is_worth_it or not self.is_safe:
            self._rewrite()

    def _drop_one(self):
        """The oldest that is no alarm; where all are alarms the oldest, so that a fall goes before its end does."""
        oldest = 0
        for i in range(self._count):
            if self._rows[i * _BODY_SIZE + _CODE_AT] >= _FIRST_EVENT:
                oldest = i
                break
        self._append(_DONE, self._pop(oldest))
        self._tidy()

    # ---- the table

    def _row(self, i):
        return self._rows[i * _BODY_SIZE : (i + 1) * _BODY_SIZE]

    def _find(self, name):
        for i in range(self._count):
            if self._rows.find(name, i * _BODY_SIZE, i * _BODY_SIZE + _NAME_SIZE) >= 0:
                return i
        return -1

    def _put(self, body):
        self._rows[self._count * _BODY_SIZE : (self._count + 1) * _BODY_SIZE] = body
        self._count += 1

    def _pop(self, i):
        body = self._row(i)
        self._count -= 1
        for at in range(i, self._count):
            self._rows[at * _BODY_SIZE : (at + 1) * _BODY_SIZE] = self._row(at + 1)
        return body

    # ---- the file

    def _append(self, kind, body):
        try:
            with open(self._path, "ab") as file:
                file.write(_record(kind, body))
        except OSError:
            return False
        self._file_bytes += _SIZE
        return True

    def _rewrite(self):
        try:
            with open(self._new_path, "wb") as file:
                for i in range(self._count):
                    file.write(_record(_EVENT, self._row(i)))
            os.rename(self._new_path, self._path)
        except OSError:
            return  # the old file is whole still; the next acknowledgement tries again
        self.is_safe = True
        self._file_bytes = self._count * _SIZE

    def _read_all(self):
        try:
            with open(self._path, "rb") as file:
                data = file.read()
        except OSError:
            return
        at = 0
        while at + _SIZE <= len(data):
            record = data[at : at + _SIZE]
            if record[0] == _MARK and crc16(record) == 0:
                self._take(record)
                at += _SIZE
            else:
                self.skipped_bytes += 1
                at += 1
        self.skipped_bytes += len(data) - at
        self._file_bytes = len(data)
        if self.skipped_bytes:
            self._rewrite()  # a torn record must not stand before the next whole one

    def _take(self, record):
        body = bytes(record[_HEAD_SIZE : _HEAD_SIZE + _BODY_SIZE])
        i = self._find(body[:_NAME_SIZE])
        if record[1] == _DONE and i >= 0:
            self._pop(i)
        elif record[1] == _EVENT and i < 0:
            if self._count >= _KEPT_MOST:
                self._pop(0)  # flash had refused the note that it was gone
            self._put(body)


def _record(kind, body):
    """32 bytes: mark, type, body 25, spare 3, crc 2."""
    record = bytes((_MARK, kind)) + body + bytes(_SIZE - _HEAD_SIZE - _BODY_SIZE - 2)
    return record + _number(crc16(record), 2)


def _pack(entry):
    """25 bytes: boot 3, seq 3, code, delay 2, arg, ref boot 3, seq 3, epoch 3, born 6."""
    return (
        _number(entry.boot, 3)
        + _number(entry.seq, 3)
        + struct.pack(">BHB", entry.code, entry.delay_ms, entry.arg)
        + _number(entry.ref[0], 3)
        + _number(entry.ref[1], 3)
        + _number(entry.epoch, 3)
        + _number(entry.born_ms, 6)
    )


def _unpack(body):
    code, delay_ms, arg = struct.unpack_from(">BHB", body, _CODE_AT)
    ref = (_at(body, 10, 3), _at(body, 13, 3))
    return Entry(_at(body, 0, 3), _at(body, 3, 3), code, delay_ms, arg, ref, _at(body, 16, 3), _at(body, 19, 6))


def _number(value, size):
    return value.to_bytes(size, "big")


def _at(body, start, size):
    return int.from_bytes(body[start : start + size], "big")
