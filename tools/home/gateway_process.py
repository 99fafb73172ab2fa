"""Without this file the demo would run another gateway than the one that runs on a Pi.

Writes a configuration and a registry, starts ``python -m gateway run --config FILE``, reads its JSON log line by line,
and can kill it as a power cut does.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from gateway.config import load
from gateway.configuration.station import USERS_NAME
from gateway.station import users
from tools.home import leash

_START_TIMEOUT_S = 20
_STOP_TIMEOUT_S = 10
_ROOT = Path(__file__).resolve().parents[2]

_CONFIG = """\
[gateway]
site = "home"
id = "{name}"
data_dir = "{data_dir}"

[serial]
port = "{serial_port}"
wait = true

[broker]
host = "127.0.0.1"
port = {broker_port}

[pendants]
file = "{registry}"

[clock]
trust = "always"
"""


@dataclass(frozen=True)
class Step:
    """One line of the gateway's log."""

    at_s: float
    name: str
    facts: dict[str, Any]


class GatewayProcess:
    """One gateway on this machine; its data directory outlives every kill."""

    def __init__(
        self, directory: Path, name: str, serial_port: Path, broker_port: int, pendants: Sequence[dict[str, str]],
        station_port: int = 0,
    ) -> None:  # fmt: skip
        self.name = name
        self.steps: list[Step] = []
        self.listeners: list[Callable[[Step], None]] = []  # called from the thread that reads the log
        self.log_path = directory / f"{name}.log"
        self._changed = threading.Condition()
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        directory.mkdir(parents=True, exist_ok=True)
        registry = directory / "pendants.jsonl"
        registry.write_text("".join(json.dumps(pendant) + "\n" for pendant in pendants), encoding="utf-8")
        registry.chmod(0o600)
        self.station_address = f"http://127.0.0.1:{station_port}/" if station_port else ""
        self.config_path = directory / "gateway.toml"
        self.config_path.write_text(
            _CONFIG.format(
                name=name,
                data_dir=directory / "data",
                serial_port=serial_port,
                broker_port=broker_port,
                registry=registry,
            )
            + (f"\n[station]\nport = {station_port}\n" if station_port else ""),
            encoding="utf-8",
        )

    def add_user(self, name: str, role: str, password: str) -> None:
        """Somebody who may sign in to the station page."""
        users.put(load(self.config_path).data_dir / USERS_NAME, name, role, password)

    def command(self) -> list[str]:
        """What is run: the same as on a Pi."""
        return [sys.executable, "-m", "gateway", "run", "--config", str(self.config_path), "--log", "json"]

    @property
    def pid(self) -> int:
        """Its process id while it runs."""
        assert self._process
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self, command: Sequence[str] | None = None) -> None:
        """Start it and return at once; expect("serving") waits until it takes events."""
        self._process = subprocess.Popen(
            leash.on(command or self.command()),
            cwd=_ROOT,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def kill(self) -> None:
        """End it as a pulled plug does: no warning, no farewell."""
        assert self._process
        self._process.send_signal(signal.SIGKILL)
        self._wait_for_end()

    def stop(self) -> int:
        """Ask it to end; kill it if it does not. Return its exit code."""
        assert self._process
        if self.is_running:
            self._process.terminate()
        return self._wait_for_end()

    def wait_for_exit(self, within_s: float) -> int:
        """Wait until it has ended by itself; return its exit code (negative: the signal)."""
        assert self._process
        code = self._process.wait(within_s)
        self._wait_for_end()
        return code

    def expect(self, name: str, within_s: float = _START_TIMEOUT_S, since: int = 0, **facts: Any) -> Step:
        """The first step of that name with those facts, counted from step number since; TimeoutError if none comes."""
        found = self.find(name, since, **facts)
        deadline_s = time.monotonic() + within_s
        with self._changed:
            while found is None and (left_s := deadline_s - time.monotonic()) > 0:
                self._changed.wait(min(left_s, 0.2))
                found = self.find(name, since, **facts)
        if found is None:
            tail = "\n".join(self.log_path.read_text(encoding="utf-8").splitlines()[-8:])
            raise TimeoutError(f"the gateway did not say {name} {facts} within {within_s} s; its last lines:\n{tail}")
        return found

    def find(self, name: str, since: int = 0, **facts: Any) -> Step | None:
        """The first step of that name with those facts, if it has been said."""
        for step in self.steps[since:]:
            if step.name == name and facts.items() <= step.facts.items():
                return step
        return None

    def _wait_for_end(self) -> int:
        assert self._process
        assert self._reader
        try:
            code = self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._reader.join(_STOP_TIMEOUT_S)
        if self._process.stderr:
            self._process.stderr.close()
        return code

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr
        with self.log_path.open("a", encoding="utf-8") as log:
            for line in process.stderr:
                log.write(line)
                log.flush()
                self._take(line)

    def _take(self, line: str) -> None:
        try:
            facts = json.loads(line)
            step = Step(float(facts.pop("t")), str(facts.pop("step")), facts)
        except (ValueError, KeyError, AttributeError):
            return  # a traceback, or a word of the interpreter: it is in the log file
        with self._changed:
            self.steps.append(step)
            self._changed.notify_all()
        for listener in self.listeners:
            listener(step)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self.stop()
