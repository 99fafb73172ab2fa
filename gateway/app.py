"""Without this file the parts of the gateway would not know each other. All tasks start here, in `run`."""

import asyncio
import signal
from functools import partial
from typing import Any

from gateway import counters, motion_store, orders, tables
from gateway.answers import Answers
from gateway.audit import Audit
from gateway.build_commands import build_commands
from gateway.case import Dates
from gateway.cases import Cases
from gateway.clock import boot_id, rfc3339, system_clock
from gateway.config import Config
from gateway.configuration.home_assistant import HomeAssistantConfig
from gateway.configuration.station import StationConfig
from gateway.custody import Custody
from gateway.downlink import Downlink
from gateway.drill.control import Control
from gateway.drill.control import about as about_drills
from gateway.errors import SetUpError
from gateway.events import Renderer
from gateway.hearings import Hearings
from gateway.home_assistant import HomeAssistant
from gateway.keyring import Keyring
from gateway.motion_custody import MotionCustody
from gateway.motion_shelf import MotionShelf
from gateway.mqtt_session import Inbound
from gateway.orders import Orders
from gateway.own import OwnEvents
from gateway.presence import Presence
from gateway.probe import Probe
from gateway.record import ALARM, Record
from gateway.registry import Registry
from gateway.second_way.build import build as build_second_way
from gateway.serial_link import SerialLink
from gateway.service import Service, Watchdog
from gateway.space import Limits
from gateway.status import Status
from gateway.store import Store
from gateway.topics import Topics
from gateway.trace import Trace
from gateway.upkeep import Upkeep
from gateway.uplink import Uplink
from gateway.vitals import Vitals
from shared import frames, words

STORE_NAME = "store.db"
DATES_S = 5.0
STORE_DAMAGED = "tiexin.gateway.store_damaged"
_ASK_AGAIN_S = 1.0
_MOST_COMMANDS = 100  # waiting; the broker repeats what finds no place here
_DELIVERED_FOR = (words.FALL_SUSPECTED, words.FALL_CONFIRMED, words.HELP_REQUESTED)


