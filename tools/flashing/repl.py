"""Without this file no file would reach a board: mpremote's own transport, with patience and plain faults.

The board may run our firmware (Ctrl-C stops a pendant, not a bridge: its line carries binary data), sit at a prompt, or
be starting. A board that does not listen is reset by its control lines and asked again while it starts.
"""

import contextlib
import errno
import json
import re
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import serial
from mpremote.transport import TransportError, TransportExecError  # type: ignore[import-untyped]
from mpremote.transport_serial import SerialTransport  # type: ignore[import-untyped]

from tools.flashing.faults import Fault
from tools.flashing.ports import is_pseudo, patiently

_BANNER = b"raw REPL; CTRL-B to exit\r\n"
_BARE = (b"invalid header", b"No bootable app", b"waiting for download")
_END = b"\x04"  # of what a program prints
_CHUNK_BYTES = 1_024  # of a file, a command: a few kB of heap on the board
_READ_S = 3.0
_KNOCK_S = 0.3
_TRIES = 40  # 12 s: a first start makes the file system, and a computer with eight boards has been late by 4 s
_RESET_AT = 4  # ... but who has not answered by then is reset
_GONE_S = 3.0  # a reset makes the native USB of a C3 vanish for a moment; estimated, until a real one has been timed
_AGAIN_S = 0.1
_MOST_BYTES = 1_000_000  # that one program prints: no board of ours keeps so much, a damaged line may go on for ever
_NO_SUCH_LINES = {errno.ENOTTY, errno.EINVAL}  # what a port without DTR and RTS says


class BoardError(Exception):
    """The board's program raised; the text is its last line."""

    @property
    def is_full(self) -> bool:
        """Whether the flash had no room."""
        return re.search(r"ENOSPC|\bErrno 28\b|^OSError: 28$", str(self)) is not None


