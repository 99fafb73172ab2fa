"""A pendant on a desk without hardware: its parts and a gateway, in virtual time.

Everything here is told the time by one clock, so that tests compare with ``==``. The gateway behind the fake radio
opens and seals real frames; ``is_deaf`` and ``loses`` make it a bad one.
"""

from firmware import config
from firmware.identity import Identity
from firmware.pendant.memory import LongClock, Memory
from firmware.pendant.run import turn
from firmware.pendant.wake import Pendant
from shared import frames, words
from shared.ccm import Ccm
from shared.compat import ticks_add, ticks_diff

PENDANT_ID = bytes.fromhex("a4cf12000001")
GATEWAY_ID = bytes.fromhex("0a0b0c0d0e0f")
KEY = bytes(range(16))


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


class FakeBoard:
    """presses is a list of (from_ms, to_ms) in which the button is down."""

    def __init__(self, clock):
        self._clock = clock
        self.pulse = Output(clock)
        self.battery = FakeBattery()
        self.presses = []
        self.charging = False
        self.slept_ms = 0

    def now_ms(self):
        """The tick."""
        return self._clock.ticks

    def is_button_down(self):
        """The level now."""
        return any(start <= self._clock.ms < end for start, end in self.presses)

    def is_charging(self):
        """As the test set it."""
        return self.charging

    def wait(self, ms):
        """Stay awake."""
        self._clock.pass_ms(max(1, ms))

    def sleep(self, ms):
        """A press ends it."""
        starts = [start for start, _end in self.presses if self._clock.ms < start < self._clock.ms + ms]
        ms = min([start - self._clock.ms for start in starts] + [ms])
        self.slept_ms += ms
        self._clock.pass_ms(ms)


class FakeMotion:
    """words is a list of (at_ms, code, delay_ms) that the detector will say."""

    def __init__(self, clock):
        self._clock = clock
        self.words = []
        self.is_excited = False
        self.moved = True
        self.overruns = 0
        self.fails_at_ms = None

    def read(self):
        """What the script says for now."""
        if self.fails_at_ms is not None and self._clock.ms >= self.fails_at_ms:
            raise OSError(116)
        if self.words and self.words[0][0] <= self._clock.ms:
            _at, code, delay_ms = self.words.pop(0)
            return code, delay_ms
        return 0, 0


class FakeGateway:
    """Stores, acknowledges, and answers when told to. ``events`` is every Event in the order stored."""

    def __init__(self, clock, key=KEY, gateway_id=GATEWAY_ID):
        self._clock = clock
        self._up = Ccm(key)
        self._down = Ccm(frames.downlink_key(key, gateway_id))
        self._id = gateway_id
        self._counter = 0
        self.boot = 7
        self.is_deaf = False
        self.loses = lambda: False
        self.status = words.STORED
        self.unix_s = 0
        self.events = []
        self.stored_ms = {}
        self.beats = []
        self.polls = []
        self.heard = []  # (at_ms, kind, boot, counter)
        self.answers = []  # Answer, sent in each listening window until felt

    def hears(self, frame):
        """Return the frames that it sends back."""
        if self.is_deaf or self.loses():
            return []
        header = frames.read_header(frame)
        body = frames.open_frame(frame, self._up)
        self.heard.append((self._clock.ms, header.kind, header.boot, header.counter))
        ack = frames.Ack(0, 0, words.HEARD, self.unix_s, 0)
        if header.kind in (words.ALARM, words.EVENT):
            event = frames.unpack_event(body)
            ack = frames.Ack(event.boot, event.seq, self.status, self.unix_s, 0)
            if self.status == words.STORED:
                self._store(event)
        elif header.kind == words.BEAT:
            beat = frames.unpack_beat(body)
            self.beats.append(beat)
            ack = frames.Ack(beat.boot, beat.seq, words.STORED, self.unix_s, 0)
        elif header.kind == words.POLL:
            self.polls.append((self._clock.ms, frames.unpack_poll(body)))
        answer = self.answers[0] if self.answers else None
        if answer:
            ack = ack._replace(more=1)
        out = [self.seal(words.ACK, frames.pack_ack(ack))]
        if answer:
            out.append(self.seal(words.ANSWER, frames.pack_answer(answer)))
        return [] if self.loses() else out

    def seal(self, kind, body):
        """A frame from this gateway."""
        self._counter += 1
        return frames.seal(kind, PENDANT_ID, self.boot, self._counter, body, self._down, self._id)

    def _store(self, event):
        if (event.boot, event.seq) in self.stored_ms:
            return
        self.stored_ms[event.boot, event.seq] = self._clock.ms
        self.events.append(event)
        if event.code == words.ANSWER_FELT:
            self.answers = [
                answer
                for answer in self.answers
                if (answer.ref_boot, answer.ref_seq, answer.stage) != (event.ref_boot, event.ref_seq, event.arg)
            ]

    def codes(self):
        """The codes of all stored events."""
        return [event.code for event in self.events]


