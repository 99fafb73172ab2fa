"""From the FIFO to the detector's word, without a sensor."""

from array import array

import pytest

from firmware.pendant import motion
from firmware.pendant.motion import Motion
from shared import fall


class Imu:
    """A sensor that gives what the test puts into it."""

    overruns = 0

    def __init__(self):
        self.waiting = []
        self.rests_at = None  # x, y, z: the sensor has felt nothing

    def rests(self, sample, turn_mg):
        """Nothing has moved, or something has."""
        if self.rests_at is None:
            return False
        sample[0], sample[1], sample[2] = self.rests_at
        return True

    def drop(self):
        """All that waits."""
        count, self.waiting = len(self.waiting), []
        return count

    def read_into(self, samples):
        """Oldest first, as many as fit."""
        part, self.waiting = self.waiting[: len(samples) // 3], self.waiting[len(samples) // 3 :]
        for i, (x, y, z) in enumerate(part):
            samples[3 * i], samples[3 * i + 1], samples[3 * i + 2] = x, y, z
        return len(part)


class Listener:
    """A detector that remembers what it was fed, and speaks when told."""

    is_excited = False
    due_samples = -1
    impact_age_samples = 90

    def __init__(self):
        self.fed = []
        self.held = []
        self.says_at = {}

    def hold(self, x_mg, y_mg, z_mg, count):
        """So many that nobody read."""
        self.held.append((x_mg, y_mg, z_mg, count))

    def place(self, ago):
        """As the ring's, if it were endless."""
        return len(self.fed) - 1 - ago

    def feed(self, x_mg, y_mg, z_mg):
        """One sample."""
        self.fed.append((x_mg, y_mg, z_mg))
        return self.says_at.get(len(self.fed), 0)

    def skim(self, samples, first, end):
        """As far as nothing is to be said and nothing is a blow; every seventh sample is taken for one."""
        while first < end and (len(self.fed) + 1) % 7 and len(self.fed) + 1 not in self.says_at:
            self.feed(*samples[3 * first : 3 * first + 3])
            first += 1
        return first

    def sample_at(self, place):
        """Counted from the first that was fed."""
        return self.fed[place]


@pytest.fixture
def heard(monkeypatch):
    """What the detector is told, whoever makes it."""
    listener = Listener()
    monkeypatch.setattr(motion, "FallDetector", lambda **_: listener)
    return listener


def test_every_sample_of_a_hundred_a_second_is_fed_in_order(heard):
    """Nothing is left out."""
    imu = Imu()
    one = Motion(imu, 100, 128)
    imu.waiting = [(i, -i, 1_000) for i in range(100)]
    one.read()

    assert heard.fed == [(i, -i, 1_000) for i in range(100)]


def test_of_104_a_second_100_are_fed_and_never_the_peak_is_missing(heard):
    """In any batches: one in 26 goes, and a blow is never the one."""
    imu = Imu()
    one = Motion(imu, 104, 512)
    samples = [(9_000 if i % 26 == 25 else i % 7, 0, 1_000) for i in range(1_040)]
    for start in range(0, 1_040, 13):
        imu.waiting = samples[start : start + 13]
        one.read()

    assert abs(len(heard.fed) - 1_000) <= 1
    assert [x for x, _y, _z in heard.fed].count(9_000) >= 39


def test_a_second_fall_is_not_lost_behind_the_end_of_the_first(heard):
    """Up again and fallen again in one look, in two pieces of the FIFO: both are told, each with its delay."""
    imu = Imu()
    one = Motion(imu, 100, 128)
    heard.says_at[10] = fall.RECOVERED
    heard.says_at[71] = fall.SUSPECTED
    heard.says_at[75] = fall.CONFIRMED
    imu.waiting = [(0, 0, 1_000)] * 80

    assert one.read() == ((fall.RECOVERED, 1_600), (fall.SUSPECTED, 990), (fall.CONFIRMED, 950))
    assert one.impact_place == 70 - 90


def test_a_sensor_that_answers_and_does_not_measure_is_no_sensor(heard):
    """Its supply has failed for a moment: eight looks without a sample, read or dropped, and it has to begin anew."""
    for rests_at in (None, (0, 0, 1_000)):
        imu = Imu()
        imu.rests_at = rests_at
        one = Motion(imu, 100, 128)
        one.rests = True
        imu.waiting = [(0, 0, 1_000)] * 10
        one.read()
        for _ in range(7):
            assert one.read() == ()
        with pytest.raises(OSError, match="5"):
            one.read()


def test_a_glance_at_an_empty_fifo_is_no_rest(heard):
    """After a sleep it is full, or the sensor has not measured."""
    with pytest.raises(OSError, match="5"):
        Motion(Imu(), 104, 512).glance()


def test_the_word_comes_with_its_delay(heard):
    """90 samples since the impact, and 9 of the batch behind: 0.99 s."""
    imu = Imu()
    one = Motion(imu, 100, 128)
    heard.says_at[41] = fall.SUSPECTED
    imu.waiting = [(0, 0, 1_000)] * 50

    assert one.read() == ((fall.SUSPECTED, 990),)
    assert one.impact_place == 40 - 90  # of the sample on which it was said
    assert one.read() == ()


def test_the_tail_is_the_last_three_seconds_and_comes_back_softened(heard):
    """Every second sample, twice each; what was a blow is none any more, and keeps its direction."""
    imu = Imu()
    one = Motion(imu, 100, 128)
    for start in range(0, 700, 100):
        imu.waiting = [(i, 4_000 if i == 600 else 0, 1_000) for i in range(start, start + 100)]
        one.read()
    tail = one.tail()
    kept = array("h", tail)
    assert len(tail) == 900
    assert list(kept[0::3]) == list(range(400, 700, 2))
    del heard.fed[:]
    Motion(imu, 100, 128).resume(tail)

    assert len(heard.fed) == 300
    assert heard.fed[0] == heard.fed[1] == (400, 0, 1_000)
    x, y, z = heard.fed[200]
    assert y > 1_000
    assert x * x + y * y + z * z <= 1_400**2


def test_a_short_life_has_no_tail(heard):
    """Less than three seconds would be taken for three."""
    imu = Imu()
    one = Motion(imu, 100, 128)
    imu.waiting = [(0, 0, 1_000)] * 100
    one.read()

    assert one.tail() == b""


def test_a_glance_takes_half_a_second_and_feeds_nothing(heard):
    """The rest of the FIFO is for the wake of an impact."""
    imu = Imu()
    one = Motion(imu, 104, 512)
    imu.waiting = [(0, 0, 1_000 + 100 * (i % 3)) for i in range(500)]
    one.glance()

    assert one.moved
    assert len(imu.waiting) == 448
    assert heard.fed == []


@pytest.mark.parametrize(("wobble_mg", "moved"), [(5, False), (200, True)])
def test_moving_is_more_than_noise(heard, wobble_mg, moved):
    """Peak to peak of any axis."""
    imu = Imu()
    one = Motion(imu, 100, 128)
    imu.waiting = [(wobble_mg * (i // 10 % 2), 0, 1_000) for i in range(50)]
    one.read()

    assert one.moved is moved


def test_at_rest_most_looks_read_nothing_and_some_in_a_row_read_all(heard):
    """One sample stands for eighty; four looks of thirty-two are at every sample, so that the wear can be judged."""
    imu = Imu()
    one = Motion(imu, 100, 128)
    one.rests = True
    imu.rests_at = (0, 10, 1_000)
    seen = []
    for _ in range(64):
        imu.waiting = [(0, 0, 1_000)] * 80
        before = len(heard.fed)
        assert one.read() == ()
        seen.append(len(heard.fed) - before)

    assert sorted(seen) == [0] * 56 + [80] * 8
    assert seen[:3] == [80] * 3  # the first of them is at its very beginning
    assert heard.held == [(0, 10, 1_000, 80)] * 56


def test_what_moves_is_read(heard):
    """Until the sensor says that it rests."""
    imu = Imu()
    one = Motion(imu, 100, 128)
    one.rests = True
    seen = []
    for i in range(12):
        imu.rests_at = (0, 0, 1_000) if i >= 6 else None
        imu.waiting = [(0, 0, 1_000)] * 30
        before = len(heard.fed)
        one.read()
        seen.append(len(heard.fed) - before)

    assert seen == [30] * 6 + [0] * 6


def test_what_is_weighed_is_read_sample_by_sample(heard):
    """While a blow is weighed nobody asks the sensor whether it rests."""
    imu = Imu()
    one = Motion(imu, 100, 128)
    one.rests = True
    heard.is_excited = True
    imu.rests_at = (0, 0, 1_000)
    for i in range(20):
        imu.waiting = [(i, 0, 1_000)] * 80
        one.read()

    assert len(heard.fed) == 20 * 80
    assert heard.held == []
