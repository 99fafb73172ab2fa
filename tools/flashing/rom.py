"""Without this file nothing would reach a bare chip: esptool, run as a program of its own, and what it says understood.

A program of its own because it can then be stopped at any moment, and because its licence (GPL) is not ours.
"""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.flashing.faults import Fault
from tools.flashing.ports import is_pseudo, patiently

BAUD = 460_800  # what cheap USB chips and a metre of cable still bear
_QUIET_S = 30.0  # no word for so long: it hangs
_ERASE_QUIET_S = 130.0  # ... but for a chip that erases itself: 25 s have been seen, esptool itself waits for 120
_GONE_S = 3.0  # a reset makes the native USB of a C3 vanish for a moment; longer is a pulled plug
_ATTEMPTS = 5  # of esptool, each with a reset
_SETTINGS = {"ESPTOOL_CFGFILE": str(Path(__file__).with_name("esptool.cfg"))}
_KNOWN = ("ESP32", "ESP32-C3")
_PERCENT = re.compile(r"([0-9]+(?:\.[0-9]+)?)%")

# What esptool prints, and what it means; the first that fits counts.
_MEANINGS = (
    (r"Failed to connect|No serial data received|Timed out waiting for packet header", "no_answer"),
    (r"[Pp]ermission denied", "port_denied"),
    (r"busy|lock port|Resource temporarily unavailable", "port_busy"),
    (r"port doesn't exist|could not open|doesn't exist|does not exist", "port_gone"),
    (r"Input/output error|disconnected|Write timeout|Device not configured|readiness to read", "unplugged"),
    (r"not open|serial exception|Lost connection", "unplugged"),
    (r"MD5 of file does not match|[Vv]erif\w+ failed|Hash .* not match", "flash_bad"),
    (r"Invalid head of packet|Packet content transfer stopped|[Cc]hecksum|SLIP|corrupt", "bad_cable"),
)


@dataclass(frozen=True)
class Chip:
    """What answered: family ("ESP32", "ESP32-C3"), the type printed on it, 6 bytes of MAC, flash in MB."""

    family: str
    type: str
    mac: bytes
    flash_mb: int


class Esptool:
    """esptool at one port. stop: when set, what runs is ended. log(text) gets every line."""

    def __init__(self, port: str, stop: threading.Event, log: Callable[[str], None], baud: int = BAUD) -> None:
        self._port = port
        self._stop = stop
        self._log = log
        self._baud = baud
        self._step = "look"

    def look(self) -> Chip:
        """Recognise the chip. Raises Fault."""
        said = self._run("look", ["flash-id"])
        family = _first(r"Detecting chip type\.+\s*([\w-]+)", said) or "?"
        if family not in _KNOWN:
            raise Fault("chip_unknown", port=self._port, chip=family)
        mac = _first(r"MAC:\s+([0-9a-f:]{17})", said) or _first(r"BASE MAC:\s+([0-9a-f:]{17})", said)
        if mac is None:
            raise Fault("bad_cable", port=self._port, why="no MAC")
        megabytes = int(_first(r"flash size:\s+(\d+)MB", said) or 0)
        return Chip(
            family, _first(r"Chip type:\s+(\S+)", said) or family, bytes.fromhex(mac.replace(":", "")), megabytes
        )

    def write(self, image: Path, offset: int, progress: Callable[[float], None]) -> None:
        """Erase everything, write the image, compare it; progress(share of 1). Raises Fault."""
        self._run("write", ["write-flash", "--erase-all", hex(offset), str(image)], progress)

    def erase(self) -> None:
        """Erase everything. Raises Fault."""
        self._run("erase", ["erase-flash"])

    def _run(self, step: str, command: Sequence[str], progress: Callable[[float], None] | None = None) -> str:
        return patiently(lambda: self._run_once(step, command, progress))

    def _run_once(self, step: str, command: Sequence[str], progress: Callable[[float], None] | None) -> str:
        reset = ("no-reset", "no-reset") if is_pseudo(self._port) else ("default-reset", "hard-reset")
        line = [sys.executable, "-m", "esptool", "--port", self._port, "--baud", str(self._baud)]
        line += ["--connect-attempts", str(_ATTEMPTS), "--before", reset[0], "--after", reset[1], *command]
        self._step = step
        process = subprocess.Popen(
            line,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env=_SETTINGS | os.environ,  # a file of one's own is taken if ESPTOOL_CFGFILE names it, and only then
        )
        heard = _Heard(process, self._log, progress)
        there_s = time.monotonic()
        try:
            while process.poll() is None:
                if Path(self._port).exists():
                    there_s = time.monotonic()
                elif time.monotonic() - there_s > _GONE_S:
                    raise Fault("unplugged", port=self._port, step=step)
                if self._stop.wait(0.02):
                    raise Fault("stopped", port=self._port, step=step)
                if heard.is_silent:
                    raise Fault("timeout", port=self._port, step=step)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            said = heard.end()
        if process.returncode:
            raise self._fault(said)
        return said

    def _fault(self, said: str) -> Fault:
        reasons = [line for line in said.splitlines() if re.search(r"error|fail|Fatal|Timed out", line, re.IGNORECASE)]
        why = (reasons or said.strip().splitlines() or ["?"])[-1].strip()
        for pattern, key in _MEANINGS:
            if re.search(pattern, "\n".join(reasons) or said):
                return Fault(key, port=self._port, step=self._step, why=why, group="dialout")
        return Fault("esptool", port=self._port, why=why)


class _Heard:
    """Reads what a process says, in a thread: lines end with a line feed or, in a progress bar, a carriage return."""

    def __init__(
        self, process: subprocess.Popen[bytes], log: Callable[[str], None], progress: Callable[[float], None] | None
    ) -> None:
        self.last_s = time.monotonic()
        self._said: list[str] = []
        self._log = log
        self._progress = progress
        self._process = process
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def is_silent(self) -> bool:
        """Whether no word has come for longer than what it does can take."""
        is_erasing = bool(self._said) and self._said[-1].startswith("Erasing")
        return time.monotonic() - self.last_s > (_ERASE_QUIET_S if is_erasing else _QUIET_S)

    def end(self) -> str:
        """Everything, when the process has ended."""
        self._thread.join()
        return "\n".join(self._said)

    def _read(self) -> None:
        assert self._process.stdout
        rest = ""
        while chunk := self._process.stdout.read1(4096):  # type: ignore[attr-defined]
            self.last_s = time.monotonic()
            *lines, rest = re.split(r"[\r\n]+", rest + chunk.decode("utf-8", "replace"))
            for line in lines:
                self._take(line)
        self._take(rest)

    def _take(self, line: str) -> None:
        if not line.strip():
            return
        share = _PERCENT.search(line) if line.startswith("Writing at") else None
        if share and self._progress:
            self._progress(float(share[1]) / 100)
        else:
            self._log(line.rstrip())
        self._said.append(line)


def _first(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text)
    return found[1] if found else None
