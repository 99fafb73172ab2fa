"""From the IMU's FIFO to the detector's words; without it samples would wait until they are overwritten.

Every sample is fed, in order. A sensor that gives 104 a second is brought to the detector's 100 by leaving out the
smallest sample of every 26: a rate is corrected, and an impact's peak never goes missing.
"""

# ruff: noqa: PLR1730 (in the loops here a comparison costs half of what max() or min() does)

from array import array

from firmware.pendant import forests
from shared.compat import const
from shared.fall import SUSPECTED, FallDetector

_SAMPLE_MS = const(10)
_DETECTOR_HZ = const(100)
_CHUNK_SAMPLES = const(64)  # read at once: a deep FIFO is emptied in pieces, or its samples would fill 3 kB
_EIO = const(5)
_STILL_MG = const(60)  # peak to peak of an axis: noise and breathing stay below
_GLANCE_SAMPLES = const(52)
_MOVED_STEP = const(5)  # of the samples in a batch so many are enough to see that somebody moves
_SOFT_MG2 = const(1_960_000)  # 1.4 g squared: below any impact
_LOOKS = const(32)  # of so many looks at somebody at rest ...
_WHOLE_LOOKS = const(4)  # ... so many in a row are at every sample: 3 s tell whether a pendant is worn
_EMPTY_MOST = const(8)  # looks without a sample, 10 ms apart at least: a sensor that answers and does not measure
_TAIL_SAMPLES = const(150)  # every second of the last 3 s: what the detector looks back on, in 900 bytes


class Motion:
    """``is_excited``: read again soon. ``moved`` tells whether the last batch was anything but rest."""

    def __init__(self, imu, samples_hz, fifo_samples):
        self._imu = imu
        self.fifo_ms = fifo_samples * 1_000 // samples_hz
        self.detector = FallDetector(forests=forests.load())
        self.impact_place = 0  # where the detector's ring holds the impact that it suspected last
        self._samples = array("h", bytes(_CHUNK_SAMPLES * 6))
        self._pieces = (
            1 + fifo_samples // _CHUNK_SAMPLES
        )  # no more: a broken sensor may say for ever that there is more
        # 104 -> 100 is 26 -> 25
        self._group = samples_hz // (samples_hz - _DETECTOR_HZ) if samples_hz > _DETECTOR_HZ else 0
        self._in_group = 0
        self._least = array("h", bytes(6))  # of each axis, in this batch
        self._most = array("h", bytes(6))
        self._fed = 0  # samples, as far as the tail wants to know
        self.moved = False
        self.rests = False  # the sensor can say that it has felt nothing: then its samples need not be read
        self._looks = 0
        self._empty = 0  # looks in a row that found no sample
        self._still = array("h", bytes(6))  # where it rests

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
        """Empty the FIFO; return what the detector said, in order: (code, ms since the impact) for each word.

        OSError if the sensor does not answer, or gives no samples any more.
        """
        if self.rests and not self.detector.is_excited and self._is_at_rest():
            return ()
        said = ()
        before = 0  # samples of the chunks that are done
        self._forget_range()
        for _ in range(self._pieces):
            count = self._imu.read_into(self._samples)
            self._note_range(self._samples, count)
            at = 0
            while at < count:
                code, at = self._feed(at, count)
                if code:
                    said += ((code, self.detector.impact_age_samples - before - at),)
                if code == SUSPECTED:
                    self.impact_place = self.detector.place(self.detector.impact_age_samples)
            before += count
            if count < _CHUNK_SAMPLES:
                break
        self._count_empty(before)
        self.moved = self._has_moved()
        return tuple((code, (age + before) * _SAMPLE_MS) for code, age in said) if said else said

    def tail(self):
        """The last 3 s as bytes, for the memory that survives deep sleep; b"" while there is less."""
        if self._fed < 2 * _TAIL_SAMPLES:
            return b""
        tail = array("h", bytes(6 * _TAIL_SAMPLES))
        place = self.detector.place(2 * _TAIL_SAMPLES - 1)
        for i in range(0, len(tail), 3):
            tail[i], tail[i + 1], tail[i + 2] = self.detector.sample_at(place)
            place += 2
        return bytes(tail)

    def glance(self):
        """Take the oldest half second only, to see whether the wearer moves; the rest stays for an impact's wake."""
        self._forget_range()
        samples = memoryview(self._samples)[: 3 * _GLANCE_SAMPLES]
        count = self._imu.read_into(samples)
        if not count:
            raise OSError(_EIO)  # it has had all the sleep to fill its FIFO
        self._note_range(samples, count)
        self.moved = self._has_moved()

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
                self.detector.feed(x_mg, y_mg, z_mg)
        self._fed += 2 * (len(before) // 3)

    def _is_at_rest(self):
        """True if nobody has moved since the last look: one sample then stands for all of them."""
        still = self._still
        is_still = self._imu.rests(still, _STILL_MG)
        self._looks = (self._looks + 1) % _LOOKS
        if not is_still or self._looks < _WHOLE_LOOKS:
            return False
        count = self._imu.drop()
        self._count_empty(count)
        if count:
            self.detector.hold(still[0], still[1], still[2], count)
        self.moved = False
        return True

    def _count_empty(self, count):
        """A sensor whose supply has failed for a moment answers, and has forgotten that it is to measure."""
        self._empty = 0 if count else self._empty + 1
        if self._empty >= _EMPTY_MOST:
            raise OSError(_EIO)

    def _feed(self, at, count):
        """Feed the samples from number ``at`` on, up to the first at which something is said: (code, the next one)."""
        samples = self._samples
        detector = self.detector
        group = self._group
        while at < count:
            end = min(count, at + max(0, group - 1 - self._in_group)) if group else count
            quiet = detector.skim(samples, at, end)
            self._fed += quiet - at
            self._in_group += quiet - at
            at = quiet
            if at == count:
                break
            self._in_group += 1
            if group and self._in_group >= group and self._leaves_out(at, count):
                at += 1
                continue
            self._fed += 1
            code = detector.feed(samples[3 * at], samples[3 * at + 1], samples[3 * at + 2])
            at += 1
            if code:
                return code, at
        return 0, at

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

    def _forget_range(self):
        for axis in range(3):
            self._least[axis] = 32_767
            self._most[axis] = -32_767

    def _note_range(self, samples, count):
        for axis in range(3):
            least = self._least[axis]
            most = self._most[axis]
            for i in range(axis, 3 * count, 3 * _MOVED_STEP):
                value = samples[i]
                if value < least:
                    least = value
                if value > most:
                    most = value
            self._least[axis] = least
            self._most[axis] = most

    def _has_moved(self):
        return any(self._most[axis] - self._least[axis] > _STILL_MG for axis in range(3))
