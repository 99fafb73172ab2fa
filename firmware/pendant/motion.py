"""From the IMU's FIFO to the detector's word; without it samples would wait until they are overwritten.

Every sample is fed, in order. A sensor that gives 104 a second is brought to the detector's 100 by leaving out the
smallest sample of every 26: a rate is corrected, and an impact's peak never goes missing.
"""

from array import array

from firmware.pendant import forests
from shared.compat import const
from shared.fall import FallDetector

_SAMPLE_MS = const(10)
_DETECTOR_HZ = const(100)
_STILL_MG = const(60)  # peak to peak of an axis: noise and breathing stay below
_GLANCE_SAMPLES = const(52)
_MOVED_STEP = const(5)  # of the samples in a batch so many are enough to see that somebody moves
_SOFT_MG2 = const(1_960_000)  # 1.4 g squared: below any impact
_FED_MOST = const(600_000)  # half of it is a whole number of rounds of the tail, and no integer grows for ever
_TAIL_SAMPLES = const(150)  # every second of the last 3 s: what the detector looks back on, in 900 bytes


class Motion:
    """``is_excited``: read again soon. ``moved`` tells whether the last batch was anything but rest."""

    def __init__(self, imu, samples_hz, fifo_samples, keeps_tail=True):
        """keeps_tail: the board sleeps deeply and will ask for it."""
        self._imu = imu
        self._keeps_tail = keeps_tail
        self.fifo_ms = fifo_samples * 1_000 // samples_hz
        self.detector = FallDetector(forests=forests.load())
        self.impact_place = 0  # where the detector's ring holds the impact that it answered to last
        self._samples = array("h", bytes(fifo_samples * 6))
        # 104 -> 100 is 26 -> 25
        self._group = samples_hz // (samples_hz - _DETECTOR_HZ) if samples_hz > _DETECTOR_HZ else 0
        self._in_group = 0
        self._tail = array("h", bytes(_TAIL_SAMPLES * 6 if keeps_tail else 0))
        self._glance = array("h", bytes(_GLANCE_SAMPLES * 6))
        self._fed = 0
        self.moved = False

    @property
    def is_excited(self):
        """True while an impact is weighed or a fall is watched."""
        return self.detector.is_excited

    @property
    def due_ms(self):
        """When the detector may next say "a fall": no need to look before; -1 while no impact is weighed."""
        due_samples = self.detector.due_samples
        return due_samples * _SAMPLE_MS if due_samples >= 0 else -1

    @property
    def overruns(self):
        """How often samples were lost because nobody read in time."""
        return self._imu.overruns

    def self_test(self):
        """Let the sensor test itself, which takes a third of a second of samples. True if it is well."""
        return self._imu.self_test()

    def has_been_struck(self):
        """True if the sensor has felt an impact since this was asked last."""
        return self._imu.struck()

    def read(self):
        """Empty the FIFO; return (code, delay_ms): what the detector said and how long after the impact, or (0, 0)."""
        samples = self._samples
        count = self._imu.read_into(samples)
        feed = self.detector.feed  # one object a batch; what a sample costs is most of what this pendant computes
        group = self._group
        told = 0
        delay_ms = 0
        at = 0
        for i in range(count):
            x_mg = samples[at]
            y_mg = samples[at + 1]
            z_mg = samples[at + 2]
            at += 3
            if group:
                self._in_group += 1
                if self._in_group >= group and self._leaves_out(i, count):
                    continue
            if self._keeps_tail:
                self._keep(x_mg, y_mg, z_mg)
            code = feed(x_mg, y_mg, z_mg)
            if code and not told:
                told = code
                self.impact_place = self.detector.place(self.detector.impact_age_samples)
                delay_ms = (self.detector.impact_age_samples + count - 1 - i) * _SAMPLE_MS
        self.moved = self._has_moved(samples, count)
        return told, delay_ms

    def tail(self):
        """The last 3 s as bytes, for the memory that survives deep sleep; b"" while there is less."""
        if self._fed < 2 * _TAIL_SAMPLES:
            return b""
        at = (self._fed + 1) // 2 % _TAIL_SAMPLES * 3
        return bytes(self._tail[at:]) + bytes(self._tail[:at])

    def glance(self):
        """Take the oldest half second only, to see whether the wearer moves; the rest stays for an impact's wake."""
        count = self._imu.read_into(self._glance)
        self.moved = self._has_moved(self._glance, count)

    def resume(self, tail):
        """After a deep sleep shorter than the FIFO: what came before its oldest sample.

        It tells the detector where down was. Blows in it have been weighed before this sleep and are softened, or the
        detector would weigh them again and be busy when the real one comes.
        """
        before = array("h", tail)
        for i in range(0, len(before), 3):
            x_mg, y_mg, z_mg = before[i], before[i + 1], before[i + 2]
            while x_mg * x_mg + y_mg * y_mg + z_mg * z_mg > _SOFT_MG2:
                x_mg, y_mg, z_mg = x_mg * 3 // 4, y_mg * 3 // 4, z_mg * 3 // 4
            for _ in range(2):
                self._keep(x_mg, y_mg, z_mg)
                self.detector.feed(x_mg, y_mg, z_mg)

    def _keep(self, x_mg, y_mg, z_mg):
        if self._fed & 1 == 0:
            at = self._fed // 2 % _TAIL_SAMPLES * 3
            tail = self._tail
            tail[at] = x_mg
            tail[at + 1] = y_mg
            tail[at + 2] = z_mg
        self._fed += 1
        if self._fed == _FED_MOST:
            self._fed = _FED_MOST // 2

    def _leaves_out(self, i, count):
        """True for one sample in a group: the first from the group's end on that is no larger than the next.

        The last of a batch has no next yet and stays, unless batches are so short that nothing would ever go.
        """
        if self._in_group < 2 * self._group and (i + 1 >= count or self._size2(i) > self._size2(i + 1)):
            return False
        self._in_group -= self._group
        return True

    def _size2(self, i):
        x = self._samples[3 * i]
        y = self._samples[3 * i + 1]
        z = self._samples[3 * i + 2]
        return x * x + y * y + z * z

    def _has_moved(self, samples, count):
        for axis in range(3):
            if not count:
                return False
            least = most = samples[axis]
            for i in range(1, count, _MOVED_STEP):
                value = samples[3 * i + axis]
                least = min(least, value)
                most = max(most, value)
            if most - least > _STILL_MG:
                return True
        return False
