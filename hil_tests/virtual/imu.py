"""Without this file each simulated IMU would have time, bus and pin of its own."""

import threading

_COUNTS_MAX = 32767


def to_counts(mg, mg_per_count):
    """Milli-g as the part reports it: rounded, and held at the end of the range."""
    return max(-_COUNTS_MAX - 1, min(_COUNTS_MAX, round(mg / mg_per_count)))


class Imu:
    """A register-level accelerometer: lazily brought up to now whenever somebody looks.

    A part that the board powers keeps its registers and its FIFO through resets and sleeps of the chip beside it.
    """

    address = 0

    def __init__(self, motion, clock):
        self._motion = motion
        self._clock = clock
        self._lock = threading.RLock()
        self._power_on_values()
        self._start_s = 0.0  # of this rate; sample n is due n periods later
        self._taken = 0
        self._rate_hz = 0.0
        self._levels = set()

    def power_on(self):
        """All registers and the FIFO as after power-up."""
        with self._lock:
            self._power_on_values()
            self._rate_hz = 0.0

    def read(self, register, n):
        """Read n bytes beginning at a register, as one bus transaction."""
        with self._lock:
            self.advance()
            data = bytearray(n)
            for i in range(n):
                data[i] = self._read_byte(register & 0x7F)
                register = self._next_register(register & 0x7F)
            return bytes(data)

    def write(self, register, data):
        """Write beginning at a register, as one bus transaction."""
        with self._lock:
            self.advance()
            for value in data:
                self._write_byte(register & 0x7F, value)
                register = self._next_register(register & 0x7F)
            self._restart_if_rate_changed()

    def advance(self):
        """Take every sample that was due by now."""
        with self._lock:
            if not self._rate_hz:
                return
            due = int((self._clock.now_s() - self._start_s) * self._rate_hz)
            if due - self._taken > self.batch_limit() and self._is_still_since(self._taken):
                self._taken = due - self.batch_limit()  # nothing moved: only the newest matter
            while self._taken < due:
                self._taken += 1
                self._sample(self._motion.sample_mg(self._start_s + self._taken / self._rate_hz))
                self._levels.add(self.int1())

    def _is_still_since(self, sample):
        t_s = self._start_s + sample / self._rate_hz
        return self._motion.moves_until_s(t_s) <= t_s

    def interrupt(self):
        """Level of the interrupt pin, now."""
        with self._lock:
            self.advance()
            return self.int1()

    def levels_since(self):
        """The set of levels the interrupt pin has had since this was last asked."""
        with self._lock:
            self.advance()
            levels, self._levels = self._levels | {self.int1()}, set()
            return levels

    def is_quiet(self):
        """Can the interrupt pin not change before something moves?"""
        with self._lock:
            if not self._rate_hz:
                return True
            now_s = self._clock.now_s()
            return not self.watches_fifo() and self._motion.moves_until_s(now_s) + 1 / self._rate_hz <= now_s

    def _restart_if_rate_changed(self):
        rate_hz = self.rate_hz()
        if rate_hz != self._rate_hz:
            self._rate_hz = rate_hz
            self._start_s = self._clock.now_s()
            self._taken = 0
