"""Any ESP32 on a USB cable; without this file the bridge would not know its line.

It needs no part but the chip.
"""

import select
import sys

import micropython

NAME = "bridge_esp32"
_CHUNK_BYTES = 128  # one look's worth: 11 ms of the line at 115200 baud


class Board:
    """The serial line, as bytes."""

    def __init__(self):
        micropython.kbd_intr(-1)  # the byte 0x03 is data here, not Ctrl-C
        stdin = sys.stdin.buffer
        self._read = getattr(stdin, "raw", stdin).read  # CPython reads ahead where poll cannot see it
        self._out = sys.stdout.buffer
        poller = select.poll()
        poller.register(sys.stdin, select.POLLIN)
        self._poll = poller.poll

    def read_line(self):
        """The bytes that wait, at most a chunk; b"" if none."""
        chunk = bytearray()
        poll, read = self._poll, self._read  # this loop is the dearest of the bridge: once a byte
        # One at a time: on the chip read(n) blocks until it has all n.
        for _ in range(_CHUNK_BYTES):
            if not poll(0):
                break
            chunk += read(1)  # b"" if the line is gone; the watchdog will notice if that lasts
        return bytes(chunk)

    def write_line(self, data):
        """Send all of data; blocks while the line's buffer is full."""
        self._out.write(data)
        flush = getattr(self._out, "flush", None)
        if flush:
            flush()
