"""Without this file a real pendant's traceback would be read by nobody: its console, line by line, into the log."""

import threading
from pathlib import Path
from typing import Any, Self

import serial

_LINE_BYTES_MOST = 4_096


class ConsolePort:
    """Reads a serial port while it is entered; a port that vanishes with the board's power comes back by itself."""

    def __init__(self, home: Any, port: Path, log_path: Path) -> None:
        self._home = home
        self._port = port
        self._log_path = log_path
        self._lines: list[tuple[float, str]] = []
        self._since = 0
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def expect(self, text: str, within_s: float = 5.0) -> str:
        """The first new line with this text; AssertionError if none comes."""

        def found() -> int | None:
            return next((n for n in range(self._since, len(self._lines)) if text in self._lines[n][1]), None)

        with self._changed:
            self._changed.wait_for(lambda: found() is not None, within_s)
            number = found()
            last = "\n".join(line for _, line in self._lines[-20:])
            assert number is not None, f"no {text!r} within {within_s} s; all of it: {self._log_path}\n{last}"
            self._since = number + 1
            return self._lines[number][1]

    def _read(self) -> None:
        with self._log_path.open("ab", buffering=0) as log:  # a test that fails, or never ends, names a whole log
            while not self._stop.wait(0.2):
                try:
                    with serial.Serial(str(self._port), 115_200, timeout=0.1) as port:
                        self._read_port(port, log)
                except (OSError, serial.SerialException):
                    continue  # no power, no port

    def _read_port(self, port: Any, log: Any) -> None:
        rest = b""
        while not self._stop.is_set():
            data = port.read(256)
            log.write(data)
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) > _LINE_BYTES_MOST:  # noise has no lines
                lines.append(rest)
                rest = b""
            for line in lines:
                text = line.rstrip(b"\r").decode("utf-8", "replace")
                self._home.log.add(self._home.now_s(), "pendant", text[:200])
                with self._changed:
                    self._lines.append((self._home.now_s(), text))
                    self._changed.notify_all()
