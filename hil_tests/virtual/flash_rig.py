"""Without this module `make flash` could not be tried without a bench: a bare board on a USB port that does not exist.

A pseudo-terminal. While esptool speaks to it, it is the ROM loader of an ESP32 or ESP32-C3; when esptool lets go of the
port, the chip starts: with an image in flash the MicroPython VM at its REPL (mpremote speaks to it), without one the
complaint of the ROM. Sensor, button, battery and air are those of the virtual bench. A pseudo-terminal has no DTR and
RTS: the loader is entered when esptool's SYNC comes.
"""

import contextlib
import os
import pty
import select
import threading
import time
import tty
from dataclasses import replace
from pathlib import Path

from hil_tests.virtual.board import VirtualBoard
from hil_tests.virtual.profiles import PROFILES
from hil_tests.virtual.repl_process import SOFT_REBOOT, ReplProcess
from hil_tests.virtual.rom_loader import SYNC, ChipFlash, RomLoader
from tools.board_files import BoardFile

_IMAGE_AT = {"ESP32": 0x1000, "ESP32-C3": 0x0}
_IMAGE_MAGIC = 0xE9
_POLL_MS = 10
_CHUNK = 4096
_CTRL_C = b"\x03"
_COMPLAIN_S = 0.2
_NO_IMAGE = b"rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n" + b"invalid header: 0xffffffff\r\n" * 3
_BOOT_PY = b"# This file is executed on every boot (including wake-boot from deepsleep)\n"


