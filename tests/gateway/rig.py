"""Small honest twins of what stands around a gateway: a pendant, a bridge on a pty, a broker, a platform."""

import json
import threading
import time
from collections import Counter
from contextlib import contextmanager

import iotcore
import paho.mqtt.client as mqtt

from gateway.drill.pendant import Pendant
from tools.gateway_bench.twins import Bridge, write_registry
from tools.home.broker import configured, free_port

ID = bytes.fromhex("a0b1c2d3e4f5")
KEY = bytes(range(16))


class FakePendant(Pendant):
    """A pendant with an id and a key, if no other is given."""

    def __init__(self, identity=ID, key=KEY, boot=1):
        super().__init__(identity, key, boot)


class FakeBridge(Bridge):
    """A bridge of which one can expect something."""

    def expect(self, wanted, within_s=5.0):
        """The first downlink frame for which wanted(frame) gives something; that something."""
        return wait_for(lambda: next((found for air in list(self.sent) if (found := wanted(air))), None), within_s)


def broker(directory, version="5", port=None, login=None):
    """A real broker on 127.0.0.1 (not started)."""
    port = port or free_port()
    if version == "3.1.1":
        return iotcore.Broker(port=port, listen="127.0.0.1")
    path = directory / f"broker-{port}.toml"
    path.write_text(configured(port, login))
    return iotcore.Broker(config_path=str(path))


class Platform:
    """Takes everything under tiexin/#, counts ids, sends commands."""

    def __init__(self, port, version=mqtt.MQTTv5, login=None):
        self.messages = []
        self.counts = Counter()
        self.events = []
        self._subscribed = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="platform", protocol=version)
        if login:
            self._client.username_pw_set(*login)
        self._client.on_connect = lambda client, *_: client.subscribe("tiexin/#", 1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._took
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(5)

    def _took(self, _client, _userdata, message):
        self.messages.append(message)
        if message.topic.split("/")[3] not in {"alarm", "event", "telemetry"}:
            return
        content = json.loads(message.payload)
        for event in content if isinstance(content, list) else [content]:
            self.counts[event["id"]] += 1
            if self.counts[event["id"]] == 1:
                self.events.append((time.time(), message.topic, event))

    def send(self, topic, payload, properties=None):
        """Publish."""
        self._client.publish(topic, payload, qos=1, properties=properties)

    def expect(self, wanted, within_s=5.0):
        """The first message that is wanted."""
        return wait_for(lambda: next((m for m in list(self.messages) if wanted(m)), None), within_s)

    def expect_event(self, name, within_s=5.0):
        """The event with that id."""
        return wait_for(lambda: next((e for _, _, e in list(self.events) if e["id"] == name), None), within_s)

    def close(self):
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()


def wait_for(look, within_s=5.0):
    """Whatever look() gives that is true; AssertionError if it gives nothing in time."""
    until_s = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < until_s, "it did not come in time"
        time.sleep(0.01)
    return found


def registry(directory, *pendants):
    """A list of pendants as `make flash` writes it."""
    return write_registry(directory / "pendants.jsonl", pendants)


def config(directory, port, serial, extra_broker="", extra=""):
    """The one TOML file."""
    path = directory / "gateway.toml"
    path.write_text(
        f'[gateway]\nsite = "home"\nid = "gw"\ndata_dir = "data"\n[serial]\nport = "{serial}"\n'
        f'[broker]\nhost = "127.0.0.1"\nport = {port}\n{extra_broker}\n'
        f'[pendants]\nfile = "pendants.jsonl"\n[clock]\ntrust = "always"\n{extra}\n'
    )
    return path


LOGIN = 'username = "gateway"\npassword_file = "password"'  # for [broker], in a home


@contextmanager
def at_home(directory):
    """All that a gateway needs, before it runs: its folder, a broker with a login, a bridge, the password's file."""
    registry(directory, FakePendant())
    bridge = FakeBridge(directory / "tty")
    made = broker(directory, login={"gateway": "right"})
    made.start()
    secret = directory / "password"
    secret.write_text("right\n")
    secret.chmod(0o600)
    try:
        yield directory, made, bridge, secret
    finally:
        if bridge.is_in:
            bridge.pull_out()
        made.stop()
