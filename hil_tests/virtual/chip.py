"""Without this module a VM would talk to nobody: it answers what the stand-ins ask, for one life of a chip."""

import select
import struct

from hil_tests.virtual.chip_endings import Ending, Sleep
from hil_tests.virtual.chip_radio import ChipRadio
from hil_tests.virtual.stand_ins import wire

_ENODEV = 19
_LOOK_S = 0.004  # how often a moving sensor's interrupt pin is looked at, in real time
_HOLD_GRACE_S = 2.0  # how long a product with a power latch stays on by itself

_REQUESTS = (
    "pin_setup",
    "pin_read",
    "pin_write",
    "pin_irq",
    "pin_wake",
    "i2c_open",
    "i2c_scan",
    "i2c_read_register",
    "i2c_write",
    "i2c_read",
    "adc_read",
    "pwm_set",
    "dog_start",
    "dog_feed",
    "rtc_read",
    "rtc_write",
    "reset",
    "soft_reset",
    "deepsleep",
    "lightsleep",
    "wake_on",
    "wifi",
    "espnow",
    "espnow_send",
    "espnow_recv",
    "espnow_any",
    "espnow_irq",
    "power_is_cut",
    "note_main_ended",
    "note_flash_write",
    "note_flash_erase",
)


class Chip:
    """The host's side of one VM: requests in, answers and interrupts out. serve() runs in one thread."""

    def __init__(self, board, process, bell):
        self._board = board
        self.process = process
        self.bell = bell
        self.clock = board.clock
        self._pins = board.pins
        self._profile = board.profile
        self._born_s = self.clock.now_s()
        self._grace_s = _HOLD_GRACE_S * max(1, self.clock.scale)  # a start computes, and that is not sped up
        self._dog_ms = 0
        self._dog_s = None
        self._pointers = {}
        self._buses = []
        self.radio = ChipRadio(self, board.radio)
        self.interrupts = 0
        self.asleep = False
        self._handlers = {
            getattr(wire, name.upper()): getattr(self, f"_do_{name}", None) or getattr(self.radio, f"do_{name}")
            for name in _REQUESTS
        }

    # -- the loop -----------------------------------------------------------------------------------------------------

    def serve(self):
        """Answer until this life ends; returns its Ending."""
        control = self.process.control
        while True:
            ending = self.attend()
            if ending:
                return ending
            ready, _, _ = select.select([control, self.bell], [], [], self.patience_s())
            if self.bell in ready:
                self.bell.silence()
            if control in ready:
                ending = self._answer_one()
                if ending:
                    return ending

    def _answer_one(self):
        head = self._receive(3)
        if head is None:
            return Ending("died")
        op, length = struct.unpack(">BH", head)
        body = self._receive(length) if length else b""
        if body is None:
            return Ending("died")
        try:
            answer = self._handlers[op](body)
            status = 0
        except OSError as why:
            answer, status = b"", why.errno
        if isinstance(answer, Ending):
            return answer
        if op < wire.NOTES:
            try:
                self.process.control.sendall(struct.pack(">BH", status, len(answer or b"")) + (answer or b""))
            except OSError:
                return Ending("died")
        return None

    def drain(self):
        """After the end: take the notes that were still on their way."""
        while True:
            head = self._receive(3)
            if head is None:
                return
            op, length = struct.unpack(">BH", head)
            body = self._receive(length) if length else b""
            if op >= wire.NOTES and body is not None:
                self._handlers[op](body)

    def _receive(self, n):
        data = b""
        while len(data) < n:
            try:
                part = self.process.control.recv(n - len(data))
            except OSError:
                return None
            if not part:
                return None
            data += part
        return data

    def attend(self):
        """What happens by itself: the dog, the power latch, interrupts. Returns an Ending when that ends the life."""
        if self._board.must_stop():
            return Ending("power")
        if self._dog_s is not None and self.clock.lived_s() >= self._dog_s:
            return Ending("watchdog")
        if self._latch_has_let_go(self.clock.now_s()):
            return Ending("power")
        for pin in self._pins.edges():
            self._interrupt(wire.EVENT_PIN, pin)
        if self.radio.wants_interrupt():
            self._interrupt(wire.EVENT_RADIO, 0)
        return None

    def _interrupt(self, kind, argument):
        if self.process.send_event(kind, argument):
            self.interrupts = self.interrupts + 1 & 0xFFFF

    def press_ctrl_c(self):
        """Somebody at the cable stops main.py; it notices where it waits or looks at a pin."""
        self._interrupt(wire.EVENT_CTRL_C, 0)

    def _latch_has_let_go(self, now_s):
        hold = self._profile.power_hold
        if hold is None or self._board.external_power or self._pins.held_by_firmware(hold):
            return False
        return self._pins.driven_low(hold) or now_s - self._born_s > self._grace_s

    def patience_s(self):
        """Real seconds until something may happen by itself; None when nothing can."""
        waits = []
        if self._dog_s is not None:
            waits.append(self.clock.real_s(self._dog_s - self.clock.lived_s()))
        if self._profile.power_hold is not None and not self._board.external_power:
            left_s = self._born_s + self._grace_s - self.clock.now_s()
            if left_s > -1:
                waits.append(self.clock.real_s(left_s + 0.01))
        waits.append(self._sensor_wait_s())
        waits = [wait for wait in waits if wait is not None]
        return max(0, min(waits)) if waits else None

    def _sensor_wait_s(self):
        pin = self._profile.imu_int1
        if pin is None or pin not in self._pins.watched_pins() or self._board.imu.is_quiet():
            return None
        return _LOOK_S

    # -- pins ---------------------------------------------------------------------------------------------------------

    def _do_pin_setup(self, body):
        self._pins.setup(*body)

    def _do_pin_read(self, body):
        return bytes((self._pins.read(body[0]),))

    def _do_pin_write(self, body):
        self._pins.write(*body)

    def _do_pin_irq(self, body):
        self._pins.arm(*body)

    def _do_pin_wake(self, body):
        self._pins.light_wake[body[0]] = body[1]

    def _do_pwm_set(self, body):
        self._pins.pwm(*struct.unpack(">BIH", body))

    def _do_adc_read(self, body):
        uv = self._board.battery_mv * 1000 // 2 if body[0] == self._profile.battery_adc else 0
        return struct.pack(">I", uv)

    # -- I2C ----------------------------------------------------------------------------------------------------------

    def _do_i2c_open(self, body):
        scl, sda, _ = struct.unpack(">BBI", body)
        self._buses.append((scl, sda) == (self._profile.i2c_scl, self._profile.i2c_sda))
        return bytes((len(self._buses) - 1,))

    def _part(self, bus, address):
        imu = self._board.imu
        if imu is None or not self._buses[bus] or address != imu.address or self._board.imu_is_broken:
            raise OSError(_ENODEV, "nothing answers")
        return imu

    def _do_i2c_scan(self, body):
        imu = self._board.imu
        return bytes((imu.address,)) if imu and self._buses[body[0]] and not self._board.imu_is_broken else b""

    def _do_i2c_read_register(self, body):
        bus, address, register, n = struct.unpack(">BBBH", body)
        return self._part(bus, address).read(register, n)

    def _do_i2c_write(self, body):
        imu = self._part(body[0], body[1])
        if len(body) > 2:
            self._pointers[body[1]] = body[2]
            imu.write(body[2], body[3:])

    def _do_i2c_read(self, body):
        bus, address, n = struct.unpack(">BBH", body)
        return self._part(bus, address).read(self._pointers.get(address, 0), n)

    # -- watchdog, memory, flash --------------------------------------------------------------------------------------

    def _do_dog_start(self, body):
        self._dog_ms = struct.unpack(">I", body)[0]
        self._do_dog_feed(b"")

    def _do_dog_feed(self, body):
        self._dog_s = self.clock.lived_s() + self._dog_ms / 1000
        self._pins.firmware_turns()

    def _do_rtc_read(self, body):
        return self._board.rtc_memory

    def _do_rtc_write(self, body):
        self._board.rtc_memory = body

    def _do_note_main_ended(self, body):
        self._board.main_has_ended(raised=bool(body[0]))

    def _do_note_flash_write(self, body):
        self._board.flash_writes += 1
        self._board.flash_bytes += struct.unpack(">HH", body)[1]

    def _do_note_flash_erase(self, body):
        self._board.flash_erases += 1

    def _do_power_is_cut(self, body):
        return Ending("cut")

    # -- endings and sleeps -------------------------------------------------------------------------------------------

    def _do_reset(self, body):
        return Ending("reset")

    def _do_soft_reset(self, body):
        return Ending("soft_reset")

    def _do_deepsleep(self, body):
        return Ending("deepsleep", struct.unpack(">I", body)[0])

    def _do_wake_on(self, body):
        source, level, mask = struct.unpack(">BBQ", body)
        self._pins.wake_on[source] = (level, mask)

    def _do_lightsleep(self, body):
        (ms,) = struct.unpack(">I", body)
        start_s = self.clock.lived_s()
        self.asleep = True
        self.radio.lose_power()
        woken_by = self.sleep(ms, "light")
        self.asleep = False
        if woken_by is None:
            return Ending("power")
        if self._dog_s is not None:
            self._dog_s += self.clock.lived_s() - start_s  # its timer has no clock in light sleep
        return bytes((woken_by,))

    def sleep(self, ms, kind):
        """Lie down ("light" or "deep") until a wake source acts or ms are over.

        Returns the wake reason, or None when the board must stop.
        """
        start_s = self.clock.now_s()
        self._pins.fall_asleep(kind)
        woken_by = self._wait_for_waking(start_s + ms / 1000 if ms else None)
        self._pins.wake_up()
        self._board.has_slept(Sleep(kind, start_s, self.clock.now_s(), ms, woken_by or wire.WOKEN_BY_NOTHING))
        return woken_by

    def _wait_for_waking(self, end_s):
        while not self._board.must_stop():
            source = self._pins.woken_by()
            if source:
                return source
            wait_s = self._sensor_wait_s()
            if end_s is not None:
                left_s = self.clock.real_s(end_s - self.clock.now_s())
                if left_s <= 0:
                    return wire.WOKEN_BY_TIMER
                wait_s = left_s if wait_s is None else min(wait_s, left_s)
            select.select([self.bell], [], [], wait_s)
            self.bell.silence()
        return None