class FlashBoard(VirtualBoard):
    """A board out of its bag. ``port`` is what is plugged in; ``rom_chip`` what esptool is told, if it is to lie."""

    def __init__(self, profile, mac, directory, air, *, clock=None, rom_chip=None, flash_blocks=None, heap_kb=512):
        profile = PROFILES[profile] if isinstance(profile, str) else profile
        profile = replace(profile, serial=False, flash_blocks=flash_blocks or profile.flash_blocks)
        super().__init__(profile, mac, directory, air, clock=clock, heap_kb=heap_kb, external_power=True)
        self._next_is_raw = False
        self._has_files = False  # the first start of MicroPython makes the file system
        self.chip_flash = ChipFlash(self._erased)
        self._rom = RomLoader(
            rom_chip or ("ESP32-PICO-V3-02" if profile.power_hold is not None else profile.chip),
            mac,
            self.chip_flash,
            self._write_out,
        )
        self.loader_pauses_s = self._rom.pauses_s
        self._is_in_rom = False
        self._tail = b""
        self._complain_s = 0.0
        self.port = None
        self._master = None
        self._pump_thread = None
        self._gate = threading.RLock()
        self.is_deaf = False  # a power-only cable: nothing arrives

    # -- the cable ----------------------------------------------------------------------------------------------------

    def plug(self):
        """Plug it into the computer; the port appears and the chip starts."""
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        # A name of its own: the number of a pseudo-terminal that has gone is given to the next one, which may be a
        # stranger's, and a tool that waits for its board to come back would speak to that.
        self.port = str(self.directory / "ttyUSB0")
        Path(self.port).unlink(missing_ok=True)
        Path(self.port).symlink_to(os.ttyname(slave))
        os.close(slave)
        self._start_chip()
        self._pump_thread = threading.Thread(target=self._pump, args=(self._master,), name="usb", daemon=True)
        self._pump_thread.start()

    def unplug(self):
        """Pull it out, whatever is going on: the port fails, the power goes."""
        with self._gate:
            master, self._master = self._master, None
        if master is None:
            return
        Path(self.port).unlink(missing_ok=True)
        if self._pump_thread is not threading.current_thread():
            self._pump_thread.join()
        os.close(master)
        threading.Thread(target=self._rom.stop, daemon=True).start()
        self._is_in_rom = False
        self.power_cut()

    def close(self):
        """Unplug, and let go of everything."""
        self.unplug()
        self._rom.stop()
        super().close()

    def image(self, length):
        """What is in flash where the chip looks for its program."""
        at = _IMAGE_AT[self.profile.chip]
        return bytes(self.chip_flash.data[at : at + length])

    def start_with(self, files):
        """Be a board that was flashed before, with these files; the image is put into chip_flash by who asks."""
        self.power_cut()
        self.install(files)
        self._has_files = True
        self._start_chip()

    def interrupt(self):
        """Ctrl-C reaches the program that runs: as it does while a bridge starts, whose line is not binary yet."""
        self._lives.chip.press_ctrl_c()

    # -- the chip -----------------------------------------------------------------------------------------------------

    def start_process(self, facts):
        """A VM at a terminal instead of one that only runs main.py."""
        is_raw, self._next_is_raw = self._next_is_raw, False
        return ReplProcess(facts, heap_kb=self.heap_kb, cwd=self.directory, on_output=self.on_output, is_raw=is_raw)

    def on_output(self, data):
        """Bytes the board has printed."""
        super().on_output(data)
        self._write_out(data)

    def soft_reset(self, process):
        """Told when Ctrl-D has ended a VM."""
        self._next_is_raw = process.is_raw
        self._write_out(SOFT_REBOOT)

    def _erased(self):
        self._has_files = False

    def _start_chip(self):
        if self.image(1)[0] != _IMAGE_MAGIC:
            return
        if not self._has_files:
            self.install([BoardFile("boot.py", _BOOT_PY)])
            self._has_files = True
        self.power_on()

    def _enter_rom(self):
        self.power_cut()
        self._rom.start()
        self._is_in_rom = True

    def _leave_rom(self):
        self._rom.stop()
        self._is_in_rom = False
        self._start_chip()

    # -- bytes --------------------------------------------------------------------------------------------------------

    def _pump(self, master):
        poller = select.poll()
        poller.register(master, select.POLLIN)
        pause = threading.Event()
        while self._master == master:
            ready = poller.poll(_POLL_MS)
            if not ready:
                self._complain()
                continue
            flags = ready[0][1]
            if flags & select.POLLIN:
                with contextlib.suppress(OSError):
                    self._take(os.read(master, _CHUNK))
            elif flags & select.POLLHUP:
                if self._is_in_rom:
                    self._leave_rom()
                pause.wait(_POLL_MS / 1000)

    def _complain(self):
        """A chip without a program is reset by its ROM again and again, and says why each time."""
        if not self._is_in_rom and not self.is_powered and time.monotonic() > self._complain_s:
            self._complain_s = time.monotonic() + _COMPLAIN_S
            if self.image(1)[0] != _IMAGE_MAGIC and not self._hung_up():
                self._write_out(_NO_IMAGE)

    def _take(self, data):
        if self.is_deaf:
            return
        if self._is_in_rom:
            self._rom.feed(data)
            return
        at = (self._tail + data).find(SYNC)
        if at >= 0:
            data = (self._tail + data)[at:]
            self._tail = b""
            self._enter_rom()
            self._rom.feed(data)
            return
        self._tail = (self._tail + data)[-len(SYNC) + 1 :]
        process, chip = self._lives.process, self._lives.chip
        if process is None or chip is None:
            return
        if self._main_runs(process) and self.profile.imu:  # a bridge's line is binary: there it is data
            if _CTRL_C in data and process.may_be_interrupted:
                process.may_be_interrupted = False
                chip.press_ctrl_c()
            data = data.replace(_CTRL_C, b"")
        process.write_stdin(data)

    def _main_runs(self, process):
        life = self.lives[-1]
        return process.runs_main and life.pid == process.pid and life.main_ended is None

    def _write_out(self, data):
        with self._gate:
            while data and self._master is not None and not self.is_deaf:
                try:
                    data = data[os.write(self._master, data) :]
                except BlockingIOError:
                    if self._hung_up():
                        return
                    select.select([], [self._master], [], 0.05)
                except OSError:
                    return

    def _hung_up(self):
        poller = select.poll()
        poller.register(self._master, select.POLLHUP)
        return any(flags & select.POLLHUP for _, flags in poller.poll(0))
