"""Without the air no board would hear another: it is what ESP-NOW frames travel through.

A hub on 127.0.0.1 (UDP) in a thread of its own. A node is a radio that is switched on: address, channel, port. What is
sent reaches every other node on the channel (a broadcast) or the one with the address, unless the air loses it; it can
also double, delay and so reorder it. All chances come from one seed.
"""

import heapq
import random
import select
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass, field, replace

BROADCAST = b"\xff" * 6
FRAME_BYTES_MAX = 250  # ESP_NOW_MAX_DATA_LEN

# Node to hub: kind u8, own address 6, then
# TUNE: number u32, channel u8 (0 is off); SEND: number u32, channel u8, destination 6, frame
_TUNE, _SEND = 1, 2
# Hub to node: kind u8, then HEARD: sender 6, rssi i8, frame; SENT: number u32, delivered u8
_HEARD, _SENT = 3, 4
_FRAMES_KEPT = 200_000
_ANSWER_S = 0.5  # a hub on this machine answers in far less, unless it is gone
_STOP = b"\0"


@dataclass
class Link:
    """How well one radio hears another. Shares of 1; times in bench seconds; RSSI in dBm."""

    loss: float = 0
    duplicate: float = 0
    delay_s: float = 0
    jitter_s: float = 0
    rssi_dbm: int = -55


@dataclass(frozen=True)
class Frame:
    """One transmission and what became of it, as the air saw it."""

    t_s: float
    sender: bytes
    destination: bytes
    channel: int
    data: bytes
    reached: tuple[bytes, ...]


@dataclass
class Counters:
    """Since the air was made: transmissions (or refused, too long); copies that arrived, were lost, were doubled."""

    sent: int = 0
    delivered: int = 0
    lost: int = 0
    duplicated: int = 0
    refused: int = 0


@dataclass(order=True)
class _Copy:
    due: float
    order: int
    receiver: bytes = field(compare=False)
    channel: int = field(compare=False)
    packet: bytes = field(compare=False)


