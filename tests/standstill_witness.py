"""Without this file nobody could tell a fault of the house from a machine that stood still for half a second.

    python -I standstill_witness.py FILE

Sleeps for 10 ms, again and again, and writes a few bytes through to the disk four times a second. What took too long
becomes a line of FILE: from when to when, in seconds of CLOCK_MONOTONIC, which all processes share, and what stood
still. It ends with the process that began it.
"""

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

MACHINE_S = 0.1  # the bounds of what runs at the speed of life leave room for less
DISK_S = 0.3  # shared disks are slow for a tenth of a second all the time
_SLEEP_S = 0.01
_WRITE_EVERY_S = 0.25


def watch(work, least_s, put, what, goes_on):
    """Do the work for ever; put a line whenever it took least_s or longer."""
    while goes_on():
        began_s = time.monotonic()
        work()
        ended_s = time.monotonic()
        if ended_s - began_s >= least_s:
            put(f"{began_s:.3f} {ended_s:.3f} {what}\n")


def main(path):
    """Watch until nobody is left to read it."""
    began_by = os.getppid()

    def goes_on():
        return os.getppid() == began_by

    def write_through():
        time.sleep(_WRITE_EVERY_S)
        os.pwrite(probe.fileno(), b"still there?", 0)
        os.fsync(probe.fileno())

    with Path(path).open("ab", buffering=0) as file, tempfile.TemporaryFile() as probe:

        def put(line):
            file.write(line.encode("ascii"))

        disk = (write_through, _WRITE_EVERY_S + DISK_S, put, "disk", goes_on)
        threading.Thread(target=watch, args=disk, daemon=True).start()
        watch(lambda: time.sleep(_SLEEP_S), _SLEEP_S + MACHINE_S, put, "machine", goes_on)


if __name__ == "__main__":
    main(sys.argv[1])
