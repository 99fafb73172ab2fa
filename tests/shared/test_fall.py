"""The detector's promises, on motion simple enough to be written down here."""

from array import array

from shared.fall import CONFIRMED, HIGH, LOW, RECOVERED, SUSPECTED, FallDetector

_STAND = (0, 0, 1_000)
_LIE = (960, 150, -180)
_WAVE = (0, 38, 71, 92, 100, 92, 71, 38, 0, -38, -71, -92, -100, -92, -71, -38)  # a sine in hundredths


class Noise:
    """Small numbers that look random, the same under every Python."""

    def __init__(self, seed=1):
        self._now = seed

    def next(self, most):
        """From -most to most."""
        self._now = (self._now * 75 + 74) % 65_537
        return self._now % (2 * most + 1) - most


def rest(way, seconds, noise_mg=6):
    """Somebody who keeps still."""
    noise = Noise(len(way) + seconds)
    return [
        (way[0] + noise.next(noise_mg), way[1] + noise.next(noise_mg), way[2] + noise.next(noise_mg))
        for _ in range(seconds * 100)
    ]


def walk(seconds):
    """Somebody who walks, almost two steps a second."""
    noise = Noise(7)
    out = []
    for i in range(seconds * 100):
        up = _WAVE[i * 16 // 54 % 16] * 3
        out.append((noise.next(25) + up // 4, _WAVE[i * 16 // 108 % 16] + noise.next(20), 1_000 + up + noise.next(30)))
    return out


def tumble(peak_mg=4_800):
    """Half a second of falling while turning, a blow, and half a second in which the body comes to rest."""
    noise = Noise(3)
    out = []
    for i in range(45):
        weight = 1_000 - 13 * i
        out.append((weight * i // 60 + noise.next(40), 60 + noise.next(40), weight * (60 - i) // 60 + noise.next(40)))
    out += [(peak_mg * k // 100, peak_mg * k // 300, peak_mg * k // 250) for k in (15, 45, 80, 95, 70, 40, 20)]
    for i in range(60):
        swing = _WAVE[i * 16 // 12 % 16] * (60 - i) * 15 // 100
        out.append(
            (960 + swing + noise.next(60), 150 + swing // 2 + noise.next(60), -180 - swing // 2 + noise.next(60))
        )
    return out


def answers(samples, detector=None):
    """What the detector says: (sample, code)."""
    detector = detector or FallDetector()
    said = []
    for i, (x, y, z) in enumerate(samples):
        code = detector.feed(x, y, z)
        if code:
            said.append((i, code))
    return said


def _fall():
    return walk(6) + tumble() + rest(_LIE, 13, 12)


def _impact(samples):
    sizes = [x * x + y * y + z * z for x, y, z in samples]
    return sizes.index(max(sizes))


def test_a_fall_is_suspected_within_a_second_of_the_impact():
    """Stage 1 leaves a tenth of that second for a slow board to compute."""
    samples = _fall()
    detector = FallDetector()
    when, code = answers(samples, detector)[0]

    assert code == SUSPECTED
    assert 0 < when - _impact(samples) <= 90


def test_the_age_of_the_impact_is_told_with_the_answer():
    """The alarm says how long ago the blow was, whenever its sample is read."""
    samples = _fall()
    detector = FallDetector()
    for i, (x, y, z) in enumerate(samples):
        if detector.feed(x, y, z) == SUSPECTED:
            assert detector.impact_age_samples == i - _impact(samples)
            return
    raise AssertionError("not suspected")


def test_somebody_who_stays_down_is_confirmed_within_ten_seconds():
    """Stage 2 comes once, and in time."""
    said = answers(_fall())

    assert [code for _, code in said] == [SUSPECTED, CONFIRMED]
    assert said[1][0] - said[0][0] <= 1_000


def test_somebody_who_walks_again_has_recovered():
    """Standing up and walking cancels."""
    said = answers(walk(6) + tumble() + rest(_LIE, 2, 12) + walk(9))

    assert [code for _, code in said] == [SUSPECTED, RECOVERED]


def test_a_stumble_that_ends_in_a_fall_is_told_twice_but_not_three_times():
    """Whoever stumbles hard and then falls is watched from the fall on."""
    detector = FallDetector()
    detector._limit = -100_000  # every blow is a fall
    blow = [(0, 0, 4_000)]
    said = answers((rest(_STAND, 2) + blow) * 4 + rest(_STAND, 14), detector)

    assert [code for _, code in said][:2] == [SUSPECTED, SUSPECTED]
    assert [code for _, code in said].count(SUSPECTED) == 2
    assert len(said) == 3
    assert said[2][0] - said[1][0] == 900


def test_daily_life_says_nothing():
    """Standing and walking are no falls, at any level."""
    for level in (LOW, HIGH):
        assert answers(rest(_STAND, 5) + walk(20) + rest(_STAND, 5), FallDetector(level)) == []


def test_quiet_asks_for_no_attention_and_a_blow_does():
    """The FIFO is read more often only while there is something to weigh."""
    detector = FallDetector()
    answers(rest(_STAND, 3), detector)
    assert not detector.is_excited

    detector.feed(100, 100, 3_000)
    assert detector.is_excited

    answers(rest(_STAND, 2), detector)
    assert not detector.is_excited


def test_any_mounting_hears_the_same_fall():
    """The axes may be swapped and turned about."""
    samples = _fall()
    for turned in (
        [(y, z, x) for x, y, z in samples],
        [(-z, y, x) for x, y, z in samples],
        [(-x, -y, z) for x, y, z in samples],
    ):
        assert [code for _, code in answers(turned)] == [SUSPECTED, CONFIRMED]


def test_a_pendant_left_on_a_table_is_not_worn_and_raises_no_alarm():
    """After three still minutes it is not worn: knocked over, it says nothing; carried about, it is worn again."""
    detector = FallDetector()
    assert detector.is_worn

    answers(rest(_STAND, 190, 2), detector)
    assert not detector.is_worn

    assert answers(tumble() + rest(_LIE, 12, 2), detector) == []

    answers(walk(8), detector)
    assert detector.is_worn
    assert [code for _, code in answers(_fall(), detector)] == [SUSPECTED, CONFIRMED]


def _in_batches(samples, size):
    """What a pendant does with them: as far as possible in one go."""
    detector = FallDetector()
    flat = array("h", [value for sample in samples for value in sample])
    said = []
    for first in range(0, len(samples), size):
        at, end = first, min(first + size, len(samples))
        while at < end:
            at = detector.skim(flat, at, end)
            if at < end:
                code = detector.feed(flat[3 * at], flat[3 * at + 1], flat[3 * at + 2])
                if code:
                    said.append((at, code))
                at += 1
    return said, detector


def test_skimming_is_feeding():
    """The same answers on the same samples, and the same memory afterwards, in batches of any size."""
    samples = walk(4) + _fall() + walk(3) + tumble() + rest(_LIE, 4)
    one = FallDetector()
    said = answers(samples, one)
    assert [code for _at, code in said] == [SUSPECTED, CONFIRMED, SUSPECTED]
    for size in (1, 7, 80, 128):
        skimmed, other = _in_batches(samples, size)
        assert skimmed == said
        assert (other._at, other._size, other._wear.turmoil) == (one._at, one._size, one._wear.turmoil)
        for ring in ("_x", "_y", "_z", "_sizes"):
            assert list(getattr(other, ring)) == list(getattr(one, ring))


def test_what_was_held_fills_the_rings_and_says_nothing_about_wear():
    """A fall after rest that nobody read is told on the same sample; and no table is made of a still wearer."""
    still = [_STAND] * 400
    read, held = FallDetector(), FallDetector()
    answers(still, read)
    held.feed(*_STAND)
    for count in (100, 128, 1, 80, 90):
        held.hold(*_STAND, count)
    assert list(held._sizes) == list(read._sizes)
    assert held._at == read._at
    assert answers(_fall(), held) == answers(_fall(), read)

    for _ in range(200):
        held.hold(*_STAND, 128)
    assert held.is_worn


def test_numbers_beyond_the_sensor_are_clamped():
    """A driver that forgets to clamp cannot make the detector fail."""
    detector = FallDetector()
    for i in range(400):
        detector.feed(40_000 * (i % 3 - 1), -40_000, 40_000 * (i % 2))
    assert detector.feed(0, 0, 1_000) in (0, SUSPECTED)
