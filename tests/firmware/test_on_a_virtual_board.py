"""The very files that are flashed, in the VM on a virtual board: sleep, wakes, crashes. The gateway is a fake one."""

import json
import queue
import threading
import time

import pytest

from hil_tests.virtual import Air, Clock, VirtualBoard
from hil_tests.virtual.air import BROADCAST, Radio
from shared import words
from tests.firmware.fake_gateway import KEY, PENDANT_ID, FakeGateway
from tools.board_files import BoardFile, board_files
from tools.motion import synthesise

_SCALE = 3
_SLOW_MS = 1_500  # of the bench: what this machine may lose to its other work. Alone it is below 100
_CHANNEL = 6
_POWER_ON, _WATCHDOG, _DEEPSLEEP = 1, 3, 4
_BY_TIMER, _BY_PIN = 4, 7
_MAIN_THAT = """
import machine
from firmware.pendant import wake
real = wake.Pendant.step
def step(self, now_ms):
    if now_ms > 1_000:
        {}
    return real(self, now_ms)
wake.Pendant.step = step
"""


class _Times:
    """The bench's clock as FakeGateway reads it."""

    def __init__(self, clock):
        self._clock = clock

    @property
    def ms(self):
        """Milliseconds."""
        return round(self._clock.now_s() * 1_000)


class Rig:
    """A board and a gateway on one air."""

    def __init__(self, tmp_path, profile, extra_files=(), main_prefix="", scale=_SCALE, **board):
        self.clock = Clock(scale)
        self.air = Air(clock=self.clock)
        self.gateway = FakeGateway(_Times(self.clock))
        self._heard = queue.Queue()
        self._radio = Radio(self.air.address, b"\x0a\x0b\x0c\x0d\x0e\x0f", lambda *frame: self._heard.put(frame[2]))
        self._radio.tune(_CHANNEL)
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        identity = {"id": PENDANT_ID.hex(), "key": KEY.hex(), "role": "pendant", "board": profile, "channel": _CHANNEL}
        files = [
            BoardFile(file.path, main_prefix.encode() + file.data) if file.path == "main.py" else file
            for file in board_files("pendant", profile)
        ]
        files += [BoardFile("identity.json", json.dumps(identity).encode()), *extra_files]
        self.board = VirtualBoard(
            profile, PENDANT_ID, tmp_path / "board", self.air, clock=self.clock, files=files, **board
        )

    def _listen(self):
        while frame := self._heard.get():
            for reply in self.gateway.hears(frame):
                self._radio.send(BROADCAST, reply)

    def until(self, condition, within_s):
        """Wait until condition() is true."""
        end_s = self.clock.now_s() + within_s
        while not condition():
            assert self.clock.now_s() < end_s, (self.gateway.events, self.board.lives)
            time.sleep(0.01)

    def has(self, code, times=1):
        """A condition: the gateway has so many events of this code."""
        return lambda: [e.code for e in self.gateway.events].count(code) >= times

    def close(self):
        """Leave nothing behind."""
        self.board.close()
        self._heard.put(b"")
        self._thread.join()
        self._radio.close()
        self.air.close()


def clear_fall():
    """A fall that no phase between its samples and the sensor's makes doubtful: those of other seeds may be missed."""
    return synthesise("fall_forward", seed=2)


def is_off(board):
    """In deep sleep there is no life."""
    return board.lives[-1].ending is not None


@pytest.fixture
def rig(tmp_path):
    """A builder of rigs."""
    made = []

    def build(*arguments, **named):
        made.append(Rig(tmp_path, *arguments, **named))
        return made[-1]

    yield build
    for one in made:
        one.close()


