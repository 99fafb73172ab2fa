"""Without this file a login that works but may say nothing would be found out by the first alarm.

One connection of its own, beside the gateway's: logs in, subscribes as the gateway does, publishes a word to
`<prefix>/check` that nobody keeps. MQTT 3.1.1 has no way to refuse a message, so there the right to publish stays open.
"""

import time
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt

from gateway.config import BrokerConfig
from gateway.mqtt_session import CONNECT_TIMEOUT_S, tls_context
from gateway.topics import Topics

TAKEN, REFUSED, WRONG_VERSION, HUNG_UP, SILENT = "taken", "refused", "wrong version", "hung up", "silent"
_REFUSED_LOGIN = {0x86, 0x87, 0x8C}  # paho gives 3.1.1's codes as those of MQTT 5
_REFUSED_VERSION = 0x84
_WAIT_S = 5.0
_STEP_S = 0.05
_FAILURE = 0x80


@dataclass
class Answer:
    """How far it came."""

    version: str
    outcome: str = SILENT
    text: str = ""
    may_subscribe: bool | None = None  # None: nobody said
    may_publish: bool | None = None


def attempt(config: BrokerConfig, version: str, topics: Topics) -> Answer:
    """Log in, subscribe, publish. Blocks for seconds."""
    answer = Answer(version)
    client = _client(config, version, topics, answer)
    try:
        client.connect(config.host, config.port, config.keepalive_s)
        _until(client, answer, lambda: answer.outcome != SILENT)
        if answer.outcome == TAKEN:
            client.subscribe(topics.command, qos=1)
            client.publish(f"{topics.prefix}/check", b"", qos=1)
            _until(client, answer, lambda: answer.may_subscribe is not None and answer.may_publish is not None)
            if version != "5" and answer.may_publish:
                answer.may_publish = None  # a PUBACK there says nothing about rights
    except (OSError, ValueError) as fault:
        answer.text = str(fault)
    finally:
        client.disconnect()
        client.loop_write()
    return answer


def _client(config: BrokerConfig, version: str, topics: Topics, answer: Answer) -> mqtt.Client:
    client = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2,
        client_id=f"tiexin-doctor-{topics.prefix.replace('/', '-')}",
        protocol=mqtt.MQTTv5 if version == "5" else mqtt.MQTTv311,
        reconnect_on_failure=False,
    )
    client.connect_timeout = CONNECT_TIMEOUT_S
    if config.username is not None:
        client.username_pw_set(config.username, config.password)
    if config.tls:
        client.tls_set_context(tls_context(config))

    def connected(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        code = int(reason.value)
        outcomes = {0: TAKEN, _REFUSED_VERSION: WRONG_VERSION}
        answer.outcome = REFUSED if code in _REFUSED_LOGIN else outcomes.get(code, HUNG_UP)
        answer.text = str(reason)

    def subscribed(_client: Any, _data: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        answer.may_subscribe = all(reason.value < _FAILURE for reason in reasons)

    def published(_client: Any, _data: Any, _mid: int, reason: Any, _properties: Any) -> None:
        answer.may_publish = reason.value < _FAILURE

    client.on_connect, client.on_subscribe, client.on_publish = connected, subscribed, published
    return client


def _until(client: mqtt.Client, answer: Answer, is_done: Any) -> None:
    until_s = time.monotonic() + _WAIT_S
    while not is_done() and time.monotonic() < until_s:
        if client.loop(_STEP_S) != mqtt.MQTT_ERR_SUCCESS:
            if answer.outcome == SILENT:
                answer.outcome, answer.text = HUNG_UP, "it closed the connection"
            return
