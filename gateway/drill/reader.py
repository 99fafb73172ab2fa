"""Without this file a drill would believe the broker's word that an alarm arrived: it reads it back.

Subscribes to the drill's own topic with the gateway's credentials. Many brokers let a gateway write there and not read;
then the drill judges by the PUBACK, and says so.
"""

import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

import paho.mqtt.client as mqtt

from gateway.config import BrokerConfig
from gateway.mqtt_session import tls_context

_CONNECT_S = 10.0
_FAILURE = 0x80  # and everything above, in a SUBACK


class Reader:
    """Calls `took(id)` in a thread of its own for each event that comes back."""

    def __init__(self, config: BrokerConfig, topic: str, took: Callable[[str], None]) -> None:
        self._config = config
        self._topic = topic
        self._took = took
        self._answered = threading.Event()
        self.may_read = False  # the broker has granted it; some grant it and send nothing all the same
        version = mqtt.MQTTv311 if config.version == "3.1.1" else mqtt.MQTTv5
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=f"tiexin-drill-{os.urandom(4).hex()}", protocol=version
        )

    def __enter__(self) -> Self:
        client, config = self._client, self._config
        if config.username is not None:
            client.username_pw_set(config.username, config.password)
        if config.tls:
            client.tls_set_context(tls_context(config))
        client.on_connect = lambda *_: client.subscribe(self._topic, 1)
        client.on_subscribe = self._subscribed
        client.on_message = self._messaged
        client.reconnect_delay_set(1, 2)
        with suppress(OSError, ValueError):
            client.connect_async(config.host, config.port, keepalive=30)
            client.loop_start()
            self._answered.wait(_CONNECT_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _subscribed(self, _client: Any, _userdata: Any, _mid: int, codes: Any, _properties: Any) -> None:
        self.may_read = all(int(getattr(code, "value", code)) < _FAILURE for code in codes)
        self._answered.set()

    def _messaged(self, _client: Any, _userdata: Any, message: Any) -> None:
        with suppress(ValueError, KeyError, TypeError):
            self._took(str(json.loads(message.payload)["id"]))