class Repl:
    """A board's prompt. Use as a context manager; every fault is a Fault."""

    def __init__(self, port: str, stop: threading.Event, step: str) -> None:
        self.port = port
        self.step = step
        self._stop = stop
        self._transport: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the port; the board goes on as it is."""
        if self._transport is not None:
            with contextlib.suppress(OSError, serial.SerialException):
                self._transport.close()
            self._transport = None

    def open(self) -> bool:
        """Get the raw prompt. False for a chip that has no MicroPython; Fault no_repl if it does not answer."""
        patiently(lambda: self._guard(self._connect))
        heard, back_by_s = b"", 0.0
        for attempt in range(_TRIES):
            self._check_stop()
            if attempt == _RESET_AT:
                back_by_s = time.monotonic() + _GONE_S
                self._reset_by_lines()
            try:
                heard = self._guard(self._knock, heard)
            except Fault as why:
                if why.key != "unplugged" or time.monotonic() > back_by_s:
                    raise
                self._open_again(back_by_s)
                continue
            if heard.endswith(_BANNER) and self._guard(self._settle):
                self._transport.in_raw_repl = True
                return True
            if any(sign in heard for sign in _BARE):
                return False
        raise Fault("no_repl", port=self.port)

    def soft_reset(self) -> None:
        """Forget everything in RAM; main.py does not run."""
        self._guard(self._soft_reset)

    def run(self, program: str, within_s: float = 15.0) -> str:
        """Run a program on the board and return what it prints. BoardError if it raises.

        Fault timeout if the board is silent for within_s before its end, bad_cable if it says more than it can know.
        """
        said = bytearray()

        def take(byte: bytes) -> None:
            self._check_stop()
            if len(said) > _MOST_BYTES:
                raise Fault("bad_cable", port=self.port, why="a reply without end")
            said.extend(byte)

        self._check_stop()
        _, error = self._guard(lambda: self._transport.exec_raw(program, timeout=within_s, data_consumer=take))
        if error:
            raise BoardError(_last_line(error.decode("utf-8", "replace")))
        return said.removesuffix(_END).decode("utf-8", "replace")

    def ask(self, program: str, within_s: float = 15.0) -> Any:
        """Run a program that prints one line of JSON, and return that."""
        said = self.run(program, within_s).strip().splitlines()
        try:
            return json.loads(said[-1])
        except (IndexError, ValueError):
            raise Fault("bad_cable", port=self.port, why="a reply that is not JSON") from None

    def put(self, path: str, data: bytes, progress: Callable[[int], None] | None = None) -> None:
        """Write a file; its folder must be there. progress(bytes so far). Fault flash_full."""
        self._check_stop()

        def told(done: int, _total: int) -> None:
            self._check_stop()
            if progress:
                progress(done)

        def write() -> None:
            self._transport.fs_writefile(path, data, chunk_size=_CHUNK_BYTES, progress_callback=told)

        try:
            self._guard(write)
        except BoardError as why:
            if why.is_full:
                raise Fault("flash_full", port=self.port, path=path) from None
            raise

    def restart(self) -> None:
        """Press reset, as it were; the prompt is gone, and of a C3 the port may go before it has said that it heard."""
        try:
            self._guard(lambda: self._transport.exec_raw_no_follow("import machine\nmachine.reset()"))
        except Fault as why:
            if why.key != "unplugged":
                raise
        self._transport.in_raw_repl = False

    def listen(self, for_s: float) -> str:
        """What the board prints in that time; less if it goes to sleep and its port with it."""
        said = b""
        end = time.monotonic() + for_s
        with contextlib.suppress(OSError, serial.SerialException):
            while time.monotonic() < end and b"Traceback" not in said:
                self._check_stop()
                said += self._transport.serial.read(self._transport.serial.in_waiting or 0)
                time.sleep(0.02)
            said += self._transport.serial.read(self._transport.serial.in_waiting or 0)
        return said.decode("utf-8", "replace")

    # ---- inside

    def _connect(self) -> None:
        if self._transport is None:
            # mpremote knows a pseudo-terminal by its path, and then waits for bytes instead of looking for them
            path = str(Path(self.port).resolve()) if is_pseudo(self.port) else self.port
            self._transport = SerialTransport(path, timeout=_READ_S)

    def _knock(self, heard: bytes) -> bytes:
        """Ctrl-C, Ctrl-A, and read byte by byte up to the banner: mpremote wants to find the prompt behind it."""
        line = self._transport.serial
        line.write(b"\r\x03\x03\r\x01")
        end = time.monotonic() + _KNOCK_S
        while time.monotonic() < end:
            while line.in_waiting:
                heard = (heard + line.read(1))[-4_096:]
                if heard.endswith(_BANNER) or any(sign in heard for sign in _BARE):
                    return heard
            time.sleep(0.01)
        return heard

    def _settle(self) -> bool:
        """Say a word nobody has said yet and wait for its echo: then every knock before it has been answered too."""
        word = secrets.token_hex(4)
        self._transport.serial.write(f"print('{word[:4]}' + '{word[4:]}')\x04".encode())
        end = time.monotonic() + _READ_S
        while time.monotonic() < end:
            said = self._transport.read_until(1, b"\x04\x04", timeout=_READ_S)
            if word.encode() in said:
                return True  # and the prompt behind it is still unread, as mpremote wants it
        return False

    def _soft_reset(self) -> None:
        self._transport.read_until(1, b">", timeout=_READ_S)
        self._transport.serial.write(b"\x04")
        said = self._transport.read_until(1, _BANNER, timeout=_READ_S * 2)
        if not said.endswith(_BANNER):
            raise Fault("no_repl", port=self.port)

    def _reset_by_lines(self) -> None:
        """Pull EN low for a moment, BOOT high. A port that has no such lines is left as it is."""
        if is_pseudo(self.port):
            return
        line = self._transport.serial
        try:
            line.dtr = False
            line.rts = True  # EN low
            time.sleep(0.1)
            line.rts = False
        except OSError as why:  # one that has gone with its chip is found out by the next knock
            if why.errno in _NO_SUCH_LINES:
                return
            time.sleep(_AGAIN_S)

    def _open_again(self, until_s: float) -> None:
        """Take up a port that went with its chip; Fault if it is not back in time."""
        self.close()
        while self._transport is None:
            self._check_stop()
            try:
                self._guard(self._connect)
            except Fault:
                if time.monotonic() > until_s:
                    raise
                time.sleep(_AGAIN_S)

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise Fault("stopped", port=self.port, step=self.step)

    def _guard(self, action: Callable[..., Any], *arguments: Any) -> Any:
        """Run something on the line; whatever it raises becomes a Fault or a BoardError."""
        try:
            return action(*arguments)
        except TransportExecError as why:
            raise BoardError(_last_line(str(why.error_output))) from None
        except TransportError as why:
            if "failed to access" in str(why):
                is_there = Path(self.port).exists()
                raise Fault("port_busy" if is_there else "unplugged", port=self.port, step=self.step) from None
            gone = not Path(self.port).exists()
            raise Fault("unplugged" if gone else "timeout", port=self.port, step=self.step) from None
        except serial.SerialException:
            raise Fault("unplugged", port=self.port, step=self.step) from None
        except OSError as why:
            if why.errno in {errno.ENOSPC, errno.ENOENT, errno.EEXIST, errno.ENOTDIR} or why.errno is None:
                raise BoardError(f"[Errno {why.errno}] {why}") from None
            raise Fault("unplugged", port=self.port, step=self.step) from None
        except Exception as why:
            # struct.error, UnicodeDecodeError, SyntaxError of a reply: the line has swallowed or added bytes
            if isinstance(why, (Fault, BoardError)):
                raise
            raise Fault("bad_cable", port=self.port, why=type(why).__name__) from None


def _last_line(text: str) -> str:
    """What a traceback ends with; "?" of one that a damaged line has swallowed."""
    return (text.strip().splitlines() or ["?"])[-1]
