"""Without this module a reset would be the end: it leads a chip from life to life, as long as there is power."""

import math
import threading
import time
from dataclasses import dataclass

from hil_tests.virtual.bell import Bell
from hil_tests.virtual.chip import Chip
from hil_tests.virtual.chip_endings import Ending
from hil_tests.virtual.flash_image import STAND_INS
from hil_tests.virtual.stand_ins import wire
from hil_tests.virtual.threads import join

_CAUSES = {
    "reset": wire.RESET_HARD,
    "died": wire.RESET_HARD,  # a panic
    "watchdog": wire.RESET_WATCHDOG,
    "soft_reset": wire.RESET_SOFT,
    "deepsleep": wire.RESET_DEEPSLEEP,
}
_DEATHS_IN_A_ROW_MAX = 20  # an interpreter that dies at once, again and again, is not worth the heat


@dataclass
class Life:
    """From one start of main.py to its end; main_ended is "returned" or "raised" when it sits at its REPL."""

    start_s: float
    reset_cause: int
    wake_reason: int
    pid: int
    end_s: float | None = None
    ending: Ending | None = None
    main_ended: str | None = None


class Lives:
    """The chip of one board: power, reset, one VM process after another. Everything happens in a thread of its own.

    The thread also starts the processes: they end with the thread that started them.
    """

    def __init__(self, board):
        self._board = board
        self.all: list[Life] = []
        self.bell = Bell()
        self.changed = threading.Condition()
        self.planned_cut = None
        self.wakes_at_s = None
        self._chip = None
        self._process = None
        self._off = threading.Event()
        self._off.set()
        self._reset_pressed = False
        self._thread = None

    @property
    def chip(self):
        """The chip that is awake or in light sleep, or None."""
        return self._chip

    @property
    def process(self):
        """The VM that is running, or None."""
        return self._process

    def is_powered(self):
        """Is there power?"""
        return not self._off.is_set()

    def power_on(self):
        """Begin."""
        self._join()
        self._off.clear()
        self._thread = threading.Thread(target=self._live, name="board", daemon=True)
        self._thread.start()

    def power_cut(self):
        """End, wherever it is; returns when nothing of it is left."""
        self._off.set()
        self._kill()
        self._join()

    def reset(self):
        """End this life; the next begins as after power-on."""
        self._reset_pressed = True
        self._kill()

    def must_stop(self):
        """Has somebody taken the power, or pressed reset?"""
        return self._off.is_set() or self._reset_pressed

    def close(self):
        """Let go of what power_cut() leaves."""
        self.power_cut()
        self.bell.close()

    def tell(self):
        """Wake those who wait for a change."""
        with self.changed:
            self.changed.notify_all()

    def _kill(self):
        process = self._process
        if process is not None:
            process.kill()
        self.bell.ring()

    def _join(self):
        if self._thread is not None:
            join(self._thread)
            self._thread = None

    def _live(self):
        cause, woken_by = wire.RESET_POWER_ON, wire.WOKEN_BY_NOTHING
        deaths = 0
        try:
            while deaths <= _DEATHS_IN_A_ROW_MAX:
                ending = self._one_life(cause, woken_by)
                cause, woken_by = _CAUSES.get(ending.how, wire.RESET_POWER_ON), wire.WOKEN_BY_NOTHING
                deaths = deaths + 1 if ending.how == "died" else 0
                if ending.how == "deepsleep":
                    woken_by = self._sleep_deeply(ending.ms)
                if self._off.is_set() or (ending.how in {"power", "cut"} and not self._reset_pressed):
                    return
                if self._reset_pressed:
                    self._reset_pressed = False
                    self._board.rtc_memory = b""
                    cause, woken_by = wire.RESET_POWER_ON, wire.WOKEN_BY_NOTHING
        finally:
            self._off.set()
            self._board.power_has_gone()
            self.tell()

    def _one_life(self, cause, woken_by):
        board = self._board
        board.pins.chip_reset()
        process = board.start_process(self._facts(cause, woken_by))
        chip = Chip(board, process, self.bell)
        life = Life(board.clock.now_s(), cause, woken_by, process.pid)
        self.all.append(life)
        self._process, self._chip = process, chip
        process.listen()
        self.tell()
        try:
            ending = chip.serve()
            if ending.how == "died" and process.ended_softly():
                board.soft_reset(process)
                ending = Ending("soft_reset")
        finally:
            process.kill()
            chip.drain()
            self._chip = self._process = None
            process.close()
        life.ending = Ending("power") if self._off.is_set() else ending
        life.end_s = board.clock.now_s()
        board.radio.tune(0)
        self.tell()
        return life.ending

    def _sleep_deeply(self, ms):
        """The chip is off but for its wake sources, which stay armed until it has woken."""
        for output in self._board.profile.outputs:
            self._board.pins.write(output, 0)
        self.wakes_at_s = self._board.clock.now_s() + ms / 1000 if ms else math.inf
        woken_by = Chip(self._board, None, self.bell).sleep(ms, "deep")
        self.wakes_at_s = None
        return woken_by or wire.WOKEN_BY_NOTHING

    def _facts(self, cause, woken_by):
        board, profile = self._board, self._board.profile
        scale = board.clock.scale
        cut, self.planned_cut = self.planned_cut, None
        return {
            "chip": profile.chip,
            "mac": list(board.mac),
            "reset_cause": cause,
            "wake_reason": woken_by,
            "scale": int(scale) if scale == int(scale) else scale,
            "pins": profile.pins,
            "rtc_pins": profile.rtc_pins,
            "input_only_pins": profile.input_only_pins,
            "wake_sources": profile.wake_sources,
            "cpu_hz": profile.cpu_hz,
            "ticks_start_ms": board.ticks_start_ms,
            "rtc_ms": int((board.clock.now_s() - board.powered_since_s) * 1000),
            "told_us": time.monotonic_ns() // 1000,  # the RTC goes on while the chip starts
            "stand_ins": str(STAND_INS),
            "flash": str(board.flash_path.resolve()),
            "cut": cut,
        }
