"""Without this file five thousand gateways would knock in the same second when the platform comes back."""

import random

URGENT_MOST_S = 1.2  # with an alarm waiting: knock often, the first event must be out 2 s after the platform is back
MOST_S = 30.0
REFUSED_MOST_S = 60.0  # a wrong password does not become right by asking often
_FIRST_S = 0.5


class Backoff:
    """How long to wait before the next attempt: doubled each time, and never the same for two gateways."""

    def __init__(self, source: random.Random | None = None) -> None:
        self._random = source or random.Random()
        self._attempts = 0

    def next_s(self, *, is_urgent: bool, is_refused: bool = False) -> float:
        """Seconds to the next attempt: half of them certain, half of them chance."""
        grown_s = _FIRST_S * float(1 << min(self._attempts, 20))
        most_s = REFUSED_MOST_S if is_refused else URGENT_MOST_S if is_urgent else MOST_S
        self._attempts += 1
        wait_s: float = min(grown_s, most_s)
        return wait_s * self._random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """It has worked: the next failure is a first one."""
        self._attempts = 0
