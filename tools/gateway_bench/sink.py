"""Without this file nobody could say what arrived at the platform, and when.

A paho subscriber that reads no more of a message than the ids in it: cheap enough to keep up with what it measures.
"""

import json
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import paho.mqtt.client as mqtt

_ANSWER_AGAIN_S = 2.0
_ID = re.compile(rb'"id": ?"([^"]+)"')


class Sink:
    """Takes everything under the given filters; counts how often each id came, keeps when it came first."""

    def __init__(self, port: int, *filters: str, session: str = "") -> None:
        """With a session's name the broker keeps what comes while we are away (MQTT 3.1.1, which every broker has)."""
        self.counts: Counter[bytes] = Counter()
        self.first_s: dict[bytes, float] = {}  # time.monotonic() of the first arrival
        self.messages = 0
        self._port = port
        self._filters = filters
        self._ready = threading.Event()
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=session or f"sink-{os.urandom(4).hex()}",
            clean_session=False if session else None,
            protocol=mqtt.MQTTv311 if session else mqtt.MQTTv5,
        )
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._took

    def __enter__(self) -> Self:
        self._client.reconnect_delay_set(1, 1)
        self._client.connect_async("127.0.0.1", self._port, keepalive=60)
        self._client.loop_start()
        if not self._ready.wait(10):
            raise TimeoutError(f"no broker on port {self._port}")
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def wait(self, number: int, within_s: float) -> bool:
        """Whether that many different ids have come in time."""
        until_s = time.monotonic() + within_s
        while len(self.counts) < number and time.monotonic() < until_s:
            time.sleep(0.02)
        return len(self.counts) >= number

    def wait_until_quiet(self, number: int, within_s: float, quiet_s: float = 3.0) -> None:
        """Back when that many different ids have come, or none has come for quiet_s: the rest is lost."""
        until_s = time.monotonic() + within_s
        seen, since_s = -1, time.monotonic()
        while (found := len(self.counts)) < number and time.monotonic() < until_s:
            if found != seen:
                seen, since_s = found, time.monotonic()
            elif time.monotonic() - since_s > quiet_s:
                return
            time.sleep(0.01)

    def wait_for(self, name: bytes, within_s: float) -> float:
        """When that id came first; infinity if it did not in time."""
        until_s = time.monotonic() + within_s
        while name not in self.first_s and time.monotonic() < until_s:
            time.sleep(0.001)
        return self.first_s.get(name, float("inf"))

    @contextmanager
    def answering(self, wants_answer: Callable[[str], bool]) -> Iterator[None]:
        """Be the operator as well: answer whatever alarm wants it, again and again until it was felt."""
        stop = threading.Event()
        thread = threading.Thread(target=self._answer, args=(stop, wants_answer), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _answer(self, stop: threading.Event, wants_answer: Callable[[str], bool]) -> None:
        answered_s: dict[bytes, float] = {}
        while not stop.wait(0.2):
            now_s = time.monotonic()
            for name in list(self.first_s):
                if now_s - answered_s.get(name, 0) > _ANSWER_AGAIN_S and wants_answer(name.decode()):
                    answered_s[name] = now_s
                    command = {"command": "answer", "id": f"c-{name.decode()}", "alarm": name.decode(), "by": "soak"}
                    self._client.publish("tiexin/bench/gw/command", json.dumps(command), qos=1)

    @property
    def repeats(self) -> int:
        """Copies beyond the first."""
        return sum(self.counts.values()) - len(self.counts)

    def _connected(self, client: Any, *_: Any) -> None:
        client.subscribe([(one, 1) for one in self._filters])

    def _took(self, _client: Any, _userdata: Any, message: Any) -> None:
        now_s = time.monotonic()
        self.messages += 1
        for name in _ID.findall(message.payload):
            if name not in self.counts:
                self.first_s[name] = now_s
            self.counts[name] += 1
