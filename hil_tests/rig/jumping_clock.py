"""Without this file a gateway's clock could be set by root only: the gateway itself, with time.time() shifted.

    python hil_tests/rig/jumping_clock.py FILE run --config FILE

The first file holds seconds; it is read again at every look at the clock.
"""

import sys
import time
from collections.abc import Sequence
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


def put_offset(path: Path, seconds: float) -> None:
    """Let the clock of whoever runs under this file be that many seconds off."""
    new = path.with_suffix(".new")
    new.write_text(str(seconds), encoding="ascii")
    new.replace(path)


def command(gateway_command: Sequence[str], path: Path) -> list[str]:
    """A gateway's command line, put under this file."""
    _python, _flag, _module, *rest = gateway_command
    return [sys.executable, str(Path(__file__).resolve()), str(path), *rest]


if __name__ == "__main__":
    shift(Path(sys.argv[1]))
    from gateway.__main__ import main

    sys.exit(main(sys.argv[2:]))
