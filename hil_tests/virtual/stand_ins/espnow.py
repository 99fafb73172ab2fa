"""Without this module two virtual boards could not hear each other.

Stands in for MicroPython's espnow (ports/esp32/modespnow.c and its Python half): registered peers, 250 bytes at most,
a bounded receive buffer that drops what does not fit, RSSI in peers_table. Errors carry ESP-IDF's names.
"""

import io
import struct
import time

import host
import wire

MAX_DATA_LEN = wire.FRAME_BYTES_MAX
ADDR_LEN = 6
KEY_LEN = 16
MAX_TOTAL_PEER_NUM = 20
MAX_ENCRYPT_PEER_NUM = 6

_DEFAULT_RXBUF = 526  # two frames of full size
_DEFAULT_TIMEOUT_MS = 300_000
_NOT_INIT = 12389  # ESP_ERR_ESPNOW_BASE is 0x3064
_ARG = 12390
_FULL = 12392
_NOT_FOUND = 12393
_EXIST = 12395
_IF = 12396

_FOREVER_MS = 0xFFFFFFFF
_MP_STREAM_POLL = 3
_POLL_READ = 1
_POLL_WRITE = 4
_EVENT_WAITS = 2


class _PeersTable(dict):
    """Read-only, as the port's is: it grows with every sender ever heard."""

    def _refuse(self, *_):
        raise TypeError("dict is fixed")

    __setitem__ = __delitem__ = clear = pop = popitem = setdefault = update = _refuse

    def put(self, mac, rssi_dbm, when_ms):
        if mac in self:
            self[mac][:] = (rssi_dbm, when_ms)
        else:
            super().__setitem__(mac, [rssi_dbm, when_ms])


