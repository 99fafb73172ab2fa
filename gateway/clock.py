"""Without this file a Raspberry Pi, which has no clock of its own, would date a fall to the day it was last unplugged.

Nothing that is stored carries a date. It carries a *stamp*: milliseconds since the machine was switched on
(CLOCK_BOOTTIME, which no one can set), and which switching-on that was. Only when the machine knows the time is a stamp
turned into a date; what was stamped before then is dated too, as long as the machine has not been switched off since.
"""

import ctypes
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_BOARD = Path("/proc/device-tree/model")  # small computers have it; PCs and servers do not, but have clocks
_RTC = Path("/sys/class/rtc/rtc0")
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_EARLIEST_S = datetime(2026, 1, 1, tzinfo=UTC).timestamp()  # before this program was written no clock is right


class Clock:
    """The stamps of this switching-on, and how they become dates."""

    def __init__(
        self,
        *,
        is_trusted: Callable[[], bool],
        wall_s: Callable[[], float] = time.time,
        stamp_s: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
    ) -> None:
        self._is_trusted = is_trusted
        self._wall_s = wall_s
        self._stamp_s = stamp_s

    def stamp_ms(self) -> int:
        """Milliseconds since the machine was switched on; never set, never back."""
        return int(self._stamp_s() * 1000)

    def offset_ms(self) -> int | None:
        """What a stamp of this switching-on lacks to unix milliseconds; None while the time is not known."""
        wall_s = self._wall_s()
        if wall_s < _EARLIEST_S or not self._is_trusted():
            return None
        return int(wall_s * 1000) - self.stamp_ms()

    def unix_s(self) -> int:
        """Unix seconds for an acknowledgement; 0 while the time is not known."""
        offset_ms = self.offset_ms()
        return 0 if offset_ms is None else (self.stamp_ms() + offset_ms) // 1000


def system_clock(trust: str) -> Clock:
    """The machine's clock; trust is "always" or "auto" (see `is_synchronised`)."""
    return Clock(is_trusted=is_synchronised if trust == "auto" else lambda: True)


def is_synchronised() -> bool:
    """Whether the kernel has been told the time, or the machine has a battery-backed clock to know it from."""
    if not _BOARD.exists() or _has_kept_time():
        return True
    status = ctypes.create_string_buffer(512)  # struct timex, all zero: only asks
    return ctypes.CDLL(None).adjtimex(status) not in (-1, _TIME_ERROR)


@cache  # asking the chip takes a while; once the kernel has been told the time that alone would do
def _has_kept_time() -> bool:
    """A Pi 5 has the clock and, mostly, no battery: that one begins with 1970, and the kernel's time is a guess."""
    try:
        return int((_RTC / "since_epoch").read_text("ascii")) >= _EARLIEST_S
    except (OSError, ValueError):
        return False


def boot_id() -> str:
    """The name the kernel gave to this switching-on."""
    return _BOOT_ID.read_text("ascii").strip()


def rfc3339(unix_ms: int) -> str:
    """Unix milliseconds -> 2026-11-22T13:45:07.123Z."""
    seconds, ms = divmod(unix_ms, 1000)
    return f"{_whole_second(seconds)}.{ms:03d}Z"


_cached_second = (0, "")


def _whole_second(seconds: int) -> str:
    # A backlog is rendered by the ten thousand, many of them in the same second.
    global _cached_second
    if _cached_second[0] != seconds:
        _cached_second = (seconds, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)))
    return _cached_second[1]
