"""Without this file the comparison would leave out the gateway that most Raspberry Pis run: ThingsBoard's, with SQLite.

THINGSBOARD_GATEWAY names its program (pip install thingsboard-gateway, in an environment of its own). Events are posted
to its REST connector; its 200 is what an acknowledgement is here. Its platform is a plain broker: it publishes to
v1/gateway/telemetry, QoS 1; the one question that it asks its platform first is answered here.
"""

import http.client
import json
import os
import queue
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as mqtt

from tools.gateway_bench.box import rss_mb
from tools.gateway_bench.mosquitto import wait_until_listening
from tools.home.broker import free_port

TOPIC = "v1/gateway/telemetry"
_QUESTION = "v1/devices/me/rpc/request/"
_WORKERS = 4
_PADDING = "x" * 480


def program() -> str | None:
    """The program to run, or None."""
    return os.environ.get("THINGSBOARD_GATEWAY")


class ThingsBoard:
    """ThingsBoard's gateway as a process of its own."""

    name = "thingsboard gateway, sqlite"

    def __init__(self, directory: Path, platform_port: int, broker_port: int) -> None:
        """platform_port is where it connects to, perhaps through a faulty net; broker_port is the platform itself."""
        self.acked: dict[bytes, float] = {}
        self._directory = directory
        self._port = free_port()
        self._number = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._platform = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"limits-{self._port}")
        self._platform.on_message = _tell_limits
        self._platform.connect("127.0.0.1", broker_port)
        self._platform.subscribe(_QUESTION + "+", 1)
        self._platform.loop_start()
        config = directory / "config"
        config.mkdir(parents=True)
        for name, content in _files(directory, platform_port, self._port).items():
            (config / name).write_text(json.dumps(content), encoding="utf-8")

    def start(self) -> None:
        """Start it and wait until it takes requests."""
        found = program()
        assert found
        (self._directory / "logs").mkdir(exist_ok=True)
        self._process = subprocess.Popen(
            [found], cwd=self._directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "TB_GW_CONFIG_DIR": str(self._directory / "config")}, start_new_session=True,
        )  # fmt: skip
        wait_until_listening(self._port, 60)
        time.sleep(3.0)

    def kill(self) -> None:
        """As a pulled plug."""
        assert self._process
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    stop = kill
    close = kill

    def pid(self) -> int:
        """Its process id."""
        assert self._process
        return self._process.pid

    def rss_mb(self) -> float:
        """Resident memory."""
        return rss_mb(self.pid())

    def feed(self, number: int, *, is_alarm: bool, within_s: float) -> list[bytes]:
        """Post new events; their names."""
        prepared = self.prepare(number, is_alarm=is_alarm)
        self.bring(prepared, within_s)
        return [name.encode() for name in prepared]

    def prepare(self, number: int, *, is_alarm: bool) -> list[str]:
        """Names for that many new events."""
        lane = "alarm" if is_alarm else "telemetry"
        self._number += number
        return [f"{lane}-{self._number - one}" for one in range(number)]

    def bring(self, prepared: list[str], within_s: float) -> None:
        """Post them, a few at a time."""
        todo: queue.SimpleQueue[str] = queue.SimpleQueue()
        for name in prepared:
            todo.put(name)
        until_s = time.monotonic() + max(within_s, 0.2)
        workers = [
            threading.Thread(target=self._post, args=(todo, until_s)) for _ in range(min(_WORKERS, len(prepared)))
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _post(self, todo: queue.SimpleQueue[str], until_s: float) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        while time.monotonic() < until_s:
            try:
                name = todo.get_nowait()
            except queue.Empty:
                break
            body = json.dumps({"device": f"p{hash(name) % 100}", "id": name, "pad": _PADDING})
            try:
                connection.request("POST", "/event", body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                continue
            if answer.status == http.client.OK:
                self.acked[name.encode()] = time.monotonic()
        connection.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._platform.loop_stop()
        if self._process and self._process.poll() is None:
            self.kill()


def _tell_limits(client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
    """What a platform without limits answers."""
    none = dict.fromkeys(("messages", "telemetryMessages", "telemetryDataPoints"), "0:0")
    limits = {"maxPayloadSize": 65_536, "maxInflightMessages": 100, "rateLimits": none, "gatewayRateLimits": none}
    number = message.topic.rsplit("/", 1)[1]
    client.publish(f"v1/devices/me/rpc/response/{number}", json.dumps(limits), qos=1)


def _files(directory: Path, platform_port: int, port: int) -> dict[str, Any]:
    gateway = {
        "thingsboard": {
            "host": "127.0.0.1",
            "port": platform_port,
            "remoteShell": False,
            "remoteConfiguration": False,
            "statistics": {"enable": False},
            "security": {"type": "accessToken", "accessToken": "bench"},
            "qos": 1,
        },
        "storage": {
            "type": "sqlite",
            "data_file_path": str(directory / "data") + "/",
            "messages_ttl_check_in_hours": 1,
            "messages_ttl_in_days": 7,
            "max_read_records_count": 1000,
        },
        "connectors": [{"type": "rest", "name": "rest", "configuration": "rest.json"}],
    }
    rest = {
        "id": "8d2a6a8e-0c4e-4c5b-9a53-3f1c2b7f5e11",
        "name": "rest",
        "requestsMapping": {"attributeRequests": [], "attributeUpdates": [], "serverSideRpc": []},
        "server": {"host": "127.0.0.1", "port": str(port), "SSL": False},
        "mapping": [
            {
                "endpoint": "/event",
                "HTTPMethods": ["POST"],
                "response": {"responseExpected": False, "timeout": 120},
                "security": {"type": "anonymous"},
                "converter": {
                    "type": "json",
                    "deviceInfo": {
                        "deviceNameExpressionSource": "request",
                        "deviceNameExpression": "${device}",
                        "deviceProfileExpressionSource": "constant",
                        "deviceProfileExpression": "pendant",
                    },
                    "attributes": [],
                    "timeseries": [
                        {"type": "string", "key": "id", "value": "${id}"},
                        {"type": "string", "key": "pad", "value": "${pad}"},
                    ],
                },
            }
        ],
    }
    logs = {"version": 1, "disable_existing_loggers": False, "formatters": {}, "handlers": {}, "loggers": {}}
    return {"tb_gateway.json": gateway, "rest.json": rest, "logs.json": logs}
