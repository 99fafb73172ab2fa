"""Without this file an installer would have to know what a tty is: finds boards, and says why one cannot be opened."""

import errno
import os
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import serial
from serial.tools import list_ports

from tools.flashing.faults import Fault

# Makers of the serial chips on ESP32 boards: Espressif, Silicon Labs, WCH, FTDI, Prolific.
_MAKERS = {0x303A, 0x10C4, 0x1A86, 0x0403, 0x067B}
# ModemManager and its like look into each port that appears, and go again; who stays longer is at work there.
_BORROWED_S = 3.0
_AGAIN_S = 0.1

Opened = TypeVar("Opened")


@dataclass(frozen=True)
class Port:
    """A serial port with a board on it, as far as USB tells."""

    path: str
    what: str


def find() -> list[Port]:
    """The ports that may have one of our boards, by name."""
    found = [Port(port.device, port.description or "") for port in list_ports.comports() if port.vid in _MAKERS]
    return sorted(found, key=lambda port: port.path)


def choose(named: Sequence[str], *, take_all: bool, ask: Callable[[list[Port]], list[Port]] | None = None) -> list[str]:
    """The paths to work on: those named, or the one there is, or all; ask(ports) where a person can choose.

    Raises Fault: no_board, which_port.
    """
    if named:
        return list(named)
    ports = find()
    if not ports:
        raise Fault("no_board")
    if len(ports) > 1 and not take_all:
        if ask is None:
            raise Fault("which_port", ports=", ".join(port.path for port in ports))
        ports = ask(ports)
    return [port.path for port in ports]


def is_pseudo(path: str) -> bool:
    """A pseudo-terminal has no DTR and RTS: nothing can be reset by them."""
    return os.path.realpath(path).startswith("/dev/pts/")


def patiently(opening: Callable[[], Opened]) -> Opened:
    """What opening() returns; while it raises the Fault port_busy it is asked again, for three seconds."""
    end_s = time.monotonic() + _BORROWED_S
    while True:
        try:
            return opening()
        except Fault as why:
            if why.key != "port_busy" or time.monotonic() > end_s:
                raise
        time.sleep(_AGAIN_S)


def check(path: str) -> None:
    """Raise a Fault unless the port is there, may be opened, and nobody else has it for long."""
    patiently(lambda: _open(path))


def _open(path: str) -> None:
    try:
        serial.Serial(path, exclusive=True).close()
    except (serial.SerialException, OSError) as why:
        raise _fault(path, why) from None


def _fault(path: str, why: OSError) -> Fault:
    code = why.errno
    if code in {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO} or not os.path.exists(path):  # noqa: PTH110
        return Fault("port_gone", port=path)
    if code in {errno.EACCES, errno.EPERM}:
        return Fault("port_denied", port=path, group=_group(path))
    if not _is_terminal(path):
        return Fault("port_none", port=path)
    return Fault("port_busy", port=path)


def _is_terminal(path: str) -> bool:
    """False for a file, a folder, /dev/null; True where that cannot be found out."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return True
    try:
        return os.isatty(descriptor)
    finally:
        os.close(descriptor)


def _group(path: str) -> str:
    """The group that may open the port; "dialout" where that cannot be found out."""
    try:
        import grp

        return grp.getgrgid(Path(path).stat()[stat.ST_GID]).gr_name
    except (ImportError, KeyError, OSError):
        return "dialout"
