"""Without this module there would be firmware but no pendant: a whole board with its power, its button and its lives.

The host owns what survives a chip's reset: flash image, RTC memory, sensor, levels. A fresh VM process is a fresh chip.
"""

import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from hil_tests.virtual.air import Radio
from hil_tests.virtual.bell import Bell
from hil_tests.virtual.chip import Chip
from hil_tests.virtual.chip_endings import Ending, Sleep
from hil_tests.virtual.clock import Clock
from hil_tests.virtual.console import Console
from hil_tests.virtual.flash_image import STAND_INS, make_image, micropython, read_image, write_folder
from hil_tests.virtual.motion import Motion
from hil_tests.virtual.pins import Pins
from hil_tests.virtual.process import VmProcess
from hil_tests.virtual.profiles import PROFILES
from hil_tests.virtual.serial_line import SerialLine
from hil_tests.virtual.stand_ins import wire

_CAUSES = {
    "reset": wire.RESET_HARD,
    "died": wire.RESET_HARD,  # a panic
    "watchdog": wire.RESET_WATCHDOG,
    "soft_reset": wire.RESET_SOFT,
    "deepsleep": wire.RESET_DEEPSLEEP,
}
_FULL_BATTERY_MV = 4100
_DEATHS_IN_A_ROW_MAX = 20


@dataclass
class Life:
    """From one start of main.py to its end. ready_s: bench second of the first thing the firmware asked of the chip."""

    start_s: float
    reset_cause: int
    wake_reason: int
    pid: int
    end_s: float | None = None
    ending: Ending | None = None
    main_ended: str | None = None  # "returned" or "raised": a board then sits at its REPL


