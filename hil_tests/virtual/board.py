"""Without this module there would be firmware but no pendant: a whole board with its power, its button and its lives.

The host owns what survives a chip's reset: flash image, RTC memory, sensor, levels. A fresh VM process is a fresh chip.
"""

import shutil
import time
from collections import deque
from pathlib import Path

from hil_tests.virtual.air import Radio
from hil_tests.virtual.chip_endings import Sleep
from hil_tests.virtual.clock import Clock
from hil_tests.virtual.console import Console
from hil_tests.virtual.flash_image import make_image, micropython, read_image, write_folder
from hil_tests.virtual.lives import Lives
from hil_tests.virtual.motion import Motion
from hil_tests.virtual.pins import Pins
from hil_tests.virtual.process import VmProcess
from hil_tests.virtual.profiles import PROFILES
from hil_tests.virtual.serial_line import SerialLine

_FULL_BATTERY_MV = 4100
_SLEEPS_KEPT = 10_000


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
        self._sleeps: deque[Sleep] = deque(maxlen=_SLEEPS_KEPT)
        self.sleep_count = 0
        self.flash_writes = self.flash_bytes = self.flash_erases = 0
        self.uart_overruns = 0  # bytes for the board that came faster than it read them
        self.powered_since_s = 0.0
        self.serial_port = self.directory / "ttyBRIDGE" if self.profile.serial else None
        self._serial = SerialLine(self.serial_port, self.clock, self._from_serial) if self.profile.serial else None
        self._lives = Lives(self)
        self.radio = Radio(air.address, self.mac, self._on_frame)
        if files is not None:
            self.install(files)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Power off, and let go of everything but the files in the directory."""
        self._lives.close()
        if self._serial:
            self._serial.unplug()  # a start that was interrupted leaves nobody who would
        self.radio.close()
        self.console.close()

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
        self._lives.planned_cut = (successes, int(done * 1000))

    def _must_be_off(self, verb):
        if self.is_powered:
            raise RuntimeError(f"cut the power before you {verb} a virtual board")

    # -- power --------------------------------------------------------------------------------------------------------

    @property
    def is_powered(self):
        """Has it power? (It may sleep deeply all the same.)"""
        return self._lives.is_powered()

    @property
    def is_asleep(self):
        """Is it in deep or light sleep?"""
        chip = self._lives.chip
        return self.is_powered and (chip is None or chip.asleep)

    def skip_sleep(self, until_s):
        """Let the clock of all boards jump to the end of this one's deep sleep, or to until_s; nothing while awake."""
        wakes_at_s = self._lives.wakes_at_s
        if wakes_at_s is not None:
            self.clock.skip(max(0, min(wakes_at_s, until_s) - self.clock.now_s()))
            self._lives.bell.ring()

    @property
    def lives(self):
        """A Life per start of main.py, oldest first."""
        return self._lives.all

    @property
    def sleeps(self):
        """The newest 10,000 sleeps, oldest first; sleep_count says how many there were."""
        return list(self._sleeps)

    def has_slept(self, sleep):
        """Told by the chip after each sleep."""
        self._sleeps.append(sleep)
        self.sleep_count += 1

    def power_on(self):
        """Give it power: the sensor starts from nothing, and so does the chip."""
        if self.is_powered:
            return
        self.rtc_memory = b""
        self.powered_since_s = self.clock.now_s()
        if self.imu:
            self.imu.power_on()
        if self._serial:
            self._serial.plug()
        self._lives.power_on()

    def power_cut(self):
        """Take the power away at once (SIGKILL); the flash stays as far as it was written."""
        self._lives.power_cut()

    def reset(self):
        """Press the reset button (EN): the chip begins anew, its RTC memory is lost, the sensor keeps its state."""
        self._lives.reset()

    def unplug(self):
        """Pull a USB-powered board out: its port vanishes and its power is gone."""
        self.power_cut()

    def plug(self):
        """Put it in again."""
        self.power_on()

    def power_has_gone(self):
        """Told by the chip's thread when no life will follow."""
        if self._serial:
            self._serial.unplug()
        self.pins.chip_reset()
        self.radio.tune(0)

    def must_stop(self):
        """Asked by the chip: has somebody taken the power, or pressed reset?"""
        return self._lives.must_stop()

    def main_has_ended(self, *, raised):
        """Told by the chip: main.py came to its end; a board then sits at its REPL with the power on."""
        self.lives[-1].main_ended = "raised" if raised else "returned"
        self._lives.tell()

    def wait_for(self, condition, within_s=5.0):
        """Wait within_s bench seconds until condition(board) is true; raises AssertionError with the console's end."""
        end = time.monotonic() + self.clock.real_s(within_s)
        while not condition(self):
            if time.monotonic() > end:
                lines = "\n".join(line.text for line in self.console.lines[-20:])
                raise AssertionError(f"not within {within_s} s; all the console: {self.console.path}\n{lines}")
            with self._lives.changed:
                self._lives.changed.wait(0.01)

    # -- its processes ------------------------------------------------------------------------------------------------

    def start_process(self, facts):
        """Begin one life of the chip: a VM that runs main.py."""
        return VmProcess(
            self.runtime,
            facts,
            heap_kb=self.heap_kb,
            cwd=self.directory if self.runtime == "micropython" else self.flash_path,
            on_output=self.on_output,
        )

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
        self._lives.bell.ring()

    def drive(self, pin, level):
        """Put a level on one of the profile's inputs."""
        self.pins.drive(pin, level)
        self._lives.bell.ring()

    def play(self, acc_mg, fs_hz, *, then="hold", start_s=None):
        """Move it: N by 3 milli-g at fs_hz, from now or from start_s; returns the bench second of the first sample."""
        start_s = self.motion.play(acc_mg, fs_hz, then=then, start_s=start_s)
        self._lives.bell.ring()
        return start_s

    @property
    def charger(self):
        """Is external power there?"""
        return self.external_power

    @charger.setter
    def charger(self, there):
        self.external_power = there
        self.pins.set_charger(there)
        self._lives.bell.ring()

    @property
    def felt(self):
        """All activations of vibration, buzzer and LED so far (Feeling: output, start_s, end_s, duty, frequency_hz)."""
        return list(self.pins.felt)

    # -- wires --------------------------------------------------------------------------------------------------------

    def on_output(self, data):
        """Bytes the board has printed."""
        self.console.feed(data)
        if self._serial:
            self._serial.write(data)

    def _from_serial(self, data):
        process = self._lives.process
        if process is not None:
            self.uart_overruns += process.write_stdin(data)

    def _on_frame(self, sender, rssi_dbm, data):
        chip = self._lives.chip
        if chip is not None:
            chip.radio.on_frame(sender, rssi_dbm, data)
