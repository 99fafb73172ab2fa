"""Without this file a fall would have no way: from the line into the store, from there to the broker, and back.

What an alarm needs between the bridge and the platform is put together here, in the order in which it travels. Nothing
here knows a page, a case, a graph or a second way: what stands around the trip hears of it (around.py).
"""

from typing import Any, NamedTuple

from gateway import counters, orders, tables
from gateway.answers import Answers
from gateway.custody import Custody
from gateway.downlink import Downlink
from gateway.drill.control import Control
from gateway.drill.control import about as about_drills
from gateway.events import Renderer
from gateway.ground import Ground
from gateway.hearings import Hearings
from gateway.keyring import Keyring
from gateway.offsets import Offsets
from gateway.orders import Orders
from gateway.own import OwnEvents
from gateway.presence import Presence
from gateway.record import ALARM, Record
from gateway.store import Store
from gateway.uplink import Uplink
from shared import frames, gateway_frames, words

_DELIVERED_FOR = (words.FALL_SUSPECTED, words.FALL_CONFIRMED, words.HELP_REQUESTED)


class Kept(NamedTuple):
    """What the store remembers for the trip."""

    offsets: dict[int, int]
    answers: list[tables.Answer]
    orders: list[orders.Order]
    newest_frames: dict[bytes, tuple[int, int]]


async def kept_in(store: Store) -> Kept:
    """As an earlier run has left it."""
    return Kept(
        await store.read(tables.offsets),
        await store.read(tables.answers),
        await store.read(orders.orders),
        await store.read(tables.newest_frames),
    )


class Trip:
    """The parts of the way. The store is open and remembers what an earlier run has said."""

    def __init__(self, ground: Ground, identity: tables.Identity, kept: Kept) -> None:
        self._ground = ground
        self.identity = identity
        store, clock, registry, trace = ground.store, ground.clock, ground.registry, ground.trace
        config, switch_on = ground.config, identity.switch_on
        self.offsets = Offsets(store=store, clock=clock, switch_on=switch_on, noted=kept.offsets, trace=trace)
        self.own = OwnEvents(store, identity, clock.stamp_ms)
        self.answers = Answers(kept.answers)
        # Out of the store, to the broker.
        self.renderer = Renderer(
            config.site, config.gateway, self.offsets.of, lambda: (switch_on, clock.stamp_ms())
        )  # fmt: skip
        self.uplink = Uplink(config.broker, ground.topics, store, self.renderer, self.status_now, trace)
        # From the bridge, into the store, and the acknowledgement back.
        self.presence = self._make_presence()
        self.hearings = Hearings(clock.stamp_ms, self.presence)
        self.keyring = Keyring(
            registry=registry, path=config.pendants_file, store=store, waiting=Orders(kept.orders), own=self.own,
            trace=trace,
        )  # fmt: skip
        self.control = Control(
            data_dir=config.data_dir, registry=registry, uplink=self.uplink, audit=ground.audit,
            send=ground.serial.send, about=about_drills(config.gateway, config.path),
            alarms_waiting=lambda: store.waiting[ALARM], trace=trace,
        )  # fmt: skip
        self._downlink = Downlink(identity, self._renew_downlink)
        self.custody = Custody(
            registry=registry, store=store, downlink=self._downlink, answers=self.answers,
            keyring=self.keyring, clock=clock, switch_on=switch_on, newest_frames=kept.newest_frames,
            send=self.control.send, listener=self.hearings, trace=trace,
        )  # fmt: skip
        self._join()

    def _make_presence(self) -> Presence:
        ground, me = self._ground, self.identity
        config = ground.config
        return Presence(
            store=ground.store, own=self.own, clock=ground.clock, switch_on=me.switch_on, offset_ms=self.offsets.of,
            registry=ground.registry, topics=ground.topics, common={"site": config.site, "gateway": config.gateway},
            run=f"{me.gateway.hex()}-{me.boot}", put_state=self.uplink.put_state,
            is_bridge_up=lambda: ground.serial.is_up, trace=ground.trace,
        )  # fmt: skip

    def _join(self) -> None:
        """Who hands over to whom."""
        serial = self._ground.serial
        serial.known_pendants = lambda: [pendant.id for pendant in self._ground.registry]
        serial.heard = self.control.heard = self.custody.heard
        self._ground.store.on_stored = self.uplink.stored
        self.uplink.on_connected = self._connected
        self.uplink.has_custody = self._has_custody
        self.keyring.on_done = self.presence.configured
        self.custody.watch(self.control.stored)

    # ---- what others ask

    def status_now(self, is_online: bool) -> bytes:
        """The birth, or the last will."""
        return self._ground.status.render(self.identity, is_online=is_online)

    def metrics(self) -> dict[str, Any]:
        """Counts since the start: frames by what became of them, refused ones by reason, the serial line."""
        serial = self._ground.serial
        return counters.report(self.custody.counts, serial.damaged, serial.counters.dropped)

    def delivered(self, record: Record) -> None:
        """A broker has an alarm: the wearer may feel that."""
        if record.kind != words.ALARM or gateway_frames.unpack_event(record.body).code not in _DELIVERED_FOR:
            return
        about = (record.sender, record.boot, record.seq)
        now_ms = self._ground.clock.stamp_ms()
        self.answers.put(tables.Answer(*about, words.DELIVERED, frames.ETA_UNKNOWN_S, "", 0, now_ms))

    # ---- small joints

    def _has_custody(self) -> bool:
        return self.identity.has_connected or any(self._ground.store.waiting) or bool(self.custody.counts)

    def _connected(self) -> None:
        if not self.identity.has_connected:
            self.identity = self.identity._replace(has_connected=True)
            self._ground.store.ask(tables.note_connected, lambda outcome: None)

    def _renew_downlink(self) -> None:
        self._ground.store.renew(self._renewed)

    def _renewed(self, outcome: Any) -> None:
        if isinstance(outcome, tables.Identity):
            self._downlink.renewed(outcome)
