"""A pendant on a desk without hardware: its parts and a gateway, in virtual time.

Everything here is told the time by one clock, so that tests compare with ``==``. The gateway behind the fake radio
opens and seals real frames; ``is_deaf`` and ``loses`` make it a bad one.
"""

import json
from pathlib import Path

from firmware.identity import Identity
from firmware.pendant.run import Life
from shared import frames, waves, words
from shared.ccm import Ccm
from shared.compat import ticks_add

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


class Asleep(Exception):
    """Deep sleep: nothing of this life goes on. ms is how long was asked for."""

    def __init__(self, ms):
        super().__init__(ms)
        self.ms = ms


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

    def sleep_deep(self, ms):
        """Leave this life."""
        raise Asleep(ms)

    def woke_by_timer(self):
        """As it was."""
        return self._bench.woke_by_timer


class FakeImu:
    """A sensor that is there, and is struck when the test says so."""

    def __init__(self, bench):
        self._bench = bench

    def check(self):
        """It answers."""
        if self._bench.imu_is_dead:
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
        hits = [at for at in self._bench.hits if at <= self._bench.clock.ms]
        for at in hits:
            self._bench.hits.remove(at)
        return bool(hits)


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
        if bench.motion_fails_at_ms is not None and bench.clock.ms >= bench.motion_fails_at_ms:
            raise OSError(116)
        if bench.script and bench.script[0][0] <= bench.clock.ms:
            _at, code, delay_ms = bench.script.pop(0)
            self.detector.impact_ms = bench.clock.ms - delay_ms
            return code, delay_ms
        return 0, 0

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

    def tail(self):
        """Nothing: the script knows what comes."""
        return b""


class FakeGateway:
    """Stores, acknowledges, and answers when told to. ``events`` is every Event in the order stored."""

    def __init__(self, clock, key=KEY, gateway_id=GATEWAY_ID):
        self._clock = clock
        self._id = gateway_id
        self._take_key(key)
        self.next_key = None  # a rotation is under way
        self.commands = []  # Command, sent in each listening window until done
        self._counter = 0
        self.boot = 7
        self.is_deaf = False
        self.loses = lambda: False
        self.channel = 6
        self.status = words.STORED
        self.unix_at_nought_s = 0  # wall clock when the bench began; 0 = the gateway does not know the time
        self.events = []
        self.stored_ms = {}
        self.beats = []
        self.polls = []
        self.parts = {}  # of motion, by fall
        self.parts_heard = []  # (at_ms, fall, part)
        self.knows_no_waves = False
        self.heard = []  # (at_ms, kind, boot, counter)
        self.answers = []  # Answer, sent in each listening window until felt

    def hears(self, frame):
        """Return the frames that it sends back."""
        if self.is_deaf or self.loses():
            return []
        header = frames.read_header(frame)
        body = self._open(frame)
        self.heard.append((self._clock.ms, header.kind, header.boot, header.counter))
        unix_s = self.unix_at_nought_s and self.unix_at_nought_s + self._clock.ms // 1_000
        ack = frames.Ack(0, 0, words.HEARD, unix_s, 0)
        if header.kind in (words.ALARM, words.EVENT):
            event = frames.unpack_event(body)
            ack = frames.Ack(event.boot, event.seq, self.status, unix_s, 0)
            if self.status == words.STORED:
                self._store(event)
        elif header.kind == words.BEAT:
            beat = frames.unpack_beat(body)
            self.beats.append(beat)
            ack = frames.Ack(beat.boot, beat.seq, words.STORED, unix_s, 0)
        elif header.kind == words.POLL:
            self.polls.append((self._clock.ms, frames.unpack_poll(body)))
        elif header.kind == words.WAVE:
            if self.knows_no_waves:
                return []
            ack = self._keep_part(body, unix_s)
        answer = self.answers[0] if self.answers else None
        command = self.commands[0] if self.commands else None
        if answer or command:
            ack = ack._replace(more=1)
        out = [self.seal(words.ACK, frames.pack_ack(ack))]
        if answer:
            out.append(self.seal(words.ANSWER, frames.pack_answer(answer)))
        elif command:
            out.append(self.seal(words.COMMAND, frames.pack_command(command)))
        return [] if self.loses() else out

    def _keep_part(self, body, unix_s):
        ref = int.from_bytes(body[1:4], "big"), int.from_bytes(body[4:7], "big")
        parts = self.parts.setdefault(ref, {})
        self.parts_heard.append((self._clock.ms, ref, body[0] & 0xF))
        if self.status == words.STORED:
            parts[body[0] & 0xF] = body[waves.HEAD_SIZE :]
        status = waves.KEPT | sum(1 << part for part in parts) if self.status == words.STORED else self.status
        return frames.Ack(*ref, status, unix_s, 0)

    def _open(self, frame):
        try:
            return frames.open_frame(frame, self._up)
        except frames.FrameError:
            if not self.next_key:
                raise
        body = frames.open_frame(frame, Ccm(self.next_key))
        self._take_key(self.next_key)
        self.next_key = None
        return body

    def _take_key(self, key):
        self.key = key
        self._up = Ccm(key)
        self._down = Ccm(frames.downlink_key(key, self._id))

    def seal(self, kind, body):
        """A frame from this gateway."""
        self._counter += 1
        return frames.seal(kind, PENDANT_ID, self.boot, self._counter, body, self._down, self._id)

    def _store(self, event):
        if (event.boot, event.seq) in self.stored_ms:
            return
        self.stored_ms[event.boot, event.seq] = self._clock.ms
        self.events.append(event)
        if event.code == words.COMMAND_DONE:
            self.commands = []
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

    senders = 0

    def __init__(self, clock, gateway, sent, channel, reply_ms=50):
        self._clock = clock
        self._gateway = gateway
        self._reply_ms = reply_ms
        self._coming = []
        self.channel = channel
        self.is_on = False
        self.sent = sent  # (at_ms, channel, frame)

    def on(self):
        """Power up."""
        self.is_on = True

    def off(self):
        """Power down: what came is lost."""
        self.is_on = False
        self._coming = []

    def tune(self, channel):
        """Move to a channel."""
        self.channel = channel

    def send(self, frame):
        """Transmit; a gateway on another channel hears nothing."""
        assert self.is_on
        self.sent.append((self._clock.ms, self.channel, frame))
        if self.channel != self._gateway.channel:
            return True
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
        return None

    def reset_cause(self):
        """Why this life began."""
        return self._bench.reset_cause

    def reset(self):
        """Asked for by the firmware."""
        raise Reset


