"""Without this module mpremote could not talk to a virtual board: a VM at a terminal, with the REPL of the port.

The unix VM differs from the port in one thing: Ctrl-D ends it. Here it is what it is on a board, a soft reset, and in
raw mode the next life begins in raw mode, without main.py.
"""

import contextlib
import fcntl
import json
import os
import pty
import select
import shutil
import signal
import socket
import struct
import subprocess
import termios
import threading
import tty

from hil_tests.virtual.flash_image import BOOT, micropython

_CHUNK = 4096
_PROMPT = b">>> "
_RAW_ON, _RAW_OFF = 0x01, 0x02  # Ctrl-A, Ctrl-B
SOFT_REBOOT = b"MPY: soft reboot\r\n"


class ReplProcess:
    """Like VmProcess, but its standard streams are a terminal. is_raw: begin in the raw REPL, without main.py."""

    def __init__(self, facts, *, heap_kb, cwd, on_output, is_raw):
        self.control, control_end = socket.socketpair()
        self.events, events_end = socket.socketpair()
        self.events.setblocking(False)
        told = json.dumps({**facts, "run_main": not is_raw}).encode()
        self._terminal, slave = pty.openpty()
        _be_a_serial_line(slave)
        guard = shutil.which("setpriv")
        command = [str(micropython()), "-X", f"heapsize={heap_kb}K", "-i", str(BOOT / "in_repl.py")]
        command += [str(control_end.fileno()), str(events_end.fileno())]
        self._process = subprocess.Popen(
            [guard, "--pdeathsig", "KILL", *command] if guard else command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            pass_fds=(control_end.fileno(), events_end.fileno()),
            preexec_fn=_own_terminal,  # noqa: PLW1509 - two system calls; there is no other way to a terminal
            cwd=cwd,
        )
        for end in (control_end, events_end):
            end.close()
        os.close(slave)
        self.control.sendall(struct.pack(">I", len(told)) + told)
        self.pid = self._process.pid
        self.is_raw = is_raw
        self.runs_main = not is_raw
        self.may_be_interrupted = (
            True  # once: main.py ends at the first Ctrl-C, and a second must not wait for what follows
        )
        self._is_waiting_for_prompt = is_raw
        self._on_output = on_output
        self._was_killed = False
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read, name="repl", daemon=True)

    def listen(self):
        """From now on pass on what it prints: not before whoever hears it could answer."""
        self._reader.start()

    def write_stdin(self, data):
        """Bytes for the board; waits while it is too busy to take them, as a USB serial port does."""
        for byte in data:
            if byte in {_RAW_ON, _RAW_OFF}:
                self.is_raw = byte == _RAW_ON
        while data and not self._closing.is_set():
            try:
                _, ready, _ = select.select([], [self._terminal], [], 0.1)
                if ready:
                    data = data[os.write(self._terminal, data) :]
            except OSError:
                break
        return 0

    def send_event(self, kind, argument):
        """Interrupt the VM; False when so many wait already that this one is lost."""
        try:
            return bool(self.events.send(bytes((kind, argument))))
        except OSError:
            return False

    def ended_softly(self):
        """After its end: was it Ctrl-D?"""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        return self._process.returncode == 0 and not self._was_killed

    def kill(self):
        """Stop it at once, wherever it is."""
        with contextlib.suppress(ProcessLookupError):
            if self._process.poll() is None:
                self._was_killed = True
                os.kill(self.pid, signal.SIGKILL)

    def close(self):
        """Kill it if need be, and wait until nothing of it is left."""
        self._closing.set()
        self.kill()
        self._process.wait()
        self._reader.join()
        os.close(self._terminal)
        self.control.close()
        self.events.close()

    def _read(self):
        held = b""
        while True:
            try:
                chunk = os.read(self._terminal, _CHUNK)
            except OSError:  # EIO: the VM has ended
                return
            if not chunk:
                return
            if self._is_waiting_for_prompt:
                held += chunk
                if _PROMPT not in held:
                    continue
                self._is_waiting_for_prompt = False
                os.write(self._terminal, bytes((_RAW_ON,)))
                chunk = held.split(_PROMPT, 1)[1]
            if chunk:
                self._on_output(chunk)


def _be_a_serial_line(slave):
    """Raw. No signal at Ctrl-C: this VM raises inside its signal handler, which spoils a heap that is being used."""
    tty.setraw(slave)


def _own_terminal():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
