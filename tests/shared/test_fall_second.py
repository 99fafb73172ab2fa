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


def _near(value, aim, by):
    return abs(value - aim) <= by


class _Never:
    """A forest that says no, and keeps what it was asked."""

    count = 1
    limits = (0, 0, 0)

    def score(self, features, first, end):
        self.asked = list(features)
        return -1


def test_the_seconds_are_summed_up_in_thirds():
    """Three seconds with the side down, three of rolling, three on the other side: directions, movement, blows."""
    window = Window((0, 0, 1_000), (1_000, 0, 0))
    forest = _Never()
    look = SecondLook(window, forest)
    look.begin(90, 500)
    for i in range(900):
        at = i % _RING
        side = 1_000 if i < 300 else -1_000
        shake = 400 if 300 <= i < 600 and i % 2 else 0
        window.x[at] = side + (shake if side > 0 else -shake)
        window.y[at] = window.z[at] = 0
        window.sizes[at] = 1_000 + shake
        answer = look.feed((at + 1) % _RING)
    f = forest.asked

    assert answer == -1
    assert f[:3] == [500, 4_000, 0]
    upright, turned, shifted, moving, blows, spread, shaking = (f[3 + 6 * k : 9 + 6 * k] for k in range(7))
    assert upright == [0] * 6  # never as before the blow
    assert all(_near(value, 1_000, 3) for value in turned[:2])
    assert all(_near(value, -1_000, 3) for value in turned[4:])
    assert _near(shifted[3], -1_000, 3)  # the second in which it rolled over
    assert moving == [0, 0, 200, 200, 0, 0]
    assert blows == [1_000, 1_000, 1_400, 1_400, 1_000, 1_000]
    assert _near(spread[2], 200, 8)
    assert spread[4] < 15
    assert _near(shaking[2], 1_600, 20)
    assert shaking[5] < 20
