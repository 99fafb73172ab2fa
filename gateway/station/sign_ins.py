"""Without this file a password that is tried would hold everything up: sign-ins, one at a time, behind all else."""

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from gateway.station import passwords
from gateway.station.attempts import Attempts

MOST_AT_THE_DOOR = 8  # sign-ins whose password waits to be tried; each takes a core for a tenth of a second and more
_POLITE = 10  # the scheduler's niceness of the thread that tries passwords: alarms first


class SignIns:
    """Tries passwords off the loop."""

    def __init__(self) -> None:
        self.attempts = Attempts()
        self._waiting = 0
        self._thread = ThreadPoolExecutor(1, "station-door", initializer=_be_polite)
        # Who is not on the list is held against this, so that the time an answer takes does not tell who is.
        self._nobody = passwords.hash_of_nobody()

    @property
    def is_full(self) -> bool:
        """Whether one more would wait too long."""
        return self._waiting >= MOST_AT_THE_DOOR

    async def is_right(self, password: str, kept: str | None) -> bool:
        """Whether the password is right; kept is None for somebody who is not on the list."""
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            is_right = await loop.run_in_executor(self._thread, passwords.is_right, password, kept or self._nobody)
            return is_right and kept is not None
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _be_polite() -> None:
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _POLITE)
