"""Without this file a test could kill the gateway only at a moment of chance, never between two chosen steps.

The gateway itself, with one thing put between it and its log: when the chosen step is told for the n-th time, the line
is written and the process kills itself as a power cut does, before it can do anything else.

    python tests/journeys/killable_gateway.py STEP NUMBER run --config FILE --log json
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gateway.__main__ import main

# The steps of one alarm's trip and of the answer to it, in the order in which they are told.
STEPS = (
    "frame-arrived",
    "opened",
    "heard",
    "committing",
    "committed",
    "stored",
    "ack-sealed",
    "acknowledged",
    "claimed",
    "publishing",
    "published",
    "confirmed",
    "forgotten",
    "answer-received",
    "answer-checked",
    "answer-storing",
    "answer-stored",
    "replied",
    "polled",
    "answer-sealed",
    "answer-sent",
    "answer-felt",
)


def killer(step: str, number: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """What goes between the gateway and its log: ends the process at the number-th telling of step."""

    def through(sink: Callable[..., None]) -> Callable[..., None]:
        left = number

        def tell(told: str, facts: dict[str, Any]) -> None:
            nonlocal left
            sink(told, facts)
            left -= told == step
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

        return tell

    return through


if __name__ == "__main__":
    sys.exit(main([*sys.argv[3:], "--verbose"], killer(sys.argv[1], int(sys.argv[2]))))