class FakeRadio:
    """The reply comes reply_ms after the frame."""

    def __init__(self, clock, gateway, reply_ms=50):
        self._clock = clock
        self._gateway = gateway
        self._reply_ms = reply_ms
        self._coming = []
        self.is_on = False
        self.sent = []  # (at_ms, frame)

    def on(self):
        """Power up."""
        self.is_on = True

    def off(self):
        """Power down: what came is lost."""
        self.is_on = False
        self._coming = []

    def send(self, frame):
        """Transmit."""
        assert self.is_on
        self.sent.append((self._clock.ms, frame))
        for reply in self._gateway.hears(frame):
            self._coming.append((self._clock.ms + self._reply_ms, reply))
        return True

    def listen(self, ms):
        """Wait for a frame."""
        if self._coming and self._coming[0][0] <= self._clock.ms + ms:
            at_ms, frame = self._coming.pop(0)
            self._clock.pass_ms(max(0, at_ms - self._clock.ms))
            return b"bridge", -60, frame
        self._clock.pass_ms(max(1, ms))
        return None


class Bench:
    """One pendant. Flash is the current directory; RTC memory and the gateway survive ``reset`` and ``cut_power``."""

    def __init__(self, ticks=0, settings=None):
        self.clock = Clock(ticks)
        self.settings = config.Settings()
        if settings:
            self.settings.change(settings)
        self.gateway = FakeGateway(self.clock)
        self.rtc = b""
        self.board = FakeBoard(self.clock)
        self.motion = FakeMotion(self.clock)
        self.start()

    def start(self, reset_cause=1, is_safe_mode=False, faults=()):
        """What run() does before its loop."""
        self.memory = Memory(self.rtc)
        self.long_clock = LongClock(self.memory, self.clock.ms, self.clock.ticks)
        self.memory.new_boot()
        if not self.long_clock.is_continued:
            self.memory.epoch = self.memory.boot
        self.radio = FakeRadio(self.clock, self.gateway)
        identity = Identity(
            {"role": "pendant", "board": "fake", "id": PENDANT_ID.hex(), "key": KEY.hex(), "channel": 6}
        )
        self.pendant = Pendant(
            identity, self.settings, self.board, self.radio, self.memory, self.long_clock,
            None if is_safe_mode else self.motion, self._save, self.clock.ticks,
        )  # fmt: skip
        self._save()
        self.pendant.begin(reset_cause, is_safe_mode, faults, self.clock.ticks)

    def _save(self):
        self.memory.long_ms = self.long_clock.ms
        self.memory.saved_ms = self.clock.ms
        self.rtc = self.memory.pack()

    def run(self, ms):
        """Let ms pass."""
        end_ms = self.clock.ms + ms
        while self.clock.ms < end_ms:
            turn(self.pendant, self.board, self.radio, self.settings)

    def run_to(self, at_ms):
        """Let time pass until at_ms since the bench began."""
        self.run(at_ms - self.clock.ms)

    def reset(self, reset_cause=3, after_ms=500):
        """A crash or the watchdog: RTC memory stays."""
        self.board.pulse.off()
        self.clock.pass_ms(after_ms)
        self.start(reset_cause)

    def cut_power(self, after_ms=5_000):
        """The cell falls out and is put back."""
        self.board.pulse.off()
        self.clock.pass_ms(after_ms)
        self.rtc = b""
        self.start(1)

    def say(self, at_ms, code, delay_ms=900):
        """The detector says code at about at_ms."""
        self.motion.words.append((at_ms, code, delay_ms))

    def press(self, from_ms, to_ms):
        """The button is down from from_ms to to_ms."""
        self.board.presses.append((from_ms, to_ms))

    def events(self, *leave_out):
        """(code, arg) of what is stored, without STARTED and leave_out."""
        return [
            (event.code, event.arg) for event in self.gateway.events if event.code not in (words.STARTED, *leave_out)
        ]

    def spans(self, from_ms, to_ms):
        """Durations of what was felt in that time."""
        return [span for at_ms, span in self.board.pulse.felt if from_ms <= at_ms < to_ms]


def since(ticks, start):
    """Milliseconds from start to ticks."""
    return ticks_diff(ticks, start)