class VirtualBoard:
    """A board that runs the firmware in a VM process. Use it as a context manager: nothing is left behind.

    profile: a name in PROFILES or a Profile. mac: 6 bytes. directory: where its flash, console log and serial port
    are. files: what install() is to put on it. runtime: "micropython", "cpython", or None for the best there is.
    """

    def __init__(
        self,
        profile,
        mac,
        directory,
        air,
        *,
        clock=None,
        files=None,
        runtime=None,
        heap_kb=512,
        external_power=None,
        ticks_start_ms=0,
    ):
        self.profile = PROFILES[profile] if isinstance(profile, str) else profile
        self.mac = bytes(mac)
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.clock = clock or Clock()
        self.runtime = runtime or ("micropython" if micropython() else "cpython")
        self.heap_kb = heap_kb
        self.ticks_start_ms = ticks_start_ms
        self.motion = Motion(self.clock, seed=int.from_bytes(self.mac, "big"))
        self.imu = self.profile.imu(self.motion, self.clock) if self.profile.imu else None
        self.imu_is_broken = False
        self.pins = Pins(self.profile, self.clock, self.imu)
        self.console = Console(self.clock, self.directory / "console.log")
        self.battery_mv = _FULL_BATTERY_MV
        self.external_power = self.profile.serial if external_power is None else external_power
        self.rtc_memory = b""
        self.sleeps: list[Sleep] = []
        self.lives: list[Life] = []
        self.flash_writes = self.flash_bytes = self.flash_erases = 0
        self.uart_overruns = 0  # bytes for the board that came faster than it read them
        self.powered_since_s = 0.0
        self.serial_port = self.directory / "ttyBRIDGE" if self.profile.serial else None
        self._serial = SerialLine(self.serial_port, self.clock, self._from_serial) if self.profile.serial else None
        self._bell = Bell()
        self._chip = None
        self._process = None
        self._planned_cut = None
        self._reset_pressed = False
        self._off = threading.Event()
        self._off.set()
        self._thread = None
        self._changed = threading.Condition()
        self.radio = Radio(air.address, self.mac, self._on_frame)
        if files is not None:
            self.install(files)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Power off, and let go of everything but the files in the directory."""
        self.power_cut()
        self.radio.close()
        self.console.close()
        self._bell.close()

    # -- flash --------------------------------------------------------------------------------------------------------

    @property
    def flash_path(self):
        """The image (MicroPython), or the folder that stands for it (CPython)."""
        return self.directory / ("flash.img" if self.runtime == "micropython" else "flash")

    def install(self, files):
        """Make the flash anew with these files (objects with path and data, see tools.board_files)."""
        self._must_be_off("flash")
        if self.runtime == "micropython":
            make_image(self.flash_path, files, self.profile.flash_blocks)
        else:
            shutil.rmtree(self.flash_path, ignore_errors=True)
            write_folder(self.flash_path, files)

    def read_flash(self):
        """{path: bytes} of all files in the flash of a board without power."""
        self._must_be_off("read the flash of")
        if self.runtime == "micropython":
            return read_image(self.flash_path)
        root = self.flash_path
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    def cut_power_in_write(self, successes, done=0.5):
        """At the next power_on: after so many flash writes and erasures the power goes in the middle of the next one.

        done is the share of that write's bytes that still reach the flash. MicroPython runtime only.
        """
        if self.runtime != "micropython":
            raise RuntimeError("a power cut inside a block needs the flash image of the micropython runtime")
        self._planned_cut = (successes, int(done * 1000))

    def _must_be_off(self, verb):
        if self.is_powered:
            raise RuntimeError(f"cut the power before you {verb} a virtual board")

    # -- power --------------------------------------------------------------------------------------------------------

    @property
    def is_powered(self):
        """Has it power? (It may sleep deeply all the same.)"""
        return not self._off.is_set()

    @property
    def is_asleep(self):
        """Is it in deep or light sleep?"""
        chip = self._chip
        return self.is_powered and (chip is None or chip.asleep)

    def power_on(self):
        """Give it power: the sensor starts from nothing, and so does the chip."""
        if self.is_powered:
            return
        self._join()
        self._off.clear()
        self.rtc_memory = b""
        self.powered_since_s = self.clock.now_s()
        if self.imu:
            self.imu.power_on()
        if self._serial:
            self._serial.plug()
        self._thread = threading.Thread(target=self._live, name="board", daemon=True)
        self._thread.start()

    def power_cut(self):
        """Take the power away at once (SIGKILL); the flash stays as far as it was written."""
        self._off.set()
        self._kill()
        self._bell.ring()
        self._join()

    def reset(self):
        """Press the reset button (EN): the chip begins anew, its RTC memory is lost, the sensor keeps its state."""
        self._reset_pressed = True
        self._kill()
        self._bell.ring()

    def unplug(self):
        """Pull a USB-powered board out: its port vanishes and its power is gone."""
        self.power_cut()

    def plug(self):
        """Put it in again."""
        self.power_on()

    def _kill(self):
        process = self._process
        if process is not None:
            process.kill()

    def _join(self):
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None

    def must_stop(self):
        """Has somebody taken the power, or pressed reset? (Asked by the chip.)"""
        return self._off.is_set() or self._reset_pressed

    # -- lives --------------------------------------------------------------------------------------------------------

    def _live(self):
        cause, woken_by = wire.RESET_POWER_ON, wire.WOKEN_BY_NOTHING
        deaths = 0
        try:
            while not self._off.is_set():
                ending = self._one_life(cause, woken_by)
                if ending.how in {"power", "cut"} and not self._reset_pressed:
                    return
                cause, woken_by = _CAUSES.get(ending.how, wire.RESET_HARD), wire.WOKEN_BY_NOTHING
                if ending.how == "deepsleep":
                    woken_by = self._sleep_deeply(ending.ms)
                deaths = deaths + 1 if ending.how == "died" else 0
                if deaths > _DEATHS_IN_A_ROW_MAX:
                    return
                if self._reset_pressed:
                    self._reset_pressed = False
                    self.rtc_memory = b""
                    cause, woken_by = wire.RESET_POWER_ON, wire.WOKEN_BY_NOTHING
        finally:
            self._off.set()
            if self._serial:
                self._serial.unplug()
            self.pins.chip_reset()
            self.radio.tune(0)
            with self._changed:
                self._changed.notify_all()

    def _one_life(self, cause, woken_by):
        self.pins.chip_reset()
        process = VmProcess(
            self.runtime,
            self._facts(cause, woken_by),
            heap_kb=self.heap_kb,
            cwd=self.directory if self.runtime == "micropython" else self.flash_path,
            on_output=self._on_output,
        )
        self._process = process
        life = Life(self.clock.now_s(), cause, woken_by, process.pid)
        self._chip = Chip(self, process, self._bell)
        with self._changed:
            self.lives.append(life)
            self._changed.notify_all()
        try:
            ending = self._chip.serve()
        finally:
            process.kill()
            self._chip.drain()
            self._chip = None
            self._process = None
            process.close()
        if self._off.is_set():
            ending = Ending("power")
        life.ending, life.end_s = ending, self.clock.now_s()
        self.radio.tune(0)
        with self._changed:
            self._changed.notify_all()
        return ending

    def _facts(self, cause, woken_by):
        profile, scale = self.profile, self.clock.scale
        cut, self._planned_cut = self._planned_cut, None
        return {
            "chip": profile.chip,
            "mac": list(self.mac),
            "reset_cause": cause,
            "wake_reason": woken_by,
            "scale": int(scale) if scale == int(scale) else scale,
            "pins": profile.pins,
            "rtc_pins": profile.rtc_pins,
            "input_only_pins": profile.input_only_pins,
            "wake_sources": profile.wake_sources,
            "cpu_hz": profile.cpu_hz,
            "ticks_start_ms": self.ticks_start_ms,
            "rtc_ms": int((self.clock.now_s() - self.powered_since_s) * 1000),
            "told_us": time.monotonic_ns() // 1000,  # the RTC goes on while the chip starts
            "stand_ins": str(STAND_INS),
            "flash": str(self.flash_path.resolve()),
            "cut": cut,
        }

    def _sleep_deeply(self, ms):
        """The chip is off but for its wake sources; they stay armed until it has woken."""
        for output in self.profile.outputs:
            self.pins.write(output, 0)
        return Chip(self, None, self._bell).sleep(ms, "deep") or wire.WOKEN_BY_NOTHING

    def main_has_ended(self, *, raised):
        """Told by the chip: main.py came to its end; a board then sits at its REPL with the power on."""
        with self._changed:
            self.lives[-1].main_ended = "raised" if raised else "returned"
            self._changed.notify_all()

    def wait_for(self, condition, within_s=5.0):
        """Wait within_s bench seconds until condition(board) is true; raises AssertionError with the console's end."""
        end = time.monotonic() + self.clock.real_s(within_s)
        while not condition(self):
            if time.monotonic() > end:
                lines = "\n".join(line.text for line in self.console.lines[-20:])
                raise AssertionError(f"not within {within_s} s; all the console: {self.console.path}\n{lines}")
            with self._changed:
                self._changed.wait(0.01)

    # -- what a hand does ---------------------------------------------------------------------------------------------

    def press(self, bounce_ms=0):
        """Put a finger on the button; with bounce_ms the contact bounces for so long."""
        self._bounce(bounce_ms, ends_down=True)

    def release(self, bounce_ms=0):
        """Take the finger off."""
        self._bounce(bounce_ms, ends_down=False)

    def press_for_ms(self, ms, bounce_ms=0):
        """Press, hold for ms bench milliseconds, release. Returns the bench second of the press."""
        start_s = self.clock.now_s()
        self.press(bounce_ms)
        self.clock.sleep_until(start_s + ms / 1000)
        self.release(bounce_ms)
        return start_s

    def _bounce(self, bounce_ms, ends_down):
        end_s = self.clock.now_s() + bounce_ms / 1000
        while self.clock.now_s() < end_s:
            for down in (ends_down, not ends_down):
                self._set_button(down)
                self.clock.sleep(0.0015)
        self._set_button(ends_down)

    def _set_button(self, down):
        self.pins.set_button(down)
        self._bell.ring()

    def play(self, acc_mg, fs_hz, *, then="hold", start_s=None):
        """Move it: N by 3 milli-g at fs_hz, from now or a bench second; returns the bench second of the first sample."""
        start_s = self.motion.play(acc_mg, fs_hz, then=then, start_s=start_s)
        self._bell.ring()
        return start_s

    @property
    def charger(self):
        """Is external power there?"""
        return self.external_power

    @charger.setter
    def charger(self, there):
        self.external_power = there
        self.pins.set_charger(there)
        self._bell.ring()

    @property
    def felt(self):
        """All activations of vibration, buzzer and LED so far (Feeling: output, start_s, end_s, duty, frequency_hz)."""
        return list(self.pins.felt)

    # -- wires --------------------------------------------------------------------------------------------------------

    def _on_output(self, data):
        self.console.feed(data)
        if self._serial:
            self._serial.write(data)

    def _from_serial(self, data):
        process = self._process
        if process is not None:
            self.uart_overruns += process.write_stdin(data)

    def _on_frame(self, sender, rssi_dbm, data):
        chip = self._chip
        if chip is not None:
            chip.radio.on_frame(sender, rssi_dbm, data)
