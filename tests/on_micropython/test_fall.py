"""What only the VM can show of the detector: it takes no memory while it works."""

from array import array

import micropython

from shared.fall import CONFIRMED, SUSPECTED, FallDetector

_SECONDS = 24


def _motion():
    """Walking, a fall, lying: int16 x, y, z, as an array (a list would be made of many objects)."""
    samples = array("h", bytes(6 * 100 * _SECONDS))
    for i in range(100 * _SECONDS):
        if i < 600:
            x, y, z = (i * 37) % 50, (i * 53) % 40, 1_000 + ((i * 7) % 55 - 27) * 9
        elif i < 645:
            weight = 1_000 - 13 * (i - 600)
            x, y, z = weight * (i - 600) // 60, 60, weight * (660 - i) // 60
        elif i < 652:
            part = (15, 45, 80, 95, 70, 40, 20)[i - 645]
            x, y, z = 48 * part, 16 * part, 19 * part
        else:
            swing = (9 - abs(i % 12 - 6) * 3) * max(0, 712 - i)
            x, y, z = 960 + swing + (i * 31) % 24, 150 + (i * 17) % 24, -180 - swing // 2 + (i * 13) % 24
        samples[3 * i] = x
        samples[3 * i + 1] = y
        samples[3 * i + 2] = z
    return samples


def test_a_fall_from_beginning_to_end_costs_no_memory():
    """Blow, both forests, the second look and the wear are weighed without the garbage collector."""
    samples = _motion()
    said = array("b", [0, 0])
    count = 0
    detector = FallDetector()
    micropython.heap_lock()
    try:
        for i in range(len(samples) // 3):
            code = detector.feed(samples[3 * i], samples[3 * i + 1], samples[3 * i + 2])
            if code:
                said[count] = code
                count += 1
    finally:
        micropython.heap_unlock()

    assert list(said) == [SUSPECTED, CONFIRMED]


def test_the_largest_numbers_a_sensor_can_give_cost_no_memory():
    """Corners of the range, back and forth: every square, sum and product at its worst."""
    detector = FallDetector()
    micropython.heap_lock()
    try:
        for i in range(3_000):
            far = 16_000 if i // 7 % 2 else -16_000
            detector.feed(far, -far if i % 5 else far, 16_000)
            if i % 200 > 150:
                detector.feed(0, 0, 0)
    finally:
        micropython.heap_unlock()
