"""Without this file a family would see its alarms everywhere but in the house's own Home Assistant.

Announces every pendant (home_discovery.py says how), keeps what it shows, takes its button for an answer. Off unless
the configuration has [home_assistant]. Everything goes as a retained state: behind all alarms, sent again by the uplink
at each connection, and here when Home Assistant says that it has started.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from gateway import home_discovery
from gateway.case import Case
from gateway.cases import Cases
from gateway.clock import Clock
from gateway.configuration.home_assistant import HomeAssistantConfig
from gateway.errors import CommandRefused
from gateway.keys import replace_file
from gateway.mqtt_session import Inbound
from gateway.pendant_state import HERE, MISSING, PendantState
from gateway.registry import Pendant, Registry
from gateway.topics import Topics
from gateway.trace import Trace

ANNOUNCED_NAME = "home_assistant.json"  # which pendants were announced: whoever leaves must be taken back
Facts = tuple[str, str | None, str]  # name, room, firmware
LOOK_S = 5.0
PRESS_S = 60  # a press that lay at the broker for longer was meant for another alarm
BY = "Home Assistant"
_WISHES = ("shopping", "meals", "cleaning", "transport")
_PRESENT = {HERE: "ON", MISSING: "OFF"}  # "None" is Home Assistant's word for unknown
_MOST_PAYLOAD = 256


class Publisher(Protocol):
    """The uplink, as far as it is needed here."""

    subscriptions: list[str]

    def put_state(self, topic: str, render: Callable[[], bytes]) -> None:
        """Let the broker keep it."""


class HomeAssistant:
    """All of it runs in the event loop."""

    def __init__(
        self, *, config: HomeAssistantConfig, gateway: str, topics: Topics, uplink: Publisher, registry: Registry,
        cases: Cases, state_of: Callable[[bytes], PendantState], clock: Clock, data_dir: Path, trace: Trace,
    ) -> None:  # fmt: skip
        self._config = config
        self._gateway = gateway
        self._topics = topics
        self._uplink = uplink
        self._registry = registry
        self._cases = cases
        self._state_of = state_of
        self._clock = clock
        self._path = data_dir / ANNOUNCED_NAME
        self._trace = trace
        self._announced: dict[str, Facts | None] = {}  # by pendant: what its document says
        self._shown: dict[str, bytes] = {}
        self._presses: asyncio.Queue[bytes] = asyncio.Queue(100)
        self._birth_topic = f"{config.prefix}/status"
        self._has_changed = asyncio.Event()
        self._is_gateway_told = False
        uplink.subscriptions += [self._birth_topic, topics.home_answer("+")]

    async def run(self) -> None:
        """Keep it up to date, for ever."""
        self._announced = dict.fromkeys(self._read_announced())
        unwatch = self._cases.watch(lambda case_id: self._has_changed.set())
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_up(), name="home-keep-up")
                tasks.create_task(self._answer(), name="home-answer")
        finally:
            unwatch()

    def takes(self, message: Inbound) -> bool:
        """True if the message is for us; it is then dealt with, sooner or later."""
        if message.topic == self._birth_topic:
            if message.payload == b"online":
                self._announced = dict.fromkeys(self._announced)
                self._shown.clear()
                self._is_gateway_told = False
                self._has_changed.set()
            return True
        if not message.topic.startswith(self._topics.home_answer("")):
            return False
        for pendant in self._registry:
            if message.topic == self._topics.home_answer(pendant.id.hex()):
                self._pressed(pendant.id, message)
        return True

    # ---- what is shown

    async def _keep_up(self) -> None:
        while True:
            self._has_changed.clear()
            before = set(self._announced)
            self._look()
            if before != set(self._announced):
                await asyncio.to_thread(self._write_announced, sorted(self._announced))
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._has_changed.wait()

    def _look(self) -> None:
        """Announce who is new or has changed, take back who has left, show what is."""
        if not self._is_gateway_told:
            self._is_gateway_told = True
            topic = home_discovery.device_topic(self._config.prefix, self._topics.prefix.replace("/", "-"))
            self._uplink.put_state(topic, partial(home_discovery.gateway_itself, self._topics, self._gateway))
        there = {pendant.id.hex(): pendant for pendant in self._registry if not pendant.is_revoked}
        alarms = self._alarms()
        for name in self._announced.keys() - there.keys():
            self._take_back(name)
        for name, pendant in there.items():
            self._announce(name, pendant)
            self._show(name, pendant, alarms.get(pendant.id, []))

    def _announce(self, name: str, pendant: Pendant) -> None:
        called = pendant.name if self._config.with_names else f"Pendant {name[-4:]}"
        room = pendant.room if self._config.with_names else None
        firmware = self._state_of(pendant.id).firmware or ""
        if self._announced.get(name) != (called, room, firmware):
            self._announced[name] = (called, room, firmware)
            document = partial(home_discovery.pendant, self._topics, self._gateway, name, called, room, firmware)
            self._uplink.put_state(home_discovery.device_topic(self._config.prefix, name), document)

    def _take_back(self, name: str) -> None:
        """An empty retained document removes the device there."""
        del self._announced[name]
        self._shown.pop(name, None)
        for topic in (home_discovery.device_topic(self._config.prefix, name), self._topics.home(name)):
            self._uplink.put_state(topic, bytes)

    def _show(self, name: str, pendant: Pendant, alarms: list[Case]) -> None:
        shown = json.dumps(self._picture(pendant, alarms), separators=(",", ":")).encode()
        if self._shown.get(name) != shown:
            self._shown[name] = shown
            self._uplink.put_state(self._topics.home(name), lambda: shown)

    def _picture(self, pendant: Pendant, alarms: list[Case]) -> dict[str, Any]:
        unanswered = [case for case in alarms if case.answered_by is None]
        first = next(iter(unanswered or alarms), None)
        return {
            "alarm": "ON" if alarms else "OFF",
            "kind": first.kind if first else None,
            "service": first.service if first else None,
            "id": first.id if first else None,
            "is_answered": bool(alarms) and not unanswered,
            "present": _PRESENT.get(self._state_of(pendant.id).presence, "None"),
        }

    def _alarms(self) -> dict[bytes, list[Case]]:
        """Falls and calls for help by pendant, the oldest first: a wish for a meal rings nowhere."""
        found: dict[bytes, list[Case]] = {}
        for case in self._cases.open():
            if case.service not in _WISHES:
                found.setdefault(case.pendant, []).append(case)
        return found

    # ---- the button

    def _pressed(self, pendant: bytes, message: Inbound) -> None:
        """Only a press of this minute counts, and none that the broker has kept."""
        if message.is_retained or not self._is_fresh(message.payload):
            self._trace.step("home-press-too-old", pendant=pendant.hex())
            return
        if not self._presses.full():
            self._presses.put_nowait(pendant)

    def _is_fresh(self, payload: bytes) -> bool:
        now_s = self._clock.unix_s()
        try:
            at_s = json.loads(payload[:_MOST_PAYLOAD])["at"]
            return bool(now_s) and abs(now_s - at_s) <= PRESS_S
        except (ValueError, TypeError, KeyError):
            return False

    async def _answer(self) -> None:
        while True:
            pendant = await self._presses.get()
            for case in self._alarms().get(pendant, []):
                if case.answered_by is None:
                    try:
                        await self._cases.answer(case.id, BY, None, "home-assistant")
                        self._trace.step("home-answered", event=case.id)
                    except (CommandRefused, sqlite3.Error) as fault:
                        self._trace.step("home-answer-refused", event=case.id, text=str(fault))

    # ---- what must outlive a restart

    def _read_announced(self) -> list[str]:
        try:
            return [str(name) for name in json.loads(self._path.read_text(encoding="utf-8"))]
        except (OSError, ValueError, TypeError):
            return []

    def _write_announced(self, names: list[str]) -> None:
        try:
            self._path.touch(0o600)
            replace_file(self._path, json.dumps(names))
        except OSError as fault:
            self._trace.trouble("home-assistant", f"{self._path}: cannot be written ({fault})")