class Gateway:
    """One gateway, put together from its configuration."""

    def __init__(self, config: Config, trace: Trace) -> None:
        self._config = config
        self._trace = trace
        self._clock = system_clock(config.clock)
        self._registry = Registry(config.pendants_file)
        self._topics = Topics(config.base, config.site, config.gateway)
        self._serial = SerialLink(config.serial, trace)
        megabyte = 1_000_000
        limits = Limits(config.store.max_mb * megabyte, config.store.reserve_mb * megabyte)
        self.store = Store(config.data_dir / STORE_NAME, limits, self._clock.stamp_ms, boot_id(), trace)
        self.audit = Audit(config.data_dir, self._clock, trace)
        self._offsets: dict[int, int] = {}
        self._commands_waiting: asyncio.Queue[Inbound] = asyncio.Queue(_MOST_COMMANDS)
        self._status = Status(
            config=config, registry=self._registry, store=self.store, clock=self._clock, limits=limits
        )
        self._service = Service()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until stop is set. SetUpError if it cannot begin."""
        self._registry.refresh()
        await asyncio.to_thread(self._serial.open_first)
        identity = self.store.open()
        try:
            await self._build(identity)
            self._trace.step("serving", gateway=self._config.gateway, pendants=len(self._registry))
            self._service.tell(READY="1", STATUS=self._in_words())
            await self._run_tasks(stop)
        finally:
            self._service.tell(STOPPING="1")
            await self.store.close()
            await asyncio.to_thread(self.audit.close)
            self._trace.step("stopped")

    async def _build(self, identity: tables.Identity) -> None:
        config, trace, clock, store, topics = self._config, self._trace, self._clock, self.store, self._topics
        self._identity = identity
        self._offsets.update(await store.read(tables.offsets))
        common = {"site": config.site, "gateway": config.gateway}
        self._answers = Answers(await store.read(tables.answers))
        self._uplink = Uplink(
            config.broker,
            topics,
            store,
            (
                renderer := Renderer(
                    config.site, config.gateway, self._offset_ms, lambda: (identity.switch_on, clock.stamp_ms())
                )
            ),
            self._status_now,
            trace,
        )
        run = f"{identity.gateway.hex()}-{identity.boot}"
        self._downlink = Downlink(identity, self._renew_downlink)
        self._own = OwnEvents(store, identity, clock.stamp_ms)
        self.presence = Presence(
            store=store, own=self._own, clock=clock, switch_on=identity.switch_on, offset_ms=self._offset_ms,
            registry=self._registry, topics=topics, common=common, run=run, put_state=self._uplink.put_state,
            is_bridge_up=lambda: self._serial.is_up, trace=trace,
        )  # fmt: skip
        await self.presence.load()
        self._hearings = Hearings(clock.stamp_ms, self.presence)
        self.cases = Cases(
            store=store,
            clock=clock,
            dates=Dates(identity.switch_on, self._offset_ms),
            answers=self._answers,
            own=self._own,
            data_dir=config.data_dir,
            trace=trace,
        )
        await self.cases.load()
        keyring = Keyring(
            registry=self._registry,
            path=config.pendants_file,
            store=store,
            waiting=Orders(await store.read(orders.orders)),
            own=self._own,
            trace=trace,
        )
        keyring.on_done = self.presence.configured
        self._control = Control(
            data_dir=config.data_dir, registry=self._registry, uplink=self._uplink, audit=self.audit,
            send=self._serial.send, about=about_drills(config.gateway, config.path),
            alarms_waiting=lambda: store.waiting[ALARM], trace=trace,
        )  # fmt: skip
        self._custody = Custody(
            registry=self._registry,
            store=store,
            downlink=self._downlink,
            answers=self._answers,
            keyring=keyring,
            clock=clock,
            switch_on=identity.switch_on,
            newest_frames=await store.read(tables.newest_frames),
            send=self._control.send,
            listener=self._hearings,
            trace=trace,
        )
        self._custody.motion = MotionCustody(
            store=store, switch_on=identity.switch_on, known=await store.read(motion_store.known), trace=trace
        )
        self.motion = MotionShelf(store, self.cases.touched)
        await self.motion.load()
        self._custody.motion.on_kept = self.motion.kept
        self.vitals = self._make_vitals(identity)
        self._probe = Probe(
            store=store, own=self._own, gateway=config.gateway, command_topic=topics.command, sender=self._uplink
        )
        self._home = self._make_home(config.home_assistant) if config.home_assistant else None
        self._commands, enrolment = await build_commands(
            config, identity, registry=self._registry, keyring=keyring, cases=self.cases, store=store, own=self._own,
            clock=clock, topics=topics, audit=self.audit, send_reply=self._uplink.reply, trace=trace,
        )  # fmt: skip
        self._status.more = lambda: {
            "enrol_key": enrolment.public_key,
            "second_way": self.escalation.health(),
            **self.presence.summary(),
        }
        self.escalation = build_second_way(
            config,
            cases=self.cases,
            clock=clock,
            registry=self._registry,
            store=store,
            topics=topics,
            renderer=renderer,
            status=self._status_now,
            on_confirmed=self._delivered,
            trace=trace,
        )
        self._serial.heard = self._custody.heard
        self._serial.known_pendants = lambda: [pendant.id for pendant in self._registry]
        self._custody.watch(self.cases.stored)
        self._custody.watch(self._control.stored)
        self._control.heard = self._custody.heard
        store.on_stored = self._uplink.stored
        store.on_salvaged = self._salvaged
        self._uplink.on_connected = self._connected
        self._uplink.outflow.on_confirmed = self._confirmed
        self._uplink.on_command = self._command_came
        self._uplink.has_custody = self._has_custody

    async def _run_tasks(self, stop: asyncio.Event) -> None:
        """Every task of the gateway. If one dies, all end, and the service manager starts us again."""
        try:
            async with asyncio.TaskGroup() as tasks:
                running = [
                    tasks.create_task(self._serial.run(), name="serial"),
                    tasks.create_task(self._uplink.run(), name="uplink"),
                    tasks.create_task(self._take_commands(), name="commands"),
                    tasks.create_task(self.store.keep(), name="store-keeper"),
                    tasks.create_task(self._watch_clock(), name="clock"),
                    tasks.create_task(self._upkeep().run(), name="upkeep"),
                    tasks.create_task(self.cases.run(), name="cases"),
                    tasks.create_task(self.vitals.run(), name="vitals"),
                    tasks.create_task(self.escalation.run(), name="second-way"),
                    tasks.create_task(self.presence.run(), name="presence"),
                    tasks.create_task(self._control.run(), name="control"),
                    tasks.create_task(self._watchdog().run(), name="watchdog"),
                ]
                if self._home:
                    running.append(tasks.create_task(self._home.run(), name="home-assistant"))
                if self._config.station:
                    running.append(tasks.create_task(self._serve_page(self._config.station), name="station"))
                await stop.wait()
                await _end(running)
        except BaseExceptionGroup as group:
            # One sentence for the installer, if that is what it is.
            found = group.subgroup(SetUpError)
            if found is None:
                raise
            raise _first(found) from None

    # ---- tasks

    async def _serve_page(self, config: StationConfig) -> None:
        # Imported only where a page is wanted: aiohttp and jinja2 cost memory.
        from gateway.station.app import serve as serve_page
        from gateway.station.station import Sources

        about = self._config
        sources = Sources(
            config_path=about.path,
            site=about.site,
            gateway=about.gateway,
            data_dir=about.data_dir,
            clock=self._clock,
            registry=self._registry,
            cases=self.cases,
            presence=self.presence,
            audit=self.audit,
            motion=self.motion,
            vitals=self.vitals,
            probe=self._probe,
            pendants_file=about.pendants_file,
            store_file=about.data_dir / STORE_NAME,
            watch_records=self._custody.watch,
        )
        await serve_page(config, sources, self._trace)

    async def _take_commands(self) -> None:
        while True:
            message = await self._commands_waiting.get()
            await self._commands.take(message)
            self._uplink.acknowledge(message)

    async def _watch_clock(self) -> None:
        """Note what dates our stamps, as soon as the time is known and whenever it was set."""
        while True:
            offset_ms = self._clock.offset_ms()
            known_ms = self._offsets.get(self._identity.switch_on)
            if offset_ms is not None and (known_ms is None or abs(offset_ms - known_ms) > 1000):
                self._trace.step("time-known" if known_ms is None else "time-set", now=rfc3339(self._now_ms(offset_ms)))
                self._offsets[self._identity.switch_on] = offset_ms
                work = partial(tables.put_offset, switch_on=self._identity.switch_on, offset_ms=offset_ms)
                self.store.ask(work, self._offset_noted)
            await asyncio.sleep(DATES_S)

    def _upkeep(self) -> Upkeep:
        return Upkeep(
            config=self._config,
            clock=self._clock,
            store=self.store,
            switch_on=self._identity.switch_on,
            registry=self._registry,
            answers=self._answers,
            own=self._own,
            status=self._status,
            status_now=self._status_now,
            uplink=self._uplink,
            topics=self._topics,
            metrics=self.metrics,
            list_changed=self._serial.tell_known,
            trace=self._trace,
        )

    def _make_vitals(self, identity: tables.Identity) -> Vitals:
        return Vitals(
            store=self.store,
            clock=self._clock,
            registry=self._registry,
            cases=self.cases,
            hearings=self._hearings,
            states=self.presence.states,
            data_dir=self._config.data_dir,
            switch_on=identity.switch_on,
            is_broker_up=lambda: self._uplink.is_connected,
            is_bridge_up=lambda: self._serial.is_up,
            channel=lambda: self._serial.channel,
            health=self._status.health,
            counts=self.metrics,
        )

    def _make_home(self, config: HomeAssistantConfig) -> HomeAssistant:
        return HomeAssistant(
            config=config,
            gateway=f"{self._config.site}-{self._config.gateway}",
            topics=self._topics,
            uplink=self._uplink,
            registry=self._registry,
            cases=self.cases,
            state_of=self.presence.state,
            clock=self._clock,
            data_dir=self._config.data_dir,
            trace=self._trace,
        )

    def _watchdog(self) -> Watchdog:
        return Watchdog(
            self._service,
            store_answers=self.store.settled,
            serial_turned_s=lambda: self._serial.turned_s,
            status=self._in_words,
            trace=self._trace,
        )

    def _in_words(self) -> str:
        bridge = "bridge there" if self._serial.is_up else "no bridge"
        broker = "broker connected" if self._uplink.is_connected else "broker away"
        return f"{len(self._registry)} pendants; {bridge}; {broker}; {self._status.in_words()}"

    def metrics(self) -> dict[str, Any]:
        """Counts since the start: frames by what became of them, refused ones by reason, the serial line."""
        return counters.report(self._custody.counts, self._serial.damaged, self._serial.counters.dropped)

    # ---- small joints

    def _salvaged(self, saved: dict[str, Any]) -> None:
        self._own.tell(STORE_DAMAGED, self._config.gateway, saved)
        self.cases.salvaged()

    def _command_came(self, message: Inbound) -> None:
        if self._probe.takes(message) or (self._home and self._home.takes(message)):
            self._uplink.acknowledge(message)
            return
        try:
            self._commands_waiting.put_nowait(message)
        except asyncio.QueueFull:
            self._trace.trouble("commands", "more commands than can be taken; the broker will repeat them")

    def _confirmed(self, record: Record) -> None:
        self.cases.confirmed(record)
        self._probe.confirmed(record)
        self._control.confirmed(record)
        self._delivered(record)

    def _delivered(self, record: Record) -> None:
        """A broker has an alarm: the wearer may feel that."""
        if record.kind != words.ALARM:
            return
        if frames.unpack_event(record.body).code in _DELIVERED_FOR:
            now_ms = self._clock.stamp_ms()
            self._answers.put(
                tables.Answer(
                    record.sender, record.boot, record.seq, words.DELIVERED, frames.ETA_UNKNOWN_S, "", 0, now_ms
                )
            )

    def _has_custody(self) -> bool:
        return self._identity.has_connected or any(self.store.waiting) or bool(self._custody.counts)

    def _connected(self) -> None:
        if not self._identity.has_connected:
            self._identity = self._identity._replace(has_connected=True)
            self.store.ask(tables.note_connected, lambda outcome: None)

    def _offset_noted(self, outcome: Any) -> None:
        if isinstance(outcome, Exception):  # refused: noted at the next look
            self._offsets.pop(self._identity.switch_on, None)

    def _renew_downlink(self) -> None:
        def renewed(outcome: Any) -> None:
            if isinstance(outcome, tables.Identity):
                self._downlink.renewed(outcome)

        self.store.renew(renewed)

    def _offset_ms(self, switch_on: int) -> int | None:
        """What dates the stamps of a switching-on: of this one as the clock says now, of earlier ones as was noted."""
        offset_ms = self._clock.offset_ms() if switch_on == self._identity.switch_on else None
        return self._offsets.get(switch_on) if offset_ms is None else offset_ms

    def _now_ms(self, offset_ms: int) -> int:
        return self._clock.stamp_ms() + offset_ms

    def _status_now(self, is_online: bool) -> bytes:
        return self._status.render(self._identity, is_online=is_online)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel until all have ended: in Python 3.11 a wait that ends at the same moment swallows the cancellation."""
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=_ASK_AGAIN_S)


def _first(group: BaseExceptionGroup[SetUpError]) -> SetUpError:
    fault = group.exceptions[0]
    return _first(fault) if isinstance(fault, BaseExceptionGroup) else fault


async def serve(config: Config, trace: Trace) -> None:
    """Run a gateway until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await Gateway(config, trace).run(stop)
