"""What has happened and is not yet in safe hands, on flash; without it a flat battery would take an alarm with it.

A file of records, each with a CRC, written behind one another: an event, or the note that an event is acknowledged. A
record counts when it is whole; anything else (the power went in the middle of a write) is skipped. When nothing is
owed any more, or the notes outweigh the events, a new file is written beside the old one and takes its name: littlefs
renames in one step.
"""

import os
import struct

from shared.compat import const
from shared.framing import crc16

_PATH = "journal"
_NEW_PATH = "journal.new"
_MARK = const(0xA7)
_EVENT = const(1)
_DONE = const(2)
_SIZE = const(32)
_FULL_BYTES = const(4_096)  # a flash block: beyond it the dead records are thrown away
_KEPT_MOST = const(64)  # owed at once; then the oldest that is no alarm must go


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
    """``entries`` holds what is owed, oldest first; ``skipped_bytes`` what was found and made no sense."""

    def __init__(self, path=_PATH, new_path=_NEW_PATH):
        self._path = path
        self._new_path = new_path
        self._file_bytes = 0
        self.skipped_bytes = 0
        self.entries = []
        self._read_all()

    def add(self, entry):
        """Keep entry; True once it is on flash. False if flash would not take it: then it lives in RAM only."""
        self.entries.append(entry)
        is_safe = self._append(_pack(_EVENT, entry))
        if len(self.entries) > _KEPT_MOST:
            self._drop_one()
        return is_safe

    def done(self, boot, seq):
        """The gateway has it: forget it. Return the entry, or None if it was not owed."""
        for i in range(len(self.entries)):
            entry = self.entries[i]
            if entry.boot == boot and entry.seq == seq:
                self.entries.pop(i)
                if not self._append(_pack(_DONE, entry)):
                    return entry  # it will be sent again after a reset, under the same id
                if self._file_bytes >= _FULL_BYTES or (not self.entries and self._file_bytes >= _FULL_BYTES // 4):
                    self._rewrite()
                return entry
        return None

    def _drop_one(self):
        for i in range(len(self.entries)):
            if self.entries[i].code >= 16:
                self._append(_pack(_DONE, self.entries.pop(i)))
                return

    def _append(self, record):
        try:
            with open(self._path, "ab") as file:
                file.write(record)
        except OSError:
            return False
        self._file_bytes += _SIZE
        return True

    def _rewrite(self):
        try:
            with open(self._new_path, "wb") as file:
                for entry in self.entries:
                    file.write(_pack(_EVENT, entry))
            os.rename(self._new_path, self._path)
        except OSError:
            return  # the old file is whole still; the next acknowledgement tries again
        self._file_bytes = len(self.entries) * _SIZE

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
        kind, entry = _unpack(record)
        if kind == _EVENT:
            if not any(known.id == entry.id for known in self.entries):
                self.entries.append(entry)
        elif kind == _DONE:
            self.entries = [known for known in self.entries if known.id != entry.id]


def _pack(kind, entry):
    """32 bytes: mark, type, boot 3, seq 3, code, delay 2, arg, ref boot 3, seq 3, epoch 3, born 6, spare 3, crc 2."""
    record = (
        bytes((_MARK, kind))
        + _number(entry.boot, 3)
        + _number(entry.seq, 3)
        + struct.pack(">BHB", entry.code, entry.delay_ms, entry.arg)
        + _number(entry.ref[0], 3)
        + _number(entry.ref[1], 3)
        + _number(entry.epoch, 3)
        + _number(entry.born_ms, 6)
        + bytes(3)
    )
    return record + _number(crc16(record), 2)


def _unpack(record):
    code, delay_ms, arg = struct.unpack_from(">BHB", record, 8)
    ref = (_at(record, 12, 3), _at(record, 15, 3))
    return record[1], Entry(
        _at(record, 2, 3), _at(record, 5, 3), code, delay_ms, arg, ref, _at(record, 18, 3), _at(record, 21, 6)
    )


def _number(value, size):
    return value.to_bytes(size, "big")


def _at(record, start, size):
    return int.from_bytes(record[start : start + size], "big")
