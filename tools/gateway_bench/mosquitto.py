"""Without this file "better than Mosquitto" would be a claim: its bridge as a gateway, and its broker as a platform.

Uses the `mosquitto` that is installed (Debian: apt install mosquitto), or the one that MOSQUITTO names.
"""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as mqtt

from tools.gateway_bench.box import rss_mb
from tools.home.broker import free_port

_PLATFORM = """\
listener {port} 127.0.0.1
allow_anonymous true
max_queued_messages 0
max_inflight_messages 0
set_tcp_nodelay true
"""
_BRIDGE = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {directory}/
connection platform
address 127.0.0.1:{platform}
topic tiexin/# out 1
notifications false
cleansession false
{extra}
"""
STRICT = """\
autosave_interval 1
autosave_on_changes true
max_queued_messages 0
max_queued_bytes 0
restart_timeout 1 2
"""
_WINDOW = 100
_PADDING = "x" * 520  # one of our events has about 570 bytes


def program() -> str | None:
    """The mosquitto to run, or None."""
    return os.environ.get("MOSQUITTO") or shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")


class Mosquitto:
    """One mosquitto process with a configuration of its own."""

    def __init__(self, directory: Path, text: str, port: int) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.port = port
        self._config = directory / "mosquitto.conf"
        self._config.write_text(text, encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; back when it listens."""
        found = program()
        assert found
        self._process = subprocess.Popen(
            [found, "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until_listening(self.port)

    def kill(self) -> None:
        """As a pulled plug."""
        assert self._process
        os.kill(self._child(), signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Orderly."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(10)

    def pid(self) -> int:
        """Its process id."""
        return self._child()

    def _child(self) -> int:
        assert self._process
        return self._process.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def platform(directory: Path) -> Mosquitto:
    """A platform's broker that bounds nothing."""
    port = free_port()
    return Mosquitto(directory, _PLATFORM.format(port=port), port)


class MosquittoBridge:
    """Mosquitto as the gateway: a producer hands it messages with QoS 1, its bridge carries them to the platform."""

    def __init__(self, directory: Path, platform_port: int, extra: str = "") -> None:
        self.name = "mosquitto, strictest" if extra else "mosquitto, defaults"
        self.acked: dict[bytes, float] = {}
        port = free_port()
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o777)  # it gives up being root
        text = _BRIDGE.format(port=port, directory=directory, platform=platform_port, extra=extra)
        self._broker = Mosquitto(directory, text, port)
        self._number = 0
        self._mids: dict[int, bytes] = {}
        self._early: set[int] = set()
        self._lock = threading.Lock()
        self._client: mqtt.Client | None = None

    def start(self) -> None:
        """Start it and connect the producer."""
        self._broker.start()
        self._client = client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="producer", clean_session=True)
        client.max_inflight_messages_set(100)
        client.on_publish = self._published
        client.connect("127.0.0.1", self._broker.port)
        client.loop_start()
        time.sleep(0.5)

    def kill(self) -> None:
        """As a pulled plug."""
        self._broker.kill()
        self._leave()

    def stop(self) -> None:
        """Orderly."""
        self._leave()
        self._broker.stop()

    close = stop

    def _leave(self) -> None:
        if self._client:
            self._client.loop_stop()
            self._client = None
            self._mids.clear()
            self._early.clear()

    def pid(self) -> int:
        """Its process id."""
        return self._broker.pid()

    def rss_mb(self) -> float:
        """Resident memory."""
        return rss_mb(self.pid())

    def feed(self, number: int, *, is_alarm: bool, within_s: float) -> list[bytes]:
        """Publish new messages; back when all are acknowledged or the time is over."""
        prepared = self.prepare(number, is_alarm=is_alarm)
        self.bring(prepared, within_s)
        return [name for name, _, _ in prepared]

    def prepare(self, number: int, *, is_alarm: bool) -> list[tuple[bytes, str, str]]:
        """That many new messages: (name, topic, payload)."""
        lane = "alarm" if is_alarm else "telemetry"
        made = []
        for _ in range(number):
            self._number += 1
            name = f"{lane}-{self._number}"
            payload = json.dumps({"id": name, "pad": _PADDING}, separators=(",", ":"))
            made.append((name.encode(), f"tiexin/bench/gw/{lane}/p{self._number % 100}", payload))
        return made

    def bring(self, prepared: list[tuple[bytes, str, str]], within_s: float) -> None:
        """Publish them; back when all are acknowledged or the time is over."""
        assert self._client
        until_s = time.monotonic() + within_s
        for name, topic, payload in prepared:
            while len(self._mids) >= _WINDOW and time.monotonic() < until_s:
                time.sleep(0.0002)  # paho itself grows slow with a long queue
            # Not under our lock: paho calls _published while it holds its own.
            info = self._client.publish(topic, payload, qos=1)
            with self._lock:
                if info.mid in self._early:
                    self._early.discard(info.mid)
                    self.acked[name] = time.monotonic()
                else:
                    self._mids[info.mid] = name
        while time.monotonic() < until_s and self._mids:
            time.sleep(0.01)

    def _published(self, _client: Any, _userdata: Any, mid: int, *_: Any) -> None:
        with self._lock:
            name = self._mids.pop(mid, None)
            if name:
                self.acked[name] = time.monotonic()
            else:
                self._early.add(mid)  # acknowledged before publish() has returned

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def wait_until_listening(port: int, within_s: float = 10) -> None:
    """Back when something accepts connections on that port of this machine."""
    import socket

    until_s = time.monotonic() + within_s
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
            return
        except OSError:
            if time.monotonic() > until_s:
                raise TimeoutError(f"nothing listens on port {port}") from None
            time.sleep(0.02)
