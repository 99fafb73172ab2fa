"""Without this file nobody would answer: the care platform and its operator, as small as they can be and real.

An MQTT 5 client that takes every event of a site, counts how often each id came, and sends the command "answer" as
docs/mqtt.md describes it.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tools.home.rooms import Rooms

_CONNECT_TIMEOUT_S = 10
_REPLY_WITHIN_S = 2.0
_TRIES = 15

Found = TypeVar("Found")


@dataclass
class Arrival:
    """One event as the platform knows it: the first arrival counts, the others are counted."""

    id: str
    type: str
    pendant: str
    at_s: float  # Unix time of the first arrival
    order: int  # 0 for the first event that ever arrived, 1 for the next ...
    event: dict[str, Any]
    topic: str
    copies: int = 1


@dataclass
class Reply:
    """What a gateway said to a command."""

    status: str
    at_s: float
    body: dict[str, Any] = field(default_factory=dict)


class Platform:
    """Takes events and answers alarms. All methods may be called from any thread."""

    def __init__(self, port: int, base: str = "tiexin", site: str = "home") -> None:
        self.arrivals: dict[str, Arrival] = {}
        self.replies: dict[str, Reply] = {}
        self.rooms = Rooms()  # which gateway heard each event best
        self.unreadable: list[bytes] = []
        self.contradictions: list[str] = []  # ids that came again and meant something else
        self.listeners: list[Callable[[Arrival], None]] = []  # called from the client's thread
        self._prefix = f"{base}/{site}"
        self._port = port
        self._is_leaving = False
        self._changed = threading.Condition()
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=f"platform-{uuid.uuid4().hex[:8]}", protocol=mqtt.MQTTv5
        )
        self._client.reconnect_delay_set(min_delay=1, max_delay=1)
        self._subscribed = threading.Event()
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._took
        self._reply_topic = f"{self._prefix}/platform/reply/{uuid.uuid4().hex[:8]}"

    def __enter__(self) -> Self:
        self._client.connect_async("127.0.0.1", self._port, keepalive=20)
        self._client.loop_start()
        if not self._subscribed.wait(_CONNECT_TIMEOUT_S):
            raise TimeoutError(f"no broker answered on 127.0.0.1:{self._port} within {_CONNECT_TIMEOUT_S} s")
        return self

    def __exit__(self, *_: object) -> None:
        self._is_leaving = True
        self._client.disconnect()
        self._client.loop_stop()

    def answer(self, alarm_id: str, gateway: str, by: str = "operator", eta_s: int = 180) -> str:
        """Tell the wearer that a person has accepted; return the command's id."""
        return self.command({"command": "answer", "alarm": alarm_id, "by": by, "eta_s": eta_s}, gateway)

    def command(self, body: dict[str, Any], gateway: str) -> str:
        """Ask a gateway for something, with any command of docs/mqtt.md; return the command's id.

        The same command is said again every few seconds until the gateway replies to it, as that page asks.
        """
        body = {"id": str(uuid.uuid4()), **body}
        self._say(f"{self._prefix}/{gateway}/command", body, _TRIES)
        return str(body["id"])

    def _say(self, topic: str, body: dict[str, Any], tries: int) -> None:
        if not tries or self._is_leaving or body["id"] in self.replies:
            return
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = self._reply_topic
        properties.CorrelationData = str(body["id"]).encode()
        self._client.publish(topic, json.dumps(body), qos=1, properties=properties)
        again = threading.Timer(_REPLY_WITHIN_S, self._say, (topic, body, tries - 1))
        again.daemon = True
        again.start()

    def expect(self, wanted: Callable[[Arrival], bool], within_s: float) -> Arrival:
        """The first arrival that is wanted, or TimeoutError after within_s."""
        found = self._wait(lambda: next((one for one in self.arrivals.values() if wanted(one)), None), within_s)
        if found is None:
            came = ", ".join(f"{one.type} {one.id}" for one in self.in_order()) or "nothing"
            raise TimeoutError(f"not at the platform within {within_s} s; what came: {came}")
        return found

    def expect_reply(self, command_id: str, within_s: float) -> Reply:
        """The reply to a command, or TimeoutError after within_s."""
        reply = self._wait(lambda: self.replies.get(command_id), within_s)
        if reply is None:
            raise TimeoutError(f"no reply to the command {command_id} within {within_s} s")
        return reply

    def in_order(self) -> list[Arrival]:
        """Every event once, in the order of first arrival."""
        with self._changed:
            return sorted(self.arrivals.values(), key=lambda one: one.order)

    def _wait(self, look: Callable[[], Found | None], within_s: float) -> Found | None:
        with self._changed:
            self._changed.wait_for(lambda: look() is not None, timeout=within_s)
            return look()

    def _connected(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe([(f"{self._prefix}/+/{lane}/#", 1) for lane in ("alarm", "event", "telemetry")])
        client.subscribe(self._reply_topic, qos=1)

    def _took(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        now_s = time.time()
        try:
            content = json.loads(message.payload)
        except ValueError:
            self.unreadable.append(message.payload)
            return
        if message.topic == self._reply_topic:
            with self._changed:
                self.replies[content["id"]] = Reply(content["status"], now_s, content)
                self._changed.notify_all()
            return
        for event in content if isinstance(content, list) else [content]:
            self._take(event, message.topic, now_s)

    def _take(self, event: dict[str, Any], topic: str, now_s: float) -> None:
        with self._changed:
            self.rooms.take(event, now_s)
            known = self.arrivals.get(event["id"])
            if known:
                known.copies += 1
                if (event["type"], event.get("subject", "")) != (known.type, known.pendant):
                    self.contradictions.append(f"{known.id} was {known.type} and came again as {event['type']}")
                return
            arrival = Arrival(
                event["id"], event["type"], event.get("subject", ""), now_s, len(self.arrivals), event, topic
            )
            self.arrivals[arrival.id] = arrival
            self._changed.notify_all()
        for listener in self.listeners:
            listener(arrival)
