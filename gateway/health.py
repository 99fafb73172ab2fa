"""Without this file an operator would learn of a full store or an old certificate from the silence that follows.

How long the store would hold if the platform went away now, and how many days the certificate is good for.
"""

from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from gateway.space import Limits

CERTIFICATE_WARN_DAYS = 30
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_LEAST_MS = 5 * 60_000  # a rate over less says nothing


class Capacity:
    """Turns bytes into hours, at the rate of the last day (or since the start, if that is less)."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._seen: deque[tuple[int, int]] = deque()  # when, and how many bytes had come by then

    def note(self, now_ms: int, bytes_taken: int) -> None:
        """So many bytes have been taken since the start."""
        self._seen.append((now_ms, bytes_taken))
        while self._seen[0][0] < now_ms - _DAY_MS:
            self._seen.popleft()

    def holds_h(self, used_bytes: int) -> float | None:
        """Hours until telemetry would have to be folded; None while no rate is known."""
        if len(self._seen) < 2:
            return None
        (first_ms, first_bytes), (last_ms, last_bytes) = self._seen[0], self._seen[-1]
        if last_ms - first_ms < _LEAST_MS or last_bytes == first_bytes:
            return None
        free = max(0, self._limits.most - self._limits.reserve - used_bytes)
        return round(free / (last_bytes - first_bytes) * (last_ms - first_ms) / _HOUR_MS, 1)


def certificate_days(path: Path, now_s: float) -> int:
    """Whole days until the first certificate in a PEM file expires, negative if it has; ValueError if there is none."""
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    left = certificate.not_valid_after_utc - datetime.fromtimestamp(now_s, UTC)
    return left.days


def in_words(status: dict[str, Any]) -> str:
    """One line for a person, from the status's data."""
    store = status["store"]
    holds = "no rate yet" if store["holds_h"] is None else f"holds {store['holds_h']:.0f} h at today's rate"
    waiting = ", ".join(f"{count} {lane}" for lane, count in store["waiting"].items())
    return f"waiting: {waiting}; {store['used_mb']} of {store['max_mb']} MB used; {holds}"