class Air:
    """The hub. Use it as a context manager; hand it to every VirtualBoard."""

    def __init__(self, seed=0, *, clock=None):
        self._chance = random.Random(seed)
        self._clock = clock
        self._start = time.monotonic()
        self._everywhere = Link()
        self._links: dict[tuple[bytes, bytes], Link] = {}
        self._nodes: dict[bytes, tuple[int, tuple]] = {}
        self._frames: deque[Frame] = deque(maxlen=_FRAMES_KEPT)
        self._on_the_way: list[_Copy] = []
        self._order = 0
        self.counters = Counters()
        self._lock = threading.RLock()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self.address = self._socket.getsockname()
        self._thread = threading.Thread(target=self._run, name="air", daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Stop the thread and let go of the port."""
        if self._thread.is_alive():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knock:
                knock.sendto(_STOP, self.address)
            self._thread.join()
            self._socket.close()

    # -- what a test says ---------------------------------------------------------------------------------------------

    def set(self, **chances):
        """Change the whole air: loss, duplicate, delay_s, jitter_s, rssi_dbm (see Link)."""
        with self._lock:
            self._everywhere = replace(self._everywhere, **chances)
            for pair, link in self._links.items():
                self._links[pair] = replace(link, **chances)

    def set_link(self, sender, receiver, **chances):
        """Change one direction between two addresses."""
        with self._lock:
            pair = (bytes(sender), bytes(receiver))
            self._links[pair] = replace(self._links.get(pair, self._everywhere), **chances)

    def lose(self, share):
        """Lose this share of all frames."""
        self.set(loss=share)

    def record(self):
        """All frames so far (the newest 200,000), oldest first."""
        with self._lock:
            return list(self._frames)

    def inject(self, sender, data, *, channel, destination=BROADCAST):
        """Put a frame into the air that claims to come from sender; returns the addresses it will reach."""
        with self._lock:
            return self._transmit(bytes(sender), channel, bytes(destination), bytes(data), own_address=None)

    def nodes(self):
        """{address: channel} of the radios that are on."""
        with self._lock:
            return {mac: channel for mac, (channel, _) in self._nodes.items()}

    # -- the hub ------------------------------------------------------------------------------------------------------

    def _now_s(self):
        return self._clock.now_s() if self._clock else time.monotonic() - self._start

    def _scale(self):
        return self._clock.scale if self._clock else 1

    def _run(self):
        while True:
            with self._lock:
                timeout = max(0, self._on_the_way[0].due - time.monotonic()) if self._on_the_way else None
            ready, _, _ = select.select([self._socket], [], [], timeout)
            if ready:
                packet, port = self._socket.recvfrom(2048)
                if packet == _STOP:
                    return
                with self._lock:
                    self._take(packet, port)
            with self._lock:
                self._deliver_due()

    def _take(self, packet, port):
        if len(packet) < 12:
            return
        kind, mac = packet[0], packet[1:7]
        number, channel = struct.unpack(">IB", packet[7:12])
        good = True
        if kind == _TUNE:
            if channel:
                self._nodes[mac] = (channel, port)
            elif self._nodes.get(mac, (0, None))[1] == port:
                del self._nodes[mac]
        elif kind == _SEND and len(packet) >= 18:
            reached = self._transmit(mac, channel, packet[12:18], packet[18:], own_address=mac)
            good = packet[12:18] == BROADCAST or bool(reached)
        self._socket.sendto(struct.pack(">BIB", _SENT, number, good), port)

    def _transmit(self, sender, channel, destination, data, own_address):
        if len(data) > FRAME_BYTES_MAX:
            self.counters.refused += 1
            return ()
        self.counters.sent += 1
        reached = []
        for mac, (tuned, _) in sorted(self._nodes.items()):
            if mac == own_address or tuned != channel or destination not in {BROADCAST, mac}:
                continue
            link = self._links.get((sender, mac), self._everywhere)
            if self._chance.random() < link.loss:
                self.counters.lost += 1
                continue
            reached.append(mac)
            self._send_copy(sender, mac, channel, data, link)
            if self._chance.random() < link.duplicate:
                self.counters.duplicated += 1
                self._send_copy(sender, mac, channel, data, link)
        self._frames.append(Frame(self._now_s(), sender, destination, channel, data, tuple(reached)))
        self._deliver_due()
        return tuple(reached)

    def _send_copy(self, sender, receiver, channel, data, link):
        wait_s = (link.delay_s + link.jitter_s * self._chance.random()) / self._scale()
        packet = struct.pack(">B6sb", _HEARD, sender, link.rssi_dbm) + data
        self._order += 1
        heapq.heappush(self._on_the_way, _Copy(time.monotonic() + wait_s, self._order, receiver, channel, packet))

    def _deliver_due(self):
        now = time.monotonic()
        while self._on_the_way and self._on_the_way[0].due <= now:
            copy = heapq.heappop(self._on_the_way)
            channel, port = self._nodes.get(copy.receiver, (0, None))
            if channel == copy.channel:  # still listening there
                self.counters.delivered += 1
                self._socket.sendto(copy.packet, port)
        # a receiver that has been retuned meanwhile does not hear it: that is how channels work


class Radio:
    """One node's end: what a board's ESP-NOW hardware is to the air.

    on_frame(sender, rssi_dbm, data) is called in a thread of the radio's own.
    """

    def __init__(self, address, mac, on_frame):
        self._mac = bytes(mac)
        self._hub = address
        self._on_frame = on_frame
        self._number = 0
        self._answers: dict[int, bool] = {}
        self._answered = threading.Condition()
        self.channel = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._listen, name="radio", daemon=True)
        self._thread.start()

    def tune(self, channel):
        """Listen on a channel; 0 switches the receiver off. Done when it returns."""
        if channel != self.channel:
            self.channel = channel
            self._tell(_TUNE)

    def send(self, destination, data):
        """Transmit; True when a single destination answered at link level, or a broadcast has left."""
        return self._tell(_SEND, destination + data)

    def _tell(self, kind, rest=b""):
        with self._answered:
            self._number = self._number + 1 & 0xFFFFFFFF
            number = self._number
            header = struct.pack(">B6sIB", kind, self._mac, number, self.channel)
            self._socket.sendto(header + rest, self._hub)
            self._answered.wait_for(lambda: number in self._answers, _ANSWER_S)
            return self._answers.pop(number, False)

    def close(self):
        """Leave the air."""
        if self._thread.is_alive():
            self.tune(0)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knock:
                knock.sendto(_STOP, self._socket.getsockname())
            self._thread.join()
            self._socket.close()

    def _listen(self):
        while True:
            try:
                packet, port = self._socket.recvfrom(2048)
            except OSError:  # the hub is closed: nothing more will come, but a knock may
                continue
            if packet == _STOP:
                return
            if port != self._hub or not packet:
                continue
            if packet[0] == _SENT:
                number, delivered = struct.unpack(">IB", packet[1:6])
                with self._answered:
                    self._answers[number] = bool(delivered)
                    self._answered.notify_all()
            elif packet[0] == _HEARD:
                sender, rssi_dbm = struct.unpack(">6sb", packet[1:8])
                self._on_frame(sender, rssi_dbm, packet[8:])
