"""The second look: nine seconds of watching, then one word."""

from array import array

from shared import forest
from shared.fall_second import SecondLook

_RING = 512


class Window:
    """What the second look needs of a window: the rings, and gravity before and after the blow."""

    def __init__(self, before, after):
        self.x = array("h", [0] * _RING)
        self.y = array("h", [0] * _RING)
        self.z = array("h", [0] * _RING)
        self.sizes = array("h", [0] * _RING)
        self.part_x = array("h", [before[0]] * 13 + [after[0]])
        self.part_y = array("h", [before[1]] * 13 + [after[1]])
        self.part_z = array("h", [before[2]] * 13 + [after[2]])
        self.features = array("h", [4_000])


def watch(samples, before=(0, 0, 1_000), after=(980, 100, 0), score=900):
    """Feed samples x, y, z after a suspicion; (answer, number of samples until it), or None."""
    window = Window(before, after)
    look = SecondLook(window, forest.SECOND)
    look.begin(90, score)
    for i in range(len(samples)):
        at = i % _RING
        window.x[at], window.y[at], window.z[at] = samples[i]
        x, y, z = samples[i]
        window.sizes[at] = int((x * x + y * y + z * z) ** 0.5)
        answer = look.feed((at + 1) % _RING)
        if answer:
            assert look.age == -1
            assert look.impact_age == 90 + i + 1
            return answer, i + 1
    return None


def _walk(count):
    return [(20, 30, 1_000 + ((i % 50) - 25) * 14) for i in range(count)]


def test_lying_still_is_down_after_nine_seconds():
    """Nothing is said before."""
    assert watch([(980 + i % 5, 100 - i % 3, i % 4) for i in range(1_000)]) == (1, 900)


def test_upright_and_walking_is_up_as_soon_as_it_is_sure():
    """Two seconds of walking in a row, not in the first two seconds after the blow."""
    assert watch(_walk(1_000)) == (-1, 300)


def test_upright_but_still_is_not_walking():
    """Whoever sits against the wall after a fall, upright, is not said to be up before the end."""
    found = watch([(5 + i % 4, 3, 1_000) for i in range(1_000)])

    assert found[1] == 900


def test_standing_up_late_counts():
    """Down for five seconds, then walking."""
    lying = [(980 + i % 5, 100, i % 4) for i in range(500)]

    assert watch(lying + _walk(500)) == (-1, 700)
