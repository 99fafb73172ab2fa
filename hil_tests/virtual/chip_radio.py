"""Without this module a chip would be deaf: the Wi-Fi and ESP-NOW hardware of one life of a chip."""

import select
import struct
import threading
import time
from collections import deque

from hil_tests.virtual.chip_endings import Ending

_EIO = 5
_FOREVER_MS = 0xFFFFFFFF
_FRAME_OVERHEAD = 13  # of a frame in ESP-NOW's receive buffer: header 7, sender 6
_NOTHING, _FRAME, _EVENT_WAITS = 0, 1, 2


class ChipRadio:
    """Between the chip's requests and the air: what is on, what has been heard and not yet fetched."""

    def __init__(self, chip, radio):
        self._chip = chip
        self._radio = radio
        self._wifi = (False, 1)
        self._slept = False
        self._espnow = False
        self._rxbuf = 0
        self._frames = deque()
        self._frames_bytes = 0
        self._lock = threading.Lock()
        self._irq = False
        self._irq_due = False
        self.dropped_frames = 0

    def lose_power(self):
        """Sleep has taken the radio's power; one that was on must be switched off and on again."""
        self._slept = self._slept or self._wifi[0]
        self._tune()

    def wants_interrupt(self):
        """Has a frame come since this was last asked, and does the firmware want to know?"""
        due, self._irq_due = self._irq_due, False
        return due

    def _is_usable(self):
        return self._wifi[0] and not self._slept and not self._chip.asleep

    def _tune(self):
        self._radio.tune(self._wifi[1] if self._is_usable() else 0)

    def do_wifi(self, body):
        """Switch the Wi-Fi, choose its channel."""
        self._wifi = (bool(body[0]), body[1])
        if not body[0]:
            self._slept = False
        self._tune()

    def do_espnow(self, body):
        """Switch ESP-NOW; its receive buffer is made anew."""
        active, rxbuf = struct.unpack(">BH", body)
        with self._lock:
            self._espnow, self._rxbuf = bool(active), rxbuf
            self._frames.clear()
            self._frames_bytes = 0

    def on_frame(self, sender, rssi_dbm, data):
        """A frame from the air, in the radio's thread; kept when there is room."""
        with self._lock:
            if not self._espnow or not self._is_usable():
                return
            size = _FRAME_OVERHEAD + len(data)
            if self._frames_bytes + size > self._rxbuf:
                self.dropped_frames += 1
                return
            self._frames_bytes += size
            self._frames.append((time.monotonic(), sender, rssi_dbm, data))
            self._irq_due = self._irq
        self._chip.bell.ring()

    def do_espnow_send(self, body):
        """Transmit; answers whether it was delivered."""
        channel = body[6]
        if not self._is_usable() or channel not in {0, self._wifi[1]}:
            raise OSError(_EIO, "interface down, or another channel")
        return bytes((self._radio.send(body[:6], body[7:]),))

    def do_espnow_recv(self, body):
        """Wait for a frame, or for an event that must be handled first."""
        timeout_ms, taken = struct.unpack(">IH", body)
        end = None if timeout_ms == _FOREVER_MS else time.monotonic() + self._chip.clock.real_s(timeout_ms / 1000)
        control = self._chip.process.control
        while True:
            with self._lock:
                if self._frames:
                    came, sender, rssi_dbm, data = self._frames.popleft()
                    self._frames_bytes -= _FRAME_OVERHEAD + len(data)
                    age_ms = int((time.monotonic() - came) * self._chip.clock.scale * 1000)
                    return struct.pack(">B6sbI", _FRAME, sender, rssi_dbm, age_ms) + data
            ending = self._chip.attend()
            if ending:
                return ending
            if self._chip.interrupts != taken:  # its handler must run before the wait goes on
                return struct.pack(">B6sbI", _EVENT_WAITS, bytes(6), 0, 0)
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return struct.pack(">B6sbI", _NOTHING, bytes(6), 0, 0)
            waits = [wait for wait in (left, self._chip.patience_s()) if wait is not None]
            ready, _, _ = select.select([control, self._chip.bell], [], [], min(waits) if waits else None)
            if control in ready:  # it asks nothing while it waits: this is its end
                return Ending("died")
            self._chip.bell.silence()

    def do_espnow_any(self, body):
        """Answer whether a frame waits, and how many were dropped."""
        with self._lock:
            return struct.pack(">BH", bool(self._frames), min(0xFFFF, self.dropped_frames))

    def do_espnow_irq(self, body):
        """Send an event for each frame, or not."""
        self._irq = bool(body[0])
