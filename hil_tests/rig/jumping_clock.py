"""Without this file a gateway's clock could be set by root only: the gateway itself, with time.time() shifted.

    python hil_tests/rig/jumping_clock.py FILE run --config FILE

The first file holds seconds; it is read again at every look at the clock.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def shift(path: Path) -> None:
    """From now on time.time() is that many seconds off."""
    true_time, true_time_ns = time.time, time.time_ns

    def offset_s() -> float:
        try:
            return float(path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0.0

    time.time = lambda: true_time() + offset_s()
    time.time_ns = lambda: true_time_ns() + int(offset_s() * 1e9)


if __name__ == "__main__":
    shift(Path(sys.argv[1]))
    from gateway.__main__ import main

    sys.exit(main(sys.argv[2:]))
