"""Without this module a VM would talk to nobody: it answers what the stand-ins ask, for one life of a chip."""

import select
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass

from hil_tests.virtual.stand_ins import wire

_ENODEV = 19
_EIO = 5
_FOREVER = 0xFFFFFFFF
_FRAME_OVERHEAD = 13  # of a frame in ESP-NOW's receive buffer: header 7, sender 6
_LOOK_S = 0.004  # how often a moving sensor's interrupt pin is looked at, in real time
_HOLD_GRACE_S = 2.0  # how long a product with a power latch stays on by itself


@dataclass(frozen=True)
class Ending:
    """How a life ended: reset, soft_reset, watchdog, deepsleep (with ms), power, cut, died."""

    how: str
    ms: int = 0


@dataclass(frozen=True)
class Sleep:
    """One light or deep sleep; woken_by is a wake reason of stand_ins.wire, or 0 when power or a reset ended it."""

    kind: str
    start_s: float
    end_s: float
    asked_ms: int
    woken_by: int


class Bell:
    """Something to select on that any thread can ring."""

    def __init__(self):
        self._ear, self._hammer = socket.socketpair()
        self._ear.setblocking(False)
        self._hammer.setblocking(False)

    def fileno(self):
        """For select."""
        return self._ear.fileno()

    def ring(self):
        """Wake whoever waits."""
        try:
            self._hammer.send(b"!")
        except BlockingIOError:  # it has been ringing all the time
            pass

    def silence(self):
        """Forget the rings so far."""
        try:
            self._ear.recv(4096)
        except BlockingIOError:
            pass

    def close(self):
        """Let go of both ends."""
        self._ear.close()
        self._hammer.close()