class ESPNow(io.IOBase):
    """The one ESP-NOW of the chip."""

    _one = []

    def __new__(cls):
        if not cls._one:
            cls._one.append(super().__new__(cls))
        return cls._one[0]

    def __init__(self):
        if not hasattr(self, "peers_table"):
            self._active = False
            self._rxbuf = _DEFAULT_RXBUF
            self._timeout_ms = _DEFAULT_TIMEOUT_MS
            self._peers = {}
            self.peers_table = _PeersTable()
            self._sent = self._failed = self._received = 0
            self._buffers = [None, bytearray(MAX_DATA_LEN)]

    def active(self, on=None):
        """Read or switch; switching off forgets the peers."""
        if on is not None and bool(on) != self._active:
            self._active = bool(on)
            if not self._active:
                self._peers.clear()
            host.call(wire.ESPNOW, struct.pack(">BH", 1 if self._active else 0, self._rxbuf))
        return self._active

    def config(self, *names, **values):
        """Read one of, or set: rxbuf (taken over when active is switched on), timeout_ms, rate."""
        for name, value in values.items():
            if name == "rxbuf":
                self._rxbuf = value
            elif name == "timeout_ms":
                self._timeout_ms = value
            elif name not in ("rate", "pm"):
                raise TypeError("extra keyword arguments given")
        if not names:
            return None
        if names[0] == "rxbuf":
            return self._rxbuf
        if names[0] == "timeout_ms":
            return self._timeout_ms
        raise ValueError("unknown config param")

    def add_peer(self, mac, lmk=None, channel=0, ifidx=0, encrypt=False):
        """A destination must be known before send(): twenty at most."""
        self._check_active()
        mac = _check_mac(mac)
        if mac in self._peers:
            raise OSError(_EXIST, "ESP_ERR_ESPNOW_EXIST")
        if len(self._peers) >= MAX_TOTAL_PEER_NUM:
            raise OSError(_FULL, "ESP_ERR_ESPNOW_FULL")
        self._peers[mac] = (mac, lmk or bytes(KEY_LEN), channel, ifidx, bool(lmk) and encrypt)

    def del_peer(self, mac):
        """Forget a destination."""
        self._check_active()
        if self._peers.pop(_check_mac(mac), None) is None:
            raise OSError(_NOT_FOUND, "ESP_ERR_ESPNOW_NOT_FOUND")

    def get_peers(self):
        """A tuple of (mac, lmk, channel, ifidx, encrypt), without broadcast."""
        self._check_active()
        return tuple(self._peers[mac] for mac in self._peers if not mac[0] & 1)

    def peer_count(self):
        """(all, encrypted)."""
        self._check_active()
        return len(self._peers), 0

    def send(self, mac, msg=None, sync=True):
        """Transmit; False when sync and a single destination has not answered at link level.

        A broadcast is never answered: it returns True when it has left. Raises OSError as ESP-IDF does.
        """
        self._check_active()
        if msg is None:
            mac, msg = None, mac
        if isinstance(msg, str):
            msg = msg.encode()
        if not 0 < len(msg) <= MAX_DATA_LEN:
            raise OSError(_ARG, "ESP_ERR_ESPNOW_ARG")
        if mac is None:
            targets = [peer for peer in self._peers if not peer[0] & 1]
        else:
            targets = [_check_mac(mac)]
        if not targets or (mac is not None and targets[0] not in self._peers):
            raise OSError(_NOT_FOUND, "ESP_ERR_ESPNOW_NOT_FOUND")
        good = True
        for target in targets:
            channel = self._peers[target][2]
            try:
                delivered = host.call(wire.ESPNOW_SEND, target + bytes((channel,)) + bytes(msg))[0]
            except OSError:  # the host refuses when the interface is down or the peer is on another channel
                raise OSError(_IF, "ESP_ERR_ESPNOW_IF")
            self._sent += 1
            if not delivered:
                self._failed += 1
                good = False
        return good or not sync

    def recvinto(self, buffers, timeout_ms=None):
        """Wait for a frame; fill buffers (mac, bytearray(250)[, rssi, ticks_ms]); return its length or 0."""
        self._check_active()
        if timeout_ms is None:
            timeout_ms = self._timeout_ms
        end_ms = time.ticks_add(time.ticks_ms(), max(0, timeout_ms))
        left_ms = timeout_ms
        while True:
            answer = host.call(
                wire.ESPNOW_RECV, struct.pack(">IH", _FOREVER_MS if timeout_ms < 0 else left_ms, host.taken[0])
            )
            state, mac, rssi, age_ms = struct.unpack(">B6sbI", answer[:12])
            if state == 1:
                break
            host.wait(0)
            left_ms = time.ticks_diff(end_ms, time.ticks_ms())
            if state != _EVENT_WAITS or (timeout_ms >= 0 and left_ms <= 0):
                return 0
        when_ms = time.ticks_add(time.ticks_ms(), -age_ms)
        self._received += 1
        self.peers_table.put(mac, rssi, when_ms)
        buffers[0] = mac
        buffers[1][:] = answer[12:]
        if len(buffers) >= 4:
            buffers[2], buffers[3] = rssi, when_ms
        return len(answer) - 12

    def recv(self, timeout_ms=None):
        """Wait for a frame; [mac, bytes], or [None, None]."""
        if self.recvinto(self._buffers, timeout_ms):
            return [bytes(self._buffers[0]), bytes(self._buffers[1])]
        return [None, None]

    def irecv(self, timeout_ms=None):
        """As recv, but the same two buffers each time."""
        if self.recvinto(self._buffers, timeout_ms):
            return self._buffers
        return [None, None]

    def any(self):
        """Is a frame waiting?"""
        self._check_active()
        return bool(host.call(wire.ESPNOW_ANY)[0])

    def irq(self, handler, argument=None):
        """Call handler(argument or self) soon after a frame has come."""
        host.radio_handler.clear()
        if handler is not None:
            host.radio_handler.append(handler)
            host.radio_handler.append(self if argument is None else argument)
        host.call(wire.ESPNOW_IRQ, bytes((0 if handler is None else 1,)))

    def stats(self):
        """(sent, answered, failed, received, dropped)."""
        dropped = struct.unpack(">xH", host.call(wire.ESPNOW_ANY))[0]
        return self._sent, self._sent, self._failed, self._received, dropped

    def __iter__(self):
        return self

    def __next__(self):
        return self.irecv()

    def ioctl(self, request, flags):
        """Let select.poll, and so asyncio, wait for frames."""
        if request != _MP_STREAM_POLL:
            return -1
        ready = flags & _POLL_WRITE
        if flags & _POLL_READ and self._active and self.any():
            ready |= _POLL_READ
        return ready

    def _check_active(self):
        if not self._active:
            raise OSError(_NOT_INIT, "ESP_ERR_ESPNOW_NOT_INIT")


def _check_mac(mac):
    mac = bytes(mac)
    if len(mac) != ADDR_LEN:
        raise ValueError("invalid buffer length")
    return mac
