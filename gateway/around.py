"""Without this file the gateway would carry alarms and nothing else: nobody at home could see, answer or escalate one.

What stands around the trip is put together here: the book of cases, commands, the second way, pages, graphs. It hears
what the trip tells it and may fail: an alarm does not depend on any of it.
"""

import asyncio
from functools import partial
from importlib import import_module
from typing import Any

from gateway import motion_store
from gateway.aside import aside, once
from gateway.build_commands import build_commands
from gateway.case import Dates
from gateway.cases import Cases
from gateway.command_queue import CommandQueue
from gateway.configuration.home_assistant import HomeAssistantConfig
from gateway.configuration.station import StationConfig
from gateway.ground import Ground
from gateway.home_assistant import HomeAssistant
from gateway.motion_custody import MotionCustody
from gateway.motion_shelf import MotionShelf
from gateway.mqtt_session import Inbound
from gateway.probe import Probe
from gateway.record import Record
from gateway.second_way.build import build as build_second_way
from gateway.trip import Trip
from gateway.upkeep import Upkeep
from gateway.vitals import Vitals

STORE_DAMAGED = "tiexin.gateway.store_damaged"


class Around:
    """All that is built beside the trip; `prepare` before it is used."""

    def __init__(self, ground: Ground, trip: Trip) -> None:
        self._ground = ground
        self._trip = trip
        config, trace, clock, store = ground.config, ground.trace, ground.clock, ground.store
        self.cases = Cases(
            store=store, clock=clock, dates=Dates(trip.identity.switch_on, trip.offsets.of), answers=trip.answers,
            own=trip.own, data_dir=config.data_dir, trace=trace,
        )  # fmt: skip
        self.motion = MotionShelf(store, self.cases.touched)
        self.vitals = self._make_vitals()
        self.probe = Probe(
            store=store, own=trip.own, gateway=config.gateway, command_topic=ground.topics.command, sender=trip.uplink
        )
        self.home = self._make_home(config.home_assistant) if config.home_assistant else None
        self.escalation = build_second_way(
            config, cases=self.cases, clock=clock, registry=ground.registry, store=store, topics=ground.topics,
            renderer=trip.renderer, status=trip.status_now, on_confirmed=trip.delivered, trace=trace,
        )  # fmt: skip
        self.upkeep = Upkeep(
            config=config, clock=clock, store=store, switch_on=trip.identity.switch_on, registry=ground.registry,
            answers=trip.answers, own=trip.own, status=ground.status, status_now=trip.status_now, uplink=trip.uplink,
            topics=ground.topics, metrics=trip.metrics, list_changed=ground.serial.tell_known, trace=trace,
        )  # fmt: skip

    async def prepare(self) -> None:
        """Read what an earlier run has left, and join the trip. SetUpError if a key for enrolment cannot be made."""
        ground, trip, trace = self._ground, self._trip, self._ground.trace
        await once(trace, "presence", trip.presence.load())
        await once(trace, "cases", self.cases.load())
        await once(trace, "motion", self._take_motion())
        commands, enrolment = await build_commands(
            ground.config, trip.identity, registry=ground.registry, keyring=trip.keyring, cases=self.cases,
            store=ground.store, own=trip.own, clock=ground.clock, topics=ground.topics, audit=ground.audit,
            send_reply=trip.uplink.reply, trace=trace,
        )  # fmt: skip
        self.commands = CommandQueue(commands, trip.uplink, trace)
        ground.status.more = lambda: {
            "enrol_key": enrolment.public_key,
            "second_way": self.escalation.health(),
            **trip.presence.summary(),
        }
        trip.custody.watch(self.cases.stored)
        trip.uplink.outflow.on_confirmed = self._confirmed
        trip.uplink.on_command = self._command_came
        ground.store.on_salvaged = self._salvaged

    async def _take_motion(self) -> None:
        store, custody = self._ground.store, self._trip.custody
        known = await store.read(motion_store.known)
        switch_on = self._trip.identity.switch_on
        custody.motion = MotionCustody(store=store, switch_on=switch_on, known=known, trace=self._ground.trace)
        custody.motion.on_kept = self.motion.kept
        await self.motion.load()

    def _make_vitals(self) -> Vitals:
        ground, trip = self._ground, self._trip
        return Vitals(
            store=ground.store, clock=ground.clock, registry=ground.registry, cases=self.cases,
            hearings=trip.hearings, states=trip.presence.states, data_dir=ground.config.data_dir,
            switch_on=trip.identity.switch_on, is_broker_up=lambda: trip.uplink.is_connected,
            is_bridge_up=lambda: ground.serial.is_up, channel=lambda: ground.serial.channel,
            health=ground.status.health, counts=trip.metrics,
        )  # fmt: skip

    def _make_home(self, config: HomeAssistantConfig) -> HomeAssistant:
        ground, trip, about = self._ground, self._trip, self._ground.config
        return HomeAssistant(
            config=config, gateway=f"{about.site}-{about.gateway}", topics=ground.topics, uplink=trip.uplink,
            registry=ground.registry, cases=self.cases, state_of=trip.presence.state, clock=ground.clock,
            data_dir=about.data_dir, trace=ground.trace,
        )  # fmt: skip

    async def serve_page(self, config: StationConfig) -> None:
        """Serve the station page, for ever. Imported only where it is wanted: aiohttp and jinja2 cost memory."""
        # Seconds on a small board: in a thread, alarms go on meanwhile.
        await asyncio.to_thread(import_module, "gateway.station.app")
        from gateway.station.app import serve
        from gateway.station.station import Sources

        ground, trip, about = self._ground, self._trip, self._ground.config
        sources = Sources(
            config_path=about.path, site=about.site, gateway=about.gateway, data_dir=about.data_dir,
            clock=ground.clock, registry=ground.registry, cases=self.cases, presence=trip.presence,
            audit=ground.audit, motion=self.motion,
            vitals=self.vitals, probe=self.probe, pendants_file=about.pendants_file, store_file=ground.store_file,
            watch_records=trip.custody.watch,
        )  # fmt: skip
        await serve(config, sources, ground.trace)

    # ---- what the trip tells

    def _confirmed(self, record: Record) -> None:
        for hears in (self.cases.confirmed, self.probe.confirmed, self._trip.control.confirmed, self._trip.delivered):
            aside(self._ground.trace, "who hears of confirmations", partial(hears, record))

    def _command_came(self, message: Inbound) -> None:
        if self.probe.takes(message) or (self.home and self.home.takes(message)):
            self._trip.uplink.acknowledge(message)
        else:
            self.commands.put(message)

    def _salvaged(self, saved: dict[str, Any]) -> None:
        self._trip.own.tell(STORE_DAMAGED, self._ground.config.gateway, saved)
        self.cases.salvaged()
