"""Without this file a machine could try a million passwords a night: how often a name or an address may be wrong.

Each wrong password empties a small bucket of the name and one of the address, which fill again with time. A bucket that
is full again is forgotten; there are at most so many, and beyond them the fullest goes.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

NAME_TRIES = 5  # wrong in a row, then one each NAME_AGAIN_S
NAME_AGAIN_S = 60.0
ADDRESS_TRIES = 20  # a station's carers may share one address
ADDRESS_AGAIN_S = 15.0
MOST_BUCKETS = 2_000


@dataclass
class _Bucket:
    left: float
    at_s: float


class Buckets:
    """How many tries each key has left."""

    def __init__(self, tries: int, again_s: float, now_s: Callable[[], float] = time.monotonic) -> None:
        self._tries = tries
        self._again_s = again_s
        self._now_s = now_s
        self._buckets: dict[str, _Bucket] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def wait_s(self, key: str) -> float:
        """Seconds until this key may try again; 0 if it may now."""
        left = self._left(key)
        return 0.0 if left >= 1 else (1 - left) * self._again_s

    def wrong(self, key: str) -> None:
        """It was wrong."""
        left = max(0.0, self._left(key) - 1)
        if key not in self._buckets and len(self._buckets) >= MOST_BUCKETS:
            self._make_room()
        self._buckets[key] = _Bucket(left, self._now_s())

    def right(self, key: str) -> None:
        """It was right: what was wrong before was a person's fingers."""
        self._buckets.pop(key, None)

    def _left(self, key: str) -> float:
        bucket = self._buckets.get(key)
        if bucket is None:
            return float(self._tries)
        return min(float(self._tries), bucket.left + (self._now_s() - bucket.at_s) / self._again_s)

    def _make_room(self) -> None:
        for key in [key for key in self._buckets if self._left(key) >= self._tries]:
            del self._buckets[key]
        if len(self._buckets) >= MOST_BUCKETS:
            del self._buckets[max(self._buckets, key=self._left)]


class Attempts:
    """Both buckets of a sign-in."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._names = Buckets(NAME_TRIES, NAME_AGAIN_S, now_s)
        self._addresses = Buckets(ADDRESS_TRIES, ADDRESS_AGAIN_S, now_s)

    def wait_s(self, name: str, address: str) -> float:
        """Seconds until this name may be tried from this address; 0 if now.

        The name's bucket counts an address apart: a stranger who is wrong in a carer's name locks himself out, not her.
        """
        return max(self._names.wait_s(f"{address} {name}"), self._addresses.wait_s(address))

    def wrong(self, name: str, address: str) -> None:
        """A wrong password."""
        self._names.wrong(f"{address} {name}")
        self._addresses.wrong(address)

    def right(self, name: str, address: str) -> None:
        """A right one."""
        self._names.right(f"{address} {name}")
