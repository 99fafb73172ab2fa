"""Without this file the service manager would call a hung gateway healthy: it could only see that a process is there.

Says READY, STATUS, WATCHDOG and STOPPING to systemd (sd_notify(3)); without systemd it says nothing. The watchdog is
fed only while the event loop turns (this runs in it), the store's writer answers, and the serial line is served: if one
of them hangs, systemd ends the process and starts it again.
"""

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from gateway.trace import Trace

PAUSE_S = 15.0  # between two looks, if systemd asks for no shorter one
SERIAL_MOST_S = 30.0  # the serial line's loop turns every 2 s; opening a port may take a while
_LOOKS = 4  # within the time that systemd gives
_MOST_STATUS = 500  # characters


class Service:
    """What the service manager is told."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self.watchdog_s = _watchdog_s(environment)

    def tell(self, **said: str) -> None:
        """Say e.g. READY="1". Never blocks and never fails: whoever does not listen is not told."""
        if not self._address.startswith(("/", "@")):
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        text = "\n".join(f"{name}={' '.join(value.split())[:_MOST_STATUS]}" for name, value in said.items())
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
            to.setblocking(False)
            to.sendto(text.encode(), address)


class Watchdog:
    """Looks at the parts and feeds the watchdog."""

    def __init__(
        self,
        service: Service,
        *,
        store_answers: Callable[[], Awaitable[None]],
        serial_turned_s: Callable[[], float],
        status: Callable[[], str],
        trace: Trace,
    ) -> None:
        self._service = service
        self._store_answers = store_answers
        self._serial_turned_s = serial_turned_s
        self._status = status
        self._trace = trace
        self._pause_s = min(PAUSE_S, (service.watchdog_s or PAUSE_S * _LOOKS) / _LOOKS)
        self._patience_s = 2 * self._pause_s  # a memory card may think for a while

    async def run(self) -> None:
        """Look and feed, for ever."""
        while True:
            hung = await self._what_hangs()
            if hung:
                self._trace.trouble("watchdog", f"{hung}; the service manager will start the gateway again")
                self._service.tell(STATUS=hung)
            else:
                self._trace.well("watchdog", "all parts answer again")
                self._service.tell(WATCHDOG="1", STATUS=self._status())
            await asyncio.sleep(self._pause_s)

    async def _what_hangs(self) -> str:
        try:
            async with asyncio.timeout(self._patience_s):
                await self._store_answers()
        except TimeoutError:
            return f"the store's writer has not answered for {self._patience_s:.0f} s"
        silent_s = time.monotonic() - self._serial_turned_s()
        return f"the serial line hangs for {silent_s:.0f} s" if silent_s > SERIAL_MOST_S else ""


def _watchdog_s(environment: Mapping[str, str]) -> float:
    """Within so many seconds systemd wants to hear of us; 0: it does not watch, or watches somebody else."""
    watched = environment.get("WATCHDOG_PID", "")
    span_us = environment.get("WATCHDOG_USEC", "")
    if not span_us.isdecimal() or (watched and watched != str(os.getpid())):
        return 0.0
    return int(span_us) / 1_000_000
