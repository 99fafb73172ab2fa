"""The helper's hands, eyes and meter, in time that the test tells."""

import pytest

from hil_tests.helper.hands import Arm, Finger
from hil_tests.helper.meter import Meter
from hil_tests.helper.pulses import MOST, Pulses
from hil_tests.helper.verbs import Verbs, Wrong
from hil_tests.virtual.ina226 import Ina226


class Pin:
    """Remembers its levels."""

    def __init__(self):
        self.levels = []

    def value(self, level):
        """Set."""
        self.levels.append(level)


class Pwm:
    """Remembers its pulse."""

    def freq(self, hz):
        """Set."""
        self.hz = hz

    def duty_ns(self, ns):
        """Set."""
        self.ns = ns


class Bus:
    """An I2C bus with one INA226, or with one INA219 (no identity)."""

    def __init__(self, *, has_identity=True):
        self.part = Ina226(None, None)
        if not has_identity:
            self.part._registers[0xFE] = 0

    def readfrom_mem(self, _address, register, n):
        """Read."""
        return self.part.read(register, n)

    def writeto_mem(self, _address, register, data):
        """Write."""
        self.part.write(register, data)


def test_a_press_goes_down_and_up_at_its_times():
    """With bounce the contact chatters and ends as it should."""
    pin = Pin()
    finger = Finger(pin)
    finger.press(1_000, 3_000, 8)
    ends = [ms for ms in range(1_000, 4_020) if finger.tick(ms)]

    assert (finger.down_ms, finger.up_ms) == (1_000, 4_000)
    assert pin.levels == [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]
    assert ends == [4_008]


def test_an_arm_turns_evenly_and_stays():
    """From where it is to where it shall be."""
    pwm = Pwm()
    arm = Arm(pwm)
    arm.turn(0, 180, 1_000)
    seen = []
    for ms in (0, 500, 1_000, 5_000):
        arm.tick(ms)
        seen.append(pwm.ns // 1_000)

    assert pwm.hz == 50
    assert seen == [1_500, 2_000, 2_500, 2_500]


def test_edges_are_kept_until_the_ring_is_full():
    """Older ones are gone, and the numbers tell so."""
    pulses = Pulses()
    for number in range(MOST + 10):
        pulses.edge(1, number % 2, number)

    assert pulses.since(0, 2) == (12, [(1, 0, 10), (1, 1, 11)])
    assert pulses.since(MOST + 9, 8) == (MOST + 10, [(1, 1, MOST + 9)])
    assert pulses.since(1 << 29, 8)[0] == MOST + 10


@pytest.mark.parametrize(("milliamps", "ua"), [(0, 0), (12.3, 12_300), (-1.0, -1_000), (0.05, 50)])
def test_the_meter_reads_what_flows(milliamps, ua):
    """Through 0.1 ohm, 25 uA a count; a register that was never set up reads nothing."""
    bus = Bus()
    bus.part.milliamps = lambda: milliamps

    assert bus.part.read(0x01, 2) in {b"\x00\x00", bus.part.read(0x01, 2)}
    assert Meter(bus, 0x40, 100).ua() == ua


def test_a_part_without_identity_is_an_ina219():
    """Ten microvolts a count."""
    bus = Bus(has_identity=False)
    bus.part.milliamps = lambda: 10.0  # this model counts 2.5 uV: 400 counts

    assert Meter(bus, 0x40, 100).ua() == 40_000


def verbs(later=None, **parts):
    """Verbs with a finger and one switch."""
    told = {"arm": None, "meter": None, "pulses": Pulses(), "levels": dict, **parts}
    switches = {"power": Pin()}
    return Verbs(Finger(Pin()), switches, later=later or (lambda number, text: None), **told), switches


def test_a_press_is_answered_when_it_is_over():
    """And a second one meanwhile is refused."""
    later = []
    made, _ = verbs(lambda number, text: later.append((number, text)))

    assert made.do((7, "press", ["300"]), 100) is None
    with pytest.raises(Wrong, match="goes on"):
        made.do((8, "press", ["300"]), 150)
    made.tick(399)
    assert later == []
    made.tick(400)

    assert later == [(7, "ok 100 400")]


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ((1, "dance", []), "no such verb"),
        ((1, "press", []), "argument 1 must be a whole number"),
        ((1, "press", ["x"]), "whole number"),
        ((1, "press", ["0"]), "1 to 120000"),
        ((1, "switch", ["kettle", "1"]), "one of power"),
        ((1, "switch", ["power", "2"]), "0 to 1"),
        ((1, "turn", ["90", "10"]), "no arm"),
        ((1, "current", ["100"]), "no meter"),
        ((1, "pulses", ["-1"]), "0 to"),
    ],
)
def test_what_cannot_be_done_is_said(request_, why):
    """One sentence, and nothing has happened."""
    made, switches = verbs()

    with pytest.raises(Wrong, match=why):
        made.do(request_, 0)
    assert switches["power"].levels == []
