"""Without this file a gateway that looks for its bridge would talk to the modem instead, and hold its port.

A modem shows three or four serial ports, of which the configuration names one: all of that device are left alone.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from serial.tools import list_ports


def there(avoid: str) -> list[Any]:
    """The USB ports that are plugged in now, without those of that device. None while one of them is being pulled."""
    try:
        return without(list_ports.comports(), avoid)
    except (OSError, TypeError, ValueError):  # pyserial asks a device that has just gone for its number, and gets None
        return []


def without(found: Iterable[Any], avoid: str) -> list[Any]:
    """Of these ports (of pyserial) the USB ones that do not belong to the device that has the port avoid."""
    ports = [port for port in found if port.vid is not None]
    devices = {_device(port) for port in ports if avoid and _is_same(port.device, avoid)}
    return [port for port in ports if _device(port) not in devices]


def _device(port: Any) -> str:
    """Where a port's device is plugged in: 1-1.2 of 1-1.2:1.0; the port itself where nobody knows."""
    location = getattr(port, "location", None)
    return str(location).partition(":")[0] if location else os.path.realpath(port.device)


def _is_same(device: str, other: str) -> bool:
    with suppress(OSError):
        return os.path.realpath(device) == os.path.realpath(other)
    return device == other