class Chip:
    """The host's side of one VM: requests in, answers and interrupts out. serve() runs in one thread."""

    def __init__(self, board, process, bell):
        self._board = board
        self._process = process
        self._bell = bell
        self._clock = board.clock
        self._pins = board.pins
        self._profile = board.profile
        self._born_s = self._clock.now_s()
        self._dog_ms = 0
        self._dog_s = None
        self._pointers = {}
        self._buses = []
        self._wifi = (False, 1)
        self._wifi_slept = False
        self._espnow = False
        self._rxbuf = 0
        self._frames = deque()
        self._frames_bytes = 0
        self._frames_lock = threading.Lock()
        self._radio_irq = False
        self._radio_irq_due = False
        self.dropped_frames = 0
        self._interrupts = 0
        self.asleep = False
        self._handlers = {
            getattr(wire, name.upper()): getattr(self, f"_do_{name}")
            for name in (
                "pin_setup pin_read pin_write pin_irq pin_wake i2c_open i2c_scan i2c_read_register i2c_write i2c_read "
                "adc_read pwm_set dog_start dog_feed rtc_read rtc_write reset soft_reset deepsleep lightsleep wake_on "
                "wifi espnow espnow_send espnow_recv espnow_any espnow_irq power_is_cut note_main_ended "
                "note_flash_write note_flash_erase"
            ).split()
        }

    # -- the loop -----------------------------------------------------------------------------------------------------

    def serve(self):
        """Answer until this life ends; returns its Ending."""
        control = self._process.control
        while True:
            ending = self._attend()
            if ending:
                return ending
            ready, _, _ = select.select([control, self._bell], [], [], self._patience_s())
            if self._bell in ready:
                self._bell.silence()
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
                self._process.control.sendall(struct.pack(">BH", status, len(answer or b"")) + (answer or b""))
            except OSError:
                return Ending("died")
        return None

    def _receive(self, n):
        data = b""
        while len(data) < n:
            try:
                part = self._process.control.recv(n - len(data))
            except OSError:
                return None
            if not part:
                return None
            data += part
        return data

    def _attend(self):
        """What happens by itself: the dog, the power latch, interrupts."""
        if self._board.must_stop():
            return Ending("power")
        now_s = self._clock.now_s()
        if self._dog_s is not None and now_s >= self._dog_s:
            return Ending("watchdog")
        if self._latch_has_let_go(now_s):
            return Ending("power")
        for pin in self._pins.edges():
            self._interrupt(wire.EVENT_PIN, pin)
        if self._radio_irq_due:
            self._radio_irq_due = False
            self._interrupt(wire.EVENT_RADIO, 0)
        return None

    def _interrupt(self, kind, argument):
        self._interrupts += 1
        self._process.send_event(kind, argument)

    def _latch_has_let_go(self, now_s):
        hold = self._profile.power_hold
        if hold is None or self._board.external_power or self._pins.held_by_firmware(hold):
            return False
        return self._pins.driven_low(hold) or now_s - self._born_s > _HOLD_GRACE_S

    def _patience_s(self):
        """Real seconds until something may happen by itself; None when nothing can."""
        waits = []
        if self._dog_s is not None:
            waits.append(self._clock.real_s(self._dog_s - self._clock.now_s()))
        if self._profile.power_hold is not None and not self._board.external_power:
            left_s = self._born_s + _HOLD_GRACE_S - self._clock.now_s()
            if left_s > -1:
                waits.append(self._clock.real_s(left_s + 0.01))
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
        self._dog_s = self._clock.now_s() + self._dog_ms / 1000

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
        start_s = self._clock.now_s()
        self._wifi_slept = self._wifi_slept or self._wifi[0]
        self.asleep = True
        self._tune()
        woken_by = self.sleep(ms, deep=False)
        self.asleep = False
        end_s = self._clock.now_s()
        self._board.sleeps.append(Sleep("light", start_s, end_s, ms, woken_by or 0))
        if woken_by is None:
            return Ending("power")
        self._pins.forget_edges()
        if self._dog_s is not None:
            self._dog_s += end_s - start_s  # its timer has no clock in light sleep
        return bytes((woken_by,))

    def sleep(self, ms, *, deep):
        """Wait for a wake source or ms; returns the wake reason, or None when the board must stop."""
        end_s = self._clock.now_s() + ms / 1000 if ms else None
        while not self._board.must_stop():
            source = self._pins.woken_by(deep)
            if source:
                return source
            wait_s = self._sensor_wait_s()
            if end_s is not None:
                left_s = self._clock.real_s(end_s - self._clock.now_s())
                if left_s <= 0:
                    return wire.WOKEN_BY_TIMER
                wait_s = left_s if wait_s is None else min(wait_s, left_s)
            select.select([self._bell], [], [], wait_s)
            self._bell.silence()
        return None

    # -- radio --------------------------------------------------------------------------------------------------------

    def _wifi_is_usable(self):
        return self._wifi[0] and not self._wifi_slept

    def _tune(self):
        hears = self._wifi_is_usable() and not self.asleep
        self._board.radio.tune(self._wifi[1] if hears else 0)

    def _do_wifi(self, body):
        self._wifi = (bool(body[0]), body[1])
        if not body[0]:
            self._wifi_slept = False
        self._tune()

    def _do_espnow(self, body):
        active, rxbuf = struct.unpack(">BH", body)
        with self._frames_lock:
            self._espnow, self._rxbuf = bool(active), rxbuf
            self._frames.clear()
            self._frames_bytes = 0

    def on_frame(self, sender, rssi_dbm, data):
        """A frame from the air, in the radio's thread; kept when there is room."""
        with self._frames_lock:
            if not self._espnow or self.asleep:
                return
            size = _FRAME_OVERHEAD + len(data)
            if self._frames_bytes + size > self._rxbuf:
                self.dropped_frames += 1
                return
            self._frames_bytes += size
            self._frames.append((time.monotonic(), sender, rssi_dbm, data))
            self._radio_irq_due = self._radio_irq
        self._bell.ring()

    def _do_espnow_send(self, body):
        channel = body[6]
        if not self._wifi_is_usable() or channel not in {0, self._wifi[1]}:
            raise OSError(_EIO, "interface down, or another channel")
        return bytes((self._board.radio.send(body[:6], body[7:]),))

    def _do_espnow_recv(self, body):
        (timeout_ms,) = struct.unpack(">I", body)
        end = None if timeout_ms == _FOREVER else time.monotonic() + self._clock.real_s(timeout_ms / 1000)
        control = self._process.control
        interrupts = self._interrupts
        while True:
            with self._frames_lock:
                if self._frames:
                    came, sender, rssi_dbm, data = self._frames.popleft()
                    self._frames_bytes -= _FRAME_OVERHEAD + len(data)
                    age_ms = int((time.monotonic() - came) * self._clock.scale * 1000)
                    return struct.pack(">B6sbI", 1, sender, rssi_dbm, age_ms) + data
            ending = self._attend()
            if ending:
                return ending
            if self._interrupts != interrupts:  # its handler must run before the wait goes on
                return struct.pack(">B6sbI", 2, bytes(6), 0, 0)
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return struct.pack(">B6sbI", 0, bytes(6), 0, 0)
            waits = [wait for wait in (left, self._patience_s()) if wait is not None]
            ready, _, _ = select.select([control, self._bell], [], [], min(waits) if waits else None)
            if control in ready:  # it asks nothing while it waits: this is its end
                return Ending("died")
            self._bell.silence()

    def _do_espnow_any(self, body):
        with self._frames_lock:
            return struct.pack(">BH", bool(self._frames), min(0xFFFF, self.dropped_frames))

    def _do_espnow_irq(self, body):
        self._radio_irq = bool(body[0])
