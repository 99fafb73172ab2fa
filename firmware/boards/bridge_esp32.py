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
        self._readinto = getattr(stdin, "raw", stdin).readinto  # CPython reads ahead where poll cannot see it
        self._out = sys.stdout.buffer
        poller = select.poll()
        poller.register(sys.stdin, select.POLLIN)
        self._ready = getattr(poller, "ipoll", poller.poll)  # MicroPython's ipoll takes no memory
        self._chunk = bytearray(_CHUNK_BYTES)
        self._byte = bytearray(1)

    def read_line(self):
        """The bytes that wait, at most a chunk; b"" if none."""
        # The dearest loop of the bridge, once a byte: read(n) would block until it has all n. So it takes no memory.
        ready, readinto, chunk, byte = self._ready, self._readinto, self._chunk, self._byte
        size = 0
        while size < _CHUNK_BYTES:
            for _ in ready(0):
                break
            else:
                break
            if not readinto(byte):
                break  # the line is gone; the watchdog will notice if that lasts
            chunk[size] = byte[0]
            size += 1
        return bytes(chunk[:size]) if size else b""

    def write_line(self, data):
        """Send all of data; blocks while the line's buffer is full."""
        self._out.write(data)
        flush = getattr(self._out, "flush", None)
        if flush:
            flush()
