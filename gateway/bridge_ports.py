"""Without this file the gateway would not find its bridge again under another name, or would share it with a terminal.

Opens the serial port of the bridge for the gateway alone: the one that is configured, or with "auto" any USB port,
those last on which no bridge has spoken. What stands in the way is said in one sentence.
"""

import asyncio
import termios
import time
from pathlib import Path

import serial

from gateway import usb_ports
from gateway.config import SerialConfig
from gateway.errors import SetUpError
from gateway.trace import Trace

AUTO = "auto"


class BridgePorts:
    """Where the bridge may be."""

    def __init__(self, config: SerialConfig, trace: Trace) -> None:
        self._config = config
        self._trace = trace
        self._silent_s: dict[str, float] = {}  # ports on which no bridge spoke, and when

    def open_named(self) -> serial.Serial | None:
        """At start: the configured port; None if any will do, or it may come later. SetUpError. Blocks."""
        path = self._config.port
        if path == AUTO:
            return None
        if not Path(path).exists():
            if self._config.wait:
                return None
            raise SetUpError(
                f"{path}: there is no such serial port; plug the bridge in, correct [serial] port"
                f' (or write "auto"), or write wait = true.'
            )
        return _open(path, self._config.baud)

    def check(self) -> None:
        """Raise SetUpError if the port cannot be opened now; leave it closed."""
        if self._config.port == AUTO:
            if not self._candidates():
                raise SetUpError("No USB serial port is there; plug the bridge in.")
            return
        port = self.open_named()
        if port is None:
            raise SetUpError(f"{self._config.port}: there is no such serial port; plug the bridge in.")
        port.close()

    async def open_any(self) -> serial.Serial | None:
        """Try each port once where the bridge may be; None if none opens now. Looked and opened off the loop."""
        for path in await asyncio.to_thread(self._candidates):
            try:
                return await asyncio.to_thread(_open, path, self._config.baud)
            except SetUpError as fault:
                self._trace.trouble("bridge", f"{fault} Trying again until it is there.")
        return None

    def was_silent(self, path: str) -> None:
        """No bridge has spoken on this port: the others come first next time."""
        self._silent_s[path] = time.monotonic()

    def _candidates(self) -> list[str]:
        if self._config.port != AUTO:
            if not Path(self._config.port).exists():
                self._trace.trouble("bridge", f"{self._config.port} is not there; waiting for it")
                return []
            return [self._config.port]
        paths = [port.device for port in usb_ports.there(self._config.avoid)]
        if not paths:
            self._trace.trouble("bridge", "no USB serial port is there; waiting for the bridge")
        # Those that were silent come last, the one that was so most recently behind all others.
        return sorted(paths, key=lambda path: self._silent_s.get(path, 0.0))


def _open(path: str, baud: int) -> serial.Serial:
    """Open a port for ourselves alone; SetUpError in one sentence."""
    try:
        return serial.Serial(path, baud, timeout=0, exclusive=True)
    except (serial.SerialException, OSError, ValueError, termios.error) as fault:  # the last: pulled as it was opened
        text = str(fault)
        if isinstance(fault, PermissionError) or "Permission denied" in text:
            remedy = "this user may not open it; add the user to the group dialout"
        elif "exclusively lock" in text or "busy" in text:
            remedy = "it is in use by another program; end that one (a terminal, another gateway)"
        else:
            remedy = f"it does not open as a serial port ({text}); check [serial] port"
        raise SetUpError(f"{path}: {remedy}.") from None
