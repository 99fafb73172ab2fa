"""The parts of a pendant on a desk: clock, motor, button, sensor, chip. One clock tells all of them the time."""

from shared.compat import ticks_add


class Clock:
    def __init__(self, ticks=0):
        self.ticks = ticks  # wraps
        self.ms = 0  # does not

    def pass_ms(self, ms):
        """Let time pass."""
        self.ms += ms
        self.ticks = ticks_add(self.ticks, ms)


class Output:
    """Remembers when it was on: a list of (at_ms, duration_ms)."""

    def __init__(self, clock):
        self._clock = clock
        self._since_ms = None
        self.felt = []

    def on(self):
        """Be felt."""
        if self._since_ms is None:
            self._since_ms = self._clock.ms

    def off(self):
        """Be silent."""
        if self._since_ms is not None:
            self.felt.append((self._since_ms, self._clock.ms - self._since_ms))
            self._since_ms = None


class FakeBattery:
    mv = 3_900

    def read_mv(self):
        """The cell, in mV."""
        return self.mv


class Asleep(Exception):
    """Deep sleep: nothing of this life goes on. ms is how long was asked for; by_impact: the sensor may end it."""

    def __init__(self, ms, by_impact):
        super().__init__(ms)
        self.ms = ms
        self.by_impact = by_impact


class FakeLight:
    """Knows how bright it would be."""

    percent = 30

    def dim(self, percent):
        """Set how bright "on" is."""
        self.percent = percent


class FakeBoard:
    """The presses are a list of (from_ms, to_ms) in which the button is down; those of hits are impacts."""

    def __init__(self, bench):
        self._bench = bench
        self._clock = bench.clock
        self.sleeps_deep = bench.sleeps_deep
        self.pulse = bench.pulse
        self.light = FakeLight()
        self.battery = bench.battery
        self.imu = FakeImu(bench)

    def now_ms(self):
        """The tick."""
        return self._clock.ticks

    def chip_ms(self):
        """The clock that stops with the power only."""
        return self._clock.ms - self._bench.powered_ms

    def is_button_down(self):
        """The level now."""
        return any(start <= self._clock.ms < end for start, end in self._bench.presses)

    def is_charging(self):
        """As the test set it."""
        return self._bench.charging

    def wait(self, ms):
        """Stay awake."""
        self._clock.pass_ms(max(1, ms))

    def sleep(self, ms):
        """Light sleep: a press ends it."""
        starts = [start for start, _end in self._bench.presses if self._clock.ms < start < self._clock.ms + ms]
        ms = min([start - self._clock.ms for start in starts] + [ms])
        self._bench.light_ms += ms
        self._clock.pass_ms(ms)

    def sleep_deep(self, ms, by_impact):
        """Leave this life."""
        raise Asleep(ms, by_impact)

    def woke_by_timer(self):
        """As it was."""
        return self._bench.woke_by_timer


class FakeImu:
    """A sensor that is there, and is struck when the test says so."""

    def __init__(self, bench):
        self._bench = bench

    def check(self):
        """It answers."""
        if self._bench.imu_is_dead or self._bench.is_silent:
            raise OSError(19)

    def begin(self):
        """It answers."""
        self.check()

    overruns = 0

    def read_into(self, samples):
        """Half a second, in which the wearer moves or not."""
        for i in range(len(samples)):
            samples[i] = (i % 7) * 100 if self._bench.moves else 500
        return len(samples) // 3

    def self_test(self):
        """As the test wants it."""
        self._bench.self_tests_ms.append(self._bench.clock.ms)
        return self._bench.imu_is_well

    def arm(self, threshold_mg):
        """Nothing to do."""

    def watch_rest(self, step_mg):
        """Nothing to do."""

    def struck(self):
        """True once for each hit."""
        self.check()
        hits = [at for at in self._bench.hits if at <= self._bench.clock.ms]
        for at in hits:
            self._bench.hits.remove(at)
        return bool(hits)


class FakeChip:
    """What Life asks of the machine module."""

    DEEPSLEEP_RESET = 4

    def __init__(self, bench):
        self._bench = bench

    def WDT(self, timeout):  # noqa: N802 - the port's name
        """A dog that is fed."""
        self._bench.dog_ms = timeout
        return self

    def feed(self):
        """Fed."""

    def RTC(self):  # noqa: N802 - the port's name
        """The memory that survives."""
        return self

    def memory(self, data=None):
        """Read or write it."""
        if data is None:
            return self._bench.rtc
        self._bench.rtc = bytes(data)
        self._bench.clock.pass_ms(self._bench.saving_ms)
        return None

    def reset_cause(self):
        """Why this life began."""
        return self._bench.reset_cause

    def reset(self):
        """Asked for by the firmware."""
        raise Reset


class Reset(Exception):
    """The firmware has reset the chip."""
