"""A pendant on a desk without hardware, in virtual time: one clock tells it, so that tests compare with ``==``.

Its parts and its gateway are fakes; the firmware is whole.
"""

import json
from pathlib import Path

from firmware.identity import Identity
from firmware.pendant.run import Life
from shared import words
from tests.firmware.fake_board import Asleep, Clock, FakeBattery, FakeBoard, FakeChip, Output
from tests.firmware.fake_gateway import KEY, PENDANT_ID, FakeGateway, FakeRadio
from tests.firmware.fake_motion import FakeMotion


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
        self.saving_ms = 0  # what it takes to write the memory that survives
        self.powered_ms = 0
        self.presses = []
        self.hits = []
        self.script = []
        self.motion_fails_at_ms = None
        self.silences = []  # (from_ms, to_ms) in which the sensor does not answer
        self.imu_is_dead = False
        self.imu_is_well = True
        self.moves = True
        self.self_tests_ms = []
        self.charging = False
        self.woke_by_timer = False
        self.light_ms = 0
        self._asleep = None  # (asked_ms, since_ms, by_impact)
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

        chip = FakeChip(self)
        self.life = Life(identity, self, chip, self._radio, crashes, is_safe_mode, forget, self._make_motion)
        self.pendant = self.life.pendant

    def _make_motion(self, *_sensor):
        self.motion = FakeMotion(self)
        return self.motion

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
                self._asleep = (asleep.ms, self.clock.ms, asleep.by_impact)

    def run_to(self, at_ms):
        """Let time pass until at_ms since the bench began."""
        self.run(at_ms - self.clock.ms)

    def _sleep_deep(self, end_ms):
        """Off, until time, a press or a hit that nobody has asked for; then main.py again. Not beyond end_ms."""
        ms, since_ms, by_impact = self._asleep
        causes = [start for start, end in self.presses if end > since_ms] + (self.hits if by_impact else [])
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

    @property
    def is_silent(self):
        """True while the sensor does not answer."""
        return any(start <= self.clock.ms < end for start, end in self.silences)

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
