"""What the detector will say, by a test's script: scenarios are about what follows, it has tests of its own."""

from tests.firmware.fake_board import FakeImu


class FakeRing:
    """A detector's memory in which every sample is its own number, counted from the impact."""

    def __init__(self, bench):
        self._bench = bench
        self.impact_ms = 0

    def since(self, _place):
        """Samples since the impact, by the clock."""
        return (self._bench.clock.ms - self.impact_ms) // 10

    def sample_at(self, place):
        """Its number, a thousand, and its parity: the second of two is the larger."""
        return place, 1_000, place & 1


class FakeMotion:
    """The test's list of (at_ms, code, delay_ms) is what the detector will say."""

    fifo_ms = 4_900
    impact_place = 0

    def __init__(self, bench):
        self._bench = bench
        self.overruns = 0
        self.detector = FakeRing(bench)

    def read(self):
        """What the script says for now."""
        bench = self._bench
        if bench.is_silent:
            raise OSError(116)
        if bench.motion_fails_at_ms is not None and bench.clock.ms >= bench.motion_fails_at_ms:
            raise OSError(116)
        said = []
        while bench.script and bench.script[0][0] <= bench.clock.ms:
            _at, code, delay_ms = bench.script.pop(0)
            self.detector.impact_ms = bench.clock.ms - delay_ms
            said.append((code, delay_ms))
        return said

    @property
    def moved(self):
        """As the test wants it."""
        return self._bench.moves

    @property
    def due_ms(self):
        """The script knows when it will speak."""
        if not self.is_excited:
            return -1
        return max(0, self._bench.script[0][0] - self._bench.clock.ms - 10)

    @property
    def is_excited(self):
        """An impact is weighed for a second before anything is said."""
        return bool(self._bench.script) and self._bench.script[0][0] - self._bench.clock.ms < 1_000

    def self_test(self):
        """As the sensor says."""
        return FakeImu(self._bench).self_test()

    def has_been_struck(self):
        """As the sensor says."""
        return FakeImu(self._bench).struck()

    def glance(self):
        """Only whether the wearer moves."""
        if self._bench.is_silent:
            raise OSError(116)

    def resume(self, tail):
        """Nothing: the script knows what came before."""

    def tail(self):
        """Nothing: the script knows what comes."""
        return b""
