"""Without this file rubbish would be thrown at parts alone: here it meets a whole trip that is in use meanwhile.

Two pendants, a bridge and a gateway: the real link, relay, framing and custody, with a store in memory. Between the
rubbish each pendant goes on raising alarms; whatever is thrown in between, each of them must be stored once, each must
be acknowledged, and nothing else may be stored.
"""

from collections import Counter
from pathlib import Path
from typing import Any

from firmware import config
from firmware.bridge.relay import Relay
from firmware.identity import Identity
from firmware.pendant.link import Link
from firmware.pendant.memory import Memory
from firmware.pendant.outbox import ALARM_LANE, WAVE_LANE, Parcel
from gateway import tables
from gateway.answers import Answers
from gateway.clock import Clock
from gateway.custody import Custody
from gateway.downlink import Downlink
from gateway.events import event_name
from gateway.keyring import Keyring
from gateway.motion_custody import MotionCustody
from gateway.orders import Orders
from gateway.own import OwnEvents
from gateway.record import Record
from gateway.registry import Registry
from gateway.store import REPEATED, STORED
from gateway.trace import Trace, silent_sink
from shared import bundle, frames, framing, gateway_frames, waves, word_names, words
from tools.gateway_bench.twins import make_pendants, write_registry

_GATEWAY = b"fuzzgw"


class MemoryStore:
    """Stores at once; an id is stored once. What matters here is what it is asked to store."""

    def __init__(self) -> None:
        self.stored: list[str] = []
        self._known: set[str] = set()

    def add(self, record: Record, frame: tuple[int, int], then: Any) -> None:
        """As the store's."""
        name = event_name(record)
        is_new = name not in self._known
        if is_new:
            self._known.add(name)
            self.stored.append(name)
        then(STORED if is_new else REPEATED)

    def ask(self, work: Any, then: Any) -> None:
        """A table of windows that takes everything; nothing else is asked."""
        then(True)


class PendantEnd:
    """One pendant's link and what it was told."""

    def __init__(self, identity: bytes, key: bytes) -> None:
        self.id = identity
        self.key = key
        self.out: list[bytes] = []
        self.channel = 6
        self.is_scanning = False
        self.memory = Memory()
        self.memory.boot = 1
        me = Identity({"role": "pendant", "board": "model", "id": identity.hex(), "key": key.hex(), "channel": 6})
        self.link = Link(me, self.memory, self, config.Settings(), lambda: None)

    def on(self) -> None:
        """The radio's."""

    def send(self, frame: bytes) -> bool:
        """The radio's."""
        self.out.append(frame)
        return True

    def alarm(self) -> tuple[str, bytes]:
        """(event id, frame) of a new alarm."""
        self.memory.seq += 1
        boot, seq = self.memory.boot, self.memory.seq
        body = frames.pack_event(frames.Event(boot, seq, words.HELP_REQUESTED, 5, 0, 1, 0, 0, 0))
        self.link.send(Parcel(ALARM_LANE, words.ALARM, lambda parcel: body, None, 0), 0, self)
        return str(gateway_frames.event_id(self.id, boot, seq)), self.out.pop()

    def wave(self, part: int) -> bytes:
        """A frame with one part of the motion round the last alarm, as if it had been a fall."""
        body = waves.pack_part(self.memory.boot, self.memory.seq, part, bytes(int(waves.PART_SIZE)))
        self.link.send(Parcel(WAVE_LANE, words.WAVE, lambda parcel: body, None, 0), 0, self)
        return self.out.pop()


