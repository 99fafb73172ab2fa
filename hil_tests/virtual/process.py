"""Without this module a dead host would leave VMs behind, and a console would be lost: it runs one VM process."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading

from hil_tests.virtual.flash_image import BOOT, micropython

_CHUNK = 4096
_STDIN_RING = 260  # stdin_ringbuf of MicroPython's ports/esp32/mphalport.c


class VmProcess:
    """One life of a chip, from its boot script to its end. on_output(bytes) gets all it prints."""

    def __init__(self, runtime, facts, *, heap_kb, cwd, on_output):
        self.control, control_end = socket.socketpair()
        self.events, events_end = socket.socketpair()
        # interrupts that nobody fetches must not block the host
        self.events.setblocking(False)
        told = json.dumps(facts).encode()
        self._process = subprocess.Popen(
            _command(runtime, heap_kb, control_end.fileno(), events_end.fileno()),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(control_end.fileno(), events_end.fileno()),
            start_new_session=True,  # a Ctrl-C at the terminal is for the host, which then tidies up
            cwd=cwd,
            bufsize=0,
        )
        control_end.close()
        events_end.close()
        self.control.sendall(struct.pack(">I", len(told)) + told)
        os.set_blocking(self._process.stdin.fileno(), False)  # what the board does not read in time is lost
        self.pid = self._process.pid
        self._on_output = on_output
        self._reader = threading.Thread(target=self._read, name="console", daemon=True)

    def listen(self):
        """From now on pass on what it prints: not before whoever hears it could answer."""
        self._reader.start()

    def write_stdin(self, data):
        """Bytes for the board's serial input; what does not fit into its buffer is lost. Returns how many were."""
        with contextlib.suppress(OSError, ValueError):
            stdin = self._process.stdin.fileno()
            unread = int.from_bytes(fcntl.ioctl(stdin, termios.FIONREAD, bytes(4)), sys.byteorder)
            data, lost = data[: max(0, _STDIN_RING - unread)], len(data)
            return lost - (os.write(stdin, data) if data else 0)
        return len(data)

    def send_event(self, kind, argument):
        """Interrupt the VM; False when so many wait already that this one is lost."""
        try:
            return bool(self.events.send(bytes((kind, argument))))
        except OSError:
            return False

    @staticmethod
    def ended_softly():
        """Never: it has no REPL at which somebody could press Ctrl-D."""
        return False

    def kill(self):
        """Stop it at once, wherever it is."""
        with contextlib.suppress(ProcessLookupError):
            if self._process.poll() is None:
                os.kill(self.pid, signal.SIGKILL)

    def close(self):
        """Kill it if need be, and wait until nothing of it is left."""
        self.kill()
        self._process.wait()
        self._reader.join()
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        self._process.stdout.close()
        self.control.close()
        self.events.close()

    def _read(self):
        while chunk := self._process.stdout.read(_CHUNK):
            self._on_output(chunk)


def _command(runtime, heap_kb, *fds):
    arguments = [str(fd) for fd in fds]
    if runtime == "cpython":
        return [sys.executable, str(BOOT / "in_cpython.py"), *arguments]
    command = [str(micropython()), "-X", f"heapsize={heap_kb}K", str(BOOT / "in_vm.py"), *arguments]
    guard = shutil.which("setpriv")
    # Where util-linux is, the kernel itself ends the VM when the thread that started it ends; elsewhere the VM notices
    # that its host is gone at the next thing it asks.
    return [guard, "--pdeathsig", "KILL", *command] if guard else command
