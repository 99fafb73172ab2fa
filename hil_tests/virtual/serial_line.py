"""Without this module no gateway could open a virtual bridge: a serial port of a board, as the host sees it.

A pseudo-terminal in raw mode behind a stable name. Plugged in, the name is there; pulled out, it is gone and whoever
had it open gets an error, as with a USB stick.
"""

import contextlib
import os
import pty
import select
import threading
import tty

from hil_tests.virtual.threads import join

_POLL_MS = 20
_BAUD = 115_200
_BITS_A_BYTE = 10  # 8N1
_CHUNK = 64  # bytes that arrive together, as a USB serial chip hands them over


class SerialLine:
    """The outer end of a board's serial port; on_bytes(data) gets what the host's program wrote, at the line's pace."""

    def __init__(self, path, clock, on_bytes):
        self.path = path
        self._clock = clock
        self._on_bytes = on_bytes
        self._master = None
        self._thread = None
        self._lock = threading.Lock()
        self.dropped_bytes = 0  # nobody listened: a UART does not wait

    def plug(self):
        """Make the port; nothing to do where it is."""
        if self._thread is not None:
            return
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        self.path.symlink_to(os.ttyname(slave))
        os.close(slave)  # from here on a hang-up tells that nobody has it open
        self._thread = threading.Thread(target=self._pump, args=(self._master,), name="serial", daemon=True)
        self._thread.start()

    def unplug(self):
        """Remove the port; an open one fails from now on."""
        if self._thread is None:
            return
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        with self._lock:
            master, self._master = self._master, None
        join(self._thread)
        self._thread = None
        os.close(master)

    def write(self, data):
        """Bytes from the board; dropped while nobody has the port open or reads it."""
        with self._lock:
            if self._master is None:
                return
            if self._hung_up(self._master):
                self.dropped_bytes += len(data)
                return
            try:
                taken = os.write(self._master, data)
            except (BlockingIOError, OSError):
                taken = 0
            self.dropped_bytes += len(data) - taken

    @staticmethod
    def _hung_up(master):
        poller = select.poll()
        poller.register(master, select.POLLHUP)
        return any(flags & select.POLLHUP for _, flags in poller.poll(0))

    def _pump(self, master):
        poller = select.poll()
        poller.register(master, select.POLLIN)
        pause = threading.Event()
        while self._master == master:
            ready = poller.poll(_POLL_MS)
            if not ready:
                continue
            flags = ready[0][1]
            if flags & select.POLLIN:
                with contextlib.suppress(OSError):
                    data = os.read(master, _CHUNK)
                    self._on_bytes(data)
                    pause.wait(self._clock.real_s(len(data) * _BITS_A_BYTE / _BAUD))
            elif flags & select.POLLHUP:
                pause.wait(_POLL_MS / 1000)
