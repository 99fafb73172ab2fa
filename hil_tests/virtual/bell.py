"""Without a bell the thread that waits for a VM could not be told that a finger is on the button."""

import contextlib
import socket


class Bell:
    """Something to select on that any thread can ring."""

    def __init__(self):
        self._ear, self._hammer = socket.socketpair()
        self._ear.setblocking(False)
        self._hammer.setblocking(False)

    def fileno(self):
        """For select."""
        return self._ear.fileno()

    def ring(self):
        """Wake whoever waits."""
        with contextlib.suppress(BlockingIOError):  # it has been ringing all the time
            self._hammer.send(b"!")

    def silence(self):
        """Forget the rings so far."""
        with contextlib.suppress(BlockingIOError):
            self._ear.recv(4096)

    def close(self):
        """Let go of both ends."""
        self._ear.close()
        self._hammer.close()
