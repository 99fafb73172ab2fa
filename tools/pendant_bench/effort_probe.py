"""Without this program effort.py would have nothing to read: in the VM, on a board's files: ``... BOARD``."""

# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, ANN202, ANN204, E402, SLF001
# (It runs inside MicroPython, which has no annotated modules.)

import json
import struct
import sys
from time import ticks_diff, ticks_us

sys.path[:] = ["", ".frozen"]

from firmware.pendant.motion import Motion

_TIMES = 40
_TURNS = 20_000
_WALK = [(i * 37 % 50, i * 53 % 40, 1_000 + ((i * 7) % 55 - 27) * 9) for i in range(128)]


class Bus:
    """Both parts as far as a look goes: ``waiting`` samples of a walk, and the sensor felt nothing."""

    def __init__(self):
        self.waiting = 0
        self._mpu = bytearray(8 * 128)
        self._lsm = bytearray(7 * 128)
        for i in range(128):
            struct.pack_into(">hhhh", self._mpu, 8 * i, *[v * 2_048 // 1_000 for v in _WALK[i]], 0)
            struct.pack_into("<Bhhh", self._lsm, 7 * i, 2 << 3, *[v * 1_000 // 488 for v in _WALK[i]])

    def readfrom_mem_into(self, address, register, into):
        """What a driver asks for in a look."""
        size = len(into)
        if register == 0x72:  # MPU6886, FIFO_COUNT
            into[0], into[1] = self.waiting * 8 >> 8, self.waiting * 8 & 255
        elif register == 0x3A and size == 2:  # LSM6DSO, FIFO_STATUS
            into[0], into[1] = self.waiting, 0
        elif register in (0x74, 0x78):
            into[:] = (self._mpu if register == 0x74 else self._lsm)[:size]
            self.waiting -= size // (8 if register == 0x74 else 7)
        else:
            into[0] = 0

    def writeto_mem(self, address, register, data):
        """Nothing to do."""


def least(action):
    """Microseconds of the quickest of many runs."""
    best = 1 << 29
    for _ in range(_TIMES):
        start = ticks_us()
        action()
        best = min(best, ticks_diff(ticks_us(), start))
    return best


def turns():
    """An empty loop."""
    for _ in range(_TURNS):
        pass


def main(board):
    """Prints [a sample, a held sample, a look, a look at rest, a turn of an empty loop] in microseconds."""
    bus = Bus()
    if board == "xiao_c3":
        from firmware.drivers.lsm6dso import FIFO_SAMPLES, SAMPLE_HZ
        from firmware.drivers.lsm6dso import Lsm6dso as Driver
    else:
        from firmware.drivers.mpu6886 import FIFO_SAMPLES, SAMPLE_HZ
        from firmware.drivers.mpu6886 import Mpu6886 as Driver
    imu = Driver(bus)
    imu.feels_rest = True
    motion = Motion(imu, SAMPLE_HZ, FIFO_SAMPLES)

    def look(samples):
        def run():
            bus.waiting = samples
            motion.read()

        return least(run)

    turn = least(turns) / _TURNS
    few, many = look(20), look(100)
    held = rest = 0
    if board != "xiao_c3":
        held = (
            least(lambda: motion.detector.hold(0, 0, 1_000, 101)) - least(lambda: motion.detector.hold(0, 0, 1_000, 1))
        ) / 100
        motion.rests = True

        def look_at_rest():
            bus.waiting = 1
            motion._looks = 8
            motion.read()

        rest = least(look_at_rest)
    sample = (many - few) / 80
    print(json.dumps([sample, held, few - 20 * sample, rest, turn]))


main(sys.argv[1])
