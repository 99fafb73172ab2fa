"""Without this file a journey would wait a quarter of an hour for a missing pendant: a gateway whose time runs fast.

The gateway itself; only its clock goes SCALE times as fast, and presence looks as much more often.

    python tests/journeys/fast_gateway.py SCALE run --config FILE --log json
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gateway import ground, presence
from gateway.__main__ import main
from gateway.clock import Clock


def fast_clock(scale):
    """A clock that has gone SCALE times as fast since now."""
    began_s, wall_s = time.clock_gettime(time.CLOCK_BOOTTIME), time.time()

    def passed_s():
        return (time.clock_gettime(time.CLOCK_BOOTTIME) - began_s) * scale

    return Clock(is_trusted=lambda: True, wall_s=lambda: wall_s + passed_s(), stamp_s=lambda: began_s + passed_s())


if __name__ == "__main__":
    speed = float(sys.argv[1])
    made = fast_clock(speed)
    ground.system_clock = lambda trust: made
    presence.TICK_S = 2.0 / speed
    sys.exit(main(sys.argv[2:]))
