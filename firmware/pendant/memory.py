"""What must outlive a sleep or a reset: counters and the state of an alarm; without it a nonce could come twice.

Two places. Flash holds one number, the boot, written before the first frame of that boot is sent. RTC memory, which
survives deep sleep and resets but not the loss of power, holds the rest: versioned and checksummed, because what stands
there after a power-on is noise. Noise is a cold start, never an error.
"""

import os

from shared.compat import const, ticks_diff
from shared.crc import crc16

BOOT_PATH = "boot"
BOOT_NEW_PATH = "boot.new"
COUNTER_MOST = const(0xFFFFFF)

_MARK = b"TX"
_VERSION = const(1)
_NUMBER_SIZE = const(6)
_HEAD_SIZE = const(4)

# Order is the layout: a change needs another _VERSION.
_FIELDS = (
    "boot",  # the boot under which frames are numbered
    "counter",  # frames sent in it
    "seq",  # events told in it
    "beats",  # beats told in it
    "epoch",  # the boot in which the long clock began: it stops only with the power
    "long_ms",  # the long clock when this was saved
    "saved_ms",  # the chip's own clock at that moment
    "beat_due_ms",  # on the long clock
    "phase",  # of the alarm, see alarm.py
    "phase_end_ms",  # on the long clock
    "fall_boot",
    "fall_seq",
    "open_boot",
    "open_seq",
    "open_end_ms",  # on the long clock
    "is_answered",  # 1 = a person has accepted the fall of fall_boot, fall_seq
    "felt_boot",  # the answer that was felt last: the alarm it belongs to ...
    "felt_seq",
    "felt_stage",  # ... and how far help had come
    "gateway",  # the gateway heard last ...
    "gateway_boot",  # ... and the number of its last frame; that and older ones are replays
    "gateway_counter",
    "gateway2",  # the one before it ...
    "gateway2_boot",
    "gateway2_counter",
    "gateway3",  # ... and the one before that: more than three are rarely in range
    "gateway3_boot",
    "gateway3_counter",
    "unix_at_nought_s",  # wall clock when the long clock stood at 0; 0 = unknown
    "began_ms",  # on the long clock: when this boot began
    "boot_ms",  # learned: from the wake to tick 0, the shortest so far ...
    "lessons",  # ... in so many short sleeps, see run.py
    "slept_ms",  # the chip's own clock when the last deep sleep began ...
    "sleep_ms",  # ... and how long it was to last; 0 = it was no lesson
    "owed_attempt",  # how often what is owed had been tried in vain when we fell asleep ...
    "owed_step",  # ... how far up the ladder of waits that was ...
    "owed_due_ms",  # ... and when it is due again, on the long clock
    "nobody_ms",  # on the long clock: when the wearer is told (again) that nobody hears; 0 = somebody does
    "moved_ms",  # on the long clock: the last movement
    "told",  # bits: what has been told in this boot, see supervisor.py
    "test_due_ms",  # on the long clock: when a test is asked for
    "sensed",  # 1 = the motion sensor was at work when the last deep sleep began
    "self_test_ms",  # on the long clock: when the sensor is to test itself again
    "nagged_ms",  # on the long clock: when it was asked for last
    "charge_percent",  # charge at ...
    "charge_ms",  # ... this moment of the long clock: how fast it goes, see supervisor.py
    "channel",  # the radio channel on which a gateway was last heard; 0 = as flashed
    "rssi",  # of the last frame from a gateway, dBm plus 256; 0 = none yet
    "cause",  # why this boot began: deep sleep is no cause worth telling
    "missed",  # windows in a row in which nobody was heard, see channels.py
    "scans",  # scans of all channels for an alarm since a gateway was heard ...
    "scan_ms",  # on the long clock: when the last scan began, for whatever; 0 = none since a gateway was heard
)
_CRC_SIZE = const(2)
_TAIL_AT = _HEAD_SIZE + len(_FIELDS) * _NUMBER_SIZE


class Memory:
    """One attribute a field, all whole numbers from 0 to 2**48 - 1; and ``tail``, bytes: the last motion."""

    def __init__(self, raw=b""):
        """Read what RTC memory holds; ``is_warm`` says whether it could be believed."""
        self._raw = b""
        self.is_warm = _is_whole(raw)
        self.tail = bytes(raw[_TAIL_AT : len(raw) - _CRC_SIZE]) if self.is_warm else b""
        at = _HEAD_SIZE
        for name in _FIELDS:
            value = int.from_bytes(raw[at : at + _NUMBER_SIZE], "big") if self.is_warm else 0
            setattr(self, name, value)
            at += _NUMBER_SIZE

    def pack(self):
        """The bytes for RTC memory, until the next time: in one piece that stays, for a full heap may have none."""
        end = _TAIL_AT + len(self.tail)
        if len(self._raw) < end + _CRC_SIZE:
            self._raw = bytearray(end + _CRC_SIZE)
        raw = memoryview(self._raw)
        raw[:_HEAD_SIZE] = _MARK + bytes((_VERSION, len(_FIELDS)))
        at = _HEAD_SIZE
        for name in _FIELDS:
            raw[at : at + _NUMBER_SIZE] = getattr(self, name).to_bytes(_NUMBER_SIZE, "big")
            at += _NUMBER_SIZE
        raw[_TAIL_AT:end] = self.tail
        raw[end : end + _CRC_SIZE] = crc16(raw[:end]).to_bytes(_CRC_SIZE, "big")
        return raw[: end + _CRC_SIZE]

    @property
    def is_nearly_out_of_boots(self):
        """True in the last tenth of the boot numbers: time for a new key."""
        return self.boot > COUNTER_MOST // 10 * 9

    def next_counter(self):
        """A frame number never used before under this boot; when they are used up, a new boot begins."""
        if self.counter >= COUNTER_MOST:
            self.new_boot()
        self.counter += 1
        return self.counter

    def new_boot(self):
        """Take the next boot number, on flash before anybody uses it. OverflowError when there are none left."""
        boot = max(read_boot(), self.boot) + 1
        if boot > COUNTER_MOST:
            raise OverflowError("boot numbers are used up: this pendant needs a new key")
        write_boot(boot)
        self.boot = boot
        self.counter = 0
        self.seq = 0
        self.beats = 0


def read_boot():
    """The last boot number taken; 0 on a new board."""
    most = 0
    for path in (BOOT_PATH, BOOT_NEW_PATH):
        try:
            with open(path) as file:
                most = max(most, int(file.read()))
        except (OSError, ValueError):
            continue
    return most


def write_boot(boot):
    """Put it on flash: whole or not at all."""
    with open(BOOT_NEW_PATH, "w") as file:
        file.write(str(boot))
    os.rename(BOOT_NEW_PATH, BOOT_PATH)


def _is_whole(raw):
    head = _MARK + bytes((_VERSION, len(_FIELDS)))
    return len(raw) >= _TAIL_AT + _CRC_SIZE and bytes(raw[:_HEAD_SIZE]) == head and crc16(raw) == 0


class LongClock:
    """Milliseconds since the power came on, through sleeps and resets; it never wraps."""

    def __init__(self, memory, chip_ms, now_ms):
        """chip_ms is the chip's clock, which goes on in deep sleep; now_ms is a tick."""
        self._tick_ms = now_ms
        self.ms = 0
        if memory.is_warm:
            self.ms = memory.long_ms + max(0, chip_ms - memory.saved_ms)
        self.is_continued = memory.is_warm

    def update(self, now_ms):
        """Move on to this tick."""
        self.ms += max(0, ticks_diff(now_ms, self._tick_ms))
        self._tick_ms = now_ms
        return self.ms