def test_a_deep_sleeper_wakes_by_impact_and_by_press(rig):
    """Off between events; a fall is told within a second and a batch of its impact; a hold at three seconds."""
    one = rig("xiao_c3")
    one.board.power_on()
    one.until(lambda: len(one.board.lives) == 4 and is_off(one.board), 30)  # the lessons are over
    one.clock.sleep(1)
    motion = clear_fall()
    began_s = one.board.play(motion.acc_mg[motion.impact - 300 :], motion.fs_hz)
    impact_ms = round(began_s * 1_000) + 3_000
    one.until(one.has(words.FALL_SUSPECTED), 30)
    suspected = one.gateway.events[-1]
    told_ms = one.gateway.stored_ms[suspected.boot, suspected.seq]
    assert told_ms - impact_ms <= 1_000 + _SLOW_MS
    assert suspected.delay_ms <= 1_000 + _SLOW_MS
    one.board.press_for_ms(200)
    one.until(one.has(words.FALL_CANCELLED), 5)
    one.until(lambda: is_off(one.board), 20)
    pressed_s = one.board.press_for_ms(5_000)
    one.until(one.has(words.HELP_REQUESTED), 5)
    called = one.gateway.events[-1]

    late_ms = one.gateway.stored_ms[called.boot, called.seq] - pressed_s * 1_000 - 3_000
    assert abs(late_ms) <= _SLOW_MS, (called, pressed_s, one.board.lives, one.board.sleeps[-3:])
    assert abs(called.delay_ms - 3_000) <= _SLOW_MS
    lives = [(life.reset_cause, life.wake_reason) for life in one.board.lives]
    assert lives[:4] == [(_POWER_ON, 0)] + [(_DEEPSLEEP, _BY_TIMER)] * 3
    assert set(lives[4:]) == {(_DEEPSLEEP, _BY_PIN)}
    assert {event.boot for event in one.gateway.events} == {1}


def test_three_crashes_lead_to_safe_mode_in_which_the_button_works(rig):
    """The crash is in the log on flash; the platform hears of each and of safe mode; a hold still calls."""
    crash = "if self.senses.motion: raise ValueError('a bug')"
    one = rig("m5stickc_plus2", main_prefix=_MAIN_THAT.format(crash))
    one.board.power_on()
    one.until(lambda: (words.FAULT, 6) in [(e.code, e.arg) for e in one.gateway.events], 60)
    assert len(one.board.lives) == 4
    one.board.press_for_ms(5_000)
    one.until(one.has(words.HELP_REQUESTED), 5)
    one.board.power_cut()
    flash = one.board.read_flash()

    assert flash["crashes"] == b"3"
    assert flash["crash.log"].count(b"ValueError: a bug") == 3
    assert one.gateway.beats[-1].flags & words.SAFE_MODE


def test_what_crashes_in_safe_mode_too_is_tried_again_with_patience(rig):
    """Every crash is a write to the flash: after the fourth the board waits ten seconds before it tries again."""
    turn = "from firmware.pendant import run\ndef turn(self):\n    raise ValueError('a bug')\nrun.Life.turn = turn\n"
    one = rig("m5stickc_plus2", main_prefix=turn)
    one.board.power_on()
    one.board.wait_for(lambda board: len(board.lives) == 5, 60)
    lasted_s = [life.end_s - life.start_s for life in one.board.lives[:4]]

    assert max(lasted_s[:3]) < 10 <= lasted_s[3]


def test_a_hang_is_ended_by_the_watchdog(rig):
    """Nobody feeds it, it bites, and the platform hears that the pendant has started anew, and why."""
    hang = "import time; time.sleep(100)"
    settings = BoardFile("settings.json", b'{"watchdog_s": 5}')
    one = rig("m5stickc_plus2", main_prefix=_MAIN_THAT.format(hang), extra_files=[settings])
    one.board.power_on()
    one.until(one.has(words.STARTED, times=2), 90)  # it may sleep for half a minute before it comes to that
    started = [(e.boot, e.arg) for e in one.gateway.events if e.code == words.STARTED]

    assert started == [(1, _POWER_ON), (2, _WATCHDOG)]


def test_a_dead_sensor_is_a_fault_and_the_button_works(rig):
    """No answer on the bus: told at once, and a hold still calls."""
    one = rig("xiao_c3")
    one.board.imu_is_broken = True
    one.board.power_on()
    one.until(lambda: (words.FAULT, 1) in [(e.code, e.arg) for e in one.gateway.events], 10)
    one.board.press_for_ms(5_000)

    one.until(one.has(words.HELP_REQUESTED), 5)
