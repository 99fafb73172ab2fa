"""Small honest twins of what stands around a gateway: a pendant, a bridge on a pty, a broker, a platform."""

import json
import os
import select
import threading
import time
import tty
from collections import Counter
from pathlib import Path

import iotcore
import paho.mqtt.client as mqtt

from gateway.seal import Ccm
from shared import frames, framing, words
from tools.home.broker import free_port

ID = bytes.fromhex("a0b1c2d3e4f5")
KEY = bytes(range(16))
HELLO = bytes((1, 0, 1, 0, 6)) + bytes(4) + bytes.fromhex("0102030405ff") + bytes(2)


class FakePendant:
    """Makes the frames of one pendant and reads what is meant for it."""

    def __init__(self, identity=ID, key=KEY, boot=1):
        self.id, self.key, self.boot = identity, key, boot
        self.counter = 0
        self.seq = 0
        self.beats = 0
        self._cipher = Ccm(key)
        self._down = {}

    def frame(self, kind, body):
        """A sealed frame under the next counter."""
        self.counter += 1
        return frames.seal(kind, self.id, self.boot, self.counter, body, self._cipher)

    def event(self, code, kind=None, seq=None, arg=0, ref=(0, 0), age_ms=100, attempt=1, boot=None):
        """A frame with a new event, or with seq a repeat of an earlier one."""
        if seq is None:
            self.seq += 1
            seq = self.seq
        if kind is None:
            kind = words.ALARM if code in words.ALARM_CODES else words.EVENT
        body = frames.pack_event(frames.Event(boot or self.boot, seq, code, age_ms, 800, attempt, arg, *ref))
        return self.frame(kind, body)

    def beat(self):
        """A frame with the next beat."""
        self.beats += 1
        seq = frames.FIRST_BEAT_SEQ + self.beats
        body = frames.pack_beat(frames.Beat(self.boot, seq, 3900, 80, -60, 1, words.WORN, (0, 1, 0), 100))
        return self.frame(words.BEAT, body)

    def poll(self, boot, seq):
        """A frame that asks about an alarm."""
        return self.frame(words.POLL, frames.pack_poll(frames.Poll(boot, seq)))

    def read(self, air):
        """(kind, Ack or Answer) of a downlink frame."""
        header = frames.read_header(air)
        assert header.pendant == self.id
        cipher = self._down.setdefault(header.gateway, Ccm(frames.downlink_key(self.key, header.gateway)))
        body = frames.open_frame(air, cipher)
        return header.kind, (frames.unpack_ack if header.kind == words.ACK else frames.unpack_answer)(body)

    def name(self, seq=None):
        """The id of an event; of the newest without a seq."""
        return f"{self.id.hex()}-{self.boot}-{seq or self.seq}"


class FakeBridge:
    """The other end of a pty: says hello, passes frames, keeps what the gateway sends into the air."""

    def __init__(self, link: Path):
        self.link = link
        self.sent = []
        self.plug_in()

    def plug_in(self):
        """Appear under the link, as another pty each time, and say hello."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        tty.setraw(self._master)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(self._slave))
        self._decoder = framing.Decoder()
        self._is_in = True
        self._thread = threading.Thread(target=self._read, args=(self._master,), daemon=True)
        self._thread.start()
        self.hello()

    def pull_out(self):
        """Vanish, as a pulled plug does."""
        self._is_in = False
        self._thread.join()
        self.link.unlink(missing_ok=True)
        os.close(self._slave)
        os.close(self._master)

    def hello(self):
        """Say hello."""
        self.write(framing.encode(framing.HELLO, HELLO))

    def air(self, frame, rssi_dbm=-50):
        """Pass on a frame as if it had come out of the air."""
        self.write(framing.encode(framing.HEARD, frame[2:8] + bytes((rssi_dbm & 0xFF,)) + frame))

    def write(self, data):
        """Write raw bytes on the line."""
        os.write(self._master, data)

    def _read(self, fd):
        while self._is_in:
            if not select.select([fd], [], [], 0.02)[0]:
                continue
            try:
                chunk = os.read(fd, 4096)
            except OSError:
                return
            for kind, body in self._decoder.feed(chunk):
                if kind == framing.SEND:
                    self.sent.append(body[6:])
                elif kind == framing.ASK_HELLO:
                    self.hello()

    def expect(self, wanted, within_s=5.0):
        """The first downlink frame for which wanted(frame) gives something; that something."""
        return wait_for(lambda: next((found for air in list(self.sent) if (found := wanted(air))), None), within_s)


V5 = """
id = 0
[router]
id = 0
max_connections = 100
max_outgoing_packet_count = 200
max_segment_size = 10485760
max_segment_count = 10
[v5.1]
name = "mqtt5"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 5000
max_payload_size = 262144
max_inflight_count = 200
dynamic_filters = true
{auth}
"""


def broker(directory, version="5", port=None, login=None):
    """A real broker on 127.0.0.1 (not started)."""
    port = port or free_port()
    auth = "[v5.1.connections.auth]\n" + "\n".join(f'{u} = "{p}"' for u, p in login.items()) if login else ""
    if version == "3.1.1":
        return iotcore.Broker(port=port, listen="127.0.0.1")
    path = directory / f"broker-{port}.toml"
    path.write_text(V5.format(port=port, auth=auth))
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
    path = directory / "pendants.jsonl"
    path.write_text(
        "".join(json.dumps({"id": p.id.hex(), "key": p.key.hex(), "name": "test"}) + "\n" for p in pendants)
    )
    path.chmod(0o600)
    return path


def config(directory, port, serial, extra_broker="", extra=""):
    """The one TOML file."""
    path = directory / "gateway.toml"
    path.write_text(
        f'[gateway]\nsite = "home"\nid = "gw"\ndata_dir = "data"\n[serial]\nport = "{serial}"\n'
        f'[broker]\nhost = "127.0.0.1"\nport = {port}\n{extra_broker}\n'
        f'[pendants]\nfile = "pendants.jsonl"\n[clock]\ntrust = "always"\n{extra}\n'
    )
    return path
