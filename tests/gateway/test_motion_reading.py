"""What a window says: how hard, how far it turned, what moved."""

import math

import pytest

from gateway import motion_reading
from gateway.motion_parts import Axes
from shared import waves


def window(turned_deg, peak_mg=5_000, shake_mg=0, length_mg=1_000):
    """At rest, an impact, at rest turned by an angle; shaken before or not."""
    samples = []
    for i in range(waves.SAMPLES):
        angle = math.radians(turned_deg) if i > waves.IMPACT else 0.0
        shaken = shake_mg * (-1) ** i if i < waves.IMPACT else 0
        samples.append((0, round(length_mg * math.sin(angle)), round(length_mg * math.cos(angle)) + shaken))
    samples[waves.IMPACT] = (peak_mg, 0, 0)
    return Axes(*(list(axis) for axis in zip(*samples, strict=True)))


@pytest.mark.parametrize(
    ("degrees", "posture"), [(0, "same"), (29, "same"), (45, "tilted"), (90, "turned"), (180, "turned")]
)
def test_how_far_it_turned(degrees, posture):
    """To the degree, and in a word."""
    found = motion_reading.read(window(degrees))

    assert (found.turned_deg, found.posture, found.peak_g) == (degrees, posture, 5.0)


def test_what_moved():
    """A shake of a tenth of a g before the impact, and rest after it."""
    found = motion_reading.read(window(90, shake_mg=100))

    assert (found.moved_before, found.moved_after) == (True, False)


def test_without_gravity_it_says_so():
    """Still flying, or spinning: no angle is invented."""
    found = motion_reading.read(window(90, length_mg=200))

    assert (found.turned_deg, found.posture) == (None, "unclear")