class Trip:
    """Everything between a pendant's radio and the gateway's disk."""

    def __init__(self, directory: Path) -> None:
        twins = make_pendants(2)
        self.pendants = [PendantEnd(twin.id, twin.key) for twin in twins]
        self.relay = Relay(words.VERSION, b"bridge", 6, 2_000, 0)
        self.up = framing.Decoder()
        self.store = MemoryStore()
        self.to_air: list[bytes] = []
        self.raised: list[str] = []
        self.moved: list[str] = []  # windows of motion that were sent
        self.acknowledged = 0
        self.believed: Counter[str] = Counter()  # by pendants, of rubbish: must stay empty
        registry = Registry(write_registry(directory / "pendants.jsonl", twins))
        registry.refresh()
        identity = tables.Identity(_GATEWAY, 1, 1, True)
        store: Any = self.store
        keyring = Keyring(
            registry=registry, path=directory / "pendants.jsonl", store=store, waiting=Orders(),
            own=OwnEvents(store, identity, lambda: 0), trace=Trace(silent_sink),
        )  # fmt: skip
        self.custody = Custody(
            registry=registry, store=store, downlink=Downlink(identity, lambda: None), answers=Answers(),
            keyring=keyring, clock=Clock(is_trusted=lambda: False), switch_on=1, newest_frames={}, send=self._send,
            listener=self, trace=Trace(silent_sink),
        )  # fmt: skip
        self.custody.motion = MotionCustody(store=store, switch_on=1, known=[], trace=Trace(silent_sink))

    def heard(self, *said: Any) -> None:
        """Presence's."""

    def _send(self, air: bytes, *_: Any, **__: Any) -> bool:
        self.to_air.append(air)
        return True

    # ---- rubbish

    def throw_at_bridge(self, air: bytes) -> None:
        """Out of the air, into the bridge, and on as far as it goes."""
        self.relay.heard(b"\1\2\3\4\5\6", -60, air)
        self._drain()

    def throw_at_gateway(self, air: bytes) -> None:
        """As if a bridge had passed it on."""
        self.custody.heard(-60, air)
        self.to_air.clear()

    def throw_at_line_up(self, data: bytes) -> None:
        """Bytes on the serial line, towards the gateway."""
        self._feed_gateway(data)

    def throw_at_line_down(self, data: bytes) -> None:
        """Bytes on the serial line, towards the bridge. Its channel and its list are the gateway's to set."""
        self.relay.from_line(data)

    def throw_at_pendant(self, number: int, air: bytes) -> None:
        """Out of the air, into a pendant that listens."""
        told = self.pendants[number].link.heard(-60, air, 0)
        if told is not None:
            self.believed[word_names.KIND_NAMES[told[0]]] += 1

    # ---- life

    def alarm(self, number: int) -> tuple[bytes, list[bytes]]:
        """A real alarm and its acknowledgement, the whole way: (its frame, the downlinks)."""
        pendant = self.pendants[number]
        name, air = pendant.alarm()
        self.raised.append(name)
        self.up.feed(b"\x00")  # a bridge that begins to speak ends what rubbish has begun
        self.relay.from_line(b"\x00" + framing.encode(framing.ALLOW, bytes((len(self.raised) // 2 % 2,))))
        self.to_air.clear()
        self.relay.heard(pendant.id, -60, air)
        self._drain()
        line = b"".join(self._line_down(down) for down in self.to_air)
        downs = self.relay.from_line(line)
        self.to_air.clear()
        for down in downs:
            told = pendant.link.heard(-60, down, 0)
            if told and told[0] == words.ACK and told[1].status == words.STORED:
                self.acknowledged += int(gateway_frames.event_id(pendant.id, told[1].boot, told[1].seq) == name)
        return air, downs

    def motion(self, number: int) -> list[bytes]:
        """The motion round that pendant's last alarm, the whole way; its frames."""
        pendant = self.pendants[number]
        airs = [pendant.wave(part) for part in range(waves.PARTS)]
        self.moved.append(f"{gateway_frames.event_id(pendant.id, pendant.memory.boot, pendant.memory.seq)}-motion")
        self.up.feed(b"\x00")
        for air in airs:
            self.relay.heard(pendant.id, -60, air)
        self._drain()
        self.to_air.clear()
        return airs

    @property
    def invented(self) -> set[str]:
        """Alarms and motion that are stored and were never sent."""
        return set(self.store.stored) - set(self.raised) - set(self.moved)

    @property
    def lost(self) -> set[str]:
        """Alarms that were raised, and motion that was sent, and are not stored."""
        return set(self.raised + self.moved) - set(self.store.stored)

    def _line_down(self, down: bytes) -> bytes:
        """The long form and the short one, in turn."""
        if len(self.raised) % 2:
            return bytes(framing.encode(framing.SEND, b"\xff" * 6 + down))
        return bytes(framing.encode(framing.SEND_ALL, down))

    def _drain(self) -> None:
        while data := self.relay.for_line():
            self._feed_gateway(data)

    def _feed_gateway(self, data: bytes) -> None:
        for kind, body in self.up.feed(data):
            if kind == framing.HEARD and len(body) > 7:
                self.custody.heard(-60, body[7:])
            elif kind == framing.ALARMS:
                for rssi_dbm, air in bundle.split(body):
                    self.custody.heard(rssi_dbm, air)