class Reset(Exception):
    """The firmware has reset the chip."""


class Bench:
    """One pendant. Flash is the current directory; RTC memory and the gateway survive ``reset`` and ``cut_power``."""

    IMU_HZ = 100
    IMU_FIFO_SAMPLES = 128

    def __init__(self, ticks=0, settings=None, sleeps_deep=False, boot_ms=120):
        self.clock = Clock(ticks)
        self.sleeps_deep = sleeps_deep
        self.boot_ms = boot_ms  # from a wake to tick 0
        self.gateway = FakeGateway(self.clock)
        self.pulse = Output(self.clock)
        self.battery = FakeBattery()
        self.rtc = b""
        self.powered_ms = 0
        self.presses = []
        self.hits = []
        self.script = []
        self.motion_fails_at_ms = None
        self.imu_is_dead = False
        self.imu_is_well = True
        self.moves = True
        self.self_tests_ms = []
        self.charging = False
        self.woke_by_timer = False
        self.light_ms = 0
        self._asleep = None  # (asked_ms, since_ms)
        self.deep = []  # (asked_ms, slept_ms)
        self.starts = 0
        self.sent = []
        self.crashes_forgotten = 0
        if settings:
            Path("settings.json").write_text(json.dumps(settings))
        self.start()

    def Board(self, settings):  # noqa: N802 - as in a board's file
        """The board."""
        return FakeBoard(self)

    def start(self, reset_cause=1, crashes=0, is_safe_mode=False):
        """What main.py does."""
        self.reset_cause = reset_cause
        self.starts += 1
        fields = {"role": "pendant", "board": "fake", "id": PENDANT_ID.hex(), "key": KEY.hex(), "channel": 6}
        if Path("identity.json").exists():  # a test that lets it be changed has flashed it
            fields = json.loads(Path("identity.json").read_text())
        identity = Identity(fields)

        def forget():
            self.crashes_forgotten += 1

        self.life = Life(identity, self, FakeChip(self), self._radio, crashes, is_safe_mode, forget)
        self.pendant = self.life.pendant
        if self.life.pendant._motion:
            self.life.pendant._motion = FakeMotion(self)  # the scripted one; the real one has tests of its own

    def _radio(self, channel):
        self.radio = FakeRadio(self.clock, self.gateway, self.sent, channel)
        return self.radio

    @property
    def memory(self):
        """What survives."""
        return self.life.memory

    def run(self, ms):
        """Let ms pass."""
        end_ms = self.clock.ms + ms
        while self.clock.ms < end_ms:
            if self._asleep:
                self._sleep_deep(end_ms)
                continue
            try:
                self.life.turn()
            except Asleep as asleep:
                self._asleep = (asleep.ms, self.clock.ms)

    def run_to(self, at_ms):
        """Let time pass until at_ms since the bench began."""
        self.run(at_ms - self.clock.ms)

    def _sleep_deep(self, end_ms):
        """Off, until time, a press or a hit; then main.py again. Not beyond end_ms."""
        ms, since_ms = self._asleep
        causes = [start for start, end in self.presses if end > since_ms] + [at for at in self.hits if at >= since_ms]
        wakes_ms = min([max(since_ms, at) for at in causes] + [since_ms + ms])
        if wakes_ms >= end_ms:
            self.clock.ms = end_ms
            return
        self._asleep = None
        self.woke_by_timer = wakes_ms == since_ms + ms
        self.deep.append((ms, wakes_ms - since_ms))
        self.clock.ms = wakes_ms + self.boot_ms
        self.clock.ticks = 0
        self.start(FakeChip.DEEPSLEEP_RESET)

    def reset(self, reset_cause=3, after_ms=500, crashes=0, is_safe_mode=False):
        """A crash or the watchdog: RTC memory stays."""
        self._asleep = None
        self.pulse.off()
        self.clock.pass_ms(after_ms)
        self.start(reset_cause, crashes, is_safe_mode)

    def cut_power(self, after_ms=5_000):
        """The cell falls out and is put back."""
        self._asleep = None
        self.pulse.off()
        self.clock.pass_ms(after_ms)
        self.powered_ms = self.clock.ms
        self.rtc = b""
        self.start(1)

    def say(self, at_ms, code, delay_ms=900):
        """The detector says code at about at_ms."""
        self.script.append((at_ms, code, delay_ms))

    def press(self, from_ms, to_ms):
        """The button is down from from_ms to to_ms."""
        self.presses.append((from_ms, to_ms))

    def events(self, *leave_out):
        """(code, arg) of what is stored, without STARTED and leave_out."""
        return [
            (event.code, event.arg) for event in self.gateway.events if event.code not in (words.STARTED, *leave_out)
        ]

    def spans(self, from_ms, to_ms):
        """Durations of what was felt in that time."""
        return [span for at_ms, span in self.pulse.felt if from_ms <= at_ms < to_ms]
